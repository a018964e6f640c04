import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { until } from '../../cluster/index.ts'
import { answers, ask, dnsWrites, serialOf } from './answers.ts'
import { Bindy } from './bindy.ts'
import type { Namespace, Thing } from './namespace.ts'
import { FOUND, RETRIED } from './patience.ts'

/* Controllers that are cut short or doubled, and an API server that goes away: the end is the same. */

const bindy = new Bindy({ primary: {}, secondary: {} })
type Dns = Namespace<'primary' | 'secondary'>

const both = () => [bindy.named.primary, bindy.named.secondary]
beforeAll(() => bindy.start())
afterEach(() => bindy.clear())
afterAll(() => bindy.stop())

const address = (dns: Dns, name: string, ipv4Address: string) =>
  dns.create('ARecord', name, { zone: 'example.com', name, ipv4Address })

const addressOf = (i: number) => `198.51.${i >> 8}.${i & 255}`

async function manyRecords(dns: Dns, count: number, name = 'many'): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, i) => address(dns, `${name}-${i}`, addressOf(i))))
}

async function servedRecords(): Promise<number[]> {
  const transfers = both().map(named => named.signed.dig('axfr', '+noall', '+answer', 'example.com'))
  const texts = await Promise.all(transfers)
  return texts.map(text => text.split('\n').filter(line => /^many-\d+\..*\sA\s/.test(line)).length)
}

async function isWhole(dns: Dns, zone: Thing, count: number): Promise<void> {
  await dns.ready(zone, { timeoutMs: 30_000 })
  await dns.allReady('arecords', { timeoutMs: 30_000 })
  const serial = await serialOf(bindy.named.primary, 'example.com')
  await until('the secondary is there', async () => (await serialOf(bindy.named.secondary, 'example.com')) === serial)
  expect(await servedRecords()).toEqual([count, count])
}

