import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Finding, joinFindings, quote } from '../../../crds/src/rules/finding.ts'

describe('joinFindings()', () => {
  const finding = (rule: string, field: string, severity: Finding['severity'] = 'error'): Finding => ({
    ...{ rule, severity, field, reason: 'FieldValueInvalid', message: 'is wrong' },
  })
  const told = (bySchema: readonly Finding[], byRules: readonly Finding[]) =>
    joinFindings(bySchema, byRules).map(({ rule, field }) => `${rule} ${field}`)

  test('tells what a rule and the schema find as the rule does', () => {
    const bySchema = [finding('schema', 'spec.ttl'), finding('schema', 'spec.name')]
    expect(told(bySchema, [finding('BND-R001', 'spec.name')])).toEqual(['schema spec.ttl', 'BND-R001 spec.name'])
  })

  test('keeps the fault of a field that a rule only warns of', () => {
    const warned = [finding('BND-W006', 'spec.ttl', 'warning')]
    expect(told([finding('schema', 'spec.ttl')], warned)).toEqual(['schema spec.ttl', 'BND-W006 spec.ttl'])
  })
})

describe('quote()', () => {
  test('writes a value as JSON, in one line', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        const json = JSON.stringify(value)
        fc.pre(typeof value !== 'string' && json.length <= 80 && !/[\p{Cc}\p{Zl}\p{Zp}\ud800-\udfff]/u.test(json))
        expect(quote(value)).toBe(json)
      }),
    )
  })

  const long: [what: string, value: unknown, said: string][] = [
    ['a text', 'x'.repeat(81), `'${'x'.repeat(80)}...'`],
    ['a list', Array(1_000).fill(7), `[${'7,'.repeat(39)}7...`],
    ['what is nested deeply', nested(20_000), `${'[{"a":'.repeat(13)}[{...`],
  ]
  test.each(long)('cuts %s', (_what, value, said) => {
    expect(quote(value)).toBe(said)
  })

  test('looks at no more of a list than it writes', () => {
    const unread = new Proxy(Array(1_000).fill(7), {
      ownKeys: () => {
        throw new Error('All of it is listed')
      },
    })
    expect(quote(unread)).toBe(`[${'7,'.repeat(39)}7...`)
  })
})

/** A list of an object of a list, and so on. */
function nested(depth: number): unknown {
  let value: unknown = 'x'
  for (let i = 0; i < depth; i++) value = [{ a: value }]
  return value
}
