import { type Condition, type DNSZone, PAUSED, type Remark, serialCompare, type ZoneStatus, zoneKey } from '#crds'
import { conditionTime, setCondition } from '#kube'
import { ruleBroken } from './rulebook.ts'
import type { SerialHistory } from './serialhistory.ts'
import { highest } from './serials.ts'
import type { ServerView } from './serverview.ts'
import type { Verdict } from './verdict.ts'

export interface ZoneView {
  /** The generation of the zone's object that this is the outcome of; the object may have gone on since. */
  readonly generation: number
  readonly servers: readonly ServerView[]
  readonly records: number
  readonly glueFromServers: readonly string[]
  /** Records of others that are left alone; absent where the zone is the objects' whole. */
  readonly unowned?: number | undefined
  readonly isPaused?: boolean
  readonly verdict: Verdict
}

/** The highest serial that a primary serves. */
export function servedSerial({ servers }: ZoneView): number | undefined {
  return highest(servers.filter(({ role }) => role === 'primary').map(({ serial }) => serial))
}

/** The status that a zone's object should have. Times of transition stay where nothing turned. */
export function zoneStatus(
  zone: DNSZone,
  view: ZoneView,
  nowMs: number,
  history: SerialHistory = zone.status?.history,
): ZoneStatus {
  const top = servedSerial(view)
  const serial = top ?? zone.status?.serial
  // As last seen: what is not known now was not undone.
  const serialOf = ({ instance, serial }: ServerView) =>
    serial ?? zone.status?.servers?.find(before => before.instance === instance)?.serial
  const byName = (a: ServerView, b: ServerView) => (a.instance < b.instance ? -1 : 1)
  return {
    observedGeneration: view.generation,
    zoneName: zoneKey(zone.spec.zoneName),
    ...(serial !== undefined && { serial }),
    ...(history && { history }),
    records: view.records,
    ...(view.unowned !== undefined && { unowned: view.unowned }),
    servers: [...view.servers].sort(byName).map(server => ({
      instance: server.instance,
      role: server.role,
      state: server.fault?.reason ?? 'Served',
      ...(serialOf(server) !== undefined && { serial: serialOf(server) }),
      ...(server.role === 'secondary' && lagOf(server, top, zone, nowMs)),
      ...(server.fault && { message: server.fault.message.slice(0, 1024) }),
    })),
    conditions: conditions(zone, view, nowMs),
  }
}

/** How far a secondary is behind the primaries, and since when. */
function lagOf({ instance, serial }: ServerView, top: number | undefined, { status }: DNSZone, nowMs: number) {
  if (serial === undefined || top === undefined) return {}
  // RFC 1982 section 3: serials wrap at 2^32.
  const lag = serialCompare(serial, top) < 0 ? (top - serial) >>> 0 : 0
  if (lag === 0) return { lag }
  const before = status?.servers?.find(server => server.instance === instance)
  return { lag, behindSince: before?.behindSince ?? conditionTime(nowMs) }
}

// These servers catch up, or give up the zone, in time: they are named, and the zone is served as it should be.
const PASSING = new Set(['Behind', 'Ahead', 'Leaving'])

/** What the zone hears of its servers: the first fault of a primary, else of a secondary, else that it is served. */
export function verdictOfServers(servers: readonly ServerView[]): Verdict {
  const primaries = servers.filter(server => server.role === 'primary' && server.fault?.reason !== 'Leaving')
  if (primaries.length === 0) {
    return {
      ready: false,
      reason: 'NoPrimary',
      message:
        'No primary serves the zone: clusterRef or instanceSelector must select a Bind9Instance with role primary',
    }
  }
  const faulty = [...primaries, ...servers].find(server => server.fault && !PASSING.has(server.fault.reason))
  if (faulty?.fault) {
    return {
      ready: false,
      reason: faulty.fault.reason,
      message: `Bind9Instance ${faulty.instance}: ${faulty.fault.message}`,
    }
  }
  return { ready: true, reason: 'Served', message: 'All servers serve the zone' }
}

function conditions(zone: DNSZone, view: ZoneView, nowMs: number): readonly Condition[] {
  const { verdict } = view
  const claims = [
    claim('Ready', verdict.ready, (verdict.reason === 'Served' && ruleBroken(zone)) || verdict),
    ...(view.isPaused ? [claim('Paused', true, paused)] : []),
    ...(view.glueFromServers.length > 0 ? [claim('GlueFromServers', true, glueFrom(view.glueFromServers))] : []),
  ]
  const { generation: observedGeneration } = view
  const before = zone.status?.conditions?.filter(({ type }) => claims.some(claim => claim.type === type))
  return claims.reduce<readonly Condition[] | undefined>(
    (list, claim) => setCondition(list, { ...claim, observedGeneration }, nowMs),
    before,
  ) as readonly Condition[]
}

/** What a zone hears that is left as it is for the time being. */
export const paused: Remark = {
  reason: 'Paused',
  message: `The annotation ${PAUSED} stops every change of the servers: take it off to let them follow the objects again`,
}

function glueFrom(names: readonly string[]): Remark {
  return {
    reason: 'NoAddressGiven',
    message: `${names.join(', ')} had no address and got the servers' own: give one in nameServers or as a record to replace them`,
  }
}

function claim(type: string, isTrue: boolean, { reason, message }: Remark) {
  return { type, status: isTrue ? ('True' as const) : ('False' as const), reason, message }
}
