import { createHash } from 'node:crypto'
import { API_GROUP, API_VERSION, type Bind9Instance, canonicalName, type DNSZone, type RecordObject } from '#crds'

/*
 * A catalog zone (RFC 9432) lists the zones of a cluster's secondaries, which its named.conf has them follow. To the
 * reconcile of zones it is one more zone, of objects that exist in memory alone: a DNSZone with a TXT record of its version
 * and a PTR record for each member. They stand in no namespace, so nobody's record gets into it.
 */

/** The namespace of objects that no API server has. */
const NOWHERE = ''
const TTL_SECONDS = 60
// A label has at most 63 octets; the name leaves room for "<id>.zones." before it.
const MAX_LABEL = 63
const MAX_NAME = 200

/** The name of a cluster's catalog, by the cluster's key "namespace/name". */
export function catalogName(cluster: string): string {
  const [namespace, name] = cluster.split('/') as [string, string]
  const labels = [...name.split('.'), namespace]
  const isFit = labels.every(label => label.length <= MAX_LABEL) && cluster.length <= MAX_NAME
  return `catalog.${isFit ? labels.join('.') : sha256(cluster).slice(0, 32)}.bindy.invalid.`
}

/** Whether a zone name is of those that catalogs have. */
export function isCatalogName(zone: string): boolean {
  return zone.startsWith('catalog.') && zone.endsWith('.bindy.invalid.')
}

/** Whether an object is a catalog's, its zone or a record of that, and not of the API server. */
export function isOfCatalog({ metadata }: DNSZone | RecordObject): boolean {
  return metadata.namespace === NOWHERE
}

/** The owner name of a member: a zone made anew has another, so that its state starts from nothing (section 5.4). */
export function memberOwner(catalog: string, { metadata, spec }: DNSZone): string {
  return `${sha256(`${canonicalName(spec.zoneName)} ${metadata.uid}`).slice(0, 32)}.zones.${catalog}`
}

/** The key of the cluster that an instance belongs to, whether or not there is such an object. */
export function clusterOf({ metadata, spec }: Bind9Instance): string | undefined {
  return spec.clusterRef === undefined ? undefined : `${metadata.namespace}/${spec.clusterRef}`
}

/**
 * Whether the secondaries of a cluster may have a zone from its catalog: all of them should serve it, for all read the
 * catalog, and so should a primary of the cluster, where they fetch it. The others get it by addzone.
 */
export function isForAll(cluster: string, placed: readonly Bind9Instance[], all: Iterable<Bind9Instance>): boolean {
  const members = [...all].filter(one => clusterOf(one) === cluster && one.metadata.deletionTimestamp === undefined)
  const secondaries = members.filter(({ spec }) => spec.role === 'secondary')
  const hasPrimary = placed.some(one => one.spec.role === 'primary' && clusterOf(one) === cluster)
  return hasPrimary && secondaries.length > 0 && secondaries.every(one => placed.includes(one))
}

/** The catalog as a zone. Its SOA and NS say that nobody resolves it (RFC 9432 section 4). */
export function catalogZone(
  catalog: string,
  state: {
    readonly generation: number
    /** The serial to raise it to. */
    readonly serial: number | undefined
    readonly leavingSinceMs: number | undefined
  },
  finalizer: string,
): DNSZone {
  const { generation, serial, leavingSinceMs } = state
  const soaRecord = {
    primaryNs: 'invalid.',
    adminEmail: 'invalid.',
    ...timers,
    ...(serial !== undefined && { serial }),
  }
  return {
    ...identity('DNSZone', catalog, generation),
    metadata: {
      ...metadata(catalog, generation),
      finalizers: [finalizer],
      ...(leavingSinceMs !== undefined && { deletionTimestamp: new Date(leavingSinceMs).toISOString() }),
    },
    spec: { zoneName: catalog, soaRecord, ttl: TTL_SECONDS, deletionGraceSeconds: 300 },
  }
}

// A secondary that missed a NOTIFY asks within a minute; one that hears nothing keeps its zones for long.
const timers = { refresh: 60, retry: 10, expire: 2_419_200, negativeTtl: 60 }

/** The records of a catalog that every consumer looks for first (RFC 9432 section 4.2.1). */
export function versionRecord(catalog: string): RecordObject {
  const spec = { zone: catalog, name: `version.${catalog}`, text: ['2'] }
  return { ...identity('TXTRecord', `version.${catalog}`, 1), spec } as RecordObject
}

/** The record that lists a zone. */
export function memberRecord(catalog: string, zone: DNSZone): RecordObject {
  const owner = memberOwner(catalog, zone)
  const spec = { zone: catalog, name: owner, target: canonicalName(zone.spec.zoneName) }
  return { ...identity('PTRRecord', owner, 1), spec } as RecordObject
}

function identity(kind: string, name: string, generation: number) {
  return { apiVersion: `${API_GROUP}/${API_VERSION}`, kind, metadata: metadata(name, generation) }
}

// The same in every life of the controller: it knows its catalog on a server by the UID.
function metadata(name: string, generation: number) {
  const creationTimestamp = '1970-01-01T00:00:00Z'
  const uid = sha256(name).slice(0, 32)
  return { name, namespace: NOWHERE, uid, resourceVersion: '', generation, creationTimestamp }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
