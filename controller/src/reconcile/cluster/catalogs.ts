import { bytesOf, decodeRdata, serialIncrement } from '#bind9'
import {
  type Bind9Cluster,
  type Bind9Instance,
  canonicalName,
  type DNSZone,
  deletionPolicy,
  FINALIZER,
  isPaused,
  keyOf,
  type Octets,
  type RecordObject,
  type Remark,
  recordTypeOfKind,
  zoneKey,
} from '#crds'
import type { Claims } from '../zone/claims.ts'
import type { Others } from '../zone/desired.ts'
import type { ZoneView } from '../zone/status.ts'
import type { Followers, Supply } from '../zone/supply.ts'
import type { ZoneReconcile } from '../zone/zone.ts'
import { catalogName, catalogZone, clusterOf, isForAll, isOfCatalog, memberRecord, versionRecord } from './catalog.ts'

const PTR = recordTypeOfKind('PTRRecord')

/** What a catalog reads of a zone's reconcile. */
type Pass = Pick<ZoneReconcile, 'serving' | 'isLookedAt' | 'isAdded'>

export interface CatalogsWorld {
  cluster(key: string): Bind9Cluster | undefined
  instance(key: string): Bind9Instance | undefined
  instances(): Iterable<Bind9Instance>
  zonesNamed(name: string): readonly DNSZone[]
  /** The instances that should serve a zone. */
  placed(zone: DNSZone): readonly Bind9Instance[]
  readonly claims: Claims
  /** Has the pass of a zone come. */
  wake(name: string): void
  /** Has a catalog compared whole in its next pass. */
  compareAll(name: string): void
  /** What is to be said of a cluster has changed. */
  onTurn(cluster: string): void
  /** A server was seen to follow its catalog: the zones there that wait for it have something to do. */
  onFollow(server: string): void
  readonly now: () => number
}

/**
 * One cluster's catalog:
 *
 *   asked --no more--> emptying: each zone leaves it for addzone --empty, and seen so--> leaving the primaries --> (gone)
 */
interface Catalog {
  readonly cluster: string
  readonly name: string
  readonly version: RecordObject
  readonly members: Map<string, RecordObject>
  isAsked: boolean
  leavingSinceMs: number | undefined
  generation: number
  serial: number | undefined
  /** Its serial is to move, so that it is read anew. */
  isNudged: boolean
  remark: Remark | undefined
}

/** The catalog zones of all clusters (RFC 9432), which zones each lists, and what stands against them. */
export class Catalogs implements Followers {
  readonly #world: CatalogsWorld
  readonly #catalogs = new Map<string, Catalog>()
  /** Zone names of which it is known whether they belong into a catalog; a member of another name is left in it. */
  readonly #decided = new Set<string>()
  /** Servers that were seen to take zones from their catalog. */
  readonly #following = new Set<string>()
  /** On each of the others, the one zone that it is tried with. */
  readonly #tried = new Map<string, string>()

  constructor(world: CatalogsWorld) {
    this.#world = world
  }

  /** Takes in what all clusters ask for, as they are first met. */
  meetAll(clusters: Iterable<string>): void {
    const named = [...this.#world.instances()].map(clusterOf).filter(key => key !== undefined)
    for (const key of new Set([...clusters, ...named])) this.meet(key, { isNew: true })
  }

  /** Takes in what a cluster's object asks for; `isNew` where its catalog may be left from an earlier life. */
  meet(cluster: string, { isNew = false } = {}): void {
    const object = this.#world.cluster(cluster)
    const isAsked = object?.spec.secondary?.catalog === true
    const name = catalogName(cluster)
    const known = this.#catalogs.get(name)
    const isLeft = isNew && (!object || object.status?.catalog !== undefined)
    if (!known && !isAsked && !isLeft) return
    const catalog = known ?? this.#make(cluster, name)
    // Without an object nobody said that there was a catalog: it is not made in order to be emptied.
    if (!known && !object) catalog.leavingSinceMs = this.#world.now()
    if (isAsked) catalog.leavingSinceMs = undefined
    catalog.isAsked = isAsked
    this.#world.onTurn(cluster)
    this.#world.wake(name)
  }

  #make(cluster: string, name: string): Catalog {
    const version = versionRecord(name)
    const catalog = { cluster, name, version, members: new Map(), isAsked: false, leavingSinceMs: undefined }
    const made = { ...catalog, generation: 1, serial: undefined, isNudged: false, remark: undefined }
    this.#catalogs.set(name, made)
    this.#world.claims.put(version)
    return made
  }

