import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ObjectIndex } from '#crds'
import type { Review, ReviewedObject } from '../../webhook/src/review.ts'
import { validate } from '../../webhook/src/validate.ts'
import { faults } from '../crds/specs.ts'
import { storedSamples } from './samples.ts'
import { type Thing, thing, zone } from './webhook.ts'

/*
 * What is right and what is wrong is known here without the rules: it was written by hand, or the API server has said so
 * (test/crds/apiserver.test.ts). It is judged among the samples.
 */
const apiVersion = 'bindy.firestoned.io/v1alpha1'
const samples = storedSamples()
const among = ObjectIndex.of(samples)
const isTerminating = async () => false
const access = { mayRead: async () => false }

function created(one: Thing, namespace = 'default'): Review {
  const object = { apiVersion, ...one, metadata: { namespace, ...one.metadata } } as ReviewedObject
  return { uid: 'u', operation: 'CREATE', namespace, name: one.metadata.name, object }
}

async function isAllowed(review: Review, others = among): Promise<boolean> {
  return (await validate(review, { others, isTerminating, access })).allowed
}

const record = (kind: string, name: string, spec: Readonly<Record<string, unknown>>) =>
  thing(kind, 'candidate', { zone: 'example.com', name, ...spec })
const A = (name: string, spec: Readonly<Record<string, unknown>> = {}) =>
  record('ARecord', name, { ipv4Address: '192.0.2.77', ...spec })
const CNAME = (name: string, target = 'www.example.net.') => record('CNAMERecord', name, { target })

describe('validate(), among the samples, lets pass', () => {
  test.each(samples.map(sample => [sample.kind, sample.metadata.name ?? '', sample] as const))(
    'the %s %s that comes after the others',
    async (_kind, name, object) => {
      const others = ObjectIndex.of(samples.filter(one => one !== object))
      const review: Review = { uid: 'u', operation: 'CREATE', namespace: 'default', name, object }
      expect(await isAllowed(review, others)).toBe(true)
    },
  )

  const right: [what: string, review: Review][] = [
    ['a second address of a name', created(A('www', { ipv4Address: '192.0.2.78' }))],
    ['an alias of a name that is free', created(CNAME('shop'))],
    ['another mail server', created(record('MXRecord', '@', { priority: 20, mailServer: 'mx.example.net.' }))],
    ['a zone below', created(zone('sub.example.com'))],
    ['a zone of another namespace', created(zone('example.org'), 'guest')],
    ['a record of a zone that is not there yet', created(A('www', { zone: 'example.org' }))],
  ]
  test.each(right)('%s', async (_what, review) => {
    expect(await isAllowed(review)).toBe(true)
  })
})

describe('validate(), among the samples, refuses', () => {
  const wrong: [what: string, review: Review][] = [
    ['an alias beside addresses', created(CNAME('www'))],
    ['addresses beside an alias', created(A('blog'))],
    ['a second alias', created(CNAME('blog'))],
    ['an alias at the apex', created(CNAME('@'))],
    ['an alias that a mail server has', created(CNAME('mail'))],
    ['an alias to itself', created(CNAME('loop', 'loop.example.com.'))],
    ['data below a delegation', created(A('host.lab'))],
    ['data at a delegation', created(record('TXTRecord', 'lab', { text: ['x'] }))],
    ['a delegation of what is served', created(record('NSRecord', 'mail', { nameserver: 'ns1.example.net.' }))],
    [
      'a mail server that is an alias',
      created(record('MXRecord', 'news', { priority: 1, mailServer: 'blog.example.com.' })),
    ],
    ['no mail beside mail', created(record('MXRecord', '@', { priority: 0, mailServer: '.' }))],
    ['a name of another zone', created(A('www.example.org.'))],
    ['a name under an underscore', created(A('_www'))],
    ['an address where a name belongs', created(CNAME('shop', '192.0.2.1'))],
    ['a second zone of the name', created(thing('DNSZone', 'twin', zone('example.com').spec))],
    ['a second zone of the name, in other letters', created(thing('DNSZone', 'twin', zone('EXAMPLE.com.').spec))],
    ['a second zone of the name, elsewhere', created(zone('example.com'), 'guest')],
    ['a zone below one of another namespace', created(zone('sub.example.com'), 'guest')],
    ['a record in a zone of another namespace', created(A('www'), 'guest')],
  ]
  test.each(wrong)('%s', async (_what, review) => {
    expect(await isAllowed(review)).toBe(false)
  })

  const bySchema = Object.entries(faults).flatMap(([kind, list]) =>
    list.map(one => [kind, one.title, one.spec] as const),
  )
  test.each(bySchema)('a %s with %s, as the API server does', async (kind, _title, spec) => {
    expect(await isAllowed(created(thing(kind, 'candidate', spec as never)))).toBe(false)
  })
})

describe('validate() of any record', () => {
  const letters = (max: number) =>
    fc.string({ unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz0123456789'), minLength: 1, maxLength: max })
  // No sample has a name with "q-" in it.
  const name = fc
    .tuple(letters(20), fc.array(letters(63), { maxLength: 2 }))
    .map(([one, more]) => [`q-${one}`, ...more].join('.'))
  const ttl = fc.option(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { nil: undefined })
  const octet = fc.integer({ min: 0, max: 255 })
  const ipv4 = fc.tuple(fc.integer({ min: 1, max: 223 }), octet, octet, octet).map(octets => octets.join('.'))
  const host = fc.tuple(letters(63), letters(20)).map(([a, b]) => `${a}.${b}.example.net.`)
  const good = fc.oneof(
    fc.tuple(name, ttl, ipv4).map(([name, ttl, ipv4Address]) => A(name, { ttl, ipv4Address })),
    fc.tuple(name, host).map(([name, target]) => CNAME(name, target)),
    fc
      .tuple(name, fc.integer({ min: 1, max: 65535 }), host)
      .map(([name, priority, mailServer]) => record('MXRecord', name, { priority, mailServer })),
    fc.tuple(name, fc.string({ maxLength: 300 })).map(([name, text]) => record('TXTRecord', name, { text: [text] })),
  )
  const bad = fc.constantFrom<Readonly<Record<string, unknown>>>(
    ...[-1, 2 ** 31, 1.5, '300', null, {}].map(ttl => ({ ttl })),
    ...['', '.', 'a..b', 'a b', 'bücher', `${'x'.repeat(64)}`, 'www.example.org.', 'a\n', 5, ['a']].map(name => ({
      name,
    })),
    ...['', '.', 'exa mple.com', '../x', 'a"b', '*.example.com', 7].map(zone => ({ zone })),
    { frob: true },
  )

  test('takes it as it should be, and not with one thing wrong', async () => {
    await fc.assert(
      fc.asyncProperty(good, bad, async (one, wrong) => {
        expect(await isAllowed(created(one))).toBe(true)
        expect(await isAllowed(created({ ...one, spec: { ...one.spec, ...wrong } }))).toBe(false)
      }),
      { numRuns: 2_000 },
    )
  })
})
