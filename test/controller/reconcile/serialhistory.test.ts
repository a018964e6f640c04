import { expect, test } from '@jest/globals'
import { type SerialHistory, withSerial } from '../../../controller/src/reconcile/zone/serialhistory.ts'

const at = Date.UTC(2026, 0, 1)

/** The history of serials that were seen one after the other, a millisecond apart. */
const seen = (...serials: (number | undefined)[]): SerialHistory =>
  serials.reduce<SerialHistory>((history, serial, i) => withSerial(history, serial, at + i), undefined)

const serialsOf = (history: SerialHistory) => history?.map(({ serial }) => serial)

test('each serial is kept once, the newest first, with when it was first seen', () => {
  expect(seen(7, 7, 8, 8)).toEqual([
    { serial: 8, time: '2026-01-01T00:00:00.002Z' },
    { serial: 7, time: '2026-01-01T00:00:00.000Z' },
  ])
})

test('the ten newest are kept', () => {
  const serials = Array.from({ length: 14 }, (_, i) => i + 1)
  expect(serialsOf(seen(...serials))).toEqual([14, 13, 12, 11, 10, 9, 8, 7, 6, 5])
})

test('an older serial is no news, nor is that none is known', () => {
  expect(serialsOf(seen(8, 7, undefined, 8, 9))).toEqual([9, 8])
  expect(seen(undefined)).toBeUndefined()
})

test('past the last serial comes the first', () => {
  expect(serialsOf(seen(4294967295, 1))).toEqual([1, 4294967295])
})