  /** Lists a zone name in the catalogs that it belongs to, as its objects and its last pass stand. */
  settle(zoneName: string, pass: Pass | undefined): void {
    const [zone] = this.#world.zonesNamed(zoneName)
    if (!zone || isDeleted(zone)) this.#tryAnother(zoneName)
    // Who is only missing was perhaps lost by the API server; who was deleted was taken out before. A paused zone stays
    // where it is.
    if (!zone || isOfCatalog(zone) || isPaused(zone) || (isDeleted(zone) && deletionPolicy(zone) === 'retain')) return
    for (const catalog of this.#near(zone.metadata.namespace)) {
      const before = catalog.members.get(zoneName)
      const isWanted = !isDeleted(zone) && this.#isWanted(catalog, zone, pass, before !== undefined)
      const member = isWanted ? memberRecord(catalog.name, zone) : undefined
      if (before?.metadata.uid !== member?.metadata.uid) this.#change(catalog, zoneName, before, member)
      const isNews = (isDeleted(zone) || pass?.isLookedAt) && !this.#decided.has(zoneName)
      if (isNews && (!isWanted || zone.spec.adopt)) this.#world.compareAll(catalog.name)
    }
    if (isDeleted(zone) || pass?.isLookedAt) this.#decided.add(zoneName)
  }

  // Listed when a primary serves it, so that the first transfer works; then for as long as it is meant to be.
  #isWanted(catalog: Catalog, zone: DNSZone, pass: Pass | undefined, isListed: boolean): boolean {
    const placed = this.#world.placed(zone)
    if (!isForAll(catalog.cluster, placed, this.#world.instances())) return false
    if (!catalog.isAsked && pass?.isLookedAt && pass.isAdded) return false
    const isHere = (key: string) => {
      const instance = this.#world.instance(key)
      return instance && clusterOf(instance) === catalog.cluster
    }
    return isListed || (pass?.serving ?? []).some(isHere) || servedBefore(zone).some(isHere)
  }

  #change(catalog: Catalog, zoneName: string, before?: RecordObject, after?: RecordObject): void {
    if (before) this.#world.claims.drop(before)
    if (after) this.#world.claims.put(after)
    if (after) catalog.members.set(zoneName, after)
    else catalog.members.delete(zoneName)
    this.#world.wake(catalog.name)
  }

  /** The names of all catalogs. */
  names(): IterableIterator<string> {
    return this.#catalogs.keys()
  }

  /** The names of the catalogs of a namespace. */
  namesIn(namespace: string): string[] {
    return this.#near(namespace).map(({ name }) => name)
  }

  /** The name of a cluster's catalog while there is one, and what stands against it. */
  of(cluster: string): { readonly name: string; readonly remark: Remark | undefined } | undefined {
    return this.#catalogs.get(catalogName(cluster))
  }

  /** A catalog as a zone. */
  zone(name: string): DNSZone | undefined {
    const catalog = this.#catalogs.get(name)
    if (!catalog) return undefined
    const { generation, serial, leavingSinceMs } = catalog
    return catalogZone(name, { generation, serial, leavingSinceMs }, FINALIZER)
  }

  /** The servers of a catalog, of whichever role. */
  placed(zone: DNSZone): Bind9Instance[] {
    const cluster = this.#catalogs.get(zone.spec.zoneName)?.cluster
    return [...this.#world.instances()].filter(
      one => clusterOf(one) === cluster && one.metadata.deletionTimestamp === undefined,
    )
  }

