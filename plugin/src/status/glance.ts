import { type Bind9Instance, type DNSZone, keyOf, placement, type RecordObject, recordTypeOfKind } from '#crds'
import { readiness, remedyOf, type Verdict } from '../condition.ts'
import { BIN } from '../name.ts'
import { isOfZone } from '../record/find.ts'
import { ownerOf } from '../record/rrset.ts'
import { printDuration } from '../screen/duration.ts'
import { printKeyed } from '../screen/keyed.ts'
import type { Mark } from '../screen/terminal.ts'
import { apexOf, shownName } from '../zone/find.ts'
import { type ZoneHealth, zoneHealth } from '../zone/health.ts'
import type { ControlPlane } from './controlplane.ts'
import type { World } from './world.ts'

/** Servers that serve the same zones. */
export interface ClusterRow {
  readonly namespace: string
  /** Empty for servers of no cluster. */
  readonly name: string
  readonly instances: number
  readonly readyInstances: number
  readonly zones: number
  readonly records: number
  readonly servedRecords: number
  readonly state: string
  readonly mark: Mark
}

export interface InstanceRow {
  readonly namespace: string
  readonly name: string
  readonly role: string
  readonly address: string
  readonly version: string | undefined
  readonly zones: number
  /** Zones that it has not, or has an older serial of. */
  readonly behind: number
  readonly state: string
  readonly mark: Mark
}

/** Something that somebody should look at, and what helps. */
export interface Attention {
  readonly mark: 'bad' | 'warning'
  readonly subject: string
  readonly message: string
  readonly command: string
}

export interface Glance {
  readonly controlPlane: ControlPlane
  readonly clusters: readonly ClusterRow[]
  readonly instances: readonly InstanceRow[]
  readonly zones: { readonly all: number; readonly healthy: number }
  readonly records: { readonly all: number; readonly served: number }
  readonly attention: readonly Attention[]
  /** Rights that were missing. */
  readonly needs: readonly string[]
}

interface JudgedZone {
  readonly zone: DNSZone
  readonly health: ZoneHealth
  readonly records: readonly JudgedRecord[]
}

interface JudgedRecord {
  readonly record: RecordObject
  readonly verdict: Verdict
}

/** All of it at one glance: what is there, how it is, and what to do. */
export function glance(world: World, controlPlane: ControlPlane, nowMs: number): Glance {
  const records = world.records.map(record => ({ record, verdict: readiness(record) }))
  const zones = world.zones.map(zone => ({ zone, health: zoneHealth(zone), records: recordsOf(zone, records) }))
  const instances = world.instances.map(instance => instanceRow(instance, zones)).sort(byName)
  return {
    controlPlane,
    clusters: clusterRows(world, zones, instances),
    instances,
    zones: { all: zones.length, healthy: zones.filter(({ health }) => health.phase === 'Healthy').length },
    records: { all: records.length, served: records.filter(({ verdict }) => verdict.status === 'True').length },
    attention: [
      ...ofControlPlane(controlPlane, world),
      ...world.instances.flatMap(ofInstance),
      ...zones.flatMap(zone => ofZone(zone, nowMs)),
      ...ofRecords(records, zones),
    ],
    needs: [...world.needs, ...needsOf(controlPlane)],
  }
}

/** Whether nothing is wrong, as far as could be read. */
export function isAllWell({ attention }: Glance): boolean {
  return attention.every(({ mark }) => mark !== 'bad')
}

function recordsOf(zone: DNSZone, records: readonly JudgedRecord[]): JudgedRecord[] {
  const apex = apexOf(zone)
  return apex === undefined ? [] : records.filter(({ record }) => isOfZone(record, apex))
}

function clusterRows(world: World, zones: readonly JudgedZone[], instances: readonly InstanceRow[]): ClusterRow[] {
  const keys = new Map<string, { readonly namespace: string; readonly name: string }>()
  const add = (namespace: string, name: string) => keys.set(`${namespace}/${name}`, { namespace, name })
  for (const { metadata } of world.clusters) add(metadata.namespace, metadata.name)
  for (const { metadata, spec } of world.instances) add(metadata.namespace, spec.clusterRef ?? '')
  return [...keys.values()].sort(byName).map(({ namespace, name }) => {
    const members = world.instances.filter(
      ({ metadata, spec }) => metadata.namespace === namespace && (spec.clusterRef ?? '') === name,
    )
    const own = zones.filter(({ zone }) => placement(zone, world.instances).some(server => members.includes(server)))
    return clusterRow({ namespace, name }, members, own, instances)
  })
}

