import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type RunningApiServer, until } from '../cluster/index.ts'
import { apply, RunningWebhook, startCluster, thing, zone } from './webhook.ts'

let api: RunningApiServer
let webhook: RunningWebhook

beforeAll(async () => {
  api = await startCluster()
  webhook = await RunningWebhook.start(api.kubeconfig)
  expect(await apply(api, [zone('example.com')])).toMatchObject({ code: 0 })
  const isKnown = async () => (await apply(api, [record('any')], ['--dry-run=server'])).stderr === ''
  await until('the webhook knows the zone', isKnown)
}, 120_000)

afterAll(async () => {
  await webhook?.stop()
  await api?.stop()
})

const record = (name: string, spec: Readonly<Record<string, unknown>> = {}) =>
  thing('ARecord', name.replace(/\.$/, '').replace(/[^a-z0-9]+/g, '-'), {
    zone: 'example.com',
    name,
    ipv4Address: '192.0.2.1',
    ...spec,
  })

async function untilApplied(one: ReturnType<typeof thing>): Promise<void> {
  expect(await apply(api, [one])).toMatchObject({ code: 0 })
}

const get = async (what: string) => JSON.parse((await api.kubectl(['get', what, '-o', 'json'])).stdout)

describe('kubectl apply', () => {
  test('of one object shows each fault beside its field', async () => {
    const { code, stderr } = await apply(api, [record('www-.example.org.')])
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^The ARecord "www-example-org" is invalid: \n(\* spec\.name: Invalid value: .+ \[BND-R\d+\]\n){2}$/,
    )
  })

  test('of several objects shows each fault in the message', async () => {
    const { code, stdout, stderr } = await apply(api, [
      record('ok'),
      record('www-.example.org.'),
      record('b.example.org.'),
    ])
    expect(code).toBe(1)
    expect(stdout).toContain('ok created')
    expect(stderr).toMatch(/denied the request: 2 faults:\n\* spec\.name: .+\n\* spec\.name: .+\n/)
    expect(stderr).toMatch(/denied the request: spec\.name: Invalid value: 'b\.example\.org\.': .+ \[BND-R\d+\]\n/)
  })

  test('of a zone and its records, in any order, passes with warnings at most', async () => {
    const things = [
      record('a', { zone: 'example.net' }),
      zone('example.net'),
      record('b', { zone: 'example.net' }),
    ].map((one, i) => ({ ...one, metadata: { name: `any-${i}` } }))
    expect(await apply(api, things)).toMatchObject({ code: 0 })
  })

  test('with --dry-run=server judges and fills in, and stores nothing', async () => {
    const refused = await apply(api, [record('dry.example.org.')], ['--dry-run=server'])
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('[BND-R') })
    const { stdout } = await apply(api, [record('dry')], ['--dry-run=server', '-o', 'json'])
    expect(JSON.parse(stdout).metadata.labels).toEqual({ 'bindy.firestoned.io/zone': 'example.com' })
    expect(await api.kubectl(['get', 'arecord', 'dry'])).toMatchObject({ code: 1 })
  })

  test('again changes nothing, and kubectl diff shows nothing', async () => {
    const things = [zone('example.info'), record('same.example.info.', { zone: undefined })]
    await until('the zone is known', async () => (await apply(api, things)).code === 0)
    const before = await get('arecord/same-example-info')
    expect(before.spec.zone).toBe('example.info')
    const again = await apply(api, things)
    expect(again.stdout).toBe(
      'dnszone.bindy.firestoned.io/example-info unchanged\narecord.bindy.firestoned.io/same-example-info unchanged\n',
    )
    const input = JSON.stringify({ apiVersion: 'bindy.firestoned.io/v1alpha1', ...things[1] })
    expect(await api.kubectl(['diff', '-f', '-'], { input })).toEqual({ code: 0, stdout: '', stderr: '' })
    const serverSide = await api.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], { input })
    expect(serverSide).toMatchObject({ code: 0 })
    expect((await get('arecord/same-example-info')).spec).toEqual(before.spec)
  })
})

describe('an object from before a rule', () => {
  test('can be labelled, finalized, changed elsewhere, have its status written, and go', async () => {
    await webhook.stop()
    const kinds = ['mutatingwebhookconfiguration/bindy-mutate', 'validatingwebhookconfiguration/bindy-validate']
    expect(await api.kubectl(['delete', ...kinds])).toMatchObject({ code: 0 })
    await untilApplied(record('old.example.org.'))
    webhook = await RunningWebhook.start(api.kubeconfig)
    expect(await apply(api, [record('new.example.org.')])).toMatchObject({ code: 1 })

    const old = 'arecord/old-example-org'
    const patch = (body: object, ...more: string[]) =>
      api.kubectl(['patch', old, '--type=merge', '-p', JSON.stringify(body), ...more])
    expect(await patch({ metadata: { labels: { app: 'x' } } })).toMatchObject({ code: 0 })
    expect(await patch({ metadata: { finalizers: ['bindy.firestoned.io/served'] } })).toMatchObject({ code: 0 })
    expect(await patch({ status: { observedGeneration: 1 } }, '--subresource=status')).toMatchObject({ code: 0 })
    expect(await patch({ spec: { ttl: 300 } })).toMatchObject({ code: 0 })
    expect(await patch({ spec: { name: 'other.example.org.' } })).toMatchObject({ code: 1 })
    expect(await api.kubectl(['delete', old, '--wait=false'])).toMatchObject({ code: 0 })
    expect(await patch({ metadata: { finalizers: null } })).toMatchObject({ code: 0 })
    expect(await api.kubectl(['get', old])).toMatchObject({ code: 1 })
  }, 60_000)
})

describe('kubectl delete', () => {
  test('of a zone with records is refused, says how it is confirmed, and then passes', async () => {
    await untilApplied(zone('example.biz'))
    await untilApplied({ ...record('www', { zone: 'example.biz' }), metadata: { name: 'biz' } })
    const refused = async () => (await api.kubectl(['delete', 'zone', 'example-biz', '--dry-run=server'])).code === 1
    await until('the record is known', refused)
    const { stderr } = await api.kubectl(['delete', 'zone', 'example-biz'])
    const annotation = /bindy\.firestoned\.io\/[a-z-]+/.exec(stderr.split('denied the request')[1] ?? '')?.[0]
    expect(stderr).toContain('denied the request')
    await api.kubectl(['annotate', 'zone', 'example-biz', `${annotation}=true`])
    expect(await api.kubectl(['delete', 'zone', 'example-biz'])).toMatchObject({ code: 0 })
  }, 30_000)

  test('of a namespace has its zones go', async () => {
    await api.kubectl(['create', 'namespace', 'leaving'])
    const inside = (one: ReturnType<typeof thing>) => ({ ...one, metadata: { ...one.metadata, namespace: 'leaving' } })
    expect(
      await apply(api, [inside(zone('leaving.test')), inside(record('www', { zone: 'leaving.test' }))]),
    ).toMatchObject({ code: 0 })
    const refused = async () =>
      (await api.kubectl(['delete', 'zone', 'leaving-test', '-n', 'leaving', '--dry-run=server'])).code === 1
    await until('the record is known', refused)
    await api.kubectl(['delete', 'namespace', 'leaving', '--wait=false'])
    // As the namespace controller does, which this API server has none of.
    expect(await api.kubectl(['delete', 'dnszones', '--all', '-n', 'leaving'])).toMatchObject({ code: 0, stderr: '' })
  }, 30_000)
})
