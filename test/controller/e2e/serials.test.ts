import { cpSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import type { ZoneStatus } from '#crds'
import { type RunningNamed, until } from '../../cluster/index.ts'
import { answers, dnsWrites, serialOf } from './answers.ts'
import { Bindy } from './bindy.ts'
import { conditionOf, type Namespace, type Thing } from './namespace.ts'
import { FOUND, LEVEL } from './patience.ts'

/* Serials that go backwards, apart or ahead: a secondary ends with exactly what the primaries serve. */

const bindy = new Bindy({ primary: {}, other: {}, secondary: {} })

type Dns = Namespace<'primary' | 'other' | 'secondary'>

/** A serial that no date gives, and that comes after all that do. */
const FAR_AHEAD = 3_000_000_000

const instance = (name: string) => ({ kind: 'Bind9Instance', metadata: { name } })
const address = (dns: Dns, name: string, ipv4Address: string) =>
  dns.create('ARecord', name, { zone: 'example.com', name, ipv4Address })
beforeAll(() => bindy.start())
afterEach(() => bindy.clear())
afterAll(() => bindy.stop())

/** All records of a zone as a server has them, the SOA with its serial among them; undefined where it has none. */
async function contentOf(named: RunningNamed): Promise<string | undefined> {
  const answer = await named.signed.dig('axfr', '+noall', '+answer', 'example.com').catch(() => '')
  const lines = answer.split('\n').filter(line => /\sIN\s/.test(line))
  return lines.length > 0 ? [...new Set(lines.map(line => line.replace(/\s+/g, ' ')))].sort().join('\n') : undefined
}

/** Waits until all of the servers have one and the same zone, serial and all, and returns it. */
async function agree(servers: readonly RunningNamed[]): Promise<string> {
  let last: (string | undefined)[] = []
  const isSame = async () => {
    last = await Promise.all(servers.map(contentOf))
    return last.every(content => content === last[0]) && last[0]
  }
  return until('the servers have the same zone', isSame, LEVEL).catch(error => {
    throw new Error(`${error.message}; they have\n${last.join('\n---\n')}`, { cause: error })
  })
}

test('a primary that lost its disk after changes by others is followed by the secondary: no ghost, and a higher serial', async () => {
  const dns = await bindy.namespace({ primary: {}, secondary: {} })
  const { primary, secondary } = bindy.named
  const zone = await dns.ready(await dns.zone('example.com'))
  await dns.ready(await address(dns, 'www', '192.0.2.1'))
  for (const n of [1, 2, 3, 4, 5, 6, 7]) {
    await primary.nsupdate(`zone example.com\nupdate add ghost${n}.example.com 60 TXT "ghost"`)
  }
  await answers([secondary], 'ghost7.example.com', 'TXT', ['"ghost"'])
  const serial = (await serialOf(secondary, 'example.com')) as number
  await primary.loseDisk()
  await primary.restart()
  await answers([primary, secondary], 'ghost7.example.com', 'TXT', [], LEVEL)
  expect(await agree([primary, secondary])).not.toContain('ghost')
  await answers([primary, secondary], 'www.example.com', 'A', ['192.0.2.1'])
  expect(await serialOf(primary, 'example.com')).toBeGreaterThan(serial)
  const next = await serialOf(primary, 'example.com')
  await until('status tells the serial', async () => (await dns.ready(zone)).status?.serial === next)
})

test('an object tells the last ten serials of its zone, over a restart of the controller too', async () => {
  const dns = await bindy.namespace({ primary: {}, secondary: {} })
  const { primary } = bindy.named
  const zone = await dns.ready(await dns.zone('example.com'))
  const first = (await serialOf(primary, 'example.com')) as number
  const change = async (n: number) => {
    await address(dns, `www${n}`, `192.0.2.${n}`)
    await answers([primary], `www${n}.example.com`, 'A', [`192.0.2.${n}`])
  }
  const history = async () => ((await dns.ready(zone)).status as ZoneStatus).history ?? []
  const serials = async () => (await history()).map(({ serial }) => serial)
  for (const n of [1, 2, 3]) await change(n)
  await until('it tells of the first', async () => (await serials()).length === 4)
  await bindy.restartController()
  for (const n of [4, 5, 6, 7, 8, 9, 10, 11]) await change(n)
  const last = [11, 10, 9, 8, 7, 6, 5, 4, 3, 2].map(n => first + n)
  await until('it tells of the last', async () => (await serials())[0] === last[0])
  expect(await serials()).toEqual(last)
  const times = (await history()).map(({ time }) => Date.parse(time))
  expect(times).toEqual([...times].sort((a, b) => b - a))
})

test('two primaries of which one missed changes end with the same data at the same serial, and either feeds the secondary', async () => {
  const dns = await bindy.namespace()
  const { primary, other, secondary } = bindy.named
  const zone = await dns.ready(await dns.zone('example.com'))
  await other.kill('SIGKILL')
  await dns.says(instance('other'), { status: 'False', reason: 'Unreachable' })
  for (const n of [1, 2, 3, 4, 5]) {
    await address(dns, `www${n}`, `192.0.2.${n}`)
    await answers([primary, secondary], `www${n}.example.com`, 'A', [`192.0.2.${n}`])
  }
  await other.restart()
  await dns.ready(zone, LEVEL)
  expect(await agree([primary, other, secondary])).toContain('www5.example.com.')

  await primary.kill('SIGKILL')
  await dns.says(instance('primary'), { status: 'False', reason: 'Unreachable' })
  await address(dns, 'late', '192.0.2.66')
  await answers([other, secondary], 'late.example.com', 'A', ['192.0.2.66'])
  await primary.restart()
  await dns.ready(zone, LEVEL)
  expect(await agree([primary, other, secondary])).toContain('late.example.com.')
})

test('a secondary that was away while a primary caught up has all of it, whichever it asks', async () => {
  const dns = await bindy.namespace()
  const { primary, other, secondary } = bindy.named
  const zone = await dns.ready(await dns.zone('example.com'))
  const dies = async (name: 'primary' | 'other' | 'secondary') => {
    await bindy.named[name].kill('SIGKILL')
    await dns.says(instance(name), { status: 'False', reason: 'Unreachable' })
  }
  await dies('other')
  await dns.ready(await dns.get({ kind: 'Bind9Instance', metadata: { name: 'primary' } }))
  await address(dns, 'www1', '192.0.2.1')
  await answers([primary, secondary], 'www1.example.com', 'A', ['192.0.2.1'])
  await dies('secondary')
  for (const n of [2, 3]) {
    await address(dns, `www${n}`, `192.0.2.${n}`)
    await answers([primary], `www${n}.example.com`, 'A', [`192.0.2.${n}`])
  }
  await other.restart()
  expect(await agree([primary, other])).toContain('www3.example.com.')
  await dies('primary')
  await secondary.restart()
  await answers([secondary], 'www3.example.com', 'A', ['192.0.2.3'], FOUND)
  await primary.restart()
  await dns.ready(zone, LEVEL)
  expect(await agree([primary, other, secondary])).toContain('www2.example.com.')
})

test('a primary whose disk is of an earlier day goes above what the secondary has had since', async () => {
  const dns = await bindy.namespace({ primary: {}, secondary: {} })
  const { primary, secondary } = bindy.named
  const zone = await dns.ready(await dns.zone('example.com'))
  const copy = `${primary.data}.copy`
  await primary.kill('SIGTERM')
  cpSync(primary.data, copy, { recursive: true })
  await primary.restart()
  await dns.ready(zone, LEVEL)
  for (const n of [1, 2]) {
    await address(dns, `www${n}`, `192.0.2.${n}`)
    await answers([secondary], `www${n}.example.com`, 'A', [`192.0.2.${n}`])
  }
  const serial = (await serialOf(secondary, 'example.com')) as number
  await primary.kill('SIGKILL')
  rmSync(primary.data, { recursive: true })
  renameSync(copy, primary.data)
  await dns.says(instance('primary'), { status: 'False', reason: 'Unreachable' })
  await address(dns, 'new', '192.0.2.9')
  await primary.restart()
  await answers([secondary], 'new.example.com', 'A', ['192.0.2.9'], LEVEL)
  const content = await agree([primary, secondary])
  for (const name of ['www1', 'www2', 'new']) expect(content).toContain(`${name}.example.com.`)
  expect(await serialOf(primary, 'example.com')).toBeGreaterThan(serial)
  await dns.ready(zone, LEVEL)
})

test('two primaries that both serve on stay at one serial through many changes', async () => {
  const dns = await bindy.namespace()
  const { primary, other, secondary } = bindy.named
  const zone = await dns.ready(await dns.zone('example.com'))
  await other.nsupdate('zone example.com\nupdate add stray.example.com 60 TXT "x"')
  for (const n of [1, 2, 3, 4, 5]) await dns.ready(await address(dns, `www${n}`, `192.0.2.${n}`))
  await dns.ready(await dns.edit(zone, { soaRecord: { refresh: 1234 } }))
  const content = await agree([primary, other, secondary])
  expect(content).toContain('www5.example.com.')
  expect(content).not.toContain('stray')
})

test('a secondary whose serial is far ahead of the primary fetches the zone anew', async () => {
  const dns = await bindy.namespace({ primary: {}, secondary: {} })
  const { primary, secondary } = bindy.named
  const zone = await dns.ready(await dns.zone('example.com'))
  await dns.ready(await address(dns, 'www', '192.0.2.1'))
  await feedFromElsewhere(secondary, bindy.named.other)
  await dns.ready(await address(dns, 'next', '192.0.2.2'))
  await until('the zone says that it is ahead', async () => states(await dns.get(zone)).includes('Ahead'))
  expect(conditionOf(await dns.get(zone))?.status).toBe('True')
  await answers([secondary], 'next.example.com', 'A', ['192.0.2.2'], LEVEL)
  expect(await agree([primary, secondary])).not.toContain('ghost')
  await until('both serve it', async () => states(await dns.ready(zone)).join() === 'Served,Served')
})

/** A paused zone whose secondary has another one's serial, far ahead. */
async function pausedWhileAhead(dns: Namespace<'primary' | 'secondary'>): Promise<Thing> {
  const zone = await dns.ready(await dns.zone('example.com'))
  await dns.annotate(zone, { paused: 'true' })
  await dns.says(zone, { type: 'Paused', status: 'True' })
  await feedFromElsewhere(bindy.named.secondary, bindy.named.other)
  return zone
}

test('a paused zone has no secondary told to ask or to fetch, however long it is ahead', async () => {
  let aheadMs = 0
  await bindy.restartController({ now: () => Date.now() + aheadMs })
  const dns = await bindy.namespace({ primary: {}, secondary: {} })
  const { primary, secondary } = bindy.named
  const zone = await pausedWhileAhead(dns)
  await until('the zone says that it is ahead', async () => states(await dns.get(zone)).includes('Ahead'))
  const told = () => dnsWrites(secondary).filter(line => /^(refresh|retransfer) /.test(line)).length
  const before = told()
  aheadMs = 60_000
  await pause(3_000)
  expect(told()).toBe(before)
  await dns.annotate(zone, { paused: null })
  await until('it is told', () => told() > before)
  expect(await agree([primary, secondary])).not.toContain('ghost')
})

test('a zone that is made anew stands above what its object says of a secondary that is away', async () => {
  const dns = await bindy.namespace({ primary: {}, secondary: {} })
  const { primary, secondary } = bindy.named
  const zone = await pausedWhileAhead(dns)
  await until('its object says so', async () => serialsSaid(await dns.get(zone)).includes(FAR_AHEAD))
  await bindy.stopController()
  await secondary.kill('SIGKILL')
  await primary.loseDisk()
  await primary.restart()
  await dns.annotate(zone, { paused: null })
  bindy.startController()
  const serial = await until('the primary has the zone', () => serialOf(primary, 'example.com'), { timeoutMs: 20_000 })
  expect(serial).toBe(FAR_AHEAD + 1)
  await secondary.restart()
  expect(await agree([primary, secondary])).not.toContain('ghost')
})

function serialsSaid({ status }: Thing): (number | undefined)[] {
  return ((status?.servers ?? []) as { serial?: number }[]).map(({ serial }) => serial)
}

function states({ status }: Thing): string[] {
  return ((status?.servers ?? []) as { state: string }[]).map(({ state }) => state)
}

/** Has a secondary fetch the zone once from a server of somebody else, where its serial is far ahead. */
async function feedFromElsewhere(secondary: RunningNamed, elsewhere: RunningNamed): Promise<void> {
  const content = `$TTL 60\n@ SOA ns1 admin ${FAR_AHEAD} 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.1\nghost A 192.0.2.66\n`
  writeFileSync(join(elsewhere.data, 'elsewhere.db'), content)
  await elsewhere.rndc('addzone', 'example.com', '{ type primary; file "elsewhere.db"; allow-transfer { any; }; };')
  const { stdout } = await secondary.rndc('showzone', 'example.com')
  const [statement = ''] = /\{.*\};/s.exec(stdout) ?? []
  const source = `primaries { ${elsewhere.address} port ${elsewhere.dnsPort}; };`
  await secondary.rndc('modzone', 'example.com', statement.replace(/primaries \{.*?\};/s, source))
  await secondary.rndc('retransfer', 'example.com')
  await answers([secondary], 'ghost.example.com', 'A', ['192.0.2.66'])
  await secondary.rndc('modzone', 'example.com', statement)
  await elsewhere.rndc('delzone', '-clean', 'example.com')
}
