import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals'
import { loadConnection, type RequestRecord, silentLog } from '#kube'
import { dryRun } from '../../../controller/src/dryrun.ts'
import { dnsWrites } from './answers.ts'
import { Bindy } from './bindy.ts'

const bindy = new Bindy({ primary: {}, secondary: {} })
const both = () => [bindy.named.primary, bindy.named.secondary]

jest.setTimeout(60_000)
beforeAll(() => bindy.start(), 120_000)
afterEach(() => bindy.clear())
afterAll(() => bindy.stop())

/** What a dry run prints, with the API requests that it makes. */
async function planned(): Promise<{ lines: string[]; requests: RequestRecord[] }> {
  const connection = await loadConnection({ kubeconfig: bindy.api.kubeconfig })
  const lines: string[] = []
  const requests: RequestRecord[] = []
  const options = { connection, log: silentLog, print: (line: string) => void lines.push(line) }
  await dryRun(
    { ...options, onRequest: request => void requests.push(request) },
    { signal: AbortSignal.timeout(20_000) },
  )
  await connection.close()
  return { lines, requests }
}

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
