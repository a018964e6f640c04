import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { quote } from '../../../crds/src/rules/finding.ts'

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
})

/** A list of an object of a list, and so on. */
function nested(depth: number): unknown {
  let value: unknown = 'x'
  for (let i = 0; i < depth; i++) value = [{ a: value }]
  return value
}
