import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { Ajv } from 'ajv'
import { parseAllDocuments } from 'yaml'
import { check, kinds, ObjectIndex, type RecordType, recordKinds, recordTypes, type Structural, wholeOf } from '#crds'
import { edgeValues } from '../faults.ts'
import { accepted, faults } from '../specs.ts'

const ROOT = new URL('../../../', import.meta.url)
const ajv = new Ajv({ strict: false, logger: false, allErrors: true })
const schemas = new Map(kinds.map(({ kind, spec }) => [kind, ajv.compile(spec)]))

const errorsOf = (object: unknown, others?: ObjectIndex) =>
  check(object, { others }).filter(({ severity }) => severity === 'error')

describe('the rules and the schemas together', () => {
  const refused = Object.entries(faults).flatMap(([kind, list]) =>
    list.filter(({ title }) => !/colour/.test(title)).map(fault => [kind, fault.title, fault] as const),
  )
  test.each(refused)('refuse a %s with %s, as the API server does', (kind, _, { spec }) => {
    const object = wholeOf({ kind, spec: spec as object })
    const isLeftToSchema = !schemas.get(kind)?.(spec)
    expect({ isLeftToSchema, found: errorsOf(object).length > 0 }).not.toEqual({ isLeftToSchema: false, found: false })
  })

  // A host cannot have such a name, which the schema lets pass.
  const ours = accepted.flatMap(([title, kind, specs]) =>
    specs.filter(spec => !JSON.stringify(spec).includes('_ns.')).map(spec => [kind, title, spec as object] as const),
  )
  test.each(ours)('take a %s: %s', (kind, _, spec) => {
    expect(errorsOf(wholeOf({ kind, spec }))).toEqual([])
  })

  // What the schemas cannot tell: a name that is no host's, a hash of another length.
  const stricter = [
    '.',
    String.raw`a\.b.example.com.`,
    String.raw`\000.a.`,
    '*.a.b',
    '_s._tcp.a',
    '00',
    'DEADbeef',
    'ff'.repeat(2048),
  ]
  const edges = recordTypes.flatMap((entry: RecordType) =>
    entry.fields.flatMap(({ name, wire }) =>
      edgeValues[wire].filter(value => !stricter.includes(value as string)).map(value => [entry, name, value] as const),
    ),
  )
  test.each(edges)('take an $kind', ({ kind, example }, field, value) => {
    const spec = { zone: example.zone ?? 'example.com', name: example.name, ...example.spec, [field]: value }
    const against = errorsOf(wholeOf({ kind, spec })).filter(finding => finding.field === `spec.${field}`)
    expect({ field, value, against }).toEqual({ field, value, against: [] })
  })
})

describe('the samples', () => {
  const folder = new URL('manifests/samples/', ROOT)
  const texts = readdirSync(folder).map(file => readFileSync(new URL(file, folder), 'utf8'))
  const samples = texts.flatMap(text => parseAllDocuments(text).map(document => document.toJS()))

  test('pass every rule, each beside all others, in any order', () => {
    for (const order of [samples, [...samples].reverse()]) {
      const others = ObjectIndex.of(order)
      expect(order.flatMap(sample => check(sample, { others }))).toEqual([])
    }
  })

  test('pass without an error when each comes before the others', () => {
    for (const [i, sample] of samples.entries())
      expect(errorsOf(sample, ObjectIndex.of(samples.slice(i + 1)))).toEqual([])
  })
})

/** Every text of a schema, by its path. */
function* textsIn(schema: Structural, path: readonly string[] = []): Generator<readonly string[]> {
  if (schema.type === 'string' && !schema.enum) yield path
  if (schema.type === 'array') yield* textsIn(schema.items, [...path, '0'])
  if (schema.type === 'object' && !schema.properties) yield* textsIn(schema.additionalProperties, [...path, 'key'])
  if (schema.type === 'object' && schema.properties)
    for (const [name, one] of Object.entries(schema.properties)) yield* textsIn(one, [...path, name])
}

const INJECTIONS = [
  'x"; }; options { allow-query { any; }; };',
  'a;b',
  'a"b',
  "a'b",
  'a{b}',
  '../a',
  'a\nb',
  '$(a)',
  'a\u0000',
]
/** Texts that stay among us: they reach neither named.conf nor a command nor a path. */
const KEPT = ['soaRecord.adminEmail', 'unmanaged.0.name']

/** The spec with a text put at a path; a number in it is an item of a list. */
function withText(path: readonly string[], text: string): unknown {
  const [first, ...rest] = path
  if (first === undefined) return text
  const inner = withText(rest, text)
  return first === '0' ? [inner] : { [first]: inner }
}

describe('what reaches named.conf, a command or a path of the API', () => {
  const servers = kinds.filter(({ kind }) => !recordKinds.some(one => one.kind === kind))
  const paths = servers.flatMap(({ kind, spec }) => [...textsIn(spec)].map(path => [kind, path.join('.')] as const))

  test.each(paths.filter(([, path]) => !KEPT.includes(path)))('of a %s at %s is no configuration', (kind, path) => {
    const [top = ''] = path.split('.')
    const accepted = INJECTIONS.filter(text => {
      const spec = withText(path.split('.'), text) as object
      const found = errorsOf(wholeOf({ kind, spec })).some(({ field }) => field.startsWith(`spec.${top}`))
      return !found && !breaksPattern(kind, spec)
    })
    expect(accepted).toEqual([])
  })
})

function breaksPattern(kind: string, spec: object): boolean {
  const validate = schemas.get(kind)
  return validate?.(spec) === false && (validate.errors ?? []).some(({ keyword }) => keyword === 'pattern')
}
