import { zoneKind } from '../kinds.ts'
import { zoneKey } from '../name.ts'
import { givesNameServers } from '../own.ts'
import { admitsNamespace, unmanagedBy } from '../policy.ts'
import { RRTYPE } from '../records.ts'
import { hasShape } from '../shape.ts'
import type { DNSZone } from '../zone.ts'
import { addressDraft, aliasDraft, clusterDraft, zoneDraft } from './draft.ts'
import type { ClaimedRecord } from './others.ts'
import { type Fault, zoneRule } from './rule.ts'
import type { ZoneSubject } from './zonesubject.ts'

/* A new state of a zone beside the records that it has. Of a state that stays, the records hear themselves. */

const zone = (spec: object = {}) => zoneDraft(spec, { name: 'example-com' })
const serving = (hostname: string) => zone({ nameServers: [{ hostname }, { hostname: 'ns2.example.net.' }] })
const guest = { ...addressDraft('www'), metadata: { namespace: 'web' } }
const open = zone({ allowedNamespaces: ['web'] })

export const zoneChangeRules = [
  zoneRule({
    id: 'BND-R052',
    says: 'No name server of a zone is a CNAME of the zone: its own data would take the place of the CNAME.',
    source: 'RFC 2181 section 10.3',
    passes: { object: serving('ns1.example.com.'), among: [clusterDraft, addressDraft('ns1')] },
    fails: { object: serving('ns1.example.com.'), among: [clusterDraft, aliasDraft('ns1')] },
    find: takesAliases,
  }),
  zoneRule({
    id: 'BND-W030',
    says: 'What unmanaged leaves to others is no record that the zone has: it is kept up no more.',
    source: 'docs/zones.md',
    passes: { object: zone({ unmanaged: [{ name: 'lab' }] }), among: [clusterDraft, zone(), addressDraft('www')] },
    fails: { object: zone({ unmanaged: [{ name: '*' }] }), among: [clusterDraft, zone(), addressDraft('www')] },
    find: leavesRecords,
  }),
  zoneRule({
    id: 'BND-W031',
    says: 'A namespace that is taken out of allowedNamespaces has no records in the zone: they are withdrawn.',
    source: 'docs/zones.md',
    passes: { object: open, old: open, among: [clusterDraft, open, guest] },
    fails: { object: zone(), old: open, among: [clusterDraft, open, guest] },
    find: withdrawsRecords,
  }),
]

function takesAliases(subject: ZoneSubject): (Fault | undefined)[] {
  const zone = newState(subject)
  if (!zone || !givesNameServers(zone)) return []
  const isListed = subject.servers.length > 0
  const servers = subject.names.filter(({ path }) => isListed === path.startsWith('spec.nameServers'))
  return servers.map(({ path, text, name = '' }) => {
    const alias = recordsOf(zone, subject, name).find(({ claim }) => claim.type === RRTYPE.CNAME)
    if (!alias) return undefined
    const message = `must not be a CNAME, and ${subject.tellOf(alias.object)} is one there: name the host behind it`
    return { field: path, value: text, message }
  })
}

function leavesRecords(subject: ZoneSubject): Fault | undefined {
  const [zone, before] = [newState(subject), oldState(subject)]
  if (!zone?.spec.unmanaged?.length || subject.zone === undefined) return undefined
  const [isLeft, wasLeft] = [unmanagedBy(zone), before ? unmanagedBy(before) : () => false]
  const owners = [subject.zone, ...(subject.others?.recordsIn(subject.zone).below(subject.zone) ?? [])]
  const left = owners.flatMap(owner =>
    recordsOf(zone, subject, owner).filter(({ claim: { type } }) => isLeft(owner, type) && !wasLeft(owner, type)),
  )
  if (left.length === 0) return undefined
  const count = subject.tellNumberOf(left.map(({ object }) => object))
  return { field: 'spec.unmanaged', message: `leaves ${count} of the zone to others, which objects keep up no more` }
}

function withdrawsRecords(subject: ZoneSubject): Fault | undefined {
  const [zone, before] = [newState(subject), oldState(subject)]
  if (!zone || !before || subject.zone === undefined) return undefined
  const isShutOut = (namespace: string) => admitsNamespace(before, namespace) && !admitsNamespace(zone, namespace)
  const records = [...(subject.others?.recordsIn(subject.zone).all() ?? [])].map(({ object }) => object)
  const lost = records.filter(({ metadata }) => isShutOut(metadata.namespace))
  if (lost.length === 0) return undefined
  const message = `lets ${subject.tellNumberOf(lost)} in no more, which will be withdrawn`
  return { field: 'spec.allowedNamespaces', message }
}

/** The records at a name that a zone takes. */
function recordsOf(zone: DNSZone, { others }: ZoneSubject, owner: string): readonly ClaimedRecord[] {
  const records = others?.recordsIn(zoneKey(zone.spec.zoneName)).at(owner) ?? []
  return records.filter(({ object: { metadata } }) => {
    return metadata.deletionTimestamp === undefined && admitsNamespace(zone, metadata.namespace)
  })
}

/** The zone, where it is no state that the others know, and no second one of its name. */
function newState(subject: ZoneSubject): DNSZone | undefined {
  const { others, object, zone } = subject
  if (!others || zone === undefined || others.standingOf(object)) return undefined
  const [owner] = others.zonesNamed(zone)
  return owner === undefined || subject.isOf(owner) ? subject.asYoungest : undefined
}

function oldState({ asYoungest, oldSpec }: ZoneSubject): DNSZone | undefined {
  if (!asYoungest || !hasShape(zoneKind.spec, oldSpec)) return undefined
  return { ...asYoungest, spec: { ...(oldSpec as DNSZone['spec']), zoneName: asYoungest.spec.zoneName } }
}