function clusterRow(
  key: { readonly namespace: string; readonly name: string },
  members: readonly Bind9Instance[],
  zones: readonly JudgedZone[],
  instances: readonly InstanceRow[],
): ClusterRow {
  const rows = instances.filter(row =>
    members.some(({ metadata }) => metadata.name === row.name && metadata.namespace === row.namespace),
  )
  const records = zones.flatMap(zone => zone.records)
  const isBad = rows.some(({ mark }) => mark === 'bad') || zones.some(({ health }) => health.phase === 'Degraded')
  const isBusy = zones.some(({ health }) => health.phase !== 'Healthy')
  const hasRefused = records.some(({ verdict }) => verdict.status === 'False')
  const readyInstances = members.filter(member => readiness(member).status === 'True').length
  return {
    ...key,
    instances: members.length,
    readyInstances,
    zones: zones.length,
    records: records.length,
    servedRecords: records.filter(({ verdict }) => verdict.status === 'True').length,
    ...(members.length === 0
      ? { state: 'NoInstances', mark: 'warning' as const }
      : isBad
        ? { state: 'Degraded', mark: 'bad' as const }
        : hasRefused
          ? { state: 'RecordsRefused', mark: 'warning' as const }
          : isBusy
            ? { state: 'Propagating', mark: 'busy' as const }
            : { state: 'Healthy', mark: 'good' as const }),
  }
}

function instanceRow(instance: Bind9Instance, zones: readonly JudgedZone[]): InstanceRow {
  const { metadata, spec, status } = instance
  const near = zones.filter(({ zone }) => zone.metadata.namespace === metadata.namespace)
  const served = near.flatMap(({ health }) => health.servers.filter(server => server.instance === metadata.name))
  const behind = served.filter(({ isCurrent }) => !isCurrent).length
  const verdict = readiness(instance)
  const isReady = verdict.status === 'True'
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    role: spec.role,
    address: spec.external.address,
    version: status?.version,
    zones: served.length,
    behind,
    state: isReady ? (behind > 0 ? 'ZoneBehind' : 'Ready') : verdict.reason,
    mark: isReady ? (behind > 0 ? 'warning' : 'good') : verdict.status === 'False' ? 'bad' : 'waiting',
  }
}

function ofControlPlane({ controller }: ControlPlane, { zones }: World): Attention[] {
  if ('needs' in controller || controller.value?.isAlive || zones.length === 0) return []
  const message = controller.value ? `${controller.value.identity} has not renewed its Lease` : 'nobody holds its Lease'
  return [{ mark: 'bad', subject: 'controller', message: `not running: ${message}`, command: `${BIN} check` }]
}

function ofInstance(instance: Bind9Instance): Attention[] {
  const { status, reason, message } = readiness(instance)
  if (status !== 'False') return []
  const { name, namespace } = instance.metadata
  return [
    {
      mark: 'bad',
      subject: `Bind9Instance ${name}`,
      message: `${reason}: ${message}`,
      command: `${BIN} check -n ${namespace}`,
    },
  ]
}

function ofZone({ zone, health }: JudgedZone, nowMs: number): Attention[] {
  const name = shownName(zone.spec.zoneName)
  const command = `${BIN} status zone ${name} -n ${zone.metadata.namespace} --live`
  const { phase, verdict, servers, serial } = health
  if (phase === 'Degraded')
    return [{ mark: 'bad', subject: name, message: `${verdict.reason}: ${verdict.message}`, command }]
  return servers
    .filter(server => !server.isCurrent && verdict.status === 'True')
    .map(({ instance, state, serial: has, behindSince, message }) => {
      const since = behindSince ? `, for ${printDuration(nowMs - Date.parse(behindSince))}` : ''
      const what =
        has !== undefined && has !== serial
          ? `serves ${has}, the primary ${serial}${since}`
          : `${state}${message ? `: ${message}` : ''}`
      return { mark: 'warning' as const, subject: name, message: `${instance} ${what}`, command }
    })
}

// What stands against a zone stands against its records too: that is said once, with the zone.
function ofRecords(records: readonly JudgedRecord[], zones: readonly JudgedZone[]): Attention[] {
  const reasonsOfZones = new Set(
    zones.flatMap(({ health }) => (health.phase === 'Degraded' ? [health.verdict.reason] : [])),
  )
  return records
    .filter(
      ({ verdict }) =>
        verdict.status === 'False' && verdict.reason !== 'ZoneNotReady' && !reasonsOfZones.has(verdict.reason),
    )
    .map(({ record, verdict }) => {
      const { type } = recordTypeOfKind(record.kind)
      const owner = ownerIn(record, zones)
      const remedy = remedyOf(verdict.reason)
      return {
        mark: 'bad' as const,
        subject: `${owner} ${type}`,
        message: `${printKeyed(record)}: ${verdict.reason}: ${verdict.message}`,
        command:
          remedy && verdict.reason === 'ZoneNotFound'
            ? `${BIN} zone list -A`
            : `${BIN} query ${owner} -n ${record.metadata.namespace}`,
      }
    })
}

function ownerIn(record: RecordObject, zones: readonly JudgedZone[]): string {
  const apex = zones.map(({ zone }) => apexOf(zone)).find(one => one !== undefined && isOfZone(record, one))
  const owner = apex === undefined ? undefined : ownerOf(record, apex)
  return shownName(owner ?? record.status?.ownerName ?? `${record.spec.name}.${record.spec.zone}`)
}

function needsOf({ controller, webhook }: ControlPlane): string[] {
  return [controller, webhook].flatMap(one => ('needs' in one ? [one.needs] : []))
}

function byName(
  a: { readonly namespace: string; readonly name: string },
  b: { readonly namespace: string; readonly name: string },
): number {
  return keyOf({ metadata: a }) < keyOf({ metadata: b }) ? -1 : 1
}
