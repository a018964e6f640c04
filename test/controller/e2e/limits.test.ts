import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { type RunningNamed, until } from '../../cluster/index.ts'
import { answers, ask } from './answers.ts'
import { Bindy } from './bindy.ts'
import { conditionOf, type Namespace } from './namespace.ts'
import { FOUND, RETRIED } from './patience.ts'

/* What is too much or too long for a message, an RRset or a server's own limits: it is said, and all else is served. */

const bindy = new Bindy({ primary: {}, secondary: {}, other: {} })
const members = { primary: {}, secondary: {} }

type Dns = Namespace<'primary' | 'secondary' | 'other'>

const both = () => [bindy.named.primary, bindy.named.secondary]
const address = (dns: Dns, name: string, ipv4Address: string, zone = 'example.com') =>
  dns.create('ARecord', name, { zone, name, ipv4Address })
beforeAll(() => bindy.start())
afterEach(() => bindy.clear())
afterAll(() => bindy.stop())

/** Updates that a server took or refused, by its log. */
const updates = (named: RunningNamed) => named.log().match(/signer "[^"]*" approved/g)?.length ?? 0

test('more records than one message holds are served with a new TTL of the zone', async () => {
  const dns = await bindy.namespace(members)
  const names = Array.from({ length: 300 }, (_, i) => `long-${i}`)
  const text = (name: string) => [`${name} ${'x'.repeat(390)}`]
  await Promise.all(names.map(name => dns.create('TXTRecord', name, { zone: 'example.com', name, text: text(name) })))
  const zone = await dns.ready(await dns.zone('example.com', { ttl: 300 }))
  await dns.allReady('txtrecords', { timeoutMs: 20_000 })
  await dns.ready(await dns.edit(zone, { ttl: 120 }))
  await dns.allReady('txtrecords', { timeoutMs: 20_000 })
  await until('both serve all with the new TTL', async () => {
    const ttls = await Promise.all(both().map(ttlsOf))
    return ttls.every(found => found.length === 303 && found.every(ttl => ttl === '120'))
  })
})

/** The TTL of each record of the zone. */
async function ttlsOf(named: RunningNamed): Promise<string[]> {
  const answer = await named.signed.dig('axfr', '+noall', '+answer', 'example.com')
  const ttls = answer.split('\n').flatMap(line => /^\S+\s+(\d+)\s+IN\s/.exec(line)?.[1] ?? [])
  // The SOA stands at both ends.
  return ttls.slice(1)
}

test('of two objects with more records than an RRset holds the older is served, and the younger when it is gone', async () => {
  const dns = await bindy.namespace(members)
  const many = (net: string) => Array.from({ length: 60 }, (_, i) => `${net}.${i}`)
  const create = (name: string, net: string) =>
    dns.create('ARecord', name, { zone: 'example.com', name: 'many', ipv4Addresses: many(net) })
  const older = await create('zz-older', '192.0.2')
  await bindy.nextSecond()
  const younger = await create('aa-younger', '198.51.100')
  const zone = await dns.ready(await dns.zone('example.com'))
  await dns.ready(older)
  const said = conditionOf(await dns.says(younger, { status: 'False', reason: 'TooManyRecords' }))
  expect(said?.message).toMatch(/at most 100 A records at one name, and objects that come first give 60/)
  await answers(both(), 'many.example.com', 'A', many('192.0.2'))
  await dns.delete(older)
  await dns.ready(younger)
  await answers(both(), 'many.example.com', 'A', many('198.51.100'))
  await dns.ready(zone)
})

/** A TXT of so many strings, each of the greatest length. */
const longText = (dns: Dns, strings: number) => {
  const text = Array.from({ length: strings }, (_, i) => `${i} `.padEnd(4096, 'x'))
  return dns.create('TXTRecord', 'long', { zone: 'example.com', name: 'long', text })
}

// Too long for a message, and too long for any record.
const TOO_LONG = [16, 64]

test.each(TOO_LONG)(
  'a TXT of %s strings of 4096 says that it is too long when its zone is born, and the others are served',
  async strings => {
    const dns = await bindy.namespace(members)
    const record = await longText(dns, strings)
    const www = await address(dns, 'www', '192.0.2.1')
    await dns.ready(await dns.zone('example.com'))
    await dns.says(record, { status: 'False', reason: 'RecordTooLong' })
    await dns.ready(www)
    await answers(both(), 'www.example.com', 'A', ['192.0.2.1'])
  },
)

test.each(TOO_LONG)(
  'a TXT of %s strings of 4096 says that it is too long for a zone that is served, and is served once it is shorter',
  async strings => {
    const dns = await bindy.namespace(members)
    const zone = await dns.ready(await dns.zone('example.com'))
    const [record, www] = [await longText(dns, strings), await address(dns, 'www', '192.0.2.1')]
    const said = conditionOf(await dns.says(record, { status: 'False', reason: 'RecordTooLong' }))
    expect(said?.message).toMatch(/ \d+ octets/)
    await dns.ready(www)
    await dns.ready(zone)
    await dns.ready(await dns.edit(record, { text: ['short'] }))
    await answers(both(), 'long.example.com', 'TXT', ['"short"'])
  },
)