describe('a controller that ends while it makes a zone', () => {
  const moments = [
    ['has named fetch it', /addzone "example\.com\." \{ type secondary/],
    ['turns it over', /delzone "example\.com\."/],
    ['adds it as primary', /addzone "example\.com\." \{ type primary/],
  ] as const

  test.each(moments)('when it %s, finds its way at the next start', async (_what, command) => {
    const dns = await bindy.namespace()
    await dns.ready({ kind: 'Bind9Instance', metadata: { name: 'primary' } })
    await manyRecords(dns, 50)
    const before = dnsWrites(bindy.named.primary).length
    const zone = await dns.zone('example.com')
    const isSent = () =>
      dnsWrites(bindy.named.primary)
        .slice(before)
        .some(write => command.test(write))
    await until('it is on its way', isSent, { everyMs: 1 })
    await bindy.stopController()
    bindy.startController()
    await isWhole(dns, zone, 50)
  })
})

test('a controller that ends while it changes records goes on at the next start', async () => {
  const dns = await bindy.namespace()
  const zone = await dns.ready(await dns.zone('example.com'))
  const created = manyRecords(dns, 400)
  for (const target of [50, 150, 300]) {
    await until('some are there', async () => (await dns.list('arecords')).length > target, {
      timeoutMs: 40_000,
      everyMs: 5,
    })
    await bindy.restartController()
  }
  await created
  await isWhole(dns, zone, 400)
})

test('a controller that ends while it deletes a zone goes on at the next start', async () => {
  const dns = await bindy.namespace()
  const zone = await dns.ready(await dns.zone('example.com'))
  const before = dnsWrites(bindy.named.primary).length
  await dns.delete(zone)
  await until('it is on its way', () => dnsWrites(bindy.named.primary).length > before, { everyMs: 1 })
  await bindy.restartController()
  await dns.gone(zone)
  for (const named of both()) expect(await serialOf(named, 'example.com')).toBeUndefined()
})

test('two controllers at once end in the right state, and at rest', async () => {
  const second = bindy.newController()
  try {
    const dns = await bindy.namespace()
    const [zone] = await Promise.all([dns.zone('example.com'), manyRecords(dns, 100)])
    await isWhole(dns, zone, 100)
    await dns.delete({ kind: 'ARecord', metadata: { name: 'many-7' } })
    await dns.edit({ kind: 'ARecord', metadata: { name: 'many-8' } }, { ipv4Address: '192.0.2.8' })
    await answers(both(), 'many-8.example.com', 'A', ['192.0.2.8'])
    await isWhole(dns, zone, 99)
    const writes = () => both().map(named => dnsWrites(named).length)
    await until('they are at rest', isSteady(writes), { everyMs: 1_500, timeoutMs: 20_000 })
  } finally {
    await second.stop()
  }
})

const isNowhere = async () => {
  const serials = await Promise.all(both().map(named => serialOf(named, 'example.com')))
  return serials.every(serial => serial === undefined)
}

test('two controllers at once leave nothing of a deleted zone', async () => {
  const second = bindy.newController()
  try {
    const dns = await bindy.namespace()
    for (const round of [1, 2, 3]) {
      const zone = await dns.ready(await dns.zone('example.com'), RETRIED)
      await dns.create('ARecord', `round-${round}`, { zone: 'example.com', name: 'www', ipv4Address: '192.0.2.1' })
      await dns.delete(zone)
      await dns.gone(zone, RETRIED)
      await until('no server has it', isNowhere, RETRIED)
    }
    // One that was in a pass may bring the zone once more, and then takes it off: not when it is stopped between.
    const isAtRest = isSteady(() => both().map(named => dnsWrites(named).length))
    const isOver = async () => isAtRest() && (await isNowhere())
    await until('they are at rest, and no server has it', isOver, { ...RETRIED, everyMs: 1_500 })
  } finally {
    await second.stop()
  }
})

describe('the API server', () => {
  test('killed and restarted while records change, leaves all of them served', async () => {
    const dns = await bindy.namespace()
    const zone = await dns.ready(await dns.zone('example.com'))
    await manyRecords(dns, 100)
    await isWhole(dns, zone, 100)
    const made = Promise.all(
      Array.from({ length: 100 }, (_, i) => persist(() => address(dns, `more-${i}`, addressOf(i)))),
    )
    const gone = Promise.all(
      // Fewer than the brake would hold.
      Array.from({ length: 20 }, (_, i) =>
        persist(() => dns.delete({ kind: 'ARecord', metadata: { name: `many-${i}` } })),
      ),
    )
    await bindy.api.kill('SIGKILL')
    const writes = () => both().map(named => dnsWrites(named).length)
    await until('what was heard before is written', isSteady(writes), { everyMs: 1_000, timeoutMs: 20_000 })
    const before = writes()
    const { requests, commands } = await bindy.busyness(3_000)
    expect(requests).toBeLessThan(120)
    expect(commands).toBeLessThan(10)
    // Nothing was withdrawn or made because objects could not be read.
    expect(await ask(bindy.named.primary, 'many-99.example.com', 'A')).toEqual([addressOf(99)])
    expect(writes()).toEqual(before)
    await bindy.api.restart()
    await Promise.all([made, gone])
    await isWhole(dns, zone, 80)
    await answers(both(), 'more-99.example.com', 'A', [addressOf(99)])
    const late = await address(dns, 'late', '192.0.2.1')
    await dns.ready(late)
  })

  test('away when the controller starts, is waited for', async () => {
    const dns = await bindy.namespace()
    const zone = await dns.ready(await dns.zone('example.com'))
    await bindy.stopController()
    await address(dns, 'while', '192.0.2.1')
    await bindy.api.kill('SIGKILL')
    const controller = bindy.startController()
    await until('it has tried', () => controller.log.some(({ level }) => level === 'warn'))
    await bindy.api.restart()
    await answers(both(), 'while.example.com', 'A', ['192.0.2.1'], FOUND)
    await dns.ready(zone)
  })

  test('away while named is restarted, holds nothing up', async () => {
    const dns = await bindy.namespace()
    const zone = await dns.ready(await dns.zone('example.com'))
    await address(dns, 'kept', '192.0.2.1')
    await answers(both(), 'kept.example.com', 'A', ['192.0.2.1'])
    await bindy.api.kill('SIGKILL')
    await bindy.named.primary.loseDisk()
    await bindy.named.primary.restart()
    await answers(both(), 'kept.example.com', 'A', ['192.0.2.1'], FOUND)
    await bindy.api.restart()
    await dns.ready(zone, FOUND)
  })
})

/** Does something until the API server has taken it. */
async function persist<T>(call: () => Promise<T>): Promise<void> {
  await until(
    'the API server takes it',
    () =>
      call().then(
        () => true,
        error => error.apiReason === 'AlreadyExists',
      ),
    { timeoutMs: 40_000, everyMs: 200 },
  )
}

/** Whether a list of numbers is as it was the time before. */
function isSteady(read: () => readonly number[]): () => boolean {
  let last = ''
  return () => {
    const before = last
    last = read().join()
    return before === last
  }
}
