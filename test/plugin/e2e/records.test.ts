import { stripVTControlCharacters } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { parse } from 'yaml'
import { answers } from '../../controller/e2e/answers.ts'
import { RunningPlugin } from './running.ts'

/* Zones and records made, changed and taken away by commands, and what DNS says of it. */

const plugin = new RunningPlugin()
const { bindy } = plugin
const both = () => [bindy.named.primary, bindy.named.secondary]
const CREATE =
  'zone create example.com --cluster-ref dns --primary-ns ns1.example.com. --admin-email hostmaster@example.com'

jest.setTimeout(60_000)
beforeAll(() => plugin.start(), 120_000)
afterEach(() => bindy.clear())
afterAll(() => plugin.stop())

describe('kubectl bindy zone', () => {
  test('creates a zone and waits for its servers, with a line for each change; lists it, and deletes it', async () => {
    const dns = await bindy.namespace()
    const [created, ...log] = (await plugin.must(dns, `${CREATE} --wait`)).trimEnd().split('\n')
    expect(created).toBe('dnszone.bindy.firestoned.io/example-com created')
    expect(log.at(-1)).toMatch(/^\d\d:\d\d:\d\dZ example\.com Healthy 2\/2 serial=20\d{8}$/)
    expect(new Set(log.map(line => line.slice(10))).size).toBe(log.length)
    expect((await plugin.must(dns, 'zone list -o name')).trimEnd()).toBe('dnszone.bindy.firestoned.io/example-com')
    expect(await plugin.must(dns, 'zone delete EXAMPLE.com. --wait')).toBe(
      'dnszone.bindy.firestoned.io/example-com deleted\n',
    )
    expect(await plugin.must(dns, 'zone list')).toBe('')
  })

  test('shows in a terminal one line that changes in its place, and how long it took', async () => {
    const dns = await bindy.namespace()
    const seen = await plugin.inTerminal(dns, `${CREATE} --wait`)
    expect(seen).toContain('\x1b[1A')
    const last = stripVTControlCharacters(seen.slice(seen.lastIndexOf('\x1b[J') + 3))
    expect(last).toMatch(
      /^✔ accepted {3}✔ primary \(serial \d+\) {3}✔ secondary {3}\d+\.\ds\nNext: kubectl bindy record add /,
    )
  })

  test('says with 1 what is in the way and does not pass, and with 4 that the zone is there', async () => {
    const dns = await bindy.namespace()
    const lost = await plugin.run(dns, `${CREATE.replace('--cluster-ref dns', '--cluster-ref nowhere')} --wait=30s`)
    expect(lost.code).toBe(1)
    expect(lost.stderr).toContain(
      'error: example.com is not served as its object says\n  why: No primary serves the zone',
    )
    expect(await plugin.run(dns, CREATE)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('Error from server (AlreadyExists): dnszones "example-com" already exists'),
    })
  })

  test('prints all faults that the API server finds, as kubectl prints them, and ends with 4', async () => {
    const dns = await bindy.namespace()
    const { code, stderr } = await plugin.run(
      dns,
      'zone create example.com --cluster-ref dns --primary-ns ns1 --admin-email me',
    )
    expect(code).toBe(4)
    expect(stderr.split('\n')[0]).toBe('The DNSZone "example-com" is invalid:')
    expect(stderr).toMatch(/^\* spec\.soaRecord\.adminEmail: /m)
    expect(stderr).toMatch(/^\* spec\.soaRecord\.primaryNs: /m)
  })

  test('ends with 5 when the time runs out', async () => {
    const dns = await bindy.namespace()
    await bindy.stopController()
    try {
      const { code, stderr } = await plugin.run(dns, `${CREATE} --wait=1s`)
      expect(code).toBe(5)
      expect(stderr).toContain('error: example.com is not served by all servers after 1s')
      expect(stderr).toContain('fix: see that the controller runs: kubectl bindy check')
    } finally {
      bindy.startController()
    }
  })
})

