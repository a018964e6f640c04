import { expect, test } from '@jest/globals'
import type { Finding } from '#crds'
import { warningsOf } from '../../webhook/src/warning.ts'

const finding = (message: string): Finding => ({
  ...{ rule: 'BND-W001', severity: 'warning', field: 'spec.ttl', reason: 'FieldValueInvalid' },
  value: 5,
  message,
})

test('warningsOf() shows five, and how many there are beside', () => {
  const { warnings } = warningsOf(Array.from({ length: 8 }, (_, i) => finding(`number ${i}`)))
  expect(warnings).toHaveLength(6)
  expect(warnings?.[0]).toBe('spec.ttl: Invalid value: 5: number 0 [BND-W001]')
  expect(warnings?.at(-1)).toBe('3 more: kubectl bindy lint')
})

test('warningsOf() keeps the id of one that is cut to 120 characters', () => {
  const [warning = ''] = warningsOf([finding(`${'word '.repeat(40)}`)]).warnings ?? []
  expect(warning.length).toBeGreaterThan(112)
  expect(warning.length).toBeLessThanOrEqual(120)
  expect(warning).toMatch(/ word\.\.\. \[BND-W001\]$/)
})
