import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import { until } from '../../cluster/index.ts'
import { type Dns, troubledZones, wellServedZone } from './examples.ts'
import { RunningPlugin } from './running.ts'

/* What goes on being shown: in a terminal in its place, in a log line by line, until all is well or Ctrl-C. */

const [RED, GREEN, YELLOW] = [1, 2, 3]
const plugin = new RunningPlugin()
const { bindy } = plugin
let dns: Dns
let well: Dns

beforeAll(async () => {
  await plugin.start()
  dns = await troubledZones(plugin)
  well = await wellServedZone(plugin)
})
afterAll(() => plugin.stop())

describe('in a terminal', () => {
  const create = (zone: string) =>
    `zone create ${zone} --cluster-ref dns --primary-ns ns1.${zone}. --admin-email hostmaster@${zone} --wait`

  test('status -w draws in colour, each time in its place, until Ctrl-C', async () => {
    const pty = plugin.pty(dns, 'status -w', { rows: 30 })
    await pty.shows('records 3/4')
    const before = await pty.lines()
    expect(await Promise.all(['✔', '⚠', '✖'].map(mark => pty.colourOf(mark)))).toEqual([GREEN, YELLOW, RED])
    const more = await dns.create('ARecord', 'more', { zone: 'example.com', name: 'more', ipv4Address: '192.0.2.5' })
    const after = before.map(line => line.replace('3/4', '4/5'))
    expect(await pty.linesOnce(after)).toEqual(after)
    await dns.delete(more)
    expect(await pty.linesOnce(before)).toEqual(before)
    await pty.type('\x03')
    expect(await pty.end()).toBe(130)
    expect(await pty.lines()).toEqual(before)
    expect(await pty.cursor()).toEqual({ column: 0, row: before.length })
  })

  describe('zone create --wait', () => {
    beforeEach(() => bindy.stopController())
    afterEach(() => void bindy.startController())

    test('shows in one line how far it has come, and how long it took', async () => {
      const fresh = await bindy.namespace()
      const pty = plugin.pty(fresh, create('fresh.test'))
      const created = 'dnszone.bindy.firestoned.io/fresh-test created'
      await pty.shows('accepted')
      expect(await pty.lines()).toEqual([created, '● accepted'])
      bindy.startController()
      expect(await pty.end()).toBe(0)
      expect(await pty.lines()).toEqual([
        created,
        expect.stringMatching(/^✔ accepted {3}✔ primary \(serial \d{10}\) {3}✔ secondary {3}\d+\.\ds$/),
        `Next: kubectl bindy record add www.fresh.test A 192.0.2.1 --ttl 5m -n ${fresh.name}`,
      ])
      await bindy.stopController()
    })

    test('ends at Ctrl-C with 130, the line left as it was', async () => {
      const fresh = await bindy.namespace()
      const pty = plugin.pty(fresh, create('late.test'))
      await pty.shows('● accepted')
      await pty.type('\x03')
      expect(await pty.end()).toBe(130)
      expect(await pty.lines()).toEqual([
        'dnszone.bindy.firestoned.io/late-test created',
        expect.stringMatching(/^● accepted {3}\d+\.\ds$/),
      ])
      expect(await pty.cursor()).toEqual({ column: 0, row: 2 })
    })
  })
})

