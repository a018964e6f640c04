import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { type RunningNamed, until } from '../../cluster/index.ts'
import { answers, ask, dnsWrites, serialOf } from './answers.ts'
import { Bindy } from './bindy.ts'
import { conditionOf, type Namespace, type Thing } from './namespace.ts'
import { FOUND, LEVEL, RETRIED } from './patience.ts'

/* What named or DNS will not have: it is said to the one object that it concerns, and all others are served. */

const bindy = new Bindy({ primary: {}, secondary: {} })

const both = () => [bindy.named.primary, bindy.named.secondary]
beforeAll(() => bindy.start())
afterEach(() => bindy.clear())
afterAll(() => bindy.stop())

type Dns = Namespace<'primary' | 'secondary'>

const address = (dns: Dns, name: string, ipv4Address: string, owner = name) =>
  dns.create('ARecord', name, { zone: 'example.com', name: owner, ipv4Address })

const goodOnes = (dns: Dns, count: number) =>
  Promise.all(Array.from({ length: count }, (_, i) => address(dns, `good-${i}`, `198.51.${i >> 8}.${i & 255}`)))

/** Records that named refuses in an update. The first it does not load either: the whole zone would stay away. */
const bad = [
  { what: 'an address at _x', good: 500, kind: 'ARecord', spec: { name: '_x', ipv4Address: '192.0.2.1' } },
  {
    what: 'an MX to a host without an address, which is left to others',
    good: 100,
    kind: 'MXRecord',
    spec: { name: '@', priority: 10, mailServer: 'mx.example.com.' },
    isLoaded: true,
    zone: { unmanaged: [{ name: 'mx', types: ['A'] }] },
    later: { name: 'mx', ipv6Address: '2001:db8::25' },
  },
]

const isRefused = async (dns: Dns, record: Thing) => {
  const said = conditionOf(await dns.says(record, { status: 'False', reason: 'UpdateRefused' }, { timeoutMs: 20_000 }))
  expect(said?.message).toMatch(/Cannot update ".*example\.com\." (A|MX) .*breaks a rule of named; its log says which/)
}

async function allGoodAreServed(dns: Dns, count: number): Promise<void> {
  await until(
    'all others are ready',
    async () => {
      const records = (await dns.list('arecords')).filter(({ metadata }) => metadata.name.startsWith('good-'))
      return records.length === count && records.every(record => conditionOf(record)?.status === 'True')
    },
    { timeoutMs: 20_000, everyMs: 100 },
  )
  const last = count - 1
  await answers(both(), `good-${last}.example.com`, 'A', [`198.51.${last >> 8}.${last & 255}`])
}

describe.each(bad)('$what among $good good records', ({ good, kind, spec, zone: changes, later, isLoaded }) => {
  const create = (dns: Dns) => dns.create(kind, 'bad', { zone: 'example.com', ...spec })

  test('added to a zone, is refused alone', async () => {
    const dns = await bindy.namespace()
    const zone = await dns.ready(await dns.zone('example.com', changes))
    const [record] = await Promise.all([create(dns), goodOnes(dns, good)])
    await isRefused(dns, record)
    await allGoodAreServed(dns, good)
    await dns.ready(zone)
    const { requests, commands } = await bindy.busyness(2_000)
    expect(requests).toBeLessThan(20)
    expect(commands).toBeLessThan(20)
    if (!later) return
    await dns.ready(await dns.create('AAAARecord', 'later', { zone: 'example.com', ...later }))
    await dns.ready(record, { timeoutMs: 5_000 })
  })

  test('present when the zone is born, keeps no other away for a moment', async () => {
    const dns = await bindy.namespace()
    const [record] = await Promise.all([create(dns), goodOnes(dns, good)])
    await dns.allSaid('arecords', 'ZoneNotFound')
    const zone = await dns.zone('example.com', changes)
    const answered = firstAnswers(`good-${good - 1}.example.com`)
    if (isLoaded) await dns.ready(record)
    else await isRefused(dns, record)
    await allGoodAreServed(dns, good)
    await dns.ready(zone)
    expect(await answered).toEqual(['NOERROR', 'NOERROR'])
    await dns.delete(record)
    await dns.ready(await address(dns, 'after', '192.0.2.3'))
  })
})

test('a fingerprint of the wrong length, which named cannot read, keeps no other away', async () => {
  const dns = await bindy.namespace()
  const zone = await dns.ready(await dns.zone('example.com'))
  const sshfp = (name: string, digits: number) => {
    const spec = { algorithm: 4, fingerprintType: 2, fingerprint: '0c'.repeat(digits / 2) }
    return dns.create('SSHFPRecord', name, { zone: 'example.com', name, ...spec })
  }
  const [bad, good] = await Promise.all([sshfp('bad', 40), sshfp('good', 64)])
  await dns.ready(good)
  const said = conditionOf(await dns.says(bad, { status: 'False', reason: 'InvalidRdata' }))
  expect(said?.message).toContain('64 hexadecimal digits for fingerprintType 2 are wanted, and it has 40')
  await dns.ready(zone)
})

