import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { certificatesIn, createAuthority } from '../../webhook/src/certificate/authority.ts'
import type { KeyPair } from '../../webhook/src/server.ts'
import { type RunningApiServer, until } from '../cluster/index.ts'
import { rsaAuthority, sec1 } from './authorities.ts'
import { grant, limitedKubeconfig } from './rights.ts'
import { systemSource } from './service.ts'
import { apply, type Changes, load, RunningWebhook, shown, startCluster, thing, trusted } from './webhook.ts'

const DAY_MS = 86_400_000

let api: RunningApiServer
let webhooks: RunningWebhook[] = []
/** How far the webhooks' clock is ahead of the API server's. */
let aheadMs = 0
const source = { ...systemSource, now: () => Date.now() + aheadMs }

beforeAll(async () => {
  api = await startCluster()
})

afterEach(async () => {
  await Promise.all(webhooks.map(webhook => webhook.stop()))
  webhooks = []
  aheadMs = 0
  await api.kubectl(['delete', 'secret', 'bindy-webhook-ca'])
  await api.kubectl(['delete', 'validatingwebhookconfiguration', 'bindy-validate'])
})

afterAll(() => api?.stop())

async function start(changes: Changes = {}): Promise<RunningWebhook> {
  const webhook = await RunningWebhook.start(api.kubeconfig, { source, lookMs: 50, ...changes })
  webhooks.push(webhook)
  return webhook
}

async function read<T>(...what: string[]): Promise<T> {
  return JSON.parse((await api.kubectl(['get', ...what, '-o', 'json'])).stdout)
}

/** When the certificate that a webhook shows expires, by its metrics, in milliseconds since 1970. */
async function expiry(webhook: RunningWebhook, ca: string[]): Promise<number> {
  const line = /^bindy_webhook_certificate_expiration_timestamp_seconds\{certificate="serving"\} (\d+)$/m
  return Number(line.exec((await webhook.ask('/metrics', { ca })).text)?.[1]) * 1_000
}

test('authority and certificate are renewed under load, the new authority trusted first, and no review fails', async () => {
  aheadMs = -244 * DAY_MS
  await (await start()).stop()
  aheadMs = -5 * DAY_MS
  const webhook = await start()
  const [first] = await trusted(api)
  const before = await shown(webhook, await trusted(api))
  const busy = load(api)
  try {
    await until('the load has begun', () => busy.times() > 3)
    aheadMs = 0
    await webhook.untilLogged('Webhook registered', { times: 2 })
    const [second = '', ...others] = await trusted(api)
    expect(others).toEqual([first])
    const anew = () => shown(webhook, [second]).catch(() => undefined)
    expect(await until('the new authority is served', anew)).not.toBe(before)
    const times = busy.times()
    await until('the load goes on', () => busy.times() > times + 3)
  } finally {
    await busy.stop()
  }
  expect(busy.failed).toEqual([])
})

test('a certificate is renewed after two thirds of its life, and its authority stays', async () => {
  aheadMs = -5 * DAY_MS
  const webhook = await start()
  const authority = await trusted(api)
  const before = { shown: await shown(webhook, authority), expiry: await expiry(webhook, authority) }
  aheadMs = 0
  await webhook.untilLogged('Certificate served', { times: 2 })
  expect(await shown(webhook, authority)).not.toBe(before.shown)
  expect(Math.round(((await expiry(webhook, authority)) - before.expiry) / DAY_MS)).toBe(5)
  expect(await trusted(api)).toEqual(authority)
})

test('a certificate is renewed while neither Secret nor configuration may be touched, and reviews go on', async () => {
  aheadMs = -5 * DAY_MS
  await grant(api)
  const webhook = await start({ kubeconfig: limitedKubeconfig(api) })
  const authority = await trusted(api)
  const before = await shown(webhook, authority)
  await grant(api, { mayRegister: false })
  await webhook.untilLogged('Webhook not registered')
  aheadMs = 0
  await webhook.untilLogged('Certificate served', { times: 2 })
  expect(await shown(webhook, authority)).not.toBe(before)
  const spec = { zone: 'example.com', name: 'late', ipv4Address: '192.0.2.1' }
  expect(await apply(api, [thing('ARecord', 'late', spec)])).toMatchObject({ code: 0 })
})

test('one whose certificate has expired says so to who asks whether it is ready', async () => {
  const webhook = await start({ lookMs: 600_000 })
  const ready = async () => webhook.ask('/readyz', { ca: await trusted(api) })
  expect(await ready()).toEqual({ code: 200, text: 'ok' })
  aheadMs = 7 * DAY_MS + 60_000
  expect(await ready()).toEqual({ code: 503, text: 'waits for a certificate that has not expired' })
})

test('one that is to end says so as well, and answers reviews meanwhile', async () => {
  const webhook = await RunningWebhook.start(api.kubeconfig, { graceMs: () => 5_000 })
  const ca = await trusted(api)
  const stopped = webhook.stop()
  expect(await webhook.ask('/readyz', { ca })).toEqual({ code: 503, text: 'waits for its end' })
  const spec = { zone: 'example.com', name: 'last', ipv4Address: '192.0.2.1' }
  expect(await apply(api, [thing('ARecord', 'last', spec)])).toMatchObject({ code: 0 })
  await stopped
})

