import { once } from 'node:events'
import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import { connect } from 'node:tls'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { certificatesIn } from '../../webhook/src/certificate/authority.ts'
import { type RunningApiServer, until } from '../cluster/index.ts'
import { systemSource } from './service.ts'
import { apply, type Changes, RunningWebhook, startCluster, thing } from './webhook.ts'

const DAY_MS = 86_400_000

let api: RunningApiServer
let webhooks: RunningWebhook[] = []
/** How far the webhooks' clock is ahead of the API server's. */
let aheadMs = 0
const source = { ...systemSource, now: () => Date.now() + aheadMs }

beforeAll(async () => {
  api = await startCluster()
}, 120_000)

afterEach(async () => {
  await Promise.all(webhooks.map(webhook => webhook.stop()))
  webhooks = []
  aheadMs = 0
  await api.kubectl(['delete', 'secret', 'bindy-webhook-ca'])
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

async function trusted(): Promise<string[]> {
  const { webhooks } = await read<{ webhooks: { clientConfig: { caBundle: string } }[] }>(
    'validatingwebhookconfiguration',
    'bindy-validate',
  )
  return certificatesIn(Buffer.from(webhooks[0]?.clientConfig.caBundle ?? '', 'base64').toString())
}

/** The serial number of the certificate that a webhook shows, when `ca` is all that is trusted. */
function shown({ port }: RunningWebhook, ca: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: port.number, ca }, () => {
      resolve(socket.getPeerCertificate().serialNumber)
      socket.destroy()
    })
    socket.on('error', reject)
  })
}

/** When the certificate that a webhook shows expires, by its metrics, in milliseconds since 1970. */
async function expiry({ port }: RunningWebhook, ca: string[]): Promise<number> {
  const sent = request({ host: '127.0.0.1', port: port.number, path: '/metrics', ca, agent: false }).end()
  const [answer] = await once(sent, 'response')
  const line = /^bindy_webhook_certificate_expiration_timestamp_seconds\{certificate="serving"\} (\d+)$/m
  return Number(line.exec(await text(answer))?.[1]) * 1_000
}

/** Applies a record again and again, each time with another value; tells how often, and what went wrong. */
function load() {
  const failed: string[] = []
  let times = 0
  let isOver = false
  const done = (async () => {
    for (; !isOver; times++) {
      const spec = { zone: 'example.com', name: 'www', ttl: times, ipv4Address: '192.0.2.1' }
      const { code, stderr } = await apply(api, [thing('ARecord', 'www', spec)])
      if (code !== 0) failed.push(stderr)
    }
  })()
  return {
    failed,
    times: () => times,
    async stop() {
      isOver = true
      await done
    },
  }
}

test('authority and certificate are renewed under load, the new authority trusted first, and no review fails', async () => {
  aheadMs = -244 * DAY_MS
  await (await start()).stop()
  aheadMs = -5 * DAY_MS
  const webhook = await start()
  const [first] = await trusted()
  const before = await shown(webhook, await trusted())
  const busy = load()
  try {
    await until('the load has begun', () => busy.times() > 3)
    aheadMs = 0
    await webhook.untilLogged('Webhook registered', { times: 2 })
    const [second = '', ...others] = await trusted()
    expect(others).toEqual([first])
    const anew = () => shown(webhook, [second]).catch(() => undefined)
    expect(await until('the new authority is served', anew)).not.toBe(before)
    const times = busy.times()
    await until('the load goes on', () => busy.times() > times + 3)
  } finally {
    await busy.stop()
  }
  expect(busy.failed).toEqual([])
}, 60_000)

test('a certificate is renewed after two thirds of its life, and its authority stays', async () => {
  aheadMs = -5 * DAY_MS
  const webhook = await start()
  const authority = await trusted()
  const before = { shown: await shown(webhook, authority), expiry: await expiry(webhook, authority) }
  aheadMs = 0
  await webhook.untilLogged('Certificate served', { times: 2 })
  expect(await shown(webhook, authority)).not.toBe(before.shown)
  expect(Math.round(((await expiry(webhook, authority)) - before.expiry) / DAY_MS)).toBe(5)
  expect(await trusted()).toEqual(authority)
}, 60_000)

test('replicas that start at once share one authority, and each has a certificate of its own', async () => {
  const replicas = await Promise.all(Array.from({ length: 4 }, () => start()))
  const secret = await read<{ data: Record<string, string> }>('secret', 'bindy-webhook-ca')
  const authority = certificatesIn(Buffer.from(secret.data['ca.crt'] ?? '', 'base64').toString())
  expect(authority).toHaveLength(1)
  expect(await trusted()).toEqual(authority)
  const serials = await Promise.all(replicas.map(replica => shown(replica, authority)))
  expect(new Set(serials).size).toBe(4)
  const created = replicas.filter(({ log }) => log.some(({ message }) => message === 'Certificate authority created'))
  expect(created).toHaveLength(1)
}, 60_000)

test('replicas that renew the authority at once make one', async () => {
  aheadMs = -244 * DAY_MS
  const replicas = [await start(), await start(), await start()]
  const [first] = await trusted()
  aheadMs = 0
  await Promise.all(replicas.map(replica => replica.untilLogged('Webhook registered', { times: 2 })))
  const [second = '', ...others] = await trusted()
  expect(others).toEqual([first])
  for (const replica of replicas)
    await until('the new authority is served', () => shown(replica, [second]).catch(() => undefined))
}, 60_000)

test('a Secret that is lost or spoilt is made anew, and the authority of before stays trusted', async () => {
  const webhook = await start()
  const [first] = await trusted()
  await api.kubectl(['delete', 'secret', 'bindy-webhook-ca'])
  await webhook.untilLogged('Webhook registered', { times: 2 })
  const [second, ...others] = await trusted()
  expect(others).toEqual([first])
  await api.kubectl(['patch', 'secret', 'bindy-webhook-ca', '-p', '{"data":{"tls.key":"AAAA"}}'])
  await webhook.untilLogged('Webhook registered', { times: 3 })
  expect((await trusted()).slice(1)).toEqual([second, first])
}, 60_000)

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
}, 60_000)
