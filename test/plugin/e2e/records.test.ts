import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { until } from '../../cluster/index.ts'
import { answers } from '../../controller/e2e/answers.ts'
import { screen } from '../kubectlbindy.ts'
import { RunningPlugin } from './running.ts'

/* Zones and records made, changed and taken away by commands, and what DNS says of it. */

const plugin = new RunningPlugin()
const { bindy } = plugin
const both = () => [bindy.named.primary, bindy.named.secondary]
const CREATE =
  'zone create example.com --cluster-ref dns --primary-ns ns1.example.com. --admin-email hostmaster@example.com'
beforeAll(() => plugin.start())
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
    const [deleted, ...leaving] = (await plugin.must(dns, 'zone delete EXAMPLE.com. --wait')).trimEnd().split('\n')
    expect(deleted).toBe('dnszone.bindy.firestoned.io/example-com deleted')
    expect(leaving.at(-1)).toMatch(/^\d\d:\d\d:\d\dZ example\.com gone$/)
    expect(await plugin.must(dns, 'zone list')).toBe('')
  })

  test('deletes a zone and waits, and beside the result for a program says nothing', async () => {
    const dns = await bindy.namespace()
    await plugin.must(dns, `${CREATE} --wait`)
    const { code, stdout } = await plugin.run(dns, 'zone delete example.com --wait -o name')
    expect([code, stdout]).toEqual([0, 'dnszone.bindy.firestoned.io/example-com\n'])
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

  test('finds what it prints as a zone file has it', async () => {
    const dns = await bindy.namespace()
    await plugin.must(dns, CREATE)
    const add = (text: string) => plugin.must(dns, ['record', 'add', 'a.example.com', 'TXT', text])
    await add('café')
    await add(String.raw`"v=DKIM1\; k=rsa\; p=AB" "two"`)
    const specs = await dns.list('txtrecords')
    expect(specs.map(({ spec }) => spec.text).sort()).toEqual([['café'], ['v=DKIM1; k=rsa; p=AB', 'two']])
    const printed = (await plugin.must(dns, 'record list -o zone')).trimEnd().split('\n')
    expect(printed).toContain(String.raw`a.example.com. IN TXT "caf\195\169"`)
    const values = printed.map(line => line.replace('a.example.com. IN TXT ', ''))
    await plugin.must(dns, ['record', 'delete', 'a.example.com', 'TXT', ...values])
    expect(await dns.list('txtrecords')).toEqual([])
  })

  test('ends with 3 where somebody deletes what it waits for', async () => {
    const dns = await bindy.namespace()
    await plugin.must(dns, `${CREATE} --wait`)
    await bindy.stopController()
    try {
      const child = plugin.begin(dns, 'record add www.example.com A 192.0.2.1 --wait=60s')
      const said = { stdout: '', stderr: '' }
      for (const name of ['stdout', 'stderr'] as const) child[name].on('data', chunk => (said[name] += chunk))
      await until('it waits', () => said.stdout.includes('ARecord www.example.com Pending'))
      await dns.delete({ kind: 'ARecord', metadata: { name: 'www.example.com' } })
      expect(await once(child, 'close')).toEqual([3, null])
      expect(said).toEqual({
        stdout: expect.stringMatching(/ ARecord www\.example\.com gone\n$/),
        stderr: `error: ARecord ${dns.name}/www.example.com was deleted meanwhile\n`,
      })
    } finally {
      bindy.startController()
    }
  })

  test('takes words in their order, those that stand there twice too', async () => {
    const dns = await bindy.namespace()
    await plugin.must(dns, CREATE)
    await plugin.must(dns, 'record add example.com MX 10 example.com. 10 mail.example.net.')
    await plugin.must(dns, 'record add www.example.com CNAME www.example.net.')
    await plugin.must(dns, 'record set example.com CAA 0 issue a.example 0 issuewild a.example')
    await plugin.must(dns, 'record delete example.com MX 10 example.com.')
    expect((await plugin.must(dns, 'record list example.com -o zone')).trimEnd().split('\n').sort()).toEqual([
      'example.com. IN CAA 0 issue "a.example"',
      'example.com. IN CAA 0 issuewild "a.example"',
      'example.com. IN MX 10 mail.example.net.',
      'www.example.com. IN CNAME www.example.net.',
    ])
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
    expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining('"test" wrote its spec.ipv4Addresses')])
    await plugin.must(dns, 'record set www.example.com A 192.0.2.7 --force-conflicts')
    const [www] = await dns.list('arecords')
    expect(www?.spec).toEqual({ zone: 'example.com', name: 'www', ipv4Address: '192.0.2.7' })
    await dns.edit(www as never, { ipv4Address: '192.0.2.8' })
    const conflict = await plugin.run(dns, 'record set www.example.com A 192.0.2.9')
    expect([conflict.code, conflict.stderr]).toEqual([
      4,
      expect.stringMatching(
        /^Error from server \(Conflict\): .*conflict with "test".* \.spec\.ipv4Address\n {2}fix: add --force-conflicts/,
      ),
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

  test('deletes records whose zone is gone, and those that lie below another one', async () => {
    const dns = await bindy.namespace()
    const spec = { name: 'www', ipv4Address: '192.0.2.1' }
    await dns.create('ARecord', 'gone', { zone: 'gone.example', ...spec })
    const none = await plugin.run(dns, 'record delete ftp.gone.example')
    expect([none.code, none.stderr]).toEqual([3, expect.stringContaining('holds ftp.gone.example.')])
    expect(await plugin.must(dns, 'record delete www.gone.example A --wait')).toMatch(
      /^arecord.bindy.firestoned.io\/gone deleted\n\S+Z ARecord gone gone\n$/,
    )
    await dns.zone('example.com')
    await dns.create('ARecord', 'above', { zone: 'example.com', ...spec, name: 'www.sub' })
    await dns.create('ARecord', 'below', { zone: 'sub.example.com', ...spec })
    const deleted = (words: string) => plugin.must(dns, `record delete www.sub.example.com ${words}`)
    expect(await deleted('A --zone sub.example.com')).toBe('arecord.bindy.firestoned.io/below deleted\n')
    await dns.create('ARecord', 'below', { zone: 'sub.example.com', ...spec })
    expect(await deleted('A')).toBe('arecord.bindy.firestoned.io/above deleted\n')
    expect(await deleted('A')).toBe('arecord.bindy.firestoned.io/below deleted\n')
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

test('kubectl bindy record adds, sets and deletes in the zone of another namespace that lets this one in', async () => {
  const tenant = await bindy.namespace()
  const stranger = await bindy.namespace()
  const dns = await bindy.namespace()
  await dns.ready(await dns.zone('example.com', { allowedNamespaces: [tenant.name] }))
  await plugin.must(tenant, 'record add shop.example.com A 192.0.2.1 --wait')
  await answers(both(), 'shop.example.com', 'A', ['192.0.2.1'])
  await plugin.must(tenant, 'record set shop.example.com A 192.0.2.2 --zone example.com --wait')
  await answers(both(), 'shop.example.com', 'A', ['192.0.2.2'])
  await plugin.must(tenant, 'record delete shop.example.com')
  await answers(both(), 'shop.example.com', 'A', [])
  expect(await plugin.run(stranger, 'record add shop.example.com A 192.0.2.3')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining(`No zone of namespace ${stranger.name} holds shop.example.com.`),
  })
})

describe.each([80, 120])('in a terminal of %i columns it looks as kept', columns => {
  test('when zones are created and deleted', async () => {
    const session = plugin.session(await bindy.namespace(), columns)
    await session.give(`${CREATE} --dry-run=client -o yaml`)
    await session.give(`${CREATE} --dry-run=client`)
    await session.give(`${CREATE} --dry-run=server`)
    await session.give(CREATE)
    await session.give(CREATE)
    await session.give(
      'zone create example.net --cluster-ref dns --primary-ns ns1 --admin-email hostmaster@example.net',
    )
    await session.give('zone create example.net --primary-ns ns1.example.net. --admin-email hostmaster@example.net')
    await session.give('zone delete example.com --dry-run=client')
    await session.give('zone delete example.com --dry-run=server')
    await session.give('zone delete example.com --wait')
    await session.give('zone delete example.com')
    await session.give(`${CREATE.replace('-ref dns', '-ref nowhere')} --wait`)
    await session.give('zone delete example.com --wait')
    await session.give(`${CREATE} --wait`)
    const { seen, kept } = screen(`zone-create-${columns}`, session.text)
    expect(seen).toBe(kept)
  }, 180_000)

  test('when records are added, set and deleted', async () => {
    const dns = await bindy.namespace()
    await plugin.must(dns, `${CREATE} --wait`)
    const session = plugin.session(dns, columns)
    await session.give('record add www.example.com A 192.0.2.1 192.0.2.2 --ttl 5m --wait')
    await session.give('record add www.example.com A 192.0.2.2')
    await session.give('record add example.com MX 10 mail.example.net --dry-run=server')
    await session.give('record add example.com MX 10 mail.example.net --dry-run=client -o yaml')
    await session.give('record add www.example.com CNAME web.example.net.')
    await session.give('record add www.example.com A 192.0.2.300')
    await session.give('record add www.example.com ALIAS web.example.net.')
    await session.give('record add www.example.net A 192.0.2.1')
    await session.give(['record', 'add', 'example.com', 'TXT', 'v=spf1 mx -all'])
    await session.give('record set www.example.com A 192.0.2.3 --dry-run=server')
    await session.give('record set www.example.com A 192.0.2.3 192.0.2.4 --wait')
    await session.give('record delete www.example.com A 192.0.2.9')
    await session.give('record delete www.example.com A 192.0.2.3 --wait')
    await session.give('record delete www.example.com TXT')
    await session.give('record delete www.example.com --wait')
    const { seen, kept } = screen(`record-add-${columns}`, session.text)
    expect(seen).toBe(kept)
  }, 180_000)
})
