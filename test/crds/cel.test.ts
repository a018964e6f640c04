import { describe, expect, test } from '@jest/globals'
import { Ajv } from 'ajv'
import {
  type CelRule,
  celHolds,
  jsonSchemaOf,
  kinds,
  type RecordType,
  recordTypes,
  type Structural,
  zoneKind,
} from '#crds'
import { altered, edgeValues } from './faults.ts'
import { accepted, faults, serialSteps, ZONE } from './specs.ts'

/* Of the same specs the API server itself is asked, in apiserver.test.ts. */

const ajv = new Ajv({ strict: false, logger: false })
const schemas = new Map(kinds.map(({ kind, spec }) => [kind, { spec, isValid: ajv.compile(jsonSchemaOf(spec)) }]))

function isTaken(kind: string, value: unknown, old?: unknown): boolean {
  const schema = schemas.get(kind)
  if (!schema?.isValid(value)) return false
  return celHolds(schema.spec, value, old)
}

/** All CEL rules of a schema. */
function* rulesIn(schema: Structural): Generator<CelRule> {
  yield* schema['x-kubernetes-validations'] ?? []
  if (schema.type === 'array') yield* rulesIn(schema.items)
  if (schema.type !== 'object') return
  for (const one of schema.properties ? Object.values(schema.properties) : [schema.additionalProperties])
    yield* rulesIn(one)
}

test.each(kinds)('celHolds() knows each rule of a $kind', ({ spec }) => {
  for (const rule of rulesIn(spec))
    expect(() => celHolds({ type: 'string', 'x-kubernetes-validations': [rule] }, 'x')).not.toThrow()
})

describe('celHolds(), where the types are right,', () => {
  const refused = Object.entries(faults).flatMap(([kind, list]) =>
    list.map(one => [kind, one.title, one.spec] as const),
  )
  test.each(refused)('refuses a %s with %s', (kind, _title, spec) => {
    expect(isTaken(kind, spec)).toBe(false)
  })

  const taken = accepted.flatMap(([title, kind, specs]) => specs.map(spec => [kind, title, spec] as const))
  test.each(taken)('takes a %s: %s', (kind, _title, spec) => {
    expect(isTaken(kind, spec)).toBe(true)
  })

  test.each(recordTypes.map((entry: RecordType) => [entry.kind, entry] as const))('takes any %s', (kind, entry) => {
    const right = { zone: 'example.com', name: 'www', ...entry.example.spec }
    const edges = entry.fields.flatMap(({ name, wire }) => edgeValues[wire].map(value => ({ ...right, [name]: value })))
    expect(edges.filter(spec => !isTaken(kind, spec))).toEqual([])
  })

  test('judges an update by what it changes', () => {
    const bad = altered(ZONE, 'soaRecord.adminEmail', 'nobody') as object
    expect(isTaken(zoneKind.kind, bad)).toBe(false)
    expect(isTaken(zoneKind.kind, { ...bad, ttl: 60 }, bad)).toBe(true)
    expect(isTaken(zoneKind.kind, { ...ZONE, zoneName: 'example.net' }, ZONE)).toBe(false)
  })

  test.each(serialSteps)('judges a serial from %d to %d as forwards: %s', (from, to, isForwards) => {
    const zone = (serial: number | undefined) => ({ ...ZONE, soaRecord: { ...ZONE.soaRecord, serial } })
    expect(isTaken(zoneKind.kind, zone(to), zone(from))).toBe(isForwards)
  })
})
