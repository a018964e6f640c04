import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals'
import { type RunningNamed, until } from '../../cluster/index.ts'
import { answers, serialOf } from './answers.ts'
import { Bindy } from './bindy.ts'
import { conditionOf, type Namespace, type Thing } from './namespace.ts'

/* Serials that go backwards, apart or ahead: a secondary ends with exactly what the primaries serve. */

const bindy = new Bindy({ primary: {}, other: {}, secondary: {} })

type Dns = Namespace<'primary' | 'other' | 'secondary'>

const instance = (name: string) => ({ kind: 'Bind9Instance', metadata: { name } })
const address = (dns: Dns, name: string, ipv4Address: string) =>
  dns.create('ARecord', name, { zone: 'example.com', name, ipv4Address })

jest.setTimeout(60_000)
beforeAll(() => bindy.start(), 120_000)
afterEach(() => bindy.clear())
afterAll(() => bindy.stop())

/** All records of a zone as a server has them, the SOA with its serial among them; undefined where it has none. */
async function contentOf(named: RunningNamed): Promise<string | undefined> {
  const answer = await named.signed.dig('axfr', '+noall', '+answer', 'example.com').catch(() => '')
  const lines = answer.split('\n').filter(line => /\sIN\s/.test(line))
  return lines.length > 0 ? [...new Set(lines.map(line => line.replace(/\s+/g, ' ')))].sort().join('\n') : undefined
}

/** Waits until all of the servers have one and the same zone, serial and all, and returns it. */
async function agree(servers: readonly RunningNamed[], timeoutMs = 20_000): Promise<string> {
  let last: (string | undefined)[] = []
  const isSame = async () => {
    last = await Promise.all(servers.map(contentOf))
    return last.every(content => content === last[0]) && last[0]
  }
  return until('the servers have the same zone', isSame, { timeoutMs }).catch(error => {
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
  await answers([primary, secondary], 'ghost7.example.com', 'TXT', [], { timeoutMs: 20_000 })
  expect(await agree([primary, secondary])).not.toContain('ghost')
  await answers([primary, secondary], 'www.example.com', 'A', ['192.0.2.1'])
  expect(await serialOf(primary, 'example.com')).toBeGreaterThan(serial)
  const next = await serialOf(primary, 'example.com')
  await until('status tells the serial', async () => (await dns.ready(zone)).status?.serial === next)
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
  await dns.ready(zone, { timeoutMs: 15_000 })
  expect(await agree([primary, other, secondary])).toContain('www5.example.com.')

  await primary.kill('SIGKILL')
  await dns.says(instance('primary'), { status: 'False', reason: 'Unreachable' })
  await address(dns, 'late', '192.0.2.66')
  await answers([other, secondary], 'late.example.com', 'A', ['192.0.2.66'])
  await primary.restart()
  await dns.ready(zone, { timeoutMs: 15_000 })
  expect(await agree([primary, other, secondary])).toContain('late.example.com.')
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
  await answers([secondary], 'next.example.com', 'A', ['192.0.2.2'], { timeoutMs: 20_000 })
  expect(await agree([primary, secondary])).not.toContain('ghost')
  await until('both serve it', async () => states(await dns.ready(zone)).join() === 'Served,Served')
})

function states({ status }: Thing): string[] {
  return ((status?.servers ?? []) as { state: string }[]).map(({ state }) => state)
}

/** Has a secondary fetch the zone once from a server of somebody else, where its serial is far ahead. */
async function feedFromElsewhere(secondary: RunningNamed, elsewhere: RunningNamed): Promise<void> {
  const content =
    '$TTL 60\n@ SOA ns1 admin 3000000000 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.1\nghost A 192.0.2.66\n'
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
