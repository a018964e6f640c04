import { describe, expect, test } from '@jest/globals'
import { ObjectIndex } from '#crds'
import type { Cause, Review, ReviewedObject } from '../../webhook/src/review.ts'
import { validate } from '../../webhook/src/validate.ts'
import { type Thing, thing, zone } from './webhook.ts'

const apiVersion = 'bindy.firestoned.io/v1alpha1'

function stored({ kind, metadata, spec }: Thing, namespace = 'default'): ReviewedObject {
  return { apiVersion, kind, metadata: { namespace, ...metadata }, spec } as never
}

interface Refusal {
  readonly allowed: false
  readonly message: string
  readonly causes: readonly Cause[]
}

const created = (object: ReviewedObject): Review => ({
  ...{ uid: 'u', operation: 'CREATE', namespace: object.metadata.namespace ?? '', name: 'x' },
  object,
})
const updated = (object: ReviewedObject, oldObject: ReviewedObject): Review => ({
  ...created(object),
  operation: 'UPDATE',
  oldObject,
})

function judge(review: Review, { among = [] as readonly unknown[], isTerminating = false } = {}) {
  const access = { mayRead: async () => false }
  return validate(review, { others: ObjectIndex.of(among), isTerminating: async () => isTerminating, access })
}

const record = (spec: Readonly<Record<string, unknown>> = {}) =>
  stored(thing('ARecord', 'www', { zone: 'example.com', name: 'www', ipv4Address: '192.0.2.1', ...spec }))
const com = stored(zone('example.com'))

describe('validate()', () => {
  test('lets pass what is right', async () => {
    expect(await judge(created(record()), { among: [com] })).toEqual({ allowed: true })
  })

  test('tells one fault in a line, and as a cause beside its field', async () => {
    const verdict = await judge(created(record({ name: 'www.example.org.' })), { among: [com] })
    expect(verdict).toMatchObject({ allowed: false, code: 422 })
    const { message, causes } = verdict as unknown as Refusal
    expect(message).toMatch(/^spec\.name: Invalid value: 'www\.example\.org\.': .+ \[BND-R\d+\]$/)
    expect(causes.map(({ field, message }) => `${field}: ${message}`)).toEqual([message])
  })

  test('tells all faults at once, those of the schema too, and no more than ten', async () => {
    const wrong = Array.from({ length: 20 }, () => 7)
    const spec = { ttl: -1, ipv4Address: undefined, ipv4Addresses: wrong, name: 'www.example.org.' }
    const verdict = await judge(created(record(spec)), { among: [com] })
    const { message, causes } = verdict as unknown as Refusal
    expect(causes).toHaveLength(10)
    expect(message).toMatch(/^22 faults:\n\* spec\.ttl: Invalid value: -1: must be >= 0 \[schema\]\n/)
    expect(message).toMatch(/\n\* and 12 more$/)
  })

  test('tells a fault once that a rule and the schema find', async () => {
    const verdict = await judge(created(record({ name: 'a b', ttl: -1, ipv4Address: '192.0.2.300' })), { among: [com] })
    const { causes } = verdict as unknown as Refusal
    expect(causes.map(({ field, message }) => `${field} ${message.match(/\[.+\]$/)}`)).toEqual([
      'spec.ttl [schema]',
      'spec.name [BND-R001]',
      'spec.ipv4Address [BND-R010]',
    ])
  })

  test('says nothing to an update that leaves the spec as it is, or of what is on its way out', async () => {
    const bad = record({ name: 'www.example.org.' })
    const labelled = { ...bad, metadata: { ...bad.metadata, labels: { app: 'x' } } }
    const going = { ...bad, metadata: { ...bad.metadata, deletionTimestamp: '2026-11-21T00:00:00Z' } }
    expect(await judge(updated(labelled, bad), { among: [com] })).toEqual({ allowed: true })
    expect(await judge(updated(going, record()), { among: [com] })).toEqual({ allowed: true })
  })

  test('holds an old fault against nobody who changes something else', async () => {
    const bad = record({ name: 'www.example.org.', ttl: -1 })
    const next = record({ name: 'www.example.org.', ttl: -1, ipv4Address: '192.0.2.2' })
    expect(await judge(updated(next, bad), { among: [com] })).toMatchObject({ allowed: true })
    const worse = record({ name: 'ftp.example.org.', ttl: -2 })
    const verdict = await judge(updated(worse, bad), { among: [com] })
    expect((verdict as unknown as Refusal).causes.map(({ field }) => field)).toEqual(['spec.ttl', 'spec.name'])
  })

  test('says of a zone that is not there yet in a warning of one line', async () => {
    const { allowed, warnings } = await judge(created(record()))
    expect({ allowed, count: warnings?.length }).toEqual({ allowed: true, count: 1 })
    expect(warnings?.[0]).toMatch(/^spec\.zone: .+ \[BND-W\d+\]$/)
    expect(warnings?.[0]?.length).toBeLessThanOrEqual(120)
  })

  test('names no object of another namespace', async () => {
    const twin = stored(thing('DNSZone', 'secret-name', zone('example.com').spec), 'secret-space')
    const verdict = JSON.stringify(await judge(created(com), { among: [twin] }))
    expect(verdict).toContain('"allowed":false')
    expect(verdict).not.toContain('secret')
  })
})

describe('validate() of a deletion', () => {
  const going = (oldObject: ReviewedObject): Review => ({
    ...{ uid: 'u', operation: 'DELETE', namespace: 'default', name: 'x' },
    oldObject,
  })

  test('refuses that of a zone that has records, unless its namespace goes', async () => {
    const among = [com, record()]
    expect(await judge(going(com), { among })).toMatchObject({ allowed: false, code: 403 })
    expect(await judge(going(com), { among, isTerminating: true })).toMatchObject({ allowed: true })
  })

  test('lets go again what is going', async () => {
    const leaving = { ...com, metadata: { ...com.metadata, deletionTimestamp: '2026-11-21T00:00:00Z' } }
    expect(await judge(going(leaving), { among: [leaving, record()] })).toEqual({ allowed: true })
  })

  test('lets a zone without records go, and any record', async () => {
    expect(await judge(going(com), { among: [com] })).toEqual({ allowed: true })
    expect(await judge(going(record()), { among: [com, record()] })).toEqual({ allowed: true })
  })
})