describe('kubectl bindy record', () => {
  test('adds, sets and deletes, and DNS follows', async () => {
    const dns = await bindy.namespace()
    await plugin.must(dns, `${CREATE} --wait`)
    await plugin.must(dns, 'record add www.example.com A 192.0.2.1 192.0.2.2 --ttl 5m --wait')
    await answers(both(), 'www.example.com', 'A', ['300 192.0.2.1', '300 192.0.2.2'], { ttl: true })
    await plugin.must(dns, 'record set www.example.com A 192.0.2.3 --wait')
    await answers(both(), 'www.example.com', 'A', ['300 192.0.2.3'], { ttl: true })
    await plugin.must(dns, 'record add www.example.com A 192.0.2.4 --wait')
    await plugin.must(dns, 'record delete www.example.com A 192.0.2.3 --wait')
    await answers(both(), 'www.example.com', 'A', ['192.0.2.4'])
    await plugin.must(dns, ['record', 'add', 'example.com', 'TXT', 'v=spf1 mx -all', 'two'])
    await plugin.must(dns, 'record add example.com MX 10 mail.example.net 20 mail2.example.net. --wait')
    await answers(both(), 'example.com', 'MX', ['10 mail.example.net.', '20 mail2.example.net.'])
    await answers(both(), 'example.com', 'TXT', ['"two"', '"v=spf1 mx -all"'])
    expect((await plugin.must(dns, 'record list example.com -o zone')).split('\n').sort()).toEqual([
      '',
      'example.com. IN MX 10 mail.example.net.',
      'example.com. IN MX 20 mail2.example.net.',
      'example.com. IN TXT "two"',
      'example.com. IN TXT "v=spf1 mx -all"',
      'www.example.com. IN A 192.0.2.4',
    ])
    await plugin.must(dns, 'record delete www.example.com --wait')
    await answers(both(), 'www.example.com', 'A', [])
  })

  test('sets several values where one object had a list, one object each, and leaves none over', async () => {
    const dns = await bindy.namespace()
    await plugin.must(dns, CREATE)
    await plugin.must(dns, 'record add example.com MX 10 a.example.net. 20 b.example.net. 30 c.example.net.')
    await plugin.must(dns, 'record set example.com MX 10 a.example.net. 20 d.example.net.')
    const specs = (await dns.list('mxrecords')).map(({ spec }) => `${spec.priority} ${spec.mailServer}`).sort()
    expect(specs).toEqual(['10 a.example.net.', '20 d.example.net.'])
  })

  test.each([
    'record add www.example.com A 192.0.2.1',
    'record set www.example.com A 192.0.2.9',
    'record delete old.example.com A',
    'zone delete example.com',
  ])('writes nothing in a dry run of: %s', async words => {
    const dns = await bindy.namespace()
    await plugin.must(dns, CREATE)
    await plugin.must(dns, 'record add old.example.com A 192.0.2.1')
    const versions = async () =>
      [...(await dns.list('arecords')), ...(await dns.list('dnszones'))].map(({ metadata, spec }) => [
        metadata.name,
        metadata.deletionTimestamp,
        spec,
      ])
    const before = await versions()
    expect(await plugin.must(dns, `${words} --dry-run=server`)).toMatch(/ \(server dry run\)\n$/)
    expect(await plugin.must(dns, `${words} --dry-run`)).toMatch(/ \(dry run\)\n$/)
    expect(await versions()).toEqual(before)
  })

  test('prints the object of a dry run as it would stand, defaults and all', async () => {
    const dns = await bindy.namespace()
    const printed = parse(await plugin.must(dns, `${CREATE} --dry-run=server -o yaml`))
    expect(printed).toMatchObject({
      kind: 'DNSZone',
      spec: { zoneName: 'example.com', ttl: 3600, soaRecord: { refresh: 3600 } },
    })
    expect(printed.metadata.managedFields).toBeUndefined()
    const asSent = JSON.parse(await plugin.must(dns, `${CREATE} --dry-run=client -o json`))
    expect(asSent.spec.ttl).toBeUndefined()
  })

  test("is refused another manager's field with 4, says whose it is, and takes it over by force", async () => {
    const dns = await bindy.namespace()
    await plugin.must(dns, CREATE)
    await dns.create('ARecord', 'www.example.com', {
      zone: 'example.com',
      name: 'www',
      ipv4Addresses: ['192.0.2.1', '192.0.2.2'],
    })
    const refused = await plugin.run(dns, 'record set www.example.com A 192.0.2.7')
    expect([refused.code, refused.stderr]).toEqual([
      4,
      expect.stringContaining('another manager wrote its spec.ipv4Addresses'),
    ])
    await plugin.must(dns, 'record set www.example.com A 192.0.2.7 --force-conflicts')
    const [www] = await dns.list('arecords')
    expect(www?.spec).toEqual({ zone: 'example.com', name: 'www', ipv4Address: '192.0.2.7' })
    await dns.edit(www as never, { ipv4Address: '192.0.2.8' })
    const conflict = await plugin.run(dns, 'record set www.example.com A 192.0.2.9')
    expect([conflict.code, conflict.stderr]).toEqual([
      4,
      expect.stringMatching(/^Error from server \(Conflict\): .*\n {2}fix: add --force-conflicts/s),
    ])
  })

  test('refuses an alias beside other data, and data beside an alias, with what is there', async () => {
    const dns = await bindy.namespace()
    await plugin.must(dns, CREATE)
    await plugin.must(dns, 'record add shop.example.com A 192.0.2.9')
    const { code, stderr } = await plugin.run(dns, 'record add shop.example.com CNAME www.example.com')
    expect([code, stderr]).toEqual([
      4,
      `error: Cannot add CNAME at shop.example.com.: a CNAME may not share a name with other records
  why: ARecord ${dns.name}/shop.example.com gives shop.example.com. A 192.0.2.9
  fix: kubectl bindy record delete shop.example.com A -n ${dns.name}
`,
    ])
  })

  test('finds the zone with the longest name, and says which zones there are where none holds the name', async () => {
    const dns = await bindy.namespace()
    await plugin.must(dns, CREATE)
    await plugin.must(dns, CREATE.replaceAll('example.com', 'lab.example.com'))
    await plugin.must(dns, 'record add a.lab.example.com A 192.0.2.1')
    await plugin.must(dns, 'record add b.lab.example.com A 192.0.2.1 --zone example-com')
    const zones = (await dns.list('arecords')).map(({ spec }) => `${spec.name} ${spec.zone}`).sort()
    expect(zones).toEqual(['a lab.example.com', 'b.lab example.com'])
    expect(await plugin.run(dns, 'record add www.example.net A 192.0.2.1')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('holds www.example.net.\n  why: there are: example.com, lab.example.com'),
    })
  })
})
