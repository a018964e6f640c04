import {
  type Bind9Cluster,
  type Bind9Instance,
  type DNSZone,
  type Kind,
  placement,
  type RecordObject,
  recordKinds,
} from '#crds'
import type { Cluster, Scope } from '../cluster.ts'
import { EXIT, Failure } from '../failure.ts'
import { BIN } from '../name.ts'
import { missingRights, type Reading, reading, readValue } from '../reading.ts'
import { isOfZone } from '../record/find.ts'
import { apexOf, shownName } from '../zone/find.ts'

/** All objects of Bindy in a scope, as of about now. */
export interface World {
  readonly clusters: readonly Bind9Cluster[]
  readonly instances: readonly Bind9Instance[]
  readonly zones: readonly DNSZone[]
  readonly records: readonly RecordObject[]
  /** Rights that were missing to read all of it. */
  readonly needs: readonly string[]
}

/** Reads all objects of a scope. Zones must be readable; what else may not be read is named. */
export async function readWorld(cluster: Cluster, scope: Scope): Promise<World> {
  const [zones, clusters, instances, ...records] = await Promise.all([
    cluster.zones(scope),
    reading('list bind9clusters', () => cluster.clusters(scope)),
    reading('list bind9instances', () => cluster.instances(scope)),
    ...recordKinds.map(kind => readKind(cluster, kind, scope)),
  ])
  return {
    zones,
    clusters: readValue(clusters) ?? [],
    instances: readValue(instances) ?? [],
    records: records.flatMap(one => readValue(one) ?? []),
    needs: missingRights([clusters, instances, ...records]),
  }
}

function readKind(cluster: Cluster, kind: Kind, scope: Scope): Promise<Reading<RecordObject[]>> {
  return reading(`list ${kind.plural}`, () => cluster.list<RecordObject>(kind, scope))
}

/** What of a world belongs to one Bind9Cluster: its servers, their zones, their records. @throws Failure without one */
export function worldOfCluster(world: World, name: string): World {
  const clusters = world.clusters.filter(({ metadata }) => metadata.name === name)
  const instances = world.instances.filter(({ spec }) => spec.clusterRef === name)
  if (clusters.length === 0 && instances.length === 0) throw noCluster(world, name)
  const zones = world.zones.filter(zone => placement(zone, world.instances).some(server => instances.includes(server)))
  const apexes = zones.map(apexOf)
  const records = world.records.filter(record => apexes.some(apex => apex !== undefined && isOfZone(record, apex)))
  return { ...world, clusters, instances, zones, records }
}

function noCluster({ clusters, instances, zones }: World, name: string): Failure {
  const names = [
    ...clusters.map(({ metadata }) => metadata.name),
    ...instances.flatMap(({ spec }) => spec.clusterRef ?? []),
  ]
  const isZone = zones.some(zone => zone.metadata.name === name || shownName(zone.spec.zoneName) === shownName(name))
  return new Failure(`No Bind9Cluster here is called ${JSON.stringify(name)}`, {
    exit: EXIT.unknown,
    why: `there are: ${[...new Set(names)].join(', ') || 'none'}`,
    fix: isZone ? `it is a zone: ${BIN} status zone ${name}` : `look in all namespaces: ${BIN} status -A`,
  })
}