test('replicas that start at once share one authority, and each has a certificate of its own', async () => {
  const replicas = await Promise.all(Array.from({ length: 4 }, () => start()))
  const secret = await read<{ data: Record<string, string> }>('secret', 'bindy-webhook-ca')
  const authority = certificatesIn(Buffer.from(secret.data['ca.crt'] ?? '', 'base64').toString())
  expect(authority).toHaveLength(1)
  expect(await trusted(api)).toEqual(authority)
  const serials = await Promise.all(replicas.map(replica => shown(replica, authority)))
  expect(new Set(serials).size).toBe(4)
  const created = replicas.filter(({ log }) => log.some(({ message }) => message === 'Certificate authority created'))
  expect(created).toHaveLength(1)
})

test('replicas that renew the authority at once make one', async () => {
  aheadMs = -244 * DAY_MS
  const replicas = [await start(), await start(), await start()]
  const [first] = await trusted(api)
  aheadMs = 0
  await Promise.all(replicas.map(replica => replica.untilLogged('Webhook registered', { times: 2 })))
  const [second = '', ...others] = await trusted(api)
  expect(others).toEqual([first])
  for (const replica of replicas)
    await until('the new authority is served', () => shown(replica, [second]).catch(() => undefined))
})

test('a Secret that is lost or spoilt is made anew, and the authority of before stays trusted', async () => {
  const webhook = await start()
  const [first] = await trusted(api)
  await api.kubectl(['delete', 'secret', 'bindy-webhook-ca'])
  await webhook.untilLogged('Webhook registered', { times: 2 })
  const [second, ...others] = await trusted(api)
  expect(others).toEqual([first])
  await api.kubectl(['patch', 'secret', 'bindy-webhook-ca', '-p', '{"data":{"tls.key":"AAAA"}}'])
  await webhook.untilLogged('Webhook registered', { times: 3 })
  expect((await trusted(api)).slice(1)).toEqual([second, first])
})

test('a replica that starts when the Secret is gone leaves the authority trusted that others serve by', async () => {
  const webhook = await start({ lookMs: 600_000 })
  const [first = ''] = await trusted(api)
  await api.kubectl(['delete', 'secret', 'bindy-webhook-ca'])
  await (await start()).untilLogged('Webhook registered')
  const [second, ...others] = await trusted(api)
  expect([second === first, others]).toEqual([false, [first]])
  expect(await webhook.ask('/readyz', { ca: await trusted(api) })).toEqual({ code: 200, text: 'ok' })
})

describe('a Secret that cannot be used', () => {
  const put = async (secret: object) => {
    const whole = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'bindy-webhook-ca' }, ...secret }
    expect(await api.kubectl(['create', '-f', '-'], { input: JSON.stringify(whole) })).toMatchObject({ code: 0 })
  }
  const tls = ({ cert, key }: KeyPair) => ({ 'tls.crt': cert, 'tls.key': key, 'ca.crt': cert })
  const found = async () => {
    const { type, data } = await read<{ type: string; data: Record<string, string> }>('secret', 'bindy-webhook-ca')
    return { type, authority: certificatesIn(Buffer.from(data['tls.crt'] ?? '', 'base64').toString()) }
  }

  test.each([
    ['of no authority', async () => ({ type: 'Opaque', stringData: { password: 'x' } })],
    ['that is immutable', async () => ({ immutable: true, stringData: { 'tls.crt': '', 'tls.key': '' } })],
    ['with a key of RSA', async () => ({ type: 'kubernetes.io/tls', stringData: tls(await rsaAuthority()) })],
  ] as const)('one %s is made anew', async (_what, secret) => {
    await put(await secret())
    const webhook = await start()
    const { type, authority } = await found()
    expect(type).toBe('kubernetes.io/tls')
    expect(await shown(webhook, authority)).toMatch(/^[0-9A-F]+$/)
    expect((await trusted(api)).slice(0, 1)).toEqual(authority)
  })

  test('is none that has a key in another form', async () => {
    const authority = sec1(await createAuthority(systemSource))
    await put({ type: 'kubernetes.io/tls', stringData: tls(authority) })
    await start()
    expect(await trusted(api)).toEqual([authority.cert])
  })
})

test('one whose certificate has expired is refused with an error that names what to delete', async () => {
  // Its clock went back by a month before it issued, and stands.
  aheadMs = -30 * DAY_MS
  await start()
  const { code, stderr } = await apply(api, [
    thing('ARecord', 'x', { zone: 'e.com', name: 'x', ipv4Address: '192.0.2.1' }),
  ])
  expect(code).toBe(1)
  expect(stderr).toContain('certificate has expired')
  expect(stderr).toContain('bindy-validate.validatingwebhookconfiguration')
})
