import { isIP } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import {
  type Bind9Instance,
  canonicalName,
  type DNSZone,
  dateSerial,
  instanceSelectorSchema,
  jsonSchemaOf,
  placement,
  readName,
  zoneSpecSchema,
} from '#crds'
import type { PatchStep } from '../review.ts'
import { validator } from '../schema.ts'
import { type Blank, isFields, type Sources } from './sources.ts'

/**
 * The SOA's primary name server and the name servers of a zone, after the servers that it is to be on, and the serial to
 * start from. A zone that is there already keeps what it has.
 */
export function zoneFields(blank: Blank, { others, now }: Sources): PatchStep[] {
  const { review, spec, old } = blank
  const soa = spec.soaRecord
  if (!isFields(soa)) return []
  const stored = storedIn(old)
  const steps: PatchStep[] = []
  // A zone that a server has already comes with its own apex NS, and with its own serial.
  const isTakenOver = spec.adopt === true
  if (!('primaryNs' in soa)) {
    const hosts = stored?.primaryNs === undefined ? serverNames(blank, others.instancesIn(review.namespace)) : []
    const primaryNs = stored?.primaryNs ?? hosts[0]
    if (primaryNs !== undefined) steps.push({ op: 'add', path: '/spec/soaRecord/primaryNs', value: primaryNs })
    const nameServers = stored ? stored.nameServers : listOf(hosts)
    if (spec.nameServers === undefined && nameServers && !(isTakenOver && old?.adopt !== true)) {
      steps.push({ op: 'add', path: '/spec/nameServers', value: nameServers })
    }
  }
  const serial = stored ? stored.serial : dateSerial(now())
  if (!('serial' in soa) && serial !== undefined && !isTakenOver) {
    steps.push({ op: 'add', path: '/spec/soaRecord/serial', value: serial })
  }
  return steps
}

/** What a stored zone has of that which its creation may have filled in; undefined of one that is new. */
function storedIn(old: Blank['old']) {
  if (!old) return undefined
  const { primaryNs, serial } = isFields(old.soaRecord) ? old.soaRecord : {}
  const hosts = Array.isArray(old.nameServers) ? old.nameServers.map(entry => entry?.hostname) : []
  const nameServers = listOf(hosts)
  const isFilled = hosts[0] === primaryNs && isDeepStrictEqual(nameServers, old.nameServers)
  return { primaryNs, serial, nameServers: isFilled ? nameServers : undefined }
}

const MOST_SERVERS = zoneSpecSchema.properties.nameServers.maxItems

// The primaryNs alone needs no list.
function listOf(hosts: readonly string[]): readonly { readonly hostname: string }[] | undefined {
  return hosts.length > 1 ? hosts.slice(0, MOST_SERVERS).map(hostname => ({ hostname })) : undefined
}

const selectorFaults = validator(jsonSchemaOf(instanceSelectorSchema))

/**
 * The names of the servers that a zone is to be on, those of primaries first; none without a primary. A server that is
 * known by its address alone has the name of its object, in the zone: its address in there goes on following the object.
 */
function serverNames({ review, spec }: Blank, instances: Iterable<Bind9Instance>): string[] {
  const { zoneName, clusterRef, instanceSelector } = spec
  if (typeof zoneName !== 'string' || (clusterRef !== undefined && typeof clusterRef !== 'string')) return []
  if (instanceSelector !== undefined && selectorFaults(instanceSelector).length > 0) return []
  const zone = { metadata: { namespace: review.namespace }, spec: { clusterRef, instanceSelector } } as DNSZone
  const servers = placement(zone, instances).sort(byRole)
  if (servers[0]?.spec.role !== 'primary') return []
  const hosts = servers.map(server => serverName(server, zoneName))
  return hosts.includes(undefined) ? [] : [...new Set(hosts as string[])]
}

function byRole(a: Bind9Instance, b: Bind9Instance): number {
  if (a.spec.role !== b.spec.role) return a.spec.role === 'primary' ? -1 : 1
  return a.metadata.name < b.metadata.name ? -1 : 1
}

function serverName({ metadata, spec }: Bind9Instance, zoneName: string): string | undefined {
  const { address } = spec.external
  if (isIP(address) === 0) return readName(address).name
  return readName(zoneName, apex => canonicalName(metadata.name, canonicalName(apex))).name
}
