import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { until } from '../../cluster/index.ts'
import { answers, ask, serialOf } from './answers.ts'
import { Bindy } from './bindy.ts'
import { conditionOf, type Namespace, type Thing } from './namespace.ts'
import { FOUND, LEVEL, RETRIED } from './patience.ts'

/* Servers that die, lose their disks or are meddled with: what was decided meanwhile is served afterwards. */

const bindy = new Bindy({ primary: {}, secondary: {} })
let dns: Namespace<'primary' | 'secondary'>
let zone: Thing
let old: Thing

// It is noticed within 3 s, and what its zone's status says of it comes back a second later.
const NOTICED = { timeoutMs: 15_000 }

const both = () => [bindy.named.primary, bindy.named.secondary]
const instance = (name: string) => ({ kind: 'Bind9Instance', metadata: { name } })
const address = (name: string, ipv4Address: string) =>
  dns.create('ARecord', name, { zone: 'example.com', name, ipv4Address })
beforeAll(() => bindy.start())
beforeEach(async () => {
  dns = await bindy.namespace()
  zone = await dns.ready(await dns.zone('example.com'))
  old = await dns.ready(await address('old', '192.0.2.1'))
  await answers(both(), 'old.example.com', 'A', ['192.0.2.1'])
})
afterEach(() => bindy.clear())
afterAll(() => bindy.stop())

/** Changes of every sort, which all become true once the servers can be changed. */
async function changeAll(): Promise<() => Promise<void>> {
  const kept = await address('kept', '192.0.2.9')
  await dns.edit(old, { ipv4Address: '192.0.2.2' })
  await dns.create('TXTRecord', 'apex', { zone: 'example.com', name: '@', text: ['new'] })
  await dns.edit(zone, { soaRecord: { refresh: 1234 } })
  return async () => {
    await Promise.all([dns.ready(kept, FOUND), dns.ready(old, FOUND)])
    await dns.ready(zone, LEVEL)
    await answers(both(), 'kept.example.com', 'A', ['192.0.2.9'])
    await answers(both(), 'old.example.com', 'A', ['192.0.2.2'])
    await answers(both(), 'example.com', 'TXT', ['"new"'])
    for (const named of both()) expect((await ask(named, 'example.com', 'SOA'))[0]).toContain(' 1234 ')
  }
}

test('a primary is killed: its instance, zone and new records say so, and all is served once it is back', async () => {
  const { primary } = bindy.named
  await primary.kill('SIGKILL')
  await dns.says(instance('primary'), { status: 'False', reason: 'Unreachable' })
  const said = conditionOf(await dns.says(zone, { status: 'False', reason: 'Unreachable' }))
  expect(said?.message).toMatch(/Bind9Instance primary: Cannot connect to/)
  const isServed = await changeAll()
  const kept = { kind: 'ARecord', metadata: { name: 'kept' } }
  await dns.says(kept, { status: 'False', reason: 'Unreachable' })
  expect((await bindy.busyness(3_000)).requests).toBeLessThan(30)
  await primary.restart()
  await isServed()
})

test('a primary is killed and restarted between two probes', async () => {
  await bindy.named.primary.restart()
  const isServed = await changeAll()
  await isServed()
})

test('a primary is killed in the middle of many changes', async () => {
  const names = Array.from({ length: 300 }, (_, i) => `many-${i}`)
  const created = Promise.all(names.map((name, i) => address(name, `198.51.${i >> 8}.${i & 255}`)))
  const areSomeServed = async () => (await ask(bindy.named.primary, 'many-20.example.com', 'A')).length > 0
  await until('some are served', areSomeServed, { timeoutMs: 40_000 })
  await bindy.named.primary.restart()
  await created
  await dns.allReady('arecords', { timeoutMs: 20_000 })
  await dns.ready(zone)
  const addresses = async (named: (typeof bindy.named)['primary']) =>
    (await named.signed.dig('axfr', '+noall', '+answer', 'example.com'))
      .split('\n')
      .filter(line => /many-\d+/.test(line))
  expect((await addresses(bindy.named.primary)).length).toBe(300)
})

test('a secondary is killed: the zone says so, records stay ready, and it catches up once it is back', async () => {
  const { secondary, primary } = bindy.named
  await secondary.kill('SIGKILL')
  const said = conditionOf(await dns.says(zone, { status: 'False', reason: 'Unreachable' }))
  expect(said?.message).toContain('Bind9Instance secondary')
  const fresh = await address('fresh', '192.0.2.3')
  await dns.ready(fresh)
  await answers([primary], 'fresh.example.com', 'A', ['192.0.2.3'])
  await secondary.restart()
  await dns.ready(zone, LEVEL)
  await answers(both(), 'fresh.example.com', 'A', ['192.0.2.3'])
  expect(await serialOf(secondary, 'example.com')).toBe(await serialOf(primary, 'example.com'))
})

