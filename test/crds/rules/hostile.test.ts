import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { check, checkDelete, kinds, ObjectIndex, printFinding, type Structural } from '#crds'
import { address, alias, stored, zone } from './objects.ts'

const LONG = 'x'.repeat(20_000)
const nasty = fc.constantFrom<unknown>(
  LONG,
  `${'a.'.repeat(5_000)}`,
  `${'\\'.repeat(3_000)}`,
  '\\',
  '\ud800',
  'bücher.例え',
  '*.*.*',
  '..',
  '@',
  '.',
  "'; drop",
  'a"; }; options { };',
  '\u0000\n\r',
  '::ffff:192.0.2.1',
  '1'.repeat(400),
  Number.NaN,
  -0,
  2 ** 60,
  1.5,
  null,
  true,
  [],
  {},
  Array(3_000).fill('192.0.2.1'),
  Array(2_000).fill({ hostname: 'ns' }),
  JSON.parse('{"__proto__": {"zone": "example.com"}, "constructor": 5, "toString": "x", "hasOwnProperty": 1}'),
  nested(2_000),
)

function nested(depth: number): unknown {
  let value: unknown = 'x'
  for (let i = 0; i < depth; i++) value = i % 2 ? { spec: value } : [value]
  return value
}

/** Values that a schema takes, values that it does not, and worse. */
function mostly(schema: Structural): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 4, arbitrary: rightly(schema) },
    { weight: 1, arbitrary: nasty },
    { weight: 1, arbitrary: fc.anything() },
  )
}

const words = fc.constantFrom(
  'example.com',
  'example.com.',
  'www',
  '@',
  '*',
  'mail.example.com',
  '192.0.2.1',
  '2001:db8::1',
  'issue',
  '0c0c',
  'In',
  'dns',
)

function rightly(schema: Structural): fc.Arbitrary<unknown> {
  switch (schema.type) {
    case 'string':
      return schema.enum ? fc.constantFrom(...schema.enum) : fc.oneof(words, fc.string())
    case 'integer':
      return fc.oneof(fc.integer(), fc.constantFrom(0, 1, 53, 255, 3600))
    case 'boolean':
      return fc.boolean()
    case 'array':
      return fc.array(fc.constant(schema.items).chain(mostly), { maxLength: 4 })
    case 'object': {
      const { properties } = schema
      if (!properties) return fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 })
      const entries = Object.entries(properties).map(([key, one]) => [key, mostly(one)] as const)
      return fc.record(Object.fromEntries(entries), { requiredKeys: [] })
    }
  }
}

const metadata = fc.oneof(
  fc.record(
    {
      name: words,
      namespace: fc.constantFrom('dns', 'web'),
      uid: fc.string(),
      annotations: fc.dictionary(fc.string(), fc.string()),
    },
    { requiredKeys: [] },
  ),
  nasty,
)
const object = fc
  .constantFrom(...kinds)
  .chain(({ kind, spec }) =>
    fc.record({ kind: fc.constant(kind), metadata, spec: mostly(spec) }, { requiredKeys: ['kind'] }),
  )

const usual = [stored(zone()), stored(address('www')), stored(alias('mail'))]

describe('check() and checkDelete()', () => {
  test('never throw, and tell little of much, whatever the object, the one before and the others are', () => {
    fc.assert(
      fc.property(
        object,
        fc.oneof(object, nasty, fc.constant(undefined)),
        fc.array(object, { maxLength: 5 }),
        (candidate, old, more) => {
          const others = ObjectIndex.of([...usual, ...more])
          const found = [...check(candidate, { others, old }), ...checkDelete(candidate, { others })]
          expect(found.length).toBeLessThanOrEqual(200)
          for (const finding of found) {
            const line = printFinding(finding)
            expect(line.length).toBeLessThan(4_000)
            expect(line.isWellFormed()).toBe(true)
            expect(line).not.toMatch(/[\n\r\u2028]/)
          }
        },
      ),
      { numRuns: 2_000 },
    )
  })

  test('are the same when asked again, and change nothing', () => {
    fc.assert(
      fc.property(object, candidate => {
        const before = structuredClone(candidate)
        const others = ObjectIndex.of(usual)
        expect(check(candidate, { others })).toEqual(check(candidate, { others }))
        expect(candidate).toEqual(before)
      }),
    )
  })
})