test('a record of nearly a whole message is served beside many others', async () => {
  const dns = await bindy.namespace(members)
  const zone = await dns.ready(await dns.zone('example.com'))
  const long = await longText(dns, 15)
  const names = Array.from({ length: 50 }, (_, i) => `www-${i}`)
  await Promise.all(names.map((name, i) => address(dns, name, `192.0.2.${i}`)))
  await dns.ready(long)
  await dns.allReady('arecords')
  await dns.ready(zone)
  await answers(both(), 'www-49.example.com', 'A', ['192.0.2.49'])
})

test('a refused MX at the apex is refused alone, beside a TXT and another MX there', async () => {
  const dns = await bindy.namespace(members)
  // The address may be another's to give, so only named can tell that there is none.
  const unmanaged = [{ name: 'mx', types: ['A'] }]
  const zone = await dns.ready(await dns.zone('example.com', { unmanaged }))
  const apex = { zone: 'example.com', name: '@' }
  const mx = (name: string, mailServer: string) => dns.create('MXRecord', name, { ...apex, priority: 10, mailServer })
  const [bad, text, good] = await Promise.all([
    mx('bad', 'mx.example.com.'),
    dns.create('TXTRecord', 'text', { ...apex, text: ['v=spf1 -all'] }),
    mx('good', 'mail.example.net.'),
  ])
  await dns.says(bad, { status: 'False', reason: 'UpdateRefused' })
  await dns.ready(text)
  await dns.ready(good)
  await dns.ready(zone)
  await answers(both(), 'example.com', 'TXT', ['"v=spf1 -all"'])
  await answers(both(), 'example.com', 'MX', ['10 mail.example.net.'])
})

test("a record whose TTL is above the server's max-zone-ttl is not ready, and nothing loops", async () => {
  const { primary } = bindy.named
  await primary.restart({ options: 'max-zone-ttl 600;' })
  const dns = await bindy.namespace(members)
  const zone = await dns.ready(await dns.zone('example.com', { ttl: 300 }))
  const lasting = { zone: 'example.com', name: 'lasting', ttl: 3600, ipv4Address: '192.0.2.1' }
  const record = await dns.create('ARecord', 'lasting', lasting)
  const said = conditionOf(await dns.says(record, { status: 'False' }))
  expect(said?.message).toContain('max-zone-ttl')
  const www = await dns.ready(await address(dns, 'www', '192.0.2.2'))
  await dns.ready(zone)
  const before = updates(primary)
  const { requests, commands } = await bindy.busyness(3_000)
  expect(updates(primary) - before).toBeLessThan(4)
  expect(requests).toBeLessThan(20)
  expect(commands).toBeLessThan(20)
  await dns.ready(www)
  await dns.ready(await dns.edit(record, { ttl: 600 }))
  await answers(both(), 'lasting.example.com', 'A', ['600 192.0.2.1'], { ttl: true })
  await primary.restart({ options: '' })
  await dns.ready(zone, FOUND)
})

test("a record whose TTL is above the server's max-zone-ttl does not keep the others away when the zone is born", async () => {
  const { primary } = bindy.named
  await primary.restart({ options: 'max-zone-ttl 600;' })
  const dns = await bindy.namespace(members)
  const lasting = { zone: 'example.com', name: 'lasting', ttl: 3600, ipv4Address: '192.0.2.1' }
  const record = await dns.create('ARecord', 'lasting', lasting)
  const www = await address(dns, 'www', '192.0.2.2')
  const zone = await dns.zone('example.com', { ttl: 300 })
  await dns.ready(www, FOUND)
  await dns.says(record, { status: 'False' })
  await dns.ready(zone)
  await primary.restart({ options: '' })
  await dns.ready(record, RETRIED)
})

test('a server that dies with a refused record on it leaves the controller at rest, and other zones are changed at once', async () => {
  const dns = await bindy.namespace({ primary: { clusterRef: undefined }, other: { clusterRef: undefined } })
  await dns.ready(await dns.zone('example.com', { clusterRef: 'primary' }))
  const away = await dns.ready(await dns.zone('example.org', { clusterRef: 'other' }))
  const bad = await address(dns, 'x', '192.0.2.1')
  await dns.ready(bad)
  await dns.edit(bad, { name: '_x' })
  await dns.says(bad, { status: 'False', reason: 'UpdateRefused' })
  await bindy.named.primary.kill('SIGKILL')
  await dns.says({ kind: 'Bind9Instance', metadata: { name: 'primary' } }, { status: 'False', reason: 'Unreachable' })
  // Long enough for the next try of the refused record to be due.
  const spent = await rest(6_000)
  expect(spent.cpuMs).toBeLessThan(2_000)
  expect(spent.requests).toBeLessThan(30)
  await dns.ready(await dns.edit(away, { ttl: 77 }), { timeoutMs: 5_000 })
  expect(await ask(bindy.named.other, 'example.org', 'NS', { ttl: true })).toEqual(['77 ns1.example.org.'])
  await bindy.named.primary.restart()
  await dns.says(bad, { status: 'False', reason: 'UpdateRefused' }, FOUND)
})

/** What the controller takes of the processor and asks of the API server in a time. */
async function rest(ms: number): Promise<{ cpuMs: number; requests: number }> {
  const before = process.cpuUsage()
  const { requests } = await bindy.busyness(ms)
  const { user, system } = process.cpuUsage(before)
  return { cpuMs: (user + system) / 1000, requests }
}
