import { type Seeder, startSeeder } from '#bind9'
import {
  ALLOW_WITHDRAWAL,
  type Bind9Instance,
  type DNSZone,
  FINALIZER,
  keyOf,
  placement,
  type RecordObject,
  zoneKey,
} from '#crds'
import { type Connection, isConflict, isNotFound, KubeClient, type Log, type RequestRecord, WorkQueue } from '#kube'
import { Objects, pathOf } from './objects.ts'
import { isCatalogName, isOfCatalog } from './reconcile/cluster/catalog.ts'
import { Catalogs } from './reconcile/cluster/catalogs.ts'
import { InstanceReconcile } from './reconcile/instance/instance.ts'
import { Servers } from './reconcile/instance/servers.ts'
import { Claims } from './reconcile/zone/claims.ts'
import { Laggards } from './reconcile/zone/laggards.ts'
import { watchSerials } from './reconcile/zone/serialwatch.ts'
import { ZoneReconcile, type ZoneWorld } from './reconcile/zone/zone.ts'
import { Reports } from './reports.ts'

/** A server that does not answer is tried again this often at least. */
const PROBE_BACKOFF_MS = 5_000
const ZONE_BACKOFF_MS = 30_000
/** Our own status writes come back as events: what they say is looked at together, so long after the first. */
const ECHO_MS = 100
/** The least time between two passes of a zone that asks for the next one itself. */
const PASS_MS = 250
/** How long until a zone is looked at again whose last pass failed for good. */
const FAILED_PASS_MS = 30_000
/** Zones worked on at once: most of them wait for a server, and each server takes its work one by one. */
const ZONE_WORKERS = 64

export interface ControllerOptions {
  readonly connection: Connection
  readonly log: Log
  /** This process, in its Events. */
  readonly identity: string
  /** Where servers reach us to fetch a new zone; our end of each control connection when absent. */
  readonly seedAddress?: string | undefined
  /** The port that they fetch it from, over UDP and TCP; any free one when absent. */
  readonly seedPort?: number | undefined
  /** Milliseconds since 1970. */
  readonly now?: () => number
  readonly onRequest?: (request: RequestRecord) => void
}

/**
 * Makes every server serve what the objects describe, until the signal is aborted:
 *
 *   objects --events--> zones queue --pass of one zone--> servers --read back--> statuses
 *                   '-> instances queue --probe--> servers known, or what stands against them
 */
export async function runController(
  options: ControllerOptions,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const controller = await Controller.create(options)
  await controller.run(signal)
}

class Controller {
  readonly #log: Log
  readonly #now: () => number
  readonly #client: KubeClient
  readonly #objects: Objects
  readonly #claims = new Claims()
  readonly #catalogs: Catalogs
  #hasRead = false
  readonly #reports: Reports
  readonly #servers: Servers
  readonly #instances: InstanceReconcile
  readonly #seeder: Seeder
  readonly #seedAddress: string | undefined
  readonly #passes = new Map<string, ZoneReconcile>()
  readonly #zoneQueue: WorkQueue
  /** Apart from the zones: all that are new wait for their catalog, and it would stand behind them. */
  readonly #catalogQueue: WorkQueue
  readonly #instanceQueue: WorkQueue
  readonly #laggards: Laggards
  /** What `#childrenOf` found, until a zone or an instance changes. */
  readonly #children = new Map<string, ReadonlyMap<string, string>>()

  static async create(options: ControllerOptions): Promise<Controller> {
    const { seedPort, now } = options
    return new Controller(options, await startSeeder({ ...(seedPort && { port: seedPort }), ...(now && { now }) }))
  }

