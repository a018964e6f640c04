import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { tsigKey } from '../../../controller/src/bind9/key.ts'
import type { ResourceRecord } from '../../../controller/src/bind9/protocol.ts'
import { querySoa } from '../../../controller/src/bind9/query.ts'
import { type Seeder, startSeeder } from '../../../controller/src/bind9/seeder.ts'
import type { DnsServer } from '../../../controller/src/bind9/server.ts'
import { axfr } from '../../../controller/src/bind9/transfer.ts'
import { update } from '../../../controller/src/bind9/update.ts'
import { startNamed, until } from '../../cluster/index.ts'
import { hosts, record } from './wire.ts'
import { clientOf, must } from './zone.ts'

const soa = {
  mname: 'ns1.example.net.',
  rname: 'admin.example.com.',
  ...{ serial: 2024010101, refresh: 3600, retry: 600, expire: 86400, minimum: 300 },
}

let named: Awaited<ReturnType<typeof startNamed>>
let server: DnsServer
let seeder: Seeder

beforeAll(async () => {
  named = await startNamed()
  server = clientOf(named)
  seeder = await startSeeder({ address: '127.0.0.1' })
})

afterAll(async () => {
  server?.close()
  await seeder?.close()
  await named?.stop()
})

/** Each record as text, sorted: named sends a zone in an order of its own. */
const printed = (records: readonly ResourceRecord[]) =>
  records
    .map(({ name, type, ttl, rdata }) => `${name} ${type} ${ttl} ${Buffer.from(rdata).toString('hex')}`)
    .sort()
    .join('\n')

const addSecondary = (zone: string) => {
  const from = `127.0.0.1 port ${seeder.port} key "${named.tsigKey.name}"`
  return must(
    named.rndc(
      'addzone',
      zone,
      `{ type secondary; file "${zone}db"; masterfile-format text; notify no; primaries { ${from}; }; allow-transfer { any; }; };`,
    ),
  )
}

const loaded = (zone: string) => until(`${zone} to be served`, () => querySoa(server, zone).catch(() => undefined))

test.each([
  ['small', 100],
  ['large', 100_000],
])('named takes a %s zone of %d records from the seeder, and serves it', async (name, count) => {
  const zone = `${name}.example.`
  const records = [record(zone, 'NS', { nameserver: 'ns1.example.net' }), ...hosts(count, zone)]
  const withdraw = seeder.offer(zone, { soa, records, key: tsigKey(named.tsigKey) })
  await addSecondary(zone)
  await loaded(zone)
  withdraw()
  const copy = await axfr(server, zone)
  expect(copy.soa).toEqual(soa)
  expect(printed(copy.records) === printed(records)).toBe(true)
})

test('a seeded zone becomes a primary that takes updates', async () => {
  const zone = 'flip.example.'
  const records = [record(zone, 'NS', { nameserver: 'ns1.example.net' }), ...hosts(10, zone)]
  const withdraw = seeder.offer(zone, { soa, records, key: tsigKey(named.tsigKey) })
  await addSecondary(zone)
  await loaded(zone)
  await must(named.rndc('sync', zone))
  await until('its file is written', () => existsSync(join(named.data, `${zone}db`)))
  expect(await must(named.rndc('delzone', zone))).toContain(`${zone}db`)
  withdraw()
  const { name } = named.tsigKey
  await must(
    named.rndc(
      'addzone',
      zone,
      `{ type primary; file "${zone}db"; allow-update { key "${name}"; }; allow-transfer { key "${name}"; }; };`,
    ),
  )
  await update(server, { zone, updates: hosts(20, zone).map(host => ({ kind: 'add', ...host })) })
  const copy = await axfr(server, zone)
  expect(copy.soa.serial).toBe(soa.serial + 1)
  expect(copy.records).toHaveLength(21)
})

test('named gets nothing from a seeder with another key', async () => {
  const zone = 'closed.example.'
  const other = tsigKey({ ...named.tsigKey, secret: 'AAAA' })
  seeder.offer(zone, { soa, records: [record(zone, 'NS', { nameserver: 'ns1.example.net' })], key: other })
  await addSecondary(zone)
  await until('the refusal in the log', async () =>
    /closed\.example.*(bad key|BADSIG|expected a TSIG|tsig)/i.test(named.log()),
  )
  await expect(querySoa(server, zone)).rejects.toMatchObject({ reason: 'ZoneNotLoaded' })
})
