import type { Hosts } from '../hosts.ts'
import type { Claim } from '../node.ts'
import type { ObjectMeta } from '../object.ts'
import type { RecordObject } from '../record.ts'
import type { Bind9Cluster, Bind9Instance } from '../server.ts'
import type { DNSZone } from '../zone.ts'

/** The other objects of the cluster, or of the files, by what rules ask of them. Names of zones and owners are canonical. */
export interface Others {
  /** The DNSZones of a zone name in any namespace, the one that owns it first. */
  zonesNamed(zone: string): readonly DNSZone[]
  zonesIn(namespace: string): Iterable<DNSZone>
  /** The zone above, of another namespace, that keeps a DNSZone from being served. */
  forbiddenBy(zone: DNSZone): DNSZone | undefined
  /** Apexes of zones below a zone that the same servers serve, each with the object that makes it. */
  childrenOf(zone: string): ReadonlyMap<string, string>
  recordsIn(zone: string): ZoneRecords
  /** The records at an owner name, of any namespace. */
  recordsAt(zone: string, owner: string): readonly RecordObject[]
  /** The records whose MX or NS names a host, and the DNSZones that have it as a name server. */
  naming(host: string): readonly (RecordObject | DNSZone)[]
  instancesIn(namespace: string): Iterable<Bind9Instance>
  /** By "namespace/name". */
  cluster(key: string): Bind9Cluster | undefined
  /** As what an object competes with the others, where they hold this very object; undefined for a new state of it. */
  standingOf(object: unknown): ObjectMeta | undefined
  /** As what a new state of an object competes once it is stored: as old as the state that is there. */
  storedAs(object: unknown): ObjectMeta | undefined
}

/** A record with what it claims. */
export interface ClaimedRecord {
  readonly object: RecordObject
  readonly claim: Claim
}

/** The records that name one zone. */
export interface ZoneRecords {
  at(owner: string): readonly ClaimedRecord[]
  /** Owner names below a name. */
  below(name: string): Iterable<string>
  all(): Iterable<ClaimedRecord>
  /** Whether any NS stands below the apex. */
  readonly delegates: boolean
  /** The hosts that their MX and NS name. */
  readonly hosts: Pick<Hosts, 'naming' | 'under'>
  readonly size: number
}

// After every UID and time of creation.
const LAST = '~~'

/** The metadata of a new state of an object: it competes as the youngest of all. */
export function asYoungest({ namespace, name }: { readonly namespace: string; readonly name: string }): ObjectMeta {
  return { name, namespace, uid: LAST, creationTimestamp: LAST, resourceVersion: '', generation: 0 }
}
