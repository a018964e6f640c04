import { isIP } from 'node:net'
import { type Bind9Instance, canonicalName, type DNSZone, keyOf, placement, type RecordObject, ZoneTree } from '#crds'
import { KubeApiError } from '#kube'
import type { Cluster, Scope } from '../cluster.ts'
import { recordScopes } from '../zone/scopes.ts'
import { ObjectZone, type Surroundings } from './objectzone.ts'

/** The objects that bear on zones, as the API server has them now. */
export class ZoneReader {
  readonly #cluster: Cluster
  readonly #records = new Map<string, Promise<readonly RecordObject[]>>()
  readonly #instances = new Map<string, Promise<readonly Bind9Instance[]>>()
  #zones: Promise<readonly DNSZone[]> | undefined

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** What the controller would have served for a zone. A kind that cannot be read fails it: it is not an empty set. */
  async read(zone: DNSZone): Promise<ObjectZone> {
    const [records, around] = await Promise.all([this.recordsFor(zone), this.around(zone)])
    return new ObjectZone(zone, records, around)
  }

  /** The instances that should serve a zone. */
  async serversOf(zone: DNSZone): Promise<Bind9Instance[]> {
    return placement(zone, await this.#instancesIn(zone.metadata.namespace))
  }

  /** All records of a scope, read once. */
  recordsIn(scope: Scope): Promise<readonly RecordObject[]> {
    return once(this.#records, scope === 'all' ? '*' : scope.namespace, () => this.#cluster.records(scope))
  }

  /** All records of where those of a zone may stand. */
  async recordsFor(zone: DNSZone): Promise<readonly RecordObject[]> {
    return (await Promise.all(recordScopes(zone).map(scope => this.recordsIn(scope)))).flat()
  }

  /** What bears on a zone beside its own objects. */
  async around(zone: DNSZone): Promise<Surroundings> {
    const zones = await this.#allZones(zone.metadata.namespace)
    const placed = new Map<string, readonly Bind9Instance[]>()
    for (const one of zones) placed.set(keyOf(one), placement(one, await this.#instancesIn(one.metadata.namespace)))
    const tree = treeOf(zones)
    const servers = placed.get(keyOf(zone)) ?? (await this.serversOf(zone))
    return {
      serverAddresses: servers.map(({ spec }) => spec.external.address).filter(address => isIP(address)),
      children: tree.hiding(canonicalName(zone.spec.zoneName), one => placed.get(keyOf(one)) ?? []),
    }
  }

  #instancesIn(namespace: string): Promise<readonly Bind9Instance[]> {
    return once(this.#instances, namespace, () => this.#cluster.instances({ namespace }))
  }

  /** The zones of all namespaces, or of this one where no more may be seen. */
  #allZones(namespace: string): Promise<readonly DNSZone[]> {
    this.#zones ??= this.#cluster.zones('all').catch((error: unknown) => {
      if (error instanceof KubeApiError && error.status === 403) return this.#cluster.zones({ namespace })
      throw error
    })
    return this.#zones
  }
}

function treeOf(zones: readonly DNSZone[]): ZoneTree {
  const byKey = new Map(zones.map(zone => [keyOf(zone), zone]))
  const tree = new ZoneTree(key => byKey.get(key))
  for (const zone of zones) tree.put(zone)
  return tree
}

function once<T>(known: Map<string, Promise<T>>, key: string, read: () => Promise<T>): Promise<T> {
  const found = known.get(key) ?? read()
  known.set(key, found)
  return found
}
