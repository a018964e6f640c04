import { type DNSZone, SERIAL } from '#crds'
import type { ApiObject } from '#kube'
import type { HistoryEvent, SerialSeen } from '../envelope.ts'

/** An Event as events.k8s.io/v1 has it; those of older clients have the deprecated time alone. */
export interface ZoneEvent extends ApiObject {
  readonly type?: string
  readonly reason?: string
  readonly note?: string
  readonly eventTime?: string | null
  readonly deprecatedLastTimestamp?: string | null
  readonly series?: { readonly count: number; readonly lastObservedTime: string } | null
}

/** What happened, or a serial that was seen for the first time. */
export type Moment = HistoryEvent | SerialSeen

/** What is known of a zone's past, the newest first: the serials that its object keeps, and its Events. */
export function timeline({ status }: DNSZone, events: readonly ZoneEvent[]): readonly Moment[] {
  const told = events.map(entryOf)
  // What happens at a serial may be told a moment before that is seen.
  const moments = (status?.history ?? []).map(seen => {
    const atIt = told.filter(({ serial }) => serial === seen.serial).map(msOf)
    return { moment: seen as Moment, ms: Math.min(msOf(seen), ...atIt) }
  })
  const all = [...told.map(moment => ({ moment, ms: msOf(moment) })), ...moments]
  return all.sort((a, b) => b.ms - a.ms).map(({ moment }) => moment)
}

function msOf({ time }: Moment): number {
  return Date.parse(time)
}

export function isEvent(moment: Moment): moment is HistoryEvent {
  return 'count' in moment
}

export function isSerial(moment: Moment): moment is SerialSeen {
  return !isEvent(moment)
}

function entryOf({
  type,
  reason,
  note,
  series,
  eventTime,
  deprecatedLastTimestamp,
  metadata,
}: ZoneEvent): HistoryEvent {
  const time = series?.lastObservedTime ?? eventTime ?? deprecatedLastTimestamp ?? metadata.creationTimestamp ?? ''
  const text = metadata.annotations?.[SERIAL] ?? ''
  const serial = /^\d{1,10}$/.test(text) ? Number(text) : undefined
  return { time, ...(serial !== undefined && { serial }), type, reason, note, count: series?.count ?? 1 }
}
