import { type DNSZone, type RecordObject, type RecordType, recordTypeOfKind } from '#crds'
import type { Cluster } from '../cluster.ts'
import { apexOf, findZone, typedName, zoneHolding } from '../zone/find.ts'
import { kindOfType, ownerOf } from './rrset.ts'

/** A name that records are kept at, and the zone that it lies in. */
export interface Owner {
  readonly zone: DNSZone
  /** Both canonical. */
  readonly apex: string
  readonly owner: string
}

/** The zone of a typed name: that of --zone, else the one with the longest name that holds it. */
export async function findOwner(cluster: Cluster, typed: string, zoneFlag: string | undefined): Promise<Owner> {
  const owner = typedName(typed)
  const scope = cluster.scope(false)
  const zone =
    zoneFlag === undefined
      ? zoneHolding(await cluster.zones(scope), owner, scope)
      : zoneHolding([await findZone(cluster, scope, zoneFlag)], owner, scope)
  return { zone, apex: apexOf(zone) ?? '.', owner }
}

/** A record's object with its entry in the table. */
export interface FoundRecord {
  readonly entry: RecordType
  readonly object: RecordObject
}

/** All records of some types in the command's namespace, of all types if absent. */
export async function readRecords(cluster: Cluster, entries?: readonly RecordType[]): Promise<FoundRecord[]> {
  const objects = await cluster.records(cluster.scope(false), entries ? { kinds: entries.map(kindOfType) } : {})
  return objects.map(object => ({ entry: recordTypeOfKind(object.kind), object }))
}

/** Those of them that stand at an owner name of its zone. */
export function recordsAt(records: readonly FoundRecord[], { apex, owner }: Owner): FoundRecord[] {
  return records.filter(({ object }) => isOfZone(object, apex) && ownerOf(object, apex) === owner)
}

/** Whether a record names a zone as its own. */
export function isOfZone({ spec }: RecordObject, apex: string): boolean {
  try {
    return typedName(spec.zone) === apex
  } catch {
    return false
  }
}