  constructor(options: ControllerOptions, seeder: Seeder) {
    const { connection, log, now = Date.now, onRequest, identity } = options
    this.#log = log
    this.#now = now
    this.#seeder = seeder
    this.#seedAddress = options.seedAddress
    this.#client = new KubeClient(connection, { userAgent: 'bindy-controller', ...(onRequest && { onRequest }) })
    this.#objects = new Objects(this.#client, log)
    this.#catalogs = new Catalogs({
      cluster: key => this.#objects.clusters.get(key),
      instance: key => this.#objects.instances.get(key),
      instances: () => this.#objects.instances.values(),
      zonesNamed: name => this.#objects.tree.named(name),
      placed: zone => this.#placed(zone),
      claims: this.#claims,
      wake: name => this.#catalogQueue.add(name),
      compareAll: name => {
        this.#passes.get(name)?.compareAll()
        this.#catalogQueue.add(name)
      },
      onTurn: key => this.#instances.reportCluster(key),
      onFollow: key => this.#zonesNear(key.split('/')[0] as string),
      now,
    })
    this.#reports = new Reports({
      client: this.#client,
      log,
      now,
      identity,
      isBusy: () => this.#isBusy,
      zone: key => this.#objects.zones.get(key),
    })
    this.#catalogQueue = new WorkQueue({ baseDelayMs: 250, maxDelayMs: ZONE_BACKOFF_MS, log })
    this.#zoneQueue = new WorkQueue({ baseDelayMs: 250, maxDelayMs: ZONE_BACKOFF_MS, log })
    this.#instanceQueue = new WorkQueue({ baseDelayMs: 250, maxDelayMs: PROBE_BACKOFF_MS, log })
    this.#laggards = new Laggards({
      zone: name => this.#passes.get(name),
      wake: name => this.#queueOf(name).add(name),
      log,
      now,
    })
    this.#servers = new Servers({
      client: this.#client,
      now,
      log,
      onDoubt: key => this.#instanceQueue.add(key),
      onTurn: key => this.#serverTurned(key),
    })
    this.#instances = new InstanceReconcile({
      instances: this.#objects.instances,
      clusters: this.#objects.clusters,
      servers: this.#servers,
      catalogs: this.#catalogs,
      isServing: instance => this.#isServing(instance),
      setFinalizer: (instance, isPresent, options) => this.#setFinalizer(instance, isPresent, options),
      reportInstance: (instance, status) => this.#reports.server(instance, status),
      reportCluster: (cluster, status) => this.#reports.server(cluster, status),
      again: (key, afterMs) => this.#instanceQueue.addAfter(key, afterMs),
      now,
    })
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#listen()
    this.#objects.start()
    try {
      await this.#objects.synced({ signal })
      this.#log.info('All objects read')
      this.#meetClusters()
      await Promise.all([
        this.#instanceQueue.run(8, (key, options) => this.#instances.reconcile(key, options), signal),
        this.#zoneQueue.run(ZONE_WORKERS, (name, options) => this.#reconcileZone(name, options), signal),
        this.#catalogQueue.run(4, (name, options) => this.#reconcileZone(name, options), signal),
        this.#laggards.run(signal),
        watchSerials(() => this.#passes.values(), { isBusy: () => this.#isBusy, signal }),
      ])
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      await this.#objects.stop()
      await this.#reports.stop()
      this.#servers.close()
      await this.#seeder.close()
    }
  }

  /** Before the first pass: a catalog is to lose nothing that its cluster still asks for. */
  #meetClusters(): void {
    this.#catalogs.meetAll([...this.#objects.clusters.values()].map(keyOf))
    this.#hasRead = true
    this.#settleZones()
  }

  #settleZones(namespace?: string): void {
    const zones = [...this.#objects.zones.values()]
    const near = zones.filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
    for (const name of new Set(near.map(({ spec }) => zoneKey(spec.zoneName)))) this.#settle(name)
  }

  #settle(name: string): void {
    // What is not read yet decides nothing.
    if (this.#hasRead) this.#catalogs.settle(name, this.#passes.get(name))
  }

  #listen(): void {
    const { zones, instances, clusters, records } = this.#objects
    this.#objects.onUnread(() => {
      for (const zone of zones.values()) this.#zoneQueue.add(zoneKey(zone.spec.zoneName))
    })
    zones.onChange((type, zone, previous) => {
      const name = zoneKey(zone.spec.zoneName)
      if (type === 'deleted') this.#reports.forget(zone)
      // One that is only missing from a list, and then stands for itself as it was before, was perhaps lost by the API
      // server, and is no reason to delete anything.
      if (type === 'deleted' && zone !== previous) this.#passes.get(name)?.end(zone)
      // What failed before was another's.
      if (type !== 'modified') this.#queueOf(name).forget(name)
      this.#settle(name)
      this.#queueOf(name).add(name)
      if (type !== 'modified' || !isSameZone(zone, previous)) this.#zonesAround(name)
    })
    instances.onChange((type, instance, previous) => {
      if (type === 'deleted') this.#reports.forget(instance)
      if (type === 'modified' && isSamePlace(instance, previous)) return this.#instances.report(keyOf(instance))
      this.#catalogs.forget(keyOf(instance))
      this.#instanceQueue.add(keyOf(instance))
      this.#zonesNear(instance.metadata.namespace)
      this.#instances.reportClusterOf(previous ?? instance)
      this.#instances.reportClusterOf(instance)
    })
    clusters.onChange((type, cluster, previous) => {
      if (type === 'deleted') this.#reports.forget(cluster)
      else this.#instances.reportCluster(keyOf(cluster))
      if (type === 'modified' && previous?.metadata.generation === cluster.metadata.generation) return
      if (this.#hasRead) this.#catalogs.meet(keyOf(cluster))
      this.#zonesNear(cluster.metadata.namespace)
    })
    for (const informer of records) {
      informer.onChange((type, record, previous) => {
        if (type === 'deleted') this.#reports.forgetRecord(record)
        const names = type === 'deleted' ? this.#claims.drop(record) : this.#claims.put(record)
        const isNews = type !== 'modified' || previous?.metadata.generation !== record.metadata.generation
        for (const name of names) this.#queueOf(name).addAfter(name, isNews ? 0 : ECHO_MS)
      })
    }
  }

  /** Many zones wait to be served: what can come later does. */
  get #isBusy(): boolean {
    return this.#zoneQueue.size > ZONE_WORKERS / 2
  }

  async #reconcileZone(name: string, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    const pass = this.#passes.get(name) ?? new ZoneReconcile(name, this.#world())
    this.#passes.set(name, pass)
    this.#claims.of(name).hide(this.#childrenOf(name))
    this.#catalogs.turn(name, pass.serial)
    const nextMs = await pass
      .reconcile({ signal })
      .catch(error => {
        this.#queueOf(name).addAfter(name, FAILED_PASS_MS)
        throw error
      })
      .finally(() => this.#settle(name))
    if (nextMs !== undefined) this.#queueOf(name).addAfter(name, Math.max(nextMs - this.#now(), PASS_MS))
    else if (this.#zonesNamed(name).length === 0 && !pass.hasEnded && this.#claims.prune(name))
      this.#passes.delete(name)
  }

  /** Whether a zone is on an instance's server, or its status says so. */
  #isServing(instance: Bind9Instance): boolean {
    const { name, namespace } = instance.metadata
    const isRecorded = [...this.#objects.zones.values()].some(
      zone => zone.metadata.namespace === namespace && zone.status?.servers?.some(server => server.instance === name),
    )
    return isRecorded || [...this.#passes.values()].some(pass => pass.isOn(keyOf(instance)))
  }

  // One name is worked on in one place at a time, also where an object has a catalog's name.
  #queueOf(name: string): WorkQueue {
    return isCatalogName(name) ? this.#catalogQueue : this.#zoneQueue
  }

  /** The DNSZones of a name; a catalog's own comes first. */
  #zonesNamed(name: string): readonly DNSZone[] {
    const catalog = this.#catalogs.zone(name)
    const zones = this.#objects.tree.named(name)
    return catalog ? [catalog, ...zones] : zones
  }

  #world(): ZoneWorld {
    return {
      zonesNamed: name => this.#zonesNamed(name),
      forbiddenBy: zone => (isOfCatalog(zone) ? undefined : this.#objects.tree.forbiddenBy(zone)),
      placed: zone => (isOfCatalog(zone) ? this.#catalogs.placed(zone) : this.#placed(zone)),
      supply: (zone, key) => this.#catalogs.supply(zone, key),
      others: zone => this.#catalogs.others(zone),
      followers: this.#catalogs,
      instance: key => this.#objects.instances.get(key),
      claims: name => this.#claims.of(name),
      setFinalizer: async (zone, isPresent, options) => {
        if (!isOfCatalog(zone)) return this.#setFinalizer(zone, isPresent, options)
        if (!isPresent) this.#catalogs.end(zone)
        return true
      },
      endPermission: (zone, options) => this.#endPermission(zone, options),
      setRecordFinalizer: (record, isPresent, options) => this.#setFinalizer(record, isPresent, options),
      // A catalog's objects are in memory alone: its cluster's object says how it stands.
      reportRecord: (record, verdict) => {
        if (!isOfCatalog(record.object)) this.#reports.record(this.#claims.settled(record), verdict)
      },
      retell: record => {
        const name = this.#claims.retell(record)
        if (name !== undefined) this.#queueOf(name).add(name)
      },
      reportZone: (zone, view) => {
        if (isOfCatalog(zone)) this.#catalogs.report(zone, view)
        else this.#reports.zone(zone, view)
      },
      recordEvent: (zone, happening) => {
        if (!isOfCatalog(zone)) this.#reports.event(zone, happening)
      },
      wake: (name, atMs) => this.#queueOf(name).addAfter(name, atMs - this.#now()),
      unread: () => this.#objects.unread,
      hold: undefined,
      tell: () => {},
      follow: (name, instance) => this.#laggards.follow(name, instance),
      servers: this.#servers,
      source: { seeder: this.#seeder, ...(this.#seedAddress && { address: this.#seedAddress }) },
      log: this.#log,
      now: this.#now,
    }
  }

  async #endPermission(zone: DNSZone, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    const { resourceVersion, annotations } = zone.metadata
    if (annotations?.[ALLOW_WITHDRAWAL] === undefined) return
    const metadata = { resourceVersion, annotations: { [ALLOW_WITHDRAWAL]: null } }
    try {
      await this.#client.patch(pathOf(zone), { metadata }, { signal })
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) throw error
    }
  }

  async #setFinalizer(
    object: DNSZone | Bind9Instance | RecordObject,
    isPresent: boolean,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<boolean> {
    const { resourceVersion, finalizers = [] } = object.metadata
    const others = finalizers.filter(finalizer => finalizer !== FINALIZER)
    const metadata = { resourceVersion, finalizers: isPresent ? [...others, FINALIZER] : others }
    try {
      await this.#client.patch(pathOf(object), { metadata }, { signal })
      return true
    } catch (error) {
      if (isConflict(error) || isNotFound(error)) return false
      throw error
    }
  }

  #serverTurned(key: string): void {
    this.#instances.report(key)
    this.#laggards.startAgain()
    this.#zonesNear(key.split('/')[0] as string)
  }

  #zonesNear(namespace: string): void {
    this.#children.clear()
    for (const zone of this.#objects.zones.values()) {
      if (zone.metadata.namespace !== namespace) continue
      const name = zoneKey(zone.spec.zoneName)
      this.#zoneQueue.add(name)
      for (const above of this.#objects.tree.above(name)) this.#zoneQueue.addAfter(above, ECHO_MS)
    }
    for (const name of this.#catalogs.namesIn(namespace)) this.#catalogQueue.add(name)
    this.#settleZones(namespace)
  }

  /** A zone may hide names of those above it, and be kept away by them: a flood of zones has each looked at once. */
  #zonesAround(name: string): void {
    const { tree } = this.#objects
    this.#children.clear()
    for (const other of [...tree.above(name), ...tree.below(name)]) this.#zoneQueue.addAfter(other, ECHO_MS)
  }

  #placed(zone: DNSZone): Bind9Instance[] {
    return placement(zone, this.#objects.instances.values())
  }

  /** Zones below a zone on the servers that it is on: they answer there for all that lies in them. */
  #childrenOf(name: string): ReadonlyMap<string, string> {
    const known = this.#children.get(name)
    if (known) return known
    const children = this.#objects.tree.hiding(name, zone => this.#placed(zone))
    this.#children.set(name, children)
    return children
  }
}

// What a zone says in its status, and that we hold it, is no news to the zones above and below.
function isSameZone(zone: DNSZone, previous: DNSZone | undefined): boolean {
  const { generation, deletionTimestamp } = zone.metadata
  return previous?.metadata.generation === generation && previous.metadata.deletionTimestamp === deletionTimestamp
}

// Our own status writes come back as events: only what says where zones go, and how, is news.
function isSamePlace(instance: Bind9Instance, previous: Bind9Instance | undefined): boolean {
  if (!previous || previous.metadata.generation !== instance.metadata.generation) return false
  return JSON.stringify(previous.metadata.labels) === JSON.stringify(instance.metadata.labels)
}
