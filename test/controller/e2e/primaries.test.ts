import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { randomKey, until } from '../../cluster/index.ts'
import { answers, ask, serialOf } from './answers.ts'
import { Bindy } from './bindy.ts'
import { conditionOf, fieldsOf, type Namespace, type Thing } from './namespace.ts'
import { FOUND, LEVEL } from './patience.ts'

/* A zone on two primaries, and servers whose place or keys change. */

const bindy = new Bindy({ primary: {}, other: {}, secondary: {} })
let dns: Namespace<'primary' | 'other' | 'secondary'>
let zone: Thing

const all = () => [bindy.named.primary, bindy.named.other, bindy.named.secondary]
const instance = (name: string) => ({ kind: 'Bind9Instance', metadata: { name } })
const address = (name: string, ipv4Address: string) =>
  dns.create('ARecord', name, { zone: 'example.com', name, ipv4Address })
beforeAll(() => bindy.start())
beforeEach(async () => {
  dns = await bindy.namespace()
  zone = await dns.ready(await dns.zone('example.com'))
})
afterEach(() => bindy.clear())
afterAll(() => bindy.stop())

test('two primaries serve the same, and a record is ready only when both do', async () => {
  await dns.ready(await address('www', '192.0.2.1'))
  await answers(all(), 'www.example.com', 'A', ['192.0.2.1'])
  await bindy.named.other.kill('SIGKILL')
  await dns.says(instance('other'), { status: 'False', reason: 'Unreachable' })
  const late = await address('late', '192.0.2.2')
  const said = conditionOf(await dns.says(late, { status: 'False', reason: 'Unreachable' }))
  expect(said?.message).toContain('other')
  await answers([bindy.named.primary, bindy.named.secondary], 'late.example.com', 'A', ['192.0.2.2'])
  await bindy.named.other.restart()
  await dns.ready(late, FOUND)
  await dns.ready(zone, LEVEL)
  await answers(all(), 'late.example.com', 'A', ['192.0.2.2'])
})

test('a primary that hangs holds nothing back from the others, and catches up when it goes on', async () => {
  const { other, primary, secondary } = bindy.named
  process.kill(other.pid, 'SIGSTOP')
  try {
    // The first change waits 2 s for it; an answer that does not come is waited for 10 s.
    for (const n of [1, 2, 3]) {
      await address(`www${n}`, `192.0.2.${n}`)
      await answers([primary, secondary], `www${n}.example.com`, 'A', [`192.0.2.${n}`], { timeoutMs: 8_000 })
    }
    const said = await dns.says({ kind: 'ARecord', metadata: { name: 'www3' } }, { status: 'False' })
    expect(conditionOf(said)?.message).toContain('/other')
  } finally {
    process.kill(other.pid, 'SIGCONT')
  }
  await answers(all(), 'www3.example.com', 'A', ['192.0.2.3'], FOUND)
  await dns.ready({ kind: 'ARecord', metadata: { name: 'www3' } }, FOUND)
  await dns.ready(zone, LEVEL)
})

test('a zone that is deleted while a primary hangs as it makes it is on none in the end', async () => {
  const { other, primary } = bindy.named
  process.kill(other.pid, 'SIGSTOP')
  let made: Thing
  try {
    made = await dns.zone('example.org')
    await until('one has it', async () => (await serialOf(primary, 'example.org')) !== undefined)
    const said = await dns.says(made, { status: 'False', reason: 'OutcomeUnknown' })
    expect(conditionOf(said)?.message).toContain('/other has not answered for 2 s')
    await dns.delete(made)
    await until('it leaves the one', async () => (await serialOf(primary, 'example.org')) === undefined)
    expect(await dns.find(made)).toBeDefined()
  } finally {
    process.kill(other.pid, 'SIGCONT')
  }
  await dns.gone(made, FOUND)
  for (const named of all()) expect(await serialOf(named, 'example.org')).toBeUndefined()
})

test('a change that names one of two primaries away reaches the secondary, whatever their serials', async () => {
  const { other, primary, secondary } = bindy.named
  // The other one's serial runs ahead, and the secondary follows it.
  for (const n of [1, 2, 3, 4, 5]) {
    await other.nsupdate(`zone example.com\nupdate add stray${n}.example.com 60 TXT "x"`)
  }
  await dns.ready(await address('www', '192.0.2.1'))
  await answers(all(), 'stray5.example.com', 'TXT', [])
  await dns.edit(instance('other'), { clusterRef: 'elsewhere' })
  await until('it leaves', async () => (await serialOf(other, 'example.com')) === undefined)
  await dns.ready(await address('next', '192.0.2.2'))
  await answers([primary, secondary], 'next.example.com', 'A', ['192.0.2.2'], LEVEL)
  await dns.ready(zone, LEVEL)
  expect(await serialOf(secondary, 'example.com')).toBe(await serialOf(primary, 'example.com'))
})

