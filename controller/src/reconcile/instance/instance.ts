import { type Bind9Cluster, type Bind9Instance, type ClusterStatus, type InstanceStatus, isHeld, keyOf } from '#crds'
import type { Informer } from '#kube'
import { clusterOf } from '../cluster/catalog.ts'
import type { Catalogs } from '../cluster/catalogs.ts'
import type { Servers } from './servers.ts'
import { clusterStatus, instanceStatus } from './status.ts'

/** How often a server at rest is probed, in milliseconds; named closes an idle control channel after 30 s. */
const PROBE_MS = 20_000
/** How often a server that is to go is asked whether its zones have left. */
const LEAVE_MS = 1_000
/** How long until an instance is looked at again that changed while we took hold of it. */
const HOLD_MS = 250

/** What instances are reconciled with, and who hears of it. */
export interface InstanceWorld {
  readonly instances: Informer<Bind9Instance>
  readonly clusters: Informer<Bind9Cluster>
  readonly servers: Servers
  readonly catalogs: Pick<Catalogs, 'of'>
  /** Whether a zone is on an instance's server, or said to be. */
  isServing(instance: Bind9Instance): boolean
  /** Returns false where the object changed meanwhile. */
  setFinalizer(instance: Bind9Instance, present: boolean, options: { readonly signal: AbortSignal }): Promise<boolean>
  reportInstance(instance: Bind9Instance, status: InstanceStatus): void
  reportCluster(cluster: Bind9Cluster, status: ClusterStatus): void
  /** Has an instance reconciled again. */
  again(key: string, afterMs: number): void
  readonly now: () => number
}

/**
 * The instances: their servers are met and probed, and kept until their zones have left; their objects and their
 * clusters' say how they stand.
 */
export class InstanceReconcile {
  readonly #world: InstanceWorld

  constructor(world: InstanceWorld) {
    this.#world = world
  }

  /** Probes an instance's server, and says how it stands. Throws what stands against it. */
  async reconcile(key: string, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    const { instances, servers, again } = this.#world
    const instance = instances.get(key)
    if (!instance) return servers.forget(key)
    if (instance.metadata.deletionTimestamp) return this.#letGo(instance, { signal })
    if (!(await this.#hold(instance, { signal }))) return
    try {
      await servers.meet(key, instance, { signal })
    } finally {
      if (servers.isMet(key)) this.report(key)
    }
    again(key, PROBE_MS * (0.9 + Math.random() * 0.2))
  }

  /** Says in an instance's object how its server stands, and in its cluster's. */
  report(key: string): void {
    const { instances, servers, reportInstance, now } = this.#world
    const instance = instances.get(key)
    if (!instance || !servers.isMet(key)) return
    const seen = { server: servers.ready(key), fault: servers.fault(key) }
    reportInstance(instance, instanceStatus(instance, seen, now()))
    this.reportClusterOf(instance)
  }

  reportClusterOf(instance: Bind9Instance): void {
    const cluster = clusterOf(instance)
    if (cluster !== undefined) this.reportCluster(cluster)
  }

  /** Says in a cluster's object how its servers stand, once all of them are met. */
  reportCluster(key: string): void {
    const { instances, clusters, servers, catalogs, reportCluster, now } = this.#world
    const cluster = clusters.get(key)
    if (!cluster || !instances.hasSynced) return
    const members = [...instances.values()].filter(instance => clusterOf(instance) === key)
    if (members.some(member => !servers.isMet(keyOf(member)))) return
    const isReady = (member: Bind9Instance) => servers.ready(keyOf(member)) !== undefined
    reportCluster(cluster, clusterStatus(cluster, members, { isReady, catalog: catalogs.of(key) }, now()))
  }

  /** Marks an instance's object as ours to let go; returns whether it is. */
  async #hold(instance: Bind9Instance, options: { readonly signal: AbortSignal }): Promise<boolean> {
    if (isHeld(instance) || (await this.#world.setFinalizer(instance, true, options))) return true
    this.#world.again(keyOf(instance), HOLD_MS)
    return false
  }

  /** Lets a deleted instance go once no zone is served there any more, or once it does not answer. */
  async #letGo(instance: Bind9Instance, options: { readonly signal: AbortSignal }): Promise<void> {
    const { isServing, setFinalizer, again } = this.#world
    if (isServing(instance) && (await this.#answers(instance, options))) return again(keyOf(instance), LEAVE_MS)
    if (isHeld(instance)) await setFinalizer(instance, false, options)
  }

  // A server that does not answer cannot give its zones up: it takes them along. What it did before says nothing.
  async #answers(instance: Bind9Instance, options: { readonly signal: AbortSignal }): Promise<boolean> {
    try {
      await this.#world.servers.meet(keyOf(instance), instance, options)
      return true
    } catch (error) {
      // Not what the API server does not tell.
      if (this.#world.servers.fault(keyOf(instance)) !== error) throw error
      return false
    }
  }
}
