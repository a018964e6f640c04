import { remedyOf } from '../condition.ts'
import { BIN } from '../name.ts'
import { printDuration } from '../screen/duration.ts'
import type { Mark } from '../screen/terminal.ts'
import { shownName } from '../zone/find.ts'
import type { ZoneReport } from './zonereport.ts'

/** One step on a zone's way to its servers. */
export interface Step {
  readonly name: 'Accepted' | 'Rendered' | 'Loaded' | 'Propagating' | 'Verified'
  readonly mark: Mark
  readonly text: string
  /** What to do about it, where it is stuck. */
  readonly help?: string | undefined
}

/** A zone's way to its servers: what is done, what is under way, what waits for it. */
export function pipeline(report: ZoneReport, nowMs: number): Step[] {
  return [accepted(report), rendered(report), loaded(report), propagating(report), verified(report, nowMs)]
}

function accepted({ zone, health }: ZoneReport): Step {
  const { generation } = zone.metadata
  const isSeen = zone.status?.observedGeneration === generation
  if (isSeen && health.servers.length === 0 && health.verdict.status === 'False') {
    return {
      name: 'Accepted',
      mark: 'bad',
      text: `${health.verdict.reason}: ${health.verdict.message}`,
      help: remedyOf(health.verdict.reason),
    }
  }
  return isSeen
    ? { name: 'Accepted', mark: 'good', text: `generation ${generation} is seen` }
    : {
        name: 'Accepted',
        mark: 'busy',
        text: health.verdict.message,
        help: `see that the controller runs: ${BIN} check`,
      }
}

function rendered({ records: { objects, unserved, isWhole }, zone }: ZoneReport): Step {
  const text = `${zone.status?.records ?? 0} records served, of ${objects}${isWhole ? '' : '?'} objects`
  if (unserved.length === 0) return { name: 'Rendered', mark: zone.status ? 'good' : 'waiting', text }
  const help = `${BIN} record list ${shownName(zone.spec.zoneName)} -n ${zone.metadata.namespace} -o wide`
  return { name: 'Rendered', mark: 'warning', text: `${text}; ${unserved.length} not served`, help }
}

function loaded({ health }: ZoneReport): Step {
  const primaries = health.servers.filter(({ role }) => role === 'primary')
  const late = primaries.find(({ isCurrent }) => !isCurrent)
  if (late) {
    const text = `${late.instance}: ${late.state}${late.message ? `: ${late.message}` : ''}`
    return { name: 'Loaded', mark: late.state === 'Pending' ? 'busy' : 'bad', text, help: remedyOf(late.state) }
  }
  if (primaries.length === 0) return { name: 'Loaded', mark: 'waiting', text: 'no primary has it yet' }
  const names = primaries.map(({ instance }) => instance).join(', ')
  return { name: 'Loaded', mark: 'good', text: `primary ${names}, serial ${health.serial}` }
}

function propagating({ health, zone }: ZoneReport): Step {
  const secondaries = health.servers.filter(({ role }) => role === 'secondary')
  const late = secondaries.find(({ isCurrent }) => !isCurrent)
  const current = secondaries.filter(({ isCurrent }) => isCurrent).length
  const text = `${current} of ${secondaries.length} secondaries current`
  if (secondaries.length === 0)
    return { name: 'Propagating', mark: zone.status ? 'good' : 'waiting', text: 'no secondaries' }
  if (!late) return { name: 'Propagating', mark: 'good', text }
  const help = `${BIN} zone retransfer ${shownName(zone.spec.zoneName)} -n ${zone.metadata.namespace} --instance ${late.instance}`
  return { name: 'Propagating', mark: 'busy', text, help }
}

function verified({ health: { phase, verdict } }: ZoneReport, nowMs: number): Step {
  if (verdict.status !== 'True')
    return { name: 'Verified', mark: 'waiting', text: 'waiting: every primary must be seen serving all of it' }
  const since = verdict.since ? `, Ready for ${printDuration(nowMs - Date.parse(verdict.since))}` : ''
  return phase === 'Healthy'
    ? { name: 'Verified', mark: 'good', text: `every server serves all of it${since}` }
    : { name: 'Verified', mark: 'waiting', text: 'waiting: every secondary must have the serial of its primary' }
}
