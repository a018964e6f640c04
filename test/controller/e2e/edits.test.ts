import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { type RunningNamed, until } from '../../cluster/index.ts'
import { answers, ask, serialOf } from './answers.ts'
import { Bindy } from './bindy.ts'
import type { Namespace } from './namespace.ts'

/* Edits that DNS has a view of its own on: an alias in the place of data, and serials at the end of their range. */

const bindy = new Bindy({ primary: {}, secondary: {} })
const both = () => [bindy.named.primary, bindy.named.secondary]
const updates = (named: RunningNamed) => named.log().match(/signer "[^"]*" approved/g)?.length ?? 0
beforeAll(() => bindy.start())
afterEach(() => bindy.clear())
afterAll(() => bindy.stop())

type Dns = Namespace<'primary' | 'secondary'>

const address = (dns: Dns, name: string) =>
  dns.create('ARecord', name, { zone: 'example.com', name, ipv4Address: '192.0.2.1' })
const alias = (dns: Dns, name: string) =>
  dns.create('CNAMERecord', name, { zone: 'example.com', name, target: 'target.example.net.' })

/** Asks for a name until the work is done; returns how many answers held nothing. */
async function absences(named: RunningNamed, name: string, work: () => Promise<unknown>): Promise<number> {
  let isDone = false
  const working = work().finally(() => {
    isDone = true
  })
  let absent = 0
  while (!isDone) {
    const answer = await named.dig('+norecurse', '+noall', '+answer', name, 'A')
    if (!answer.includes(name)) absent++
  }
  await working
  return absent
}

test('an A becomes a CNAME and an A again, each in one update, and the name is never absent', async () => {
  const dns = await bindy.namespace()
  await dns.ready(await dns.zone('example.com'))
  const a = await dns.ready(await address(dns, 'www'))
  for (const named of both()) await answers([named], 'www.example.com', 'A', ['192.0.2.1'])
  const before = updates(bindy.named.primary)
  const absent = await absences(bindy.named.secondary, 'www.example.com', async () => {
    // As kubectl apply --prune does: what is new is made first.
    const cname = await alias(dns, 'www')
    await dns.delete(a)
    await dns.ready(cname)
    await answers(both(), 'www.example.com', 'CNAME', ['target.example.net.'])
    expect(updates(bindy.named.primary) - before).toBe(1)
    const again = await address(dns, 'www')
    await dns.delete(cname)
    await dns.ready(again)
    await answers(both(), 'www.example.com', 'A', ['192.0.2.1'])
    expect(updates(bindy.named.primary) - before).toBe(2)
  })
  expect(absent).toBe(0)
})

test('a serial wraps past 4294967295, and the secondary follows', async () => {
  const dns = await bindy.namespace()
  const soaRecord = { primaryNs: 'ns1.example.com.', adminEmail: 'admin.example.com.', serial: 4294967294 }
  const zone = await dns.ready(await dns.zone('example.com', { soaRecord }))
  expect(await serialOf(bindy.named.primary, 'example.com')).toBe(4294967294)
  const seen: (number | undefined)[] = []
  for (const name of ['a', 'b', 'c']) {
    await dns.ready(await address(dns, name))
    await answers(both(), `${name}.example.com`, 'A', ['192.0.2.1'])
    seen.push(await serialOf(bindy.named.secondary, 'example.com'))
  }
  // named leaves 0 out (RFC 1982 section 7).
  expect(seen).toEqual([4294967295, 1, 2])
  await until('status says so', async () => {
    const { status } = await dns.ready(zone)
    const servers = (status?.servers ?? []) as { serial?: number; lag?: number }[]
    return status?.serial === 2 && servers.every(({ serial, lag = 0 }) => serial === 2 && lag === 0)
  })
})

test('a serial in the object that lies behind moves nothing, and one that lies ahead is taken', async () => {
  const dns = await bindy.namespace()
  const soaRecord = { primaryNs: 'ns1.example.com.', adminEmail: 'admin.example.com.' }
  const zone = await dns.ready(await dns.zone('example.com', { soaRecord }))
  const served = (await serialOf(bindy.named.primary, 'example.com')) as number
  await dns.ready(await dns.edit(zone, { soaRecord: { serial: served - 1000 } }))
  expect(await serialOf(bindy.named.primary, 'example.com')).toBe(served)
  await dns.ready(await dns.edit(zone, { soaRecord: { serial: served + 2_147_480_000 } }))
  await until('both have it', async () => {
    const serials = await Promise.all(both().map(named => serialOf(named, 'example.com')))
    return serials.every(serial => serial === served + 2_147_480_000)
  })
  expect(await ask(bindy.named.primary, 'example.com', 'NS')).toEqual(['ns1.example.com.'])
})