describe('while the API server is away', () => {
  const PATIENT = { timeoutMs: 60_000 }
  const away = async () => {
    await bindy.api.kill('SIGKILL')
    await pause(2500)
    await bindy.api.restart()
  }

  test('status zone -w goes on, and shows what has changed', async () => {
    const child = plugin.begin(dns, 'status zone example.com -w')
    let out = ''
    child.stdout.on('data', chunk => (out += chunk))
    await until('it shows that all is well', () => / Healthy .*\n$/.test(out))
    await away()
    const shown = out
    const more = await dns.create('ARecord', 'more', { zone: 'example.com', name: 'more', ipv4Address: '192.0.2.5' })
    await until('it shows a serial more', () => / Healthy .*\n$/.test(out.slice(shown.length)), PATIENT)
    await dns.delete(more)
    child.kill('SIGINT')
    expect(await once(child, 'exit')).toEqual([130, null])
  })

  test('--wait goes on', async () => {
    await bindy.stopController()
    const child = plugin.begin(dns, 'record add late.example.com A 192.0.2.7 --wait')
    let out = ''
    child.stdout.on('data', chunk => (out += chunk))
    await until('it waits', () => out.includes('ARecord late.example.com Pending'))
    await away()
    expect(child.exitCode).toBeNull()
    bindy.startController()
    expect(await once(child, 'close')).toEqual([0, null])
    expect(out).toMatch(/ ARecord late\.example\.com served by every primary\n$/)
    await plugin.must(dns, 'record delete late.example.com --wait')
  })
})

describe('in a log', () => {
  test('prints a line for each change, until Ctrl-C ends it with 130', async () => {
    const child = plugin.begin(dns, 'status -w')
    let out = ''
    child.stdout.on('data', chunk => (out += chunk))
    await until('it shows how things are', () => out.includes('records 3/4'))
    const more = await dns.create('ARecord', 'more', { zone: 'example.com', name: 'more', ipv4Address: '192.0.2.5' })
    await until('it shows the new record', () => out.includes('records 4/5'))
    await dns.delete(more)
    await until('it shows that it has gone', () => out.lastIndexOf('records 3/4') > out.indexOf('records 4/5'))
    child.kill('SIGINT')
    expect(await once(child, 'exit')).toEqual([130, null])
    expect(
      out
        .trimEnd()
        .split('\n')
        .every(line => /^\d\d:\d\d:\d\dZ zones \d\/2 records \d\/\d attention \d$/.test(line)),
    ).toBe(true)
  })

  test('prints a line of JSON for each change', async () => {
    const child = plugin.begin(dns, 'status zone example.com -w -o json')
    let out = ''
    child.stdout.on('data', chunk => (out += chunk))
    await until('it shows that all is well', () => out.endsWith('\n') && out.includes('"phase":"Healthy"'))
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([130, null])
    expect(
      out
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line).phase),
    ).toContain('Healthy')
  })

  test('prints a document of YAML for each change', async () => {
    const child = plugin.begin(dns, 'status zone example.com -w -o yaml')
    let out = ''
    child.stdout.on('data', chunk => (out += chunk))
    await until('it shows how things are', () => out.includes('\nneeds:'))
    child.kill('SIGTERM')
    await once(child, 'exit')
    const documents = parseAllDocuments(out)
    expect(out).toMatch(/^---\napiVersion: cli.bindy\/v1\n/)
    expect(documents.map(one => one.toJS().kind)).toEqual(documents.map(() => 'ZoneStatus'))
  })

  test('--wait takes more than a timer can', async () => {
    expect(await plugin.run(well, 'status --wait=30d')).toMatchObject({ code: 0, stderr: '' })
    const child = plugin.begin(dns, 'status zone shop.test -w --request-timeout=30d')
    const said = once(child.stdout, 'data')
    expect(String(await said)).toContain('Degraded')
    child.kill('SIGTERM')
    await once(child, 'exit')
  })

  test('--wait ends with 1 at what time does not mend', async () => {
    expect(await plugin.run(dns, 'status --wait=60s')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^error: Not all is well, and waiting does not mend it\n {2}why: shop.test: NoPrimary: .*\n {2}fix: kubectl bindy status zone shop.test /,
      ),
    })
  })

  test('--wait ends with 5 where all is not well in time', async () => {
    await plugin.renewLease(0)
    const late = await plugin.run(well, 'status --wait=1s')
    await plugin.renewLease(Date.now())
    expect(late).toMatchObject({ code: 5, stderr: 'error: Not all is well after 1s\n' })
    expect(await plugin.run(well, 'status --wait')).toMatchObject({ code: 0, stderr: '' })
  })
})
