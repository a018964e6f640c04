import { expect, test } from '@jest/globals'
import { firstSerial } from '../../../controller/src/reconcile/zone/firstserial.ts'

const nowMs = Date.parse('2026-11-21T12:00:00Z')

test.each([
  ['by the date where nothing is asked or known', undefined, undefined, 2026112101],
  ['as asked', 7, undefined, 7],
  ['as asked, above the highest seen', 8, 7, 8],
  ['one above the highest seen where less is asked', 5, 7, 8],
  ['one above the highest seen where the same is asked', 7, 7, 8],
  ['one above the highest seen where the date is behind it', undefined, 2026112105, 2026112106],
  ['as asked past the end of the serials (RFC 1982)', 3, 4_294_967_290, 3],
] as const)('firstSerial() is %s', (_, asked, highest, expected) => {
  expect(firstSerial(asked, highest, nowMs)).toBe(expected)
})
