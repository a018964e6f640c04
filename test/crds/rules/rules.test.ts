import { describe, expect, test } from '@jest/globals'
import { findingsOf, kinds, printFinding, rules } from '#crds'

describe.each(rules.map(rule => [rule.id, rule] as const))('%s', (id, rule) => {
  test('and every other rule find nothing in the example that passes', () => {
    expect(findingsOf(rule, rule.passes)).toEqual([])
  })

  test('alone finds the fault of the example that fails', () => {
    const found = findingsOf(rule, rule.fails)
    expect(found).toEqual([expect.objectContaining({ rule: id, severity: rule.severity })])
  })

  test('says what it wants in sentences that fit their places', () => {
    expect(rule.says).toMatch(/^\S.*[^.:; ]\.$/)
    const [finding] = findingsOf(rule, rule.fails)
    expect(finding?.message).toMatch(/^\S.*[^.:; ]$/)
    expect(finding?.field).toMatch(/^(?:spec|metadata)\.\w/)
    if (rule.severity === 'warning') expect(finding && printFinding(finding).length).toBeLessThanOrEqual(200)
  })
})

describe('the rule book', () => {
  test('gives each number once, errors first, in order', () => {
    const ids = rules.map(({ id }) => id)
    expect(ids).toEqual([...new Set(ids)].sort())
    expect(ids.filter(id => !/^BND-[RW]\d{3}$/.test(id))).toEqual([])
  })

  test('speaks of kinds that there are', () => {
    const known = kinds.map(({ kind }) => kind)
    expect(rules.flatMap(rule => rule.kinds.filter(kind => !known.includes(kind)))).toEqual([])
  })
})
