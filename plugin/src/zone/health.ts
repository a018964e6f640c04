import type { DNSZone, ZoneStatus } from '#crds'
import { readiness, type Verdict } from '../condition.ts'
import type { Mark } from '../screen/terminal.ts'

/** How far a zone is on its way, in the order of the way. */
export type Phase = 'Pending' | 'Loading' | 'Propagating' | 'Healthy' | 'Degraded'

type ServerStatus = NonNullable<ZoneStatus['servers']>[number]

export interface ServerHealth {
  readonly instance: string
  readonly role: 'primary' | 'secondary'
  /** Served, or the reason why not. */
  readonly state: string
  readonly serial: number | undefined
  /** Serials behind the primaries; undefined where nobody knows. */
  readonly lag: number | undefined
  readonly behindSince: string | undefined
  readonly message: string | undefined
  readonly isCurrent: boolean
}

export interface ZoneHealth {
  readonly phase: Phase
  readonly verdict: Verdict
  readonly serial: number | undefined
  readonly servers: readonly ServerHealth[]
}

export const phaseMarks = {
  Pending: 'waiting',
  Loading: 'busy',
  Propagating: 'busy',
  Healthy: 'good',
  Degraded: 'bad',
} as const satisfies Record<Phase, Mark>

/** How a zone is, by what its object says. */
export function zoneHealth(zone: DNSZone): ZoneHealth {
  const verdict = readiness(zone)
  const servers = (zone.status?.servers ?? []).map(serverHealth)
  return { phase: phaseOf(verdict, servers), verdict, serial: zone.status?.serial, servers }
}

function serverHealth(server: ServerStatus): ServerHealth {
  const { instance, role, state, serial, lag, behindSince, message } = server
  const isCurrent = state === 'Served' && (role === 'primary' || lag === 0)
  return { instance, role, state, serial, lag, behindSince, message, isCurrent }
}

function phaseOf({ status, reason }: Verdict, servers: readonly ServerHealth[]): Phase {
  if (reason === 'Pending') return servers.length === 0 ? 'Pending' : 'Loading'
  if (status !== 'True') return 'Degraded'
  return servers.every(({ isCurrent }) => isCurrent) ? 'Healthy' : 'Propagating'
}
