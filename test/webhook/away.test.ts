import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { RunningApiServer } from '../cluster/index.ts'
import { apply, RunningWebhook, startCluster, thing, zone } from './webhook.ts'

// The webhook has registered, and is gone.
let api: RunningApiServer

beforeAll(async () => {
  api = await startCluster()
  const webhook = await RunningWebhook.start(api.kubeconfig)
  expect(await apply(api, [zone('example.com'), record('www')])).toMatchObject({ code: 0 })
  await webhook.stop()
})

afterAll(() => api?.stop())

const record = (name: string, spec: Readonly<Record<string, unknown>> = {}) =>
  thing('ARecord', name, { zone: 'example.com', name, ipv4Address: '192.0.2.1', ...spec })

test('what is right is refused too, with an error that names what to delete', async () => {
  const { code, stderr } = await apply(api, [record('ftp')])
  expect(code).toBe(1)
  expect(stderr).toContain(
    'failed calling webhook "arecords.bindy-validate.validatingwebhookconfiguration.firestoned.io"',
  )
  expect(stderr).toContain('connection refused')
})

test.each([
  ['a type', { ttl: 'long' }, 'must be of type integer'],
  ['a range', { ttl: -1 }, 'should be greater than or equal to 0'],
  ['a missing field', { zone: undefined }, 'spec.zone: Required value'],
  ['a value that CEL knows', { ipv4Address: '192.0.2.256' }, 'must be an IPv4 address'],
] as const)('nonsense is refused by the schema: %s', async (_what, spec, said) => {
  const { code, stderr } = await apply(api, [record('bad', spec)])
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(said) })
})

test('other kinds of objects are nobody of ours', async () => {
  const containers = [{ name: 'x', image: 'x' }]
  const others = [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } },
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, spec: { containers } },
  ]
  for (const one of others)
    expect(await api.kubectl(['apply', '-f', '-'], { input: JSON.stringify(one) })).toMatchObject({ code: 0 })
})

test('labels, finalizers and statuses are written', async () => {
  const patch = (body: object, ...more: string[]) =>
    api.kubectl(['patch', 'arecord', 'www', '--type=merge', '-p', JSON.stringify(body), ...more])
  expect(await patch({ metadata: { labels: { app: 'x' }, finalizers: ['bindy.firestoned.io/served'] } })).toMatchObject(
    { code: 0 },
  )
  expect(await patch({ status: { observedGeneration: 1 } }, '--subresource=status')).toMatchObject({ code: 0 })
  expect(await patch({ metadata: { finalizers: null } })).toMatchObject({ code: 0 })
})

test('objects can be deleted, zones with records too', async () => {
  expect(await api.kubectl(['delete', 'zone', 'example-com'])).toMatchObject({ code: 0 })
  expect(await api.kubectl(['delete', 'arecord', 'www'])).toMatchObject({ code: 0 })
})

test('the way out of docs/admission.md leads out', async () => {
  expect(await api.kubectl(['delete', 'validatingwebhookconfiguration', 'bindy-validate'])).toMatchObject({ code: 0 })
  expect(await apply(api, [record('ftp')])).toMatchObject({ code: 0 })
})