test('a primary loses its disk: the zone is made anew, whole, with a higher serial, and secondaries follow', async () => {
  const { primary, secondary } = bindy.named
  const serial = (await serialOf(primary, 'example.com')) as number
  const gone = await dns.ready(await address('gone', '192.0.2.4'))
  await answers(both(), 'gone.example.com', 'A', ['192.0.2.4'])
  await primary.loseDisk()
  await dns.delete(gone)
  await address('added', '192.0.2.5')
  await primary.restart()
  const wrong: string[] = []
  await until(
    'the zone is back',
    async () => {
      const reply = await primary.dig('+norecurse', 'old.example.com', 'A')
      if (reply.includes('status: NXDOMAIN')) wrong.push(reply)
      return reply.includes('192.0.2.1')
    },
    FOUND,
  )
  expect(wrong).toEqual([])
  await dns.ready(zone, LEVEL)
  await answers(both(), 'added.example.com', 'A', ['192.0.2.5'], LEVEL)
  await answers(both(), 'gone.example.com', 'A', [], LEVEL)
  expect(await serialOf(primary, 'example.com')).toBeGreaterThan(serial)
  const haveOneSerial = async () =>
    (await serialOf(secondary, 'example.com')) === (await serialOf(primary, 'example.com'))
  await until('both have one serial', haveOneSerial, LEVEL)
})

test('a secondary loses its disk and gets the zone again', async () => {
  const { secondary } = bindy.named
  await secondary.loseDisk()
  await secondary.restart()
  await answers([secondary], 'old.example.com', 'A', ['192.0.2.1'], FOUND)
  await dns.ready(zone, LEVEL)
})

test('both lose their disks at once', async () => {
  const serial = (await serialOf(bindy.named.primary, 'example.com')) as number
  for (const named of both()) await named.loseDisk()
  for (const named of both()) await named.restart()
  await answers(both(), 'old.example.com', 'A', ['192.0.2.1'], LEVEL)
  await dns.ready(zone, LEVEL)
  expect(await serialOf(bindy.named.primary, 'example.com')).toBeGreaterThan(serial)
})

test('a server that never comes back holds a deleted zone, which says so', async () => {
  await bindy.named.secondary.kill('SIGKILL')
  await dns.says(instance('secondary'), { status: 'False' })
  await dns.delete(zone)
  const said = await until('the zone says what it waits for', async () => {
    const condition = conditionOf(await dns.get(zone))
    return condition?.message.includes('waits to be deleted') && condition
  })
  expect(said.message).toMatch(/Unreachable|Cannot connect/)
  expect(await serialOf(bindy.named.primary, 'example.com')).toBeUndefined()
  await bindy.named.secondary.restart()
  await dns.gone(zone, FOUND)
})

describe('hands on the server', () => {
  test('a zone that is frozen says so, and takes the change once it is thawed', async () => {
    const { primary } = bindy.named
    await primary.rndc('freeze', 'example.com')
    const fresh = await address('fresh', '192.0.2.3')
    const said = conditionOf(await dns.says(fresh, { status: 'False', reason: 'ZoneFrozen' }))
    expect(said?.message).toMatch(/somebody has frozen it; rndc thaw example\.com\. lets changes in again/)
    expect(conditionOf(await dns.says(zone, { status: 'False' }))?.reason).toBe('ZoneFrozen')
    expect((await bindy.busyness(3_000)).commands).toBeLessThan(40)
    await primary.rndc('thaw', 'example.com')
    await dns.ready(fresh, RETRIED)
    await dns.ready(zone)
    await answers(both(), 'fresh.example.com', 'A', ['192.0.2.3'])
  })

  test.each(['primary', 'secondary'] as const)(
    'a zone deleted from the %s comes back with the next change',
    async name => {
      await bindy.named[name].rndc('delzone', '-clean', 'example.com')
      await until('it is gone', async () => (await serialOf(bindy.named[name], 'example.com')) === undefined)
      await address('fresh', '192.0.2.3')
      await answers(both(), 'fresh.example.com', 'A', ['192.0.2.3'])
      await answers(both(), 'old.example.com', 'A', ['192.0.2.1'])
      await dns.ready(zone)
    },
  )

  test.each(['primary', 'secondary'] as const)('a zone deleted from the %s comes back by itself', async name => {
    await bindy.named[name].rndc('delzone', '-clean', 'example.com')
    await until('it is gone', async () => (await serialOf(bindy.named[name], 'example.com')) === undefined)
    await answers(both(), 'old.example.com', 'A', ['192.0.2.1'], NOTICED)
    await dns.ready(zone)
  })

  test('records changed by nsupdate are put right with the next change', async () => {
    await meddle()
    await dns.ready(await address('fresh', '192.0.2.3'))
    await isRight()
  })
})

async function meddle(): Promise<void> {
  const script = `zone example.com
update delete old.example.com A
update add old.example.com 60 A 203.0.113.1
update add stray.example.com 60 TXT "stray"
update add example.com 60 NS ns.example.net.`
  expect(await bindy.named.primary.nsupdate(script)).toMatchObject({ code: 0 })
}

async function isRight(): Promise<void> {
  await answers(both(), 'old.example.com', 'A', ['192.0.2.1'])
  await answers(both(), 'stray.example.com', 'TXT', [])
  await answers(both(), 'example.com', 'NS', ['ns1.example.com.'])
  await dns.ready(old)
}
