import { expect, test } from '@jest/globals'
import { Ajv } from 'ajv'
import { check, jsonSchemaOf, kinds, ObjectIndex, recordTypes } from '#crds'
import type { Route } from '../../webhook/src/app.ts'
import { forewarn } from '../../webhook/src/forewarn.ts'
import { mutate } from '../../webhook/src/mutate.ts'
import { pathOf } from '../../webhook/src/registration.ts'
import { validate } from '../../webhook/src/validate.ts'
import { storedSamples } from './samples.ts'
import { type Answer, responseIn, reviewOf, Service } from './service.ts'

const REVIEWS = 100_000
const AT_ONCE = 16
/** The API server waits so long for an answer. */
const LONGEST_MS = 5_000

const apiVersion = 'bindy.firestoned.io/v1alpha1'

/** A generator of numbers from 0 to 1 that a seed repeats (mulberry32). */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const rolls = random(20261121)
const pick = <T>(values: readonly T[]): T => values[Math.floor(rolls() * values.length)] as T

/** A size that is seldom the largest: those cost the test its time, not the webhook. */
const size = (largest: number) => (rolls() < 0.01 ? largest : pick([1, 10, 64, 300]))

const nested = (depth: number, open: string, close: string) => `${open.repeat(depth)}1${close.repeat(depth)}`

/** Values as JSON that no field should have. */
const hostile: readonly (() => string)[] = [
  () => pick(['null', 'true', '-1', '1e308', '1e999', '-0', '0.1', '9007199254740993', '""', '[]', '{}']),
  () => nested(size(100_000), '[', ']'),
  () => nested(size(20_000), '{"a":', '}'),
  () => JSON.stringify(pick(['a', '.', '\\', '*.', '../', '\u0000', '\ud800', 'ü', '"};', '🦆']).repeat(size(100_000))),
  () => JSON.stringify({ toString: 1, constructor: null, hasOwnProperty: 'x', valueOf: [] }),
  () => '{"__proto__":{"allowed":true,"spec":{},"length":1e9,"zone":"example.com"}}',
  () => `[${'7,'.repeat(size(50_000))}7]`,
  () => `{${Array.from({ length: size(20_000) }, (_, i) => `"k${i}":${i}`).join()}}`,
  () => JSON.stringify(`${'a.'.repeat(size(10_000))}`),
  () => JSON.stringify(pick(['example.com', 'www', '@', '192.0.2.1', '::1', 'www.example.com.'])),
]

/** Wrong values by themselves, in place of each field of an object in turn. */
function body(kind: string, spec: Readonly<Record<string, unknown>>): string {
  const mark = '"<hostile>"'
  const bad = () => pick(hostile)()
  const wrap = (value: unknown) => JSON.stringify(value).replaceAll(mark, bad)
  const object = { apiVersion, kind, metadata: { name: 'x', namespace: 'default' }, spec }
  const field = pick(Object.keys(spec))
  switch (Math.floor(rolls() * 9)) {
    case 0:
      return wrap(reviewOf({ object: { ...object, spec: '<hostile>' } }))
    case 1:
      return wrap(reviewOf({ object: { ...object, metadata: '<hostile>' } }))
    case 2:
      return wrap(reviewOf({ object: '<hostile>', oldObject: object, operation: pick(['UPDATE', 'DELETE', 'CREATE']) }))
    case 3:
      return wrap({ ...reviewOf({ object }), [pick(['request', 'kind', 'apiVersion', '__proto__'])]: '<hostile>' })
    case 4:
      return bad()
    case 5: {
      const text = wrap(reviewOf({ object }))
      return text.slice(0, Math.floor(rolls() * text.length))
    }
    case 6:
      return wrap(
        reviewOf({ object, userInfo: pick(['<hostile>', { username: '<hostile>' }, { extra: '<hostile>' }]) }),
      )
    case 7: {
      const oldObject = { ...object, spec: pick(['<hostile>', { ...spec, [field]: '<hostile>' }]) }
      return wrap(reviewOf({ object, oldObject, operation: pick(['UPDATE', 'DELETE']) }))
    }
    default:
      return wrap(
        reviewOf({
          object: { ...object, spec: { ...spec, [field]: '<hostile>', [pick([field, 'more'])]: '<hostile>' } },
        }),
      )
  }
}