test('a refused record that is corrected is served at once', async () => {
  const dns = await bindy.namespace()
  await dns.ready(await dns.zone('example.com'))
  const record = await address(dns, 'bad', '192.0.2.1', '_x')
  await isRefused(dns, record)
  await dns.ready(await dns.edit(record, { name: 'x' }), { timeoutMs: 5_000 })
  await answers(both(), 'x.example.com', 'A', ['192.0.2.1'])
})

test('twenty refused records do not keep a good one away', async () => {
  const dns = await bindy.namespace()
  const zone = await dns.ready(await dns.zone('example.com'))
  const records = await Promise.all(
    Array.from({ length: 20 }, (_, i) => address(dns, `bad-${i}`, '192.0.2.1', `_x${i}`)),
  )
  for (const record of records) await isRefused(dns, record)
  await dns.ready(await address(dns, 'good', '192.0.2.2'))
  await dns.ready(zone)
})

test('a zone that takes no updates from us is asked a few times and no more, and says so', async () => {
  const dns = await bindy.namespace({ primary: {} })
  const { primary } = bindy.named
  const zone = await dns.ready(await dns.zone('example.com'))
  const { stdout } = await primary.rndc('showzone', 'example.com')
  const [statement = ''] = /\{.*\};/s.exec(stdout) ?? []
  await primary.rndc('modzone', 'example.com', statement.replace(/allow-update *\{.*?\};/s, 'allow-update { none; };'))
  await goodOnes(dns, 300)
  const said = conditionOf(await dns.says(zone, { status: 'False', reason: 'UpdateRefused' }))
  expect(said?.message).toContain('every change fails')
  expect(primary.log().match(/update 'example\.com\/IN' denied/g)?.length).toBeLessThan(100)
  await primary.rndc('modzone', 'example.com', statement)
  await until(
    'all are served',
    async () => (await dns.list('arecords')).every(record => conditionOf(record)?.status === 'True'),
    { ...RETRIED, everyMs: 500 },
  )
  await dns.ready(zone)
})

test('the 101st record of an RRset is refused with its reason, and its neighbours are served', async () => {
  const dns = await bindy.namespace()
  await dns.ready(await dns.zone('example.com'))
  const text = (i: number) =>
    dns.create('TXTRecord', `text-${i}`, { zone: 'example.com', name: 'many', text: [`${i}`] })
  await Promise.all(Array.from({ length: 100 }, (_, i) => text(i)))
  await dns.allReady('txtrecords', { timeoutMs: 20_000 })
  await bindy.nextSecond()
  const over = await text(100)
  await dns.says(over, { status: 'False' })
  await dns.ready(await address(dns, 'good', '192.0.2.2'))
  await dns.delete({ kind: 'TXTRecord', metadata: { name: 'text-0' } })
  await dns.ready(over, RETRIED)
})

