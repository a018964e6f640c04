import { placeRecord } from '../claim.ts'
import { clusterKind, instanceKind, kinds, recordKinds, zoneKind } from '../kinds.ts'
import { zoneKey } from '../name.ts'
import { keyOf, type ObjectMeta } from '../object.ts'
import { placement } from '../placement.ts'
import { rdataText } from '../rdatatext.ts'
import type { RecordObject } from '../record.ts'
import type { Bind9Cluster, Bind9Instance } from '../server.ts'
import { hasShape } from '../shape.ts'
import type { DNSZone } from '../zone.ts'
import { ZoneTree } from '../zonetree.ts'
import type { Others, ZoneRecords } from './others.ts'
import { at, textAt } from './subject.ts'
import { IndexedZone } from './zonerecords.ts'

type Indexed = DNSZone | Bind9Instance | Bind9Cluster | RecordObject

interface Known {
  /** As it was given: a new state of an object is another one. */
  readonly given: unknown
  readonly object: Indexed
  /** Of a record that claims anything. */
  readonly place?: { readonly zone: string; readonly owner: string }
}

const kindsByName = new Map(kinds.map(kind => [kind.kind, kind]))
const recordKindNames = new Set(recordKinds.map(({ kind }) => kind))
const NO_CHILDREN: ReadonlyMap<string, string> = new Map()
const NO_RECORDS: ZoneRecords = new IndexedZone('.')

/**
 * All objects by what rules ask of them, kept up to date one by one. Objects that were never stored (without UID and time
 * of creation) count as younger than stored ones, and among each other in the order in which they came. What has not the
 * shape of one of our objects is not taken in.
 */
export class ObjectIndex implements Others {
  readonly #known = new Map<string, Known>()
  readonly #zones = new Map<string, DNSZone>()
  readonly #zonesByNamespace = new Map<string, Map<string, DNSZone>>()
  readonly #instances = new Map<string, Map<string, Bind9Instance>>()
  readonly #clusters = new Map<string, Bind9Cluster>()
  readonly #records = new Map<string, IndexedZone>()
  readonly #tree = new ZoneTree(key => this.#zones.get(key))
  /** Until a zone or an instance changes. */
  readonly #children = new Map<string, ReadonlyMap<string, string>>()
  #count = 0

  static of(objects: Iterable<unknown>): ObjectIndex {
    const index = new ObjectIndex()
    for (const object of objects) index.put(object)
    return index
  }

  /** Takes in an object, in place of an earlier state of it. */
  put(given: unknown): void {
    if (!isOurs(given)) return
    this.drop(given)
    const object = this.#identified(given)
    const place = this.#place(object)
    this.#known.set(idOf(object), { given, object, ...(place && { place }) })
  }

  drop(given: unknown): void {
    if (!isOurs(given)) return
    const id = idOf(given)
    const known = this.#known.get(id)
    if (!known) return
    this.#known.delete(id)
    this.#remove(known)
  }

  zonesNamed(zone: string): readonly DNSZone[] {
    return this.#tree.named(zone)
  }

  zonesIn(namespace: string): Iterable<DNSZone> {
    return this.#zonesByNamespace.get(namespace)?.values() ?? []
  }

  forbiddenBy(zone: DNSZone): DNSZone | undefined {
    return this.#tree.forbiddenBy(zone)
  }