  /** How a secondary comes by a zone. */
  supply(zone: DNSZone, key: string): Supply {
    if (isOfCatalog(zone)) {
      return { by: 'named.conf', catalog: zone.spec.zoneName, isAsked: false, isListed: false }
    }
    const instance = this.#world.instance(key)
    const cluster = instance && clusterOf(instance)
    const catalog = cluster === undefined ? undefined : catalogName(cluster)
    const isAsked = (catalog !== undefined && this.#catalogs.get(catalog)?.isAsked) ?? false
    const isTaken = isAsked && isForAll(cluster as string, this.#world.placed(zone), this.#world.instances())
    const name = zoneKey(zone.spec.zoneName)
    const isListed = [...this.#catalogs.values()].some(({ members }) => members.has(name))
    return { by: isTaken ? 'catalog' : 'addzone', catalog, isAsked, isListed }
  }

  /** Which members of a catalog are left alone: those of names that nothing is known of. */
  others(zone: DNSZone): Others | undefined {
    if (!isOfCatalog(zone)) return undefined
    return (_owner, type, rdata) => type === PTR.code && !this.#decided.has(targetOf(rdata))
  }

  /** Has a catalog read anew by those who follow it. */
  nudge(name: string): void {
    const catalog = this.#catalogs.get(name)
    if (!catalog) return
    catalog.isNudged = true
    this.#world.wake(name)
  }

  follows(server: string): void {
    if (this.#following.has(server)) return
    this.#following.add(server)
    if (this.#tried.delete(server)) this.#world.onFollow(server)
  }

  /** Forgets that a server was seen to follow: it is gone, or another, or of another cluster. */
  forget(server: string): void {
    this.#following.delete(server)
    this.#tried.delete(server)
  }

  // That it serves the catalog does not say that its options have it follow it: were all zones tried at once, a line
  // that is missing would take all of them off the server.
  mayTurn(server: string, zone: string): boolean {
    if (this.#following.has(server)) return true
    const tried = this.#tried.get(server) ?? zone
    this.#tried.set(server, tried)
    return tried === zone
  }

  #tryAnother(zone: string): void {
    for (const [server, tried] of this.#tried) {
      if (tried !== zone) continue
      this.#tried.delete(server)
      this.#world.onFollow(server)
    }
  }

  /** A pass of a catalog is about to begin, at this serial. */
  turn(name: string, serial: number | undefined): void {
    const catalog = this.#catalogs.get(name)
    if (!catalog?.isNudged || serial === undefined) return
    catalog.isNudged = false
    catalog.serial = serialIncrement(serial)
    catalog.generation++
  }

  /** Takes in how a catalog stands on its servers. */
  report({ spec }: DNSZone, view: ZoneView): void {
    const catalog = this.#catalogs.get(spec.zoneName)
    if (!catalog) return
    const remark = remarkOf(catalog.name, view)
    const isTurned = remark?.reason !== catalog.remark?.reason || remark?.message !== catalog.remark?.message
    catalog.remark = remark
    if (isTurned) this.#world.onTurn(catalog.cluster)
    // The version is the one record left.
    const isEmpty = !catalog.isAsked && catalog.members.size === 0 && view.records === 1
    const isSeen = !view.servers.some(({ fault }) => fault?.reason === 'Behind' || fault?.reason === 'Pending')
    if (!isEmpty || !isSeen || catalog.leavingSinceMs !== undefined) return
    catalog.leavingSinceMs = this.#world.now()
    this.#world.wake(catalog.name)
  }

  /** A catalog has left its servers. */
  end(zone: DNSZone): void {
    const catalog = this.#catalogs.get(zone.spec.zoneName)
    if (!catalog) return
    for (const server of this.placed(zone)) this.forget(keyOf(server))
    this.#catalogs.delete(catalog.name)
    for (const record of [catalog.version, ...catalog.members.values()]) this.#world.claims.drop(record)
    this.#world.onTurn(catalog.cluster)
  }

  #near(namespace: string): Catalog[] {
    return [...this.#catalogs.values()].filter(({ cluster }) => cluster.startsWith(`${namespace}/`))
  }
}

function isDeleted({ metadata }: DNSZone): boolean {
  return metadata.deletionTimestamp !== undefined
}

/** The primaries that a zone's object says it was seen on. */
function servedBefore({ metadata, status }: DNSZone): string[] {
  const primaries = status?.servers?.filter(({ role, serial }) => role === 'primary' && serial !== undefined) ?? []
  return primaries.map(({ instance }) => `${metadata.namespace}/${instance}`)
}

function targetOf(rdata: Octets): string {
  return canonicalName(decodeRdata(PTR, bytesOf(rdata)).target as string)
}

// A server that cannot be reached says so on its own object.
function remarkOf(name: string, { servers }: ZoneView): Remark | undefined {
  const isOwn = ({ role, fault }: ZoneView['servers'][number]) =>
    role === 'primary'
      ? fault && !['Pending', 'Unreachable', 'Leaving'].includes(fault.reason)
      : fault?.reason === 'NotInCatalog'
  const [first] = servers.filter(isOwn)
  if (!first?.fault) return undefined
  const message = `Catalog zone ${name} on ${first.instance}: ${first.fault.message}`
  return { reason: first.role === 'primary' ? 'CatalogNotServed' : 'NotInCatalog', message }
}