describe('a zone that exists there with other content', () => {
  const zoneFile = '$TTL 60\n@ SOA ns admin 42 3600 600 86400 60\n@ NS ns\nns A 192.0.2.1\nold A 192.0.2.2\n'

  async function addForeignZone(named: RunningNamed): Promise<void> {
    writeFileSync(join(named.data, 'foreign.db'), zoneFile)
    const text = `{ type primary; file "foreign.db"; allow-update { key "${named.tsigKey.name}"; }; };`
    expect(await named.rndc('addzone', 'example.com', text)).toMatchObject({ code: 0 })
  }

  test('is left as it is and named; the zone comes up by itself once it is gone', async () => {
    const { primary } = bindy.named
    await addForeignZone(primary)
    const dns = await bindy.namespace()
    const before = dnsWrites(primary).length
    const zone = await dns.zone('example.com')
    const www = await address(dns, 'www', '192.0.2.9')
    const said = conditionOf(await dns.says(zone, { status: 'False', reason: 'ZoneExists' }))
    expect(said?.message).toMatch(
      /already serves a zone example\.com\..*say adopt: true to take it over as it is, or delete one of the two/,
    )
    const record = conditionOf(await dns.says(www, { status: 'False', reason: 'ZoneNotReady' }))
    expect(record?.message).toContain('ZoneExists')
    expect((await bindy.busyness(3_000)).commands).toBeLessThan(30)
    expect(dnsWrites(primary).length).toBe(before)
    expect(await serialOf(primary, 'example.com')).toBe(42)
    expect(await ask(primary, 'www.example.com', 'A')).toEqual([])
    expect(await ask(bindy.named.secondary, 'example.com', 'SOA')).toEqual([])

    await primary.rndc('delzone', '-clean', 'example.com')
    await dns.ready(zone, RETRIED)
    await dns.ready(www)
    await answers(both(), 'www.example.com', 'A', ['192.0.2.9'])
    await answers(both(), 'old.example.com', 'A', [])
  })

  test('is left as it is when the object is deleted', async () => {
    const { primary } = bindy.named
    await addForeignZone(primary)
    const dns = await bindy.namespace()
    const zone = await dns.zone('example.com')
    await dns.says(zone, { status: 'False', reason: 'ZoneExists' })
    await dns.delete(zone)
    await dns.gone(zone)
    expect(await ask(primary, 'old.example.com', 'A')).toEqual(['192.0.2.2'])
    await primary.rndc('delzone', '-clean', 'example.com')
  })

  test('on the secondary is left as it is and named', async () => {
    const { secondary } = bindy.named
    await addForeignZone(secondary)
    const dns = await bindy.namespace()
    const zone = await dns.zone('example.com')
    const said = conditionOf(await dns.says(zone, { status: 'False', reason: 'ZoneExists' }))
    expect(said?.message).toContain('Bind9Instance secondary')
    await dns.ready(await address(dns, 'www', '192.0.2.9'))
    expect(await serialOf(secondary, 'example.com')).toBe(42)
    await secondary.rndc('delzone', '-clean', 'example.com')
    await dns.ready(zone, RETRIED)
    await answers(both(), 'www.example.com', 'A', ['192.0.2.9'])
  })

  test('from named.conf is left as it is and named', async () => {
    const { primary } = bindy.named
    writeFileSync(join(primary.data, 'static.db'), zoneFile)
    await primary.restart({ statements: 'zone "example.com" { type primary; file "static.db"; };' })
    const dns = await bindy.namespace()
    const zone = await dns.zone('example.com')
    await dns.says(zone, { status: 'False', reason: 'ZoneExists' }, FOUND)
    expect(await serialOf(primary, 'example.com')).toBe(42)
    await primary.restart({ statements: '' })
    await dns.ready(zone, RETRIED)
  })
})

describe('a second DNSZone of one name', () => {
  test('in another namespace says DuplicateZone, and neither making nor deleting it touches DNS', async () => {
    const dns = await bindy.namespace()
    const zone = await dns.ready(await dns.zone('example.com'))
    await dns.ready(await address(dns, 'www', '192.0.2.1'))
    await bindy.nextSecond()
    const elsewhere = await bindy.namespace()
    const before = both().map(named => dnsWrites(named).length)
    const second = await elsewhere.zone('EXAMPLE.com.')
    const www = await address(elsewhere, 'www', '192.0.2.66')
    const said = conditionOf(await elsewhere.says(second, { status: 'False', reason: 'DuplicateZone' }))
    expect(said?.message).toBe('A DNSZone of another namespace owns example.com. already: delete one of the two')
    expect(bindy.controller.lines('DuplicateZone').map(({ fields }) => fields)).toContainEqual({
      zone: 'example.com.',
      object: `DNSZone ${elsewhere.name}/example.com`,
      by: `DNSZone ${dns.name}/example.com`,
    })
    const refused = conditionOf(await elsewhere.says(www, { status: 'False', reason: 'ZoneNotReady' }))
    expect(refused?.message).toContain('DuplicateZone')
    const late = await address(elsewhere, 'late', '192.0.2.67')
    await elsewhere.says(late, { status: 'False', reason: 'ZoneNotReady' })
    await elsewhere.delete(second)
    await elsewhere.gone(second)
    await elsewhere.says(www, { status: 'False', reason: 'ZoneNotFound' })
    expect(both().map(named => dnsWrites(named).length)).toEqual(before)
    await answers(both(), 'www.example.com', 'A', ['192.0.2.1'])
    await dns.ready(zone)
  })

  test('in the same namespace leaves the records ready', async () => {
    const dns = await bindy.namespace()
    await dns.ready(await dns.zone('example.com'))
    const www = await dns.ready(await address(dns, 'www', '192.0.2.1'))
    await bindy.nextSecond()
    const soaRecord = { primaryNs: 'ns9.example.com.', adminEmail: 'x@example.com' }
    const second = await dns.create('DNSZone', 'again', { zoneName: 'example.com', clusterRef: 'dns', soaRecord })
    await dns.says(second, { status: 'False', reason: 'DuplicateZone' })
    expect(conditionOf(await dns.get(www))?.status).toBe('True')
    await answers(both(), 'example.com', 'NS', ['ns1.example.com.'])
  })
})

/** What each server says first of a name, once it says anything about it. */
function firstAnswers(name: string): Promise<string[]> {
  const first = (named: RunningNamed) => {
    const says = async () => {
      const [, status] = /status: (\w+)/.exec(await named.dig('+norecurse', name, 'A')) ?? []
      return status !== 'REFUSED' && status !== 'SERVFAIL' && status
    }
    return until(`${named.name} answers`, says, LEVEL)
  }
  return Promise.all(both().map(first))
}
