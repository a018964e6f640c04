import type { ServerStatus } from '#bind9'
import { type Bind9Instance, type DNSZone, keyOf, placement } from '#crds'
import { isSettled, readiness } from '../condition.ts'
import { BIN } from '../name.ts'
import { belongsTo } from '../record/find.ts'
import type { Mark } from '../screen/terminal.ts'
import type { Answered } from '../server/reach.ts'
import { shownName } from '../zone/find.ts'
import type { ZoneHealth } from '../zone/health.ts'
import { type Attention, type JudgedRecord, ofRecords } from './attention.ts'
import type { ControlPlane } from './controlplane.ts'
import { liveHealth } from './livehealth.ts'
import type { Told } from './told.ts'
import { isPlacementUnread, isWhollyRead, type World } from './world.ts'

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
  /** Whether it was asked for the serials of its zones and did not answer, so that its object's word is shown. */
  readonly isUnasked: boolean
  /** Whether it told the serials of its zones. */
  readonly hasSerials: boolean
  /** What it says of itself over its control channel, where it was asked. */
  readonly rndc?: Answered<ServerStatus> | undefined
}

export interface Glance {
  readonly controlPlane: ControlPlane
  readonly clusters: readonly ClusterRow[]
  readonly instances: readonly InstanceRow[]
  readonly zones: { readonly all: number; readonly healthy: number }
  readonly records: { readonly all: number; readonly served: number }
  readonly attention: readonly Attention[]
  /** How servers answered that could not be reached straight. */
  readonly detours: readonly string[]
  /** Rights that were missing. */
  readonly needs: readonly string[]
  /** Whether all that may need attention could be read: who runs beside the objects is for check to judge. */
  readonly isWhole: boolean
}

interface JudgedZone {
  readonly zone: DNSZone
  readonly health: ZoneHealth
  readonly records: readonly JudgedRecord[]
}

/** What servers say now, by the keys of their objects; nothing of those that were not asked. */
export type AllTold = ReadonlyMap<string, Told>

/** All of it at one glance: what is there, how it is, and what to do. */
export function glance(world: World, controlPlane: ControlPlane, told: AllTold = new Map()): Glance {
  const records = world.records.map(record => ({ record, verdict: readiness(record) }))
  const zones = world.zones.map(zone => ({ zone, health: liveHealth(zone, told), records: judgedOf(zone, records) }))
  const instances = world.instances.map(instance => instanceRow(instance, zones, told)).sort(byName)
  return {
    controlPlane,
    clusters: clusterRows(world, zones, instances),
    instances,
    zones: { all: zones.length, healthy: zones.filter(({ health }) => health.phase === 'Healthy').length },
    records: { all: records.length, served: records.filter(({ verdict }) => verdict.status === 'True').length },
    attention: [
      ...ofControlPlane(controlPlane, world),
      ...world.instances.flatMap(ofInstance),
      ...[...told.values()].flatMap(ofUnasked),
      ...zones.flatMap(ofZone),
      ...ofRecords(records, zones),
    ],
    needs: [...new Set([...world.needs, ...needsOf(controlPlane), ...[...told.values()].flatMap(needsToAsk)])],
    detours: [...told.values()].flatMap(one => one.detours),
    isWhole: world.needs.length === 0 && ![...told.values()].some(isUnasked),
  }
}

/** Whether nothing is wrong, as far as could be read. */
export function isAllWell({ attention }: Glance): boolean {
  return attention.every(({ mark }) => mark !== 'bad')
}

/** What is wrong and stays so, however long one waits. */
export function lastingFault({ attention }: Glance): Attention | undefined {
  return attention.find(({ mark, isLasting }) => mark === 'bad' && isLasting)
}