test('a primary that joins gets the zone whole', async () => {
  await dns.edit(instance('other'), { clusterRef: 'elsewhere' })
  await until('it leaves', async () => (await serialOf(bindy.named.other, 'example.com')) === undefined)
  await dns.ready(await address('www', '192.0.2.1'))
  await dns.edit(instance('other'), { clusterRef: 'dns' })
  await answers([bindy.named.other], 'www.example.com', 'A', ['192.0.2.1'])
  await dns.ready(zone)
  await dns.ready(await address('more', '192.0.2.2'))
  await answers(all(), 'more.example.com', 'A', ['192.0.2.2'])
})

test('a primary that lost its disk gets what others put into the zone from the other primary', async () => {
  const { primary, other } = bindy.named
  await dns.edit(zone, { unmanaged: [{ name: '_acme-challenge', types: ['TXT'] }] })
  await dns.delete(instance('secondary'))
  await dns.gone(instance('secondary'))
  await dns.ready(zone)
  for (const named of [primary, other]) {
    await named.nsupdate('zone example.com\nupdate add _acme-challenge.example.com 60 TXT "token"')
  }
  await bindy.stopController()
  await other.loseDisk()
  await other.restart()
  bindy.startController()
  await answers([primary, other], '_acme-challenge.example.com', 'TXT', ['"token"'], FOUND)
  await dns.ready(zone)
})

test('a new zone takes nothing of another zone of its name on the other primary', async () => {
  const { primary, other } = bindy.named
  const lines = ['@ SOA ns.example.net. admin.example.net. 1 60 60 60 60', '@ NS ns.example.net.', 'www A 192.0.2.66']
  writeFileSync(join(other.data, 'foreign.db'), `$TTL 60\n${lines.join('\n')}\n`)
  const text = '{ type primary; file "foreign.db"; allow-transfer { any; }; };'
  expect(await other.rndc('addzone', 'example.org', text)).toMatchObject({ code: 0 })
  await dns.zone('example.org', { unmanaged: [{ name: 'www', types: ['A'] }] })
  await until('the primary serves it', async () => (await serialOf(primary, 'example.org')) !== undefined)
  expect(await ask(primary, 'www.example.org', 'A')).toEqual([])
  const { secondary } = bindy.named
  await until('the secondary serves it', async () => (await serialOf(secondary, 'example.org')) !== undefined)
  const shown = (await secondary.rndc('showzone', 'example.org')).stdout
  expect([shown.includes(`port ${primary.dnsPort} `), shown.includes(`port ${other.dnsPort} `)]).toEqual([true, false])
  expect(await other.rndc('delzone', '-clean', 'example.org')).toMatchObject({ code: 0 })
})

test('a secondary that becomes a primary, and a primary a secondary, serve on', async () => {
  await dns.ready(await address('www', '192.0.2.1'))
  await dns.edit(instance('secondary'), { role: 'primary' })
  await dns.edit(instance('other'), { role: 'secondary' })
  await dns.ready(await address('more', '192.0.2.2'), LEVEL)
  await answers(all(), 'more.example.com', 'A', ['192.0.2.2'], LEVEL)
  await answers(all(), 'www.example.com', 'A', ['192.0.2.1'])
  await until(
    'status tells the new roles',
    async () => {
      const { status } = await dns.ready(zone)
      const servers = (status?.servers ?? []) as { instance: string; role: string }[]
      return servers.map(({ role }) => role).join() === 'secondary,primary,primary'
    },
    LEVEL,
  )
})

test('an instance that points to another server has its zones made there', async () => {
  await dns.ready(await address('www', '192.0.2.1'))
  await dns.delete(instance('other'))
  const { address: host, dnsPort, rndcPort, rndcKey } = bindy.named.other
  await bindy.named.other.rndc('delzone', '-clean', 'example.com')
  await until('it is gone', async () => (await serialOf(bindy.named.other, 'example.com')) === undefined)
  await dns.secret('primary-rndc', fieldsOf(rndcKey))
  await dns.edit(instance('primary'), { external: { address: host, dnsPort, rndcPort } })
  await answers([bindy.named.other], 'www.example.com', 'A', ['192.0.2.1'], FOUND)
  await dns.ready(await address('more', '192.0.2.2'))
  await answers([bindy.named.other, bindy.named.secondary], 'more.example.com', 'A', ['192.0.2.2'])
  await bindy.named.primary.rndc('delzone', '-clean', 'example.com')
})

test('keys that change on the servers and in the Secrets are taken up, also under another name', async () => {
  await dns.ready(await address('www', '192.0.2.1'))
  const tsigKey = randomKey('next-key')
  const rndcKey = randomKey('bindy-rndc')
  await Promise.all(all().map(named => named.restart({ tsigKey, rndcKey })))
  await dns.says(instance('primary'), { status: 'False' })
  for (const name of ['primary', 'other', 'secondary']) {
    await dns.secret(`${name}-tsig`, fieldsOf(tsigKey))
    await dns.secret(`${name}-rndc`, fieldsOf(rndcKey))
  }
  await dns.ready(zone, LEVEL)
  await dns.ready(await address('more', '192.0.2.2'))
  await answers(all(), 'more.example.com', 'A', ['192.0.2.2'], LEVEL)
  expect(await ask(bindy.named.secondary, 'www.example.com', 'A')).toEqual(['192.0.2.1'])
})
