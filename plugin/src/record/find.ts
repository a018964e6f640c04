import {
  admitsNamespace,
  type DNSZone,
  isAtOrBelow,
  type Kind,
  type RecordObject,
  type RecordType,
  recordKinds,
  recordTypeOfKind,
  zoneKey,
} from '#crds'
import type { Cluster, Scope } from '../cluster.ts'
import { EXIT, Failure } from '../failure.ts'
import { readable } from '../readable.ts'
import { reading, readValue } from '../reading.ts'
import { apexOf, oneZone, typedName, zoneHolding } from '../zone/find.ts'
import { kindOfType } from './kind.ts'
import { ownerOf } from './owner.ts'

/** A name that records are kept at, and that of the zone that it lies in; both canonical. */
export interface Place {
  readonly apex: string
  readonly owner: string
}

/** The same, with the zone. */
export interface Owner extends Place {
  readonly zone: DNSZone
}

/** A name as somebody typed it. */
export interface Typed {
  readonly name: string
  /** As --zone has it. */
  readonly zone: string | undefined
}

/** The zone of a typed name: that of --zone, else the one of the scope with the longest name that holds it. @throws Failure */
export async function findOwner(cluster: Cluster, typed: Typed, scope: Scope): Promise<Owner> {
  return ownerAmong(await cluster.zones(scope), typed, scope)
}

/**
 * The same for records of the command's namespace: where no zone of there holds the name, one elsewhere may that lets the
 * namespace in, as far as it may be read.
 */
export async function findTakingOwner(cluster: Cluster, typed: Typed): Promise<Owner> {
  try {
    return await findOwner(cluster, typed, cluster.scope(false))
  } catch (error) {
    if (!(error instanceof Failure) || error.exit !== EXIT.unknown) throw error
    const zones = await reading('list dnszones', () => cluster.zones('all'))
    const letIn = (readValue(zones) ?? []).filter(zone => admitsNamespace(zone, cluster.namespace))
    if (!letIn.some(zone => isAtOrBelow(typedName(typed.name), apexOf(zone) ?? '\0'))) throw error
    return ownerAmong(letIn, typed, 'all')
  }
}

function ownerAmong(zones: readonly DNSZone[], { name, zone: called }: Typed, scope: Scope): Owner {
  const owner = typedName(name)
  const zone = zoneHolding(called === undefined ? zones : [oneZone(zones, called, scope)], owner, scope)
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

/** Records of some kinds, of all if absent, as far as they may be read, and the rights that the others need. */
export async function readableRecords(
  cluster: Cluster,
  scope: Scope,
  {
    kinds = recordKinds,
    selector,
  }: { readonly kinds?: readonly Kind[] | undefined; readonly selector?: string | undefined } = {},
): Promise<{ readonly records: RecordObject[]; readonly needs: readonly string[] }> {
  const found = await Promise.all(kinds.map(kind => readable<RecordObject>(cluster, kind, scope, selector)))
  return { records: found.flatMap(({ items }) => items), needs: found.flatMap(({ needs }) => needs) }
}

/** Where records stand at a typed name by what they say themselves, whether or not their zone is there: in the longest one. */
export function placeByRecords(records: readonly FoundRecord[], { name, zone }: Typed): Place | undefined {
  const owner = typedName(name)
  const wanted = zone === undefined ? undefined : zoneKey(zone)
  const apexes = records
    .map(({ object }) => ({ object, apex: zoneKey(object.spec.zone) }))
    .filter(({ object, apex }) => apex === (wanted ?? apex) && ownerOf(object, apex) === owner)
    .map(({ apex }) => apex)
  const [apex] = apexes.sort((a, b) => b.length - a.length)
  return apex === undefined ? undefined : { apex, owner }
}

/** Those of them that stand at an owner name of its zone. */
export function recordsAt(records: readonly FoundRecord[], { apex, owner }: Place): FoundRecord[] {
  return records.filter(({ object }) => isOfZone(object, apex) && ownerOf(object, apex) === owner)
}

/** Says of a record whether it is one of a zone: it names it as its own, from a namespace that the zone lets in. */
export function belongsTo(zone: DNSZone): (record: RecordObject) => boolean {
  const apex = apexOf(zone)
  if (apex === undefined) return () => false
  return record => admitsNamespace(zone, record.metadata.namespace) && isOfZone(record, apex)
}

/** Whether a record names a zone as its own. */
export function isOfZone({ spec }: RecordObject, apex: string): boolean {
  try {
    return typedName(spec.zone) === apex
  } catch {
    return false
  }
}
