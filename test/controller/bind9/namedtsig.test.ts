import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { tsigAlgorithms, tsigKey } from '../../../controller/src/bind9/key.ts'
import { querySoa } from '../../../controller/src/bind9/query.ts'
import type { DnsServer } from '../../../controller/src/bind9/server.ts'
import { axfr } from '../../../controller/src/bind9/transfer.ts'
import { update } from '../../../controller/src/bind9/update.ts'
import { startNamed } from '../../cluster/index.ts'
import { hosts } from './wire.ts'
import { addPrimary, clientOf, openTo } from './zone.ts'

const zone = 'example.com.'
const keys = tsigAlgorithms.map(algorithm => {
  return { name: `key-${algorithm}`, algorithm, secret: randomBytes(48).toString('base64') }
})

let named: Awaited<ReturnType<typeof startNamed>>
const clients: DnsServer[] = []

beforeAll(async () => {
  named = await startNamed({ keys })
  const lines = Array.from({ length: 3_000 }, (_, i) => `h${i} A 192.0.2.1`)
  await addPrimary(named, zone, { lines, access: openTo(...keys.map(({ name }) => name)) })
})

afterAll(async () => {
  for (const client of clients) client.close()
  await named?.stop()
})

function client(options: object): DnsServer {
  const opened = clientOf(named, options)
  clients.push(opened)
  return opened
}

test.each(keys)('$algorithm signs queries, updates and transfers of many messages', async parts => {
  const server = client({ key: tsigKey(parts) })
  await querySoa(server, zone)
  const [host] = hosts(1, `${parts.algorithm}.${zone}`)
  if (host) await update(server, { zone, updates: [{ kind: 'add', ...host }] })
  const { records } = await axfr(server, zone)
  expect(records).toContainEqual(host)
})

const [first] = keys as [(typeof keys)[0]]

test('another secret is BADSIG', async () => {
  const key = tsigKey({ ...first, secret: randomBytes(20).toString('base64') })
  await expect(querySoa(client({ key }), zone)).rejects.toMatchObject({
    name: 'TsigPeerError',
    reason: 'TsigBadSignature',
    message: expect.stringContaining(
      `Cannot use key key-hmac-sha1 (hmac-sha1) at 127.0.0.1:${named.dnsPort}: the server has another secret`,
    ),
  })
})

test('an unknown name or algorithm is BADKEY', async () => {
  for (const parts of [
    { ...first, name: 'nobody' },
    { ...first, algorithm: 'hmac-sha512' },
  ])
    await expect(querySoa(client({ key: tsigKey(parts) }), zone)).rejects.toMatchObject({
      name: 'TsigPeerError',
      reason: 'TsigBadKey',
    })
})

test.each([-3_600, 600])('a clock off by %d s is BADTIME, with the skew', async seconds => {
  const now = () => Date.now() + seconds * 1000
  const error = await querySoa(client({ key: tsigKey(first), now }), zone).catch(error => error)
  expect(error).toMatchObject({ name: 'TsigPeerError', reason: 'ClockSkew' })
  expect(Math.abs(error.skewSeconds + seconds)).toBeLessThanOrEqual(1)
})

test('a connection serves on after a refused signature', async () => {
  let skew = 600_000
  const server = client({ key: tsigKey(first), now: () => Date.now() + skew, connections: 1 })
  await expect(querySoa(server, zone)).rejects.toThrow()
  skew = 0
  await querySoa(server, zone)
})
