import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type LabelSelector, selects } from '#crds'

const labels = { app: 'dns', tier: 'edge', empty: '' }

function clause(key: string, operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist', values?: string[]): LabelSelector {
  return { matchExpressions: [{ key, operator, ...(values && { values }) }] }
}

describe('selects()', () => {
  const table: [selector: LabelSelector, expected: boolean][] = [
    [{}, true],
    [{ matchLabels: {} }, true],
    [{ matchLabels: { app: 'dns' } }, true],
    [{ matchLabels: { app: 'dns', tier: 'edge' } }, true],
    [{ matchLabels: { app: 'dns', tier: 'core' } }, false],
    [{ matchLabels: { other: 'dns' } }, false],
    [{ matchLabels: { empty: '' } }, true],
    [{ matchLabels: { absent: '' } }, false],
    [clause('app', 'In', ['web', 'dns']), true],
    [clause('app', 'In', ['web']), false],
    [clause('app', 'In', []), false],
    [clause('absent', 'In', ['web']), false],
    [clause('absent', 'In', ['undefined']), false],
    [clause('app', 'NotIn', ['web']), true],
    [clause('app', 'NotIn', ['dns']), false],
    // An absent label is in no set, as in Kubernetes.
    [clause('absent', 'NotIn', ['dns']), true],
    [clause('app', 'Exists'), true],
    [clause('empty', 'Exists'), true],
    [clause('absent', 'Exists'), false],
    [clause('app', 'DoesNotExist'), false],
    [clause('absent', 'DoesNotExist'), true],
    [{ matchLabels: { app: 'dns' }, ...clause('tier', 'In', ['core']) }, false],
    [{ matchLabels: { app: 'web' }, ...clause('tier', 'In', ['edge']) }, false],
    [
      { matchExpressions: [...(clause('app', 'Exists').matchExpressions ?? []), { key: 'b', operator: 'Exists' }] },
      false,
    ],
    // Names that every object inherits are labels like any other.
    [clause('constructor', 'Exists'), false],
    [clause('toString', 'DoesNotExist'), true],
    [clause('valueOf', 'NotIn', ['x']), true],
  ]
  test.each(table)('with %j is %j', (selector, expected) => {
    expect(selects(selector, labels)).toBe(expected)
  })

  test('takes an object without labels', () => {
    expect(selects({ matchLabels: { app: 'dns' } })).toBe(false)
    expect(selects(clause('app', 'DoesNotExist'))).toBe(true)
  })

  const map = fc.dictionary(fc.constantFrom('a', 'b', 'toString', 'constructor'), fc.constantFrom('', 'x', 'y'))
  const key = fc.constantFrom('a', 'b', 'toString', 'constructor', '__proto__')
  const values = fc.array(fc.constantFrom('', 'x', 'y'), { maxLength: 2 })

  test('gives opposite answers to opposite operators', () => {
    fc.assert(
      fc.property(map, key, values, (labels, key, values) => {
        expect(selects(clause(key, 'NotIn', values), labels)).toBe(!selects(clause(key, 'In', values), labels))
        expect(selects(clause(key, 'DoesNotExist'), labels)).toBe(!selects(clause(key, 'Exists'), labels))
        expect(selects(clause(key, 'Exists'), labels)).toBe(Object.keys(labels).includes(key))
      }),
    )
  })

  test('reads a matched label as one In clause', () => {
    fc.assert(
      fc.property(map, key, fc.constantFrom('', 'x'), (labels, key, value) => {
        const matchLabels = Object.fromEntries([[key, value]])
        expect(selects({ matchLabels }, labels)).toBe(selects(clause(key, 'In', [value]), labels))
      }),
    )
  })
})
