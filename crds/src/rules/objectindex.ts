import { placeRecord } from '../claim.ts'
import { clusterKind, kinds, recordKinds, zoneKind } from '../kinds.ts'
import { NameError, zoneKey } from '../name.ts'
import { keyOf, type ObjectMeta } from '../object.ts'
import { nameServers } from '../own.ts'
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
  readonly metadata: ObjectMeta
  /** Takes it out of every list that it stands in. */
  readonly remove: () => void
}

const kindsByName = new Map(kinds.map(kind => [kind.kind, kind]))
const recordKindNames = new Set(recordKinds.map(({ kind }) => kind))
const NO_CHILDREN: ReadonlyMap<string, string> = new Map()
const NOTHING_TO_REMOVE = () => {}
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
  /** Records and zones by the hosts that they name. */
  readonly #byHost = new Map<string, Set<RecordObject | DNSZone>>()
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
    this.drop(given)
    if (!isOurs(given)) return
    const object = this.#identified(given)
    this.#known.set(idOf(given), { given, metadata: object.metadata, remove: this.#place(object) })
  }

  drop(given: unknown): void {
    const id = idOf(given)
    this.#known.get(id)?.remove()
    this.#known.delete(id)
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

  naming(host: string): readonly (RecordObject | DNSZone)[] {
    return [...(this.#byHost.get(host) ?? [])]
  }

  instancesIn(namespace: string): Iterable<Bind9Instance> {
    return this.#instances.get(namespace)?.values() ?? []
  }

  cluster(key: string): Bind9Cluster | undefined {
    return this.#clusters.get(key)
  }

  standingOf(object: unknown): ObjectMeta | undefined {
    const known = this.#known.get(idOf(object))
    return known?.given === object ? known?.metadata : undefined
  }

  storedAs(object: unknown): ObjectMeta | undefined {
    const known = this.#known.get(idOf(object))
    const uid = textAt(at(object, 'metadata'), 'uid')
    return uid === undefined || uid === known?.metadata.uid ? known?.metadata : undefined
  }

  #place(object: Indexed): () => void {
    if (recordKindNames.has(object.kind)) return this.#placeRecord(object as RecordObject)
    if (object.kind === clusterKind.kind) return keep(this.#clusters, keyOf(object), object as Bind9Cluster)
    const remove = object.kind === zoneKind.kind ? this.#placeZone(object as DNSZone) : this.#placeInstance(object)
    this.#children.clear()
    return () => {
      remove()
      this.#children.clear()
    }
  }

  #placeInstance(object: Indexed): () => void {
    return keep(inNamespace(this.#instances, object), keyOf(object), object as Bind9Instance)
  }

  #placeZone(zone: DNSZone): () => void {
    const key = keyOf(zone)
    const removals = [
      keep(this.#zones, key, zone),
      keep(inNamespace(this.#zonesByNamespace, zone), key, zone),
      this.#placeHosts(serversOf(zone), zone),
    ]
    this.#tree.put(zone)
    return () => {
      for (const remove of removals) remove()
      this.#tree.drop(zone)
    }
  }

  #placeRecord(object: RecordObject): () => void {
    const zone = zoneKey(object.spec.zone)
    const { owner, claim } = placeRecord(object, zone, rdataText)
    if (owner === undefined || !claim) return NOTHING_TO_REMOVE
    const record = { object, claim }
    const records = this.#records.get(zone) ?? new IndexedZone(zone)
    this.#records.set(zone, records)
    records.put(owner, record)
    const remove = this.#placeHosts(claim.targets ?? [], object)
    return () => {
      remove()
      records.drop(owner, record)
      if (records.size === 0) this.#records.delete(zone)
    }
  }

  #placeHosts(hosts: readonly string[], object: RecordObject | DNSZone): () => void {
    if (hosts.length === 0) return NOTHING_TO_REMOVE
    for (const host of hosts) {
      const naming = this.#byHost.get(host)
      if (naming) naming.add(object)
      else this.#byHost.set(host, new Set([object]))
    }
    return () => {
      for (const host of hosts) {
        const naming = this.#byHost.get(host)
        naming?.delete(object)
        if (naming?.size === 0) this.#byHost.delete(host)
      }
    }
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

function serversOf(zone: DNSZone): readonly string[] {
  try {
    return [...nameServers(zone).keys()]
  } catch (error) {
    if (error instanceof NameError) return []
    throw error
  }
}

function keep<T>(map: Map<string, T>, key: string, value: T): () => void {
  map.set(key, value)
  return () => map.delete(key)
}

function namespaceOf(object: unknown): string | undefined {
  return textAt(at(object, 'metadata'), 'namespace')
}

function idOf(object: unknown): string {
  const name = textAt(at(object, 'metadata'), 'name')
  return `${textAt(object, 'kind')} ${namespaceOf(object) ?? 'default'}/${name}`
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
