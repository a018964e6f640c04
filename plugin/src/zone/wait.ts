import { type DNSZone, zoneKind } from '#crds'
import type { Cluster } from '../cluster.ts'
import { isSettled, remedyOf } from '../condition.ts'
import { EXIT, Failure } from '../failure.ts'
import { waitFor } from '../follow.ts'
import { BIN } from '../name.ts'
import { printDuration } from '../screen/duration.ts'
import { harmless } from '../screen/harmless.ts'
import type { Progress } from '../screen/progress.ts'
import type { Terminal } from '../screen/terminal.ts'
import { shownName } from './find.ts'
import { phaseMarks, type ServerHealth, type ZoneHealth, zoneHealth } from './health.ts'

/** A zone to be waited for: which object it is, and what it is called. */
export interface AwaitedZone {
  readonly metadata: { readonly namespace: string; readonly name: string; readonly uid?: string | undefined }
  readonly spec: Pick<DNSZone['spec'], 'zoneName'>
}

/**
 * Shows how a zone gets to its servers, until all of them serve it as it stands.
 *
 * @throws Failure 1 where something is in the way that does not pass, 3 where the zone goes, 5 where the time runs out
 */
export async function waitForZone(
  cluster: Cluster,
  zone: AwaitedZone,
  options: { readonly timeoutMs: number; readonly progress: Progress },
): Promise<DNSZone> {
  const { progress, timeoutMs } = options
  let last: DNSZone | undefined
  const found = await waitFor<DNSZone>(cluster, { kind: zoneKind, place: zone.metadata, timeoutMs }, now => {
    if (!now || now.metadata.uid !== zone.metadata.uid) return true
    last = now
    const health = zoneHealth(now)
    progress.show(stepsOf(health, progress.terminal), () => lineOf(now, health))
    return health.phase === 'Healthy' || (health.verdict.status === 'False' && isSettled(health.verdict))
  })
  progress.end()
  if (found === 'timeout') throw timedOut(zone, last, timeoutMs)
  if (!found || found.metadata.uid !== zone.metadata.uid)
    throw new Failure(`${zone.spec.zoneName} was deleted meanwhile`, { exit: EXIT.unknown })
  const { phase, verdict } = zoneHealth(found)
  if (phase !== 'Healthy') throw notServed(found, verdict.message, EXIT.no)
  return found
}

/** One line of a log for a change: "example.com Propagating 1/2 serial=2026112004". */
export function lineOf({ spec }: DNSZone, { phase, servers, serial, verdict }: ZoneHealth): string {
  const current = servers.filter(({ isCurrent }) => isCurrent).length
  const parts = [shownName(spec.zoneName), phase, ...(servers.length > 0 ? [`${current}/${servers.length}`] : [])]
  const why = phase === 'Degraded' ? [`reason=${verdict.reason}`] : []
  return harmless([...parts, ...(serial === undefined ? [] : [`serial=${serial}`]), ...why].join(' '))
}

/** "✔ accepted", "✔ ns1 (serial 2026112001)", "● ns2". */
function stepsOf({ phase, servers, verdict }: ZoneHealth, terminal: Terminal): string[] {
  const accepted = terminal.marked(phase === 'Pending' ? 'busy' : 'good', 'accepted')
  const fault = phase === 'Degraded' ? [terminal.marked(phaseMarks.Degraded, verdict.reason)] : []
  return [accepted, ...servers.map(server => stepOf(server, terminal)), ...fault]
}

function stepOf({ instance, role, serial, isCurrent, state }: ServerHealth, terminal: Terminal): string {
  const detail = role === 'primary' && serial !== undefined ? ` (serial ${serial})` : ''
  if (isCurrent) return terminal.marked('good', `${harmless(instance)}${detail}`)
  return terminal.marked('busy', `${harmless(instance)}${state === 'Served' || state === 'Pending' ? '' : ` ${state}`}`)
}

function timedOut(zone: AwaitedZone, last: DNSZone | undefined, timeoutMs: number): Failure {
  const isUnseen = last?.status?.observedGeneration === undefined
  return new Failure(
    `${shownName(zone.spec.zoneName)} is not served by all servers after ${printDuration(timeoutMs)}`,
    {
      exit: EXIT.timeout,
      why: last && reasonOfDelay(last),
      fix: isUnseen ? `see that the controller runs: ${BIN} check` : statusOf(zone),
    },
  )
}

function reasonOfDelay(zone: DNSZone): string {
  const { verdict, servers } = zoneHealth(zone)
  const late = servers.filter(({ isCurrent }) => !isCurrent).map(({ instance, state }) => `${instance} (${state})`)
  return verdict.status === 'True' && late.length > 0 ? `not served yet by ${late.join(', ')}` : verdict.message
}

function notServed(zone: DNSZone, why: string, exit: number): Failure {
  const remedy = remedyOf(zoneHealth(zone).verdict.reason)
  return new Failure(`${shownName(zone.spec.zoneName)} is not served as its object says`, {
    exit,
    why,
    fix: [...(remedy ? [remedy] : []), statusOf(zone)],
  })
}

function statusOf({ metadata, spec }: AwaitedZone): string {
  return `${BIN} status zone ${shownName(spec.zoneName)} -n ${metadata.namespace}`
}
