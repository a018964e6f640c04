import { describe, expect, test } from '@jest/globals'
import { check, checkDelete, type Example, ObjectIndex, type Rule, rules } from '#crds'
import { whole } from './drafts.ts'

/** What an example's object hears. */
function heard(rule: Rule, { object, among, old }: Example) {
  const others = among && ObjectIndex.of(among.map((draft, i) => whole(draft, `there-${i}`)))
  const ask = rule.isOfDeletion ? checkDelete : check
  return ask(whole(object), { others, old: old && whole(old) })
}

describe.each(rules.map(rule => [rule.id, rule] as const))('%s', (id, rule) => {
  test('finds nothing in the example that passes, and no other rule does', () => {
    expect(heard(rule, rule.passes)).toEqual([])
  })

  test('alone finds the fault of the example that fails', () => {
    const found = heard(rule, rule.fails)
    expect(found).toEqual([expect.objectContaining({ rule: id, severity: rule.severity })])
  })
})