function judgedOf(zone: DNSZone, records: readonly JudgedRecord[]): JudgedRecord[] {
  const isOf = belongsTo(zone)
  return records.filter(({ record }) => isOf(record))
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
    const row = clusterRow({ namespace, name }, members, own, instances)
    return isPlacementUnread(world) && row.mark !== 'bad' ? { ...row, state: 'Unknown', mark: 'unknown' as const } : row
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

function instanceRow(instance: Bind9Instance, zones: readonly JudgedZone[], told: AllTold): InstanceRow {
  const { metadata, spec, status } = instance
  const near = zones.filter(({ zone }) => zone.metadata.namespace === metadata.namespace)
  const served = near.flatMap(({ health }) => health.servers.filter(server => server.instance === metadata.name))
  const behind = served.filter(({ isCurrent }) => !isCurrent).length
  const verdict = readiness(instance)
  const isReady = verdict.status === 'True'
  const said = told.get(keyOf(instance))
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
    isUnasked: hasNoSerials(said),
    hasSerials: said?.zones !== undefined && 'value' in said.zones,
    ...(said?.status && { rndc: said.status }),
  }
}

function answersOf({ zones, status }: Told): Answered<unknown>[] {
  return [zones, status].filter(answer => answer !== undefined)
}

function hasNoSerials(told: Told | undefined): boolean {
  return told?.zones !== undefined && 'fault' in told.zones
}

// A key that may not be read costs a cell; without the serials nobody knows what is served.
function isUnasked(told: Told): boolean {
  return hasNoSerials(told) || faultsOf(told).length > 0
}

function faultsOf(told: Told): string[] {
  const faults = answersOf(told).flatMap(one => ('fault' in one && !one.needs ? [one.fault] : []))
  return [...new Set(faults)]
}

function needsToAsk(told: Told): string[] {
  return answersOf(told).flatMap(one => ('needs' in one && one.needs ? [one.needs] : []))
}

function ofUnasked(told: Told): Attention[] {
  const { name, namespace } = told.instance.metadata
  return faultsOf(told).map(fault => ({
    mark: 'warning',
    subject: `Bind9Instance ${name}`,
    message: `not asked, so that its object's word is shown: ${fault}`,
    command: `${BIN} check -n ${namespace}`,
    isLasting: false,
  }))
}

function ofControlPlane({ controller }: ControlPlane, world: World): Attention[] {
  const hasNoZones = world.zones.length === 0 && isWhollyRead(world, 'dnszones')
  if ('needs' in controller || controller.value?.isAlive || hasNoZones) return []
  const message = controller.value ? `${controller.value.identity} has not renewed its Lease` : 'nobody holds its Lease'
  return [
    {
      mark: 'bad',
      subject: 'controller',
      message: `not running: ${message}`,
      command: `${BIN} check`,
      isLasting: false,
    },
  ]
}

function ofInstance(instance: Bind9Instance): Attention[] {
  const verdict = readiness(instance)
  const isRemark = verdict.status === 'True' && verdict.reason !== 'Reachable'
  if (verdict.status !== 'False' && !isRemark) return []
  const { name, namespace } = instance.metadata
  return [
    {
      mark: isRemark ? 'warning' : 'bad',
      subject: `Bind9Instance ${name}`,
      message: `${verdict.reason}: ${verdict.message}`,
      command: `${BIN} check -n ${namespace}`,
      isLasting: isSettled(verdict),
    },
  ]
}

function ofZone({ zone, health }: JudgedZone): Attention[] {
  const name = shownName(zone.spec.zoneName)
  const command = `${BIN} status zone ${name} -n ${zone.metadata.namespace} --live`
  const { phase, verdict, servers, serial } = health
  if (phase === 'Degraded')
    return [
      {
        mark: 'bad',
        subject: name,
        message: `${verdict.reason}: ${verdict.message}`,
        command,
        isLasting: isSettled(verdict),
      },
    ]
  return servers
    .filter(server => !server.isCurrent && verdict.status === 'True')
    .map(({ instance, role, state, serial: has, behindSince, message }) => {
      const isOlder = has !== undefined && has !== serial
      const what = isOlder ? `serves ${has}, the primary ${serial}` : `${state}${message ? `: ${message}` : ''}`
      return {
        mark: role === 'primary' ? ('bad' as const) : ('warning' as const),
        subject: name,
        message: `${instance} ${what}`,
        command,
        isLasting: false,
        ...(isOlder && { since: behindSince }),
      }
    })
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