  childrenOf(zone: string): ReadonlyMap<string, string> {
    if (!this.#tree.hasBelow(zone)) return NO_CHILDREN
    const known = this.#children.get(zone)
    if (known) return known
    const found = this.#tree.hiding(zone, one => placement(one, this.instancesIn(one.metadata.namespace)))
    this.#children.set(zone, found)
    return found
  }

  recordsIn(zone: string): ZoneRecords {
    return this.#records.get(zone) ?? NO_RECORDS
  }

  recordsAt(zone: string, owner: string): readonly RecordObject[] {
    return this.recordsIn(zone)
      .at(owner)
      .map(({ object }) => object)
  }

  instancesIn(namespace: string): Iterable<Bind9Instance> {
    return this.#instances.get(namespace)?.values() ?? []
  }

  cluster(key: string): Bind9Cluster | undefined {
    return this.#clusters.get(key)
  }

  standingOf(object: unknown): ObjectMeta | undefined {
    if (!isOurs(object)) return undefined
    const known = this.#known.get(idOf(object))
    return known?.given === object ? known.object.metadata : undefined
  }

  #place(object: Indexed): Known['place'] {
    if (recordKindNames.has(object.kind)) return this.#placeRecord(object as RecordObject)
    if (object.kind === clusterKind.kind) this.#clusters.set(keyOf(object), object as Bind9Cluster)
    if (object.kind === instanceKind.kind)
      inNamespace(this.#instances, object).set(keyOf(object), object as Bind9Instance)
    if (object.kind === zoneKind.kind) this.#placeZone(object as DNSZone)
    if (object.kind !== clusterKind.kind) this.#children.clear()
    return undefined
  }

  #placeZone(zone: DNSZone): void {
    this.#zones.set(keyOf(zone), zone)
    inNamespace(this.#zonesByNamespace, zone).set(keyOf(zone), zone)
    this.#tree.put(zone)
  }

  #placeRecord(object: RecordObject): Known['place'] {
    const zone = zoneKey(object.spec.zone)
    const { owner, claim } = placeRecord(object, zone, rdataText)
    if (owner === undefined || !claim) return undefined
    const records = this.#records.get(zone) ?? new IndexedZone(zone)
    this.#records.set(zone, records)
    records.put(idOf(object), owner, { object, claim })
    return { zone, owner }
  }

  #remove({ object, place }: Known): void {
    const records = place && this.#records.get(place.zone)
    if (place && records) {
      records.drop(idOf(object), place.owner)
      if (records.size === 0) this.#records.delete(place.zone)
      return
    }
    if (recordKindNames.has(object.kind)) return
    const key = keyOf(object)
    this.#clusters.delete(object.kind === clusterKind.kind ? key : '')
    if (object.kind === instanceKind.kind) inNamespace(this.#instances, object).delete(key)
    if (object.kind === zoneKind.kind) {
      this.#zones.delete(key)
      inNamespace(this.#zonesByNamespace, object).delete(key)
      this.#tree.drop(object as DNSZone)
    }
    this.#children.clear()
  }

  #identified(object: Indexed): Indexed {
    const { uid, creationTimestamp } = object.metadata
    if (typeof uid === 'string' && typeof creationTimestamp === 'string' && namespaceOf(object) !== undefined)
      return object
    const metadata = { ...object.metadata, namespace: namespaceOf(object) ?? 'default' }
    const turn = `~${String(this.#count++).padStart(12, '0')}`
    return { ...object, metadata: { ...metadata, uid: idOf(object), creationTimestamp: turn } } as Indexed
  }
}

function namespaceOf({ metadata }: Indexed): string | undefined {
  return textAt(metadata, 'namespace')
}

function idOf(object: Indexed): string {
  return `${object.kind} ${namespaceOf(object) ?? 'default'}/${object.metadata.name}`
}

function inNamespace<T>(maps: Map<string, Map<string, T>>, { metadata }: Indexed): Map<string, T> {
  const map = maps.get(metadata.namespace) ?? new Map<string, T>()
  maps.set(metadata.namespace, map)
  return map
}

/** Whether a value is one of our objects, as its schema has it. */
export function isOurs(value: unknown): value is Indexed {
  const kind = kindsByName.get(textAt(value, 'kind') ?? '')
  return (
    kind !== undefined && textAt(at(value, 'metadata'), 'name') !== undefined && hasShape(kind.spec, at(value, 'spec'))
  )
}
