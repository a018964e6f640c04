import { expect, test } from '@jest/globals'
import { SERIAL } from '#crds'
import { isEvent, timeline, type ZoneEvent } from '../../../plugin/src/history/timeline.ts'
import { zone } from '../../controller/reconcile/objects.ts'

const time = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString()

const event = (reason: string, second: number, serial?: number, more: Partial<ZoneEvent> = {}): ZoneEvent => ({
  metadata: { name: reason, ...(serial !== undefined && { annotations: { [SERIAL]: `${serial}` } }) },
  reason,
  eventTime: time(second),
  ...more,
})

/** The serials of a zone, each with the second at which it was first seen. */
const known = (...serials: [serial: number, second: number][]) =>
  zone({}, {}, { history: serials.map(([serial, second]) => ({ serial, time: time(second) })) })

const shown = (...given: Parameters<typeof timeline>) =>
  timeline(...given).map(moment => (isEvent(moment) ? `${moment.reason} at ${moment.serial}` : moment.serial))

test('serials and Events stand in one line, the newest first', () => {
  const events = [event('Served', 2, 1), event('Unreachable', 9, 2)]
  expect(shown(known([3, 11], [2, 5], [1, 1]), events)).toEqual([3, 'Unreachable at 2', 2, 'Served at 1', 1])
})

test('an Event comes after the serial that it happened at, though it was told first', () => {
  expect(shown(known([2, 7], [1, 1]), [event('DriftMended', 6, 2)])).toEqual(['DriftMended at 2', 2, 1])
})

test('one that was repeated stands where it was last seen', () => {
  const again = event('Unreachable', 1, 1, { series: { count: 4, lastObservedTime: time(8) } })
  const told = timeline(known([2, 5]), [again])
  expect(told).toEqual([
    { time: time(8), serial: 1, type: undefined, reason: 'Unreachable', note: undefined, count: 4 },
    { time: time(5), serial: 2 },
  ])
})

test.each(['-1', '1e3', '99999999999', 'x', ''])('an annotation %j is no serial', text => {
  const annotated = event('Served', 1, undefined, { metadata: { name: 'a', annotations: { [SERIAL]: text } } })
  expect(timeline(known(), [annotated])).toMatchObject([{ reason: 'Served', count: 1 }])
  expect(timeline(known(), [annotated])[0]).not.toHaveProperty('serial')
})

test('a zone that nothing is known of has none', () => {
  expect(timeline(zone(), [])).toEqual([])
})
