import { describe, expect, test } from '@jest/globals'
import { Ajv } from 'ajv'
import { schemaFinding, validators } from '#crds'

const engine = (allErrors: boolean) => new Ajv({ allErrors, verbose: true })
const validator = validators({ quick: engine(false), thorough: engine(true) })
const number = { type: 'integer' }

const faultsOf = validator({
  type: 'object',
  required: ['zone'],
  properties: {
    zone: { type: 'string' },
    'a/b~c': number,
    type: { enum: ['A', 'AAAA'] },
    list: { type: 'array', items: { type: 'object', required: ['name'], properties: { name: number } } },
  },
  additionalProperties: false,
})

const told = (value: unknown) =>
  faultsOf(value).map(({ field, value, reason, message }) => [field, value, reason, message])

describe('a validator', () => {
  test.each([
    ['nothing', { zone: 'x' }, []],
    ['the whole', 7, [['', 7, 'FieldValueInvalid', 'must be object']]],
    ['what is missing', {}, [['zone', undefined, 'FieldValueRequired', 'must be given']]],
    [
      'what is missing below',
      { zone: 'x', list: [{}] },
      [['list[0].name', undefined, 'FieldValueRequired', 'must be given']],
    ],
    [
      'what is no field',
      { zone: 'x', frob: 1 },
      [['frob', undefined, 'FieldValueForbidden', 'is no field of this kind']],
    ],
    [
      'what is none of some',
      { zone: 'x', type: 'MX' },
      [['type', 'MX', 'FieldValueNotSupported', 'must be one of A, AAAA']],
    ],
    [
      'all at once, names with signs of a JSON pointer too',
      { zone: 5, 'a/b~c': 'x' },
      [
        ['zone', 5, 'FieldValueInvalid', 'must be string'],
        ['a/b~c', 'x', 'FieldValueInvalid', 'must be integer'],
      ],
    ],
  ])('tells of %s', (_what, value, faults) => {
    expect(told(value)).toEqual(faults)
  })

  test('tells one fault of what is too large to be looked through', () => {
    const list = (length: number) => ({ zone: 'x', list: Array(length).fill(7) })
    expect([told(list(100)).length, told(list(20_000)).length]).toEqual([100, 1])
  })
})

test('schemaFinding() says it of the spec', () => {
  const findings = [...faultsOf({ zone: 5 }), ...faultsOf(7), ...faultsOf({})].map(schemaFinding)
  expect(findings).toEqual([
    {
      rule: 'schema',
      severity: 'error',
      field: 'spec.zone',
      value: 5,
      reason: 'FieldValueInvalid',
      message: 'must be string',
    },
    {
      rule: 'schema',
      severity: 'error',
      field: 'spec',
      value: 7,
      reason: 'FieldValueInvalid',
      message: 'must be object',
    },
    { rule: 'schema', severity: 'error', field: 'spec.zone', reason: 'FieldValueRequired', message: 'must be given' },
  ])
})
