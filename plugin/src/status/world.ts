import {
  type Bind9Cluster,
  type Bind9Instance,
  clusterKind,
  type DNSZone,
  instanceKind,
  placement,
  type RecordObject,
  zoneKind,
} from '#crds'
import type { Cluster, Scope } from '../cluster.ts'
import { EXIT, Failure } from '../failure.ts'
import { BIN } from '../name.ts'
import { readable, rightTo } from '../readable.ts'
import { belongsTo, readableRecords } from '../record/find.ts'
import { oneZone, shownName, zonesCalled } from '../zone/find.ts'

/** All objects of Bindy in a scope, as of about now. */
export interface World {
  readonly clusters: readonly Bind9Cluster[]
  readonly instances: readonly Bind9Instance[]
  readonly zones: readonly DNSZone[]
  readonly records: readonly RecordObject[]
  /** Rights that were missing to read all of it. */
  readonly needs: readonly string[]
}

/** Reads all objects of a scope. What may not be read is named. */
export async function readWorld(cluster: Cluster, scope: Scope): Promise<World> {
  const [zones, clusters, instances, { records, needs }] = await Promise.all([
    readable<DNSZone>(cluster, zoneKind, scope),
    readable<Bind9Cluster>(cluster, clusterKind, scope),
    readable<Bind9Instance>(cluster, instanceKind, scope),
    readableRecords(cluster, scope),
  ])
  return {
    zones: zones.items,
    clusters: clusters.items,
    instances: instances.items,
    records,
    needs: [zones, clusters, instances, { needs }].flatMap(one => one.needs),
  }
}

/** What of a world belongs to one Bind9Cluster: its servers, their zones, their records. @throws Failure without one */
export function worldOfCluster(world: World, name: string): World {
  if (!clusterNames(world).includes(name)) throw noCluster(world, name)
  const clusters = world.clusters.filter(({ metadata }) => metadata.name === name)
  const instances = world.instances.filter(({ spec }) => spec.clusterRef === name)
  const zones = world.zones.filter(zone => placement(zone, world.instances).some(server => instances.includes(server)))
  return { ...world, clusters, instances, zones, records: recordsOfAny(zones, world) }
}

/** The same of one zone, where no Bind9Cluster is called so: its servers, its records. @throws Failure for none, or several */
export function worldOfClusterOrZone(world: World, name: string, scope: Scope): World {
  if (clusterNames(world).includes(name)) return worldOfCluster(world, name)
  if (zonesCalled(world.zones, name).length === 0) throw neither(world, name)
  const zone = oneZone(world.zones, name, scope)
  const instances = placement(zone, world.instances)
  // Its servers name their cluster: the object of that adds nothing.
  const needs = world.needs.filter(right => !right.startsWith(rightTo(clusterKind.plural)))
  return { ...world, clusters: [], instances, zones: [zone], records: world.records.filter(belongsTo(zone)), needs }
}

/** Whether no objects of a kind may be read, by what was missing. */
export function isUnread({ needs }: Pick<World, 'needs'>, plural: string): boolean {
  return needs.includes(rightTo(plural))
}

/** Whether those of a kind may be read in the command's namespace alone, where all were wanted. */
export function isPartlyRead({ needs }: Pick<World, 'needs'>, plural: string): boolean {
  return needs.includes(rightTo(plural, 'all'))
}

/** Whether all objects of a kind that were wanted may be read. */
export function isWhollyRead(world: Pick<World, 'needs'>, plural: string): boolean {
  return !isUnread(world, plural) && !isPartlyRead(world, plural)
}

/** Whether it is not known which server has which zone. */
export function isPlacementUnread(world: Pick<World, 'needs'>): boolean {
  return isUnread(world, 'dnszones') || isUnread(world, 'bind9instances')
}

function recordsOfAny(zones: readonly DNSZone[], { records }: World): RecordObject[] {
  const areOf = zones.map(belongsTo)
  return records.filter(record => areOf.some(isOf => isOf(record)))
}

function clusterNames({ clusters, instances }: World): string[] {
  const names = [
    ...clusters.map(({ metadata }) => metadata.name),
    ...instances.flatMap(({ spec }) => spec.clusterRef ?? []),
  ]
  return [...new Set(names)]
}

function neither(world: World, name: string): Failure {
  const names = [...clusterNames(world), ...world.zones.map(({ spec }) => shownName(spec.zoneName))]
  const more = names.length > 5 ? ` and ${names.length - 5} more` : ''
  return new Failure(`No Bind9Cluster and no DNSZone here is called ${JSON.stringify(name)}`, {
    exit: EXIT.unknown,
    why: `there are: ${names.slice(0, 5).join(', ') || 'none'}${more}${unreadOf(world)}`,
    fix: `look in all namespaces: ${BIN} graph -A`,
  })
}

// A name that may not be read is none that is not there.
function unreadOf({ needs }: World): string {
  const rights = needs.filter(right => !right.includes('records'))
  return rights.length === 0 ? '' : `; there may be more: needs ${rights.join(', ')}`
}

function noCluster(world: World, name: string): Failure {
  const isZone = zonesCalled(world.zones, name).length > 0
  return new Failure(`No Bind9Cluster here is called ${JSON.stringify(name)}`, {
    exit: EXIT.unknown,
    why: `there are: ${clusterNames(world).join(', ') || 'none'}${unreadOf(world)}`,
    fix: isZone ? `it is a zone: ${BIN} status zone ${name}` : `look in all namespaces: ${BIN} status -A`,
  })
}