const specs = new Map<string, Readonly<Record<string, unknown>>>([
  ['Bind9Cluster', { secondary: { catalog: true } }],
  [
    'Bind9Instance',
    { role: 'primary', external: { address: '192.0.2.1', rndcSecretRef: { name: 'a' }, tsigSecretRef: { name: 'b' } } },
  ],
  [
    'DNSZone',
    {
      zoneName: 'example.net',
      clusterRef: 'ns',
      instanceSelector: { matchLabels: { a: 'b' } },
      nameServers: [{ hostname: 'ns1.example.net.' }],
      soaRecord: { primaryNs: 'ns1.example.net.', adminEmail: 'h@example.net' },
    },
  ],
  ...recordTypes.map(
    ({ kind, example }) => [kind, { zone: 'example.com', name: example.name, ttl: 300, ...example.spec }] as const,
  ),
])

const ajv = new Ajv({ strict: false, logger: false })
const schemas = new Map(kinds.map(({ kind, spec }) => [kind, ajv.compile(jsonSchemaOf(spec))]))

/** A value of a review's own that rules can be asked about again. */
function objectIn(text: string): {
  readonly operation?: unknown
  readonly object?: { readonly spec?: unknown }
  readonly oldObject?: unknown
} {
  const { request } = JSON.parse(text)
  return request
}

test('100,000 hostile reviews are answered, each in time, and none is allowed that the rules or the schema refuse', async () => {
  const others = ObjectIndex.of(storedSamples())
  const bench = { others, isTerminating: async () => false, access: { mayRead: async () => true } }
  const faults: string[] = []
  const routes = kinds.flatMap((kind): Route[] => [
    {
      ...{ path: pathOf('validate', kind), kind: kind.kind, call: 'validate' },
      judge: review => validate(review, bench),
    },
    {
      ...{ path: pathOf('mutate', kind), kind: kind.kind, call: 'mutate' },
      judge: async review => {
        const patch = mutate(review, { others, now: () => 0 })
        return { allowed: true, patch, ...(await forewarn(review, patch, bench)) }
      },
    },
  ])
  const log = {
    info() {},
    warn() {},
    error: (_message: string, fields: { error?: Error } = {}) => void faults.push(fields.error?.name ?? ''),
  }
  const service = await Service.start({ routes, log })
  const counts = { allowed: 0, refused: 0, slowestMs: 0 }
  let sent = 0

  async function sendOne(): Promise<void> {
    const kind = pick(kinds)
    const verb = rolls() < 0.2 ? 'mutate' : 'validate'
    const text = body(kind.kind, specs.get(kind.kind) as Readonly<Record<string, unknown>>)
    const startMs = performance.now()
    const answer = await service.post(pathOf(verb, kind), text)
    counts.slowestMs = Math.max(counts.slowestMs, performance.now() - startMs)
    judge(kind.kind, verb, text, answer)
  }

  function judge(kind: string, verb: string, text: string, answer: Answer): void {
    const { allowed } = responseIn(answer)
    counts[allowed ? 'allowed' : 'refused']++
    if (!allowed || verb === 'mutate') return
    const { operation, object, oldObject: old } = objectIn(text)
    if (operation === 'DELETE') return
    const errors = check(object, { others, old: operation === 'UPDATE' ? old : undefined }).filter(
      ({ severity }) => severity === 'error',
    )
    const isValid = schemas.get(kind)?.(object?.spec)
    if (errors.length > 0 || !isValid) throw new Error(`Wrongly allowed: ${kind} ${text.slice(0, 500)}`)
  }

  async function work(): Promise<void> {
    while (sent++ < REVIEWS) await sendOne()
  }

  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    expect(counts.allowed + counts.refused).toBe(REVIEWS)
    expect(counts.refused).toBeGreaterThan(REVIEWS / 2)
    expect(counts.slowestMs).toBeLessThan(LONGEST_MS)
    expect((await service.get('/healthz')).code).toBe(200)
    expect(faults).toEqual([])
  } finally {
    await service.stop()
  }
}, 600_000)
