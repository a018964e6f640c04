import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { dnsWrites } from './answers.ts'
import { Bindy } from './bindy.ts'
import { plannedBy } from './plans.ts'

const bindy = new Bindy({ primary: {}, secondary: {} })
const both = () => [bindy.named.primary, bindy.named.secondary]
beforeAll(() => bindy.start())
afterEach(() => bindy.clear())
afterAll(() => bindy.stop())

const planned = () => plannedBy(bindy.api.kubeconfig)
const address = (name: string, ipv4Address: string) => ({ zone: 'example.com', name, ipv4Address })

test('prints each plan, and writes nothing to the API server nor to any named', async () => {
  const dns = await bindy.namespace()
  await dns.ready(await dns.zone('example.com'))
  const www = await dns.ready(await dns.create('ARecord', 'www', address('www', '192.0.2.1')))
  const old = await dns.ready(await dns.create('ARecord', 'old', address('old', '192.0.2.2')))
  await bindy.stopController()
  try {
    expect((await planned()).lines).toEqual(['0 of 1 zones would change; nothing was written'])
    await dns.edit(www, { ipv4Address: '192.0.2.9' })
    await dns.delete(old)
    await dns.create('TXTRecord', 'txt', { zone: 'example.com', name: 'txt', ttl: 60, text: ['a "b"'] })
    await bindy.nextSecond()
    await dns.create('CNAMERecord', 'loses', { zone: 'example.com', name: 'www', target: 'txt.example.com.' })
    await dns.zone('example.org')
    const writes = both().map(named => dnsWrites(named).length)
    const { lines, requests } = await planned()
    const at = (name: string) => `on ${dns.name}/${name}`
    expect(lines).toEqual([
      `example.com. ${at('primary')}: 4 changes`,
      '  + txt.example.com. 60 IN TXT "a \\"b\\""',
      '  + www.example.com. 3600 IN A 192.0.2.9',
      '  - old.example.com. IN A 192.0.2.2',
      '  - www.example.com. IN A 192.0.2.1',
      `example.org. ${at('primary')}: would be made with 2 records`,
      `example.org. ${at('secondary')}: would be added, and fetched from its primaries`,
      '2 of 2 zones would change; nothing was written',
    ])
    expect(both().map(named => dnsWrites(named).length)).toEqual(writes)
    expect(requests.filter(({ verb }) => !['list', 'watch', 'get'].includes(verb))).toEqual([])
  } finally {
    bindy.startController()
  }
  await dns.ready(www)
})

test('prints how much of what leaves would wait to be allowed', async () => {
  const dns = await bindy.namespace()
  await dns.ready(await dns.zone('example.com'))
  const names = Array.from({ length: 12 }, (_, i) => `r${i}`)
  const made = await Promise.all(names.map(name => dns.create('ARecord', name, address(name, '192.0.2.1'))))
  await Promise.all(made.map(record => dns.ready(record)))
  await bindy.stopController()
  try {
    await Promise.all(made.slice(0, 6).map(record => dns.delete(record)))
    const [line] = (await planned()).lines
    expect(line).toMatch(/: 6 changes, of which 6 of 14 records that leave would wait to be allowed$/)
  } finally {
    bindy.startController()
  }
})

test('prints which servers a zone would leave, and that a paused one is left as it is', async () => {
  const dns = await bindy.namespace()
  const zone = await dns.ready(await dns.zone('example.com'))
  const other = await dns.ready(await dns.zone('example.org'))
  await bindy.stopController()
  try {
    await dns.edit(zone, { clusterRef: 'primary' })
    await dns.annotate(other, { paused: 'true' })
    await dns.create('ARecord', 'www', { zone: 'example.org', name: 'www', ipv4Address: '192.0.2.1' })
    expect((await planned()).lines).toEqual([
      `example.com. on ${dns.name}/primary: would get another statement`,
      `example.com. on ${dns.name}/secondary: would be taken off`,
      'example.org.: is paused, and would be left as it is',
      '1 of 2 zones would change; nothing was written',
    ])
  } finally {
    await dns.annotate(other, { paused: null })
    bindy.startController()
  }
})

test('npm run controller -- --dry-run does so from the command line, beside a controller that runs', async () => {
  const dns = await bindy.namespace()
  await dns.ready(await dns.zone('example.com'))
  const main = join(import.meta.dirname, '../../../controller/src/main.ts')
  const child = spawn(process.execPath, [main, '--dry-run', '--kubeconfig', bindy.api.kubeconfig])
  let said = ''
  child.stdout.on('data', chunk => {
    said += chunk
  })
  const code = await new Promise(resolve => child.on('close', resolve))
  expect(said).toBe('0 of 1 zones would change; nothing was written\n')
  expect(code).toBe(0)
})
