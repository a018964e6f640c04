import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { until } from '../../cluster/index.ts'
import { answers } from '../../controller/e2e/answers.ts'
import type { Namespace } from '../../controller/e2e/namespace.ts'
import { RunningWebhook } from '../../webhook/webhook.ts'
import { screen } from '../kubectlbindy.ts'
import { RunningPlugin } from './running.ts'

/* What the plugin has servers do, and what it finds out of them. */

const plugin = new RunningPlugin()
const { bindy } = plugin
type Dns = Namespace<'primary' | 'secondary'>
beforeAll(() => plugin.start())
afterEach(() => bindy.clear())
afterAll(() => plugin.stop())

async function served(spec: Record<string, unknown> = {}): Promise<Dns> {
  const dns = await bindy.namespace()
  await dns.ready(await dns.zone('example.com', spec))
  return dns
}

const commands = (named: 'primary' | 'secondary') =>
  [...bindy.named[named].log().matchAll(/received control channel command '([^']*)'/g)].map(match => match[1] as string)

describe('kubectl bindy zone', () => {
  test.each([
    ['retransfer', 'secondary', 'secondary: example.com is fetched anew', 'retransfer "example.com."'],
    ['notify', 'primary', 'primary: example.com is announced to its secondaries', 'notify "example.com."'],
  ] as const)('%s tells each %s', async (verb, role, said, command) => {
    const dns = await served()
    const before = commands(role).filter(one => one === command).length
    expect(await plugin.must(dns, `zone ${verb} example.com`)).toBe(`✔ ${said}\n`)
    expect(commands(role).filter(one => one === command)).toHaveLength(before + 1)
  })

  test('a verb names the zone where every server did it, and tells people beside where one did not', async () => {
    const dns = await served()
    expect(await plugin.run(dns, 'zone notify example.com -o name')).toEqual({
      code: 0,
      stdout: 'dnszone.bindy.firestoned.io/example.com\n',
      stderr: '',
    })
    expect(await plugin.run(dns, 'zone reload example.com -o name')).toEqual({
      code: 3,
      stdout: '',
      stderr: expect.stringMatching(/^✖ primary: .*dynamic zone.*\n +fix: .*zone freeze/),
    })
    const { code, stdout } = await plugin.run(dns, 'zone reload example.com -o json')
    expect([code, JSON.parse(stdout)]).toMatchObject([
      3,
      { verb: 'reload', servers: [{ instance: 'primary', isDone: false, reason: 'ZoneDynamic' }] },
    ])
  })

  test('freeze asks first, and thaw ends what it did', async () => {
    const dns = await served()
    const unasked = await plugin.run(dns, 'zone freeze example.com')
    expect([unasked.code, unasked.stderr]).toEqual([
      2,
      expect.stringContaining('Nobody is there to say so\n  fix: add --yes'),
    ])
    await plugin.must(dns, 'zone freeze example.com --yes')
    expect(await plugin.must(dns, 'status zone example.com --rndc')).toMatch(/^primary .* frozen/m)
    await plugin.must(dns, 'zone thaw example.com')
    expect(await plugin.must(dns, 'status zone example.com --rndc')).not.toContain('frozen')
  })

  test('reload of a zone that takes updates says with 3 what named says of it, and what to do', async () => {
    const dns = await served()
    const { code, stdout } = await plugin.run(dns, 'zone reload example.com')
    expect([code, stdout]).toEqual([3, expect.stringMatching(/^✖ primary: .*dynamic zone.*\n +fix: .*zone freeze/)])
  })

  test('tells of a server that is not its, and of those that are', async () => {
    const dns = await served()
    expect(await plugin.run(dns, 'zone retransfer example.com --instance primary')).toEqual({
      code: 3,
      stdout: '',
      stderr:
        'error: primary is no secondary of the zone\n  why: its servers are: primary (primary), secondary (secondary)\n',
    })
  })

  test('adopt makes objects for what is served and nobody gives, of a shared zone', async () => {
    const dns = await served({ recordPolicy: 'owned' })
    const { primary } = bindy.named
    const added = await primary.nsupdate(
      'update add old.example.com. 60 A 192.0.2.1\nupdate add old.example.com. 60 A 192.0.2.2\nupdate add old.example.com. 60 HINFO "a" "b"\n',
    )
    expect(added.code).toBe(0)
    const asked = await plugin.run(dns, 'zone adopt example.com')
    expect([asked.code, asked.stdout]).toEqual([
      2,
      expect.stringMatching(/^old\.example\.com +A +60 +192\.0\.2\.[12], 192\.0\.2\.[12]$/m),
    ])
    expect(await dns.list('arecords')).toEqual([])
    expect(await plugin.must(dns, 'zone adopt example.com --dry-run=client -o name')).toContain(
      'arecord.bindy.firestoned.io/old.example.com',
    )
    expect(await plugin.must(dns, 'zone adopt example.com --yes')).toContain(
      'arecord.bindy.firestoned.io/old.example.com created\n',
    )
    const [old] = (await dns.list('arecords')).filter(({ metadata }) => metadata.name === 'old.example.com')
    expect(old?.spec).toEqual({
      zone: 'example.com',
      name: 'old',
      ttl: 60,
      ipv4Addresses: expect.arrayContaining(['192.0.2.1', '192.0.2.2']),
    })
    await dns.ready(old as never)
    await answers([primary], 'old.example.com', 'A', ['192.0.2.1', '192.0.2.2'])
    expect(await plugin.must(dns, 'zone adopt example.com')).toBe('')
  })
})

test('kubectl bindy zone adopt writes nothing where the API server refuses one of the objects', async () => {
  const dns = await served({ recordPolicy: 'owned' })
  const label = '\\001'.repeat(60)
  await bindy.named.primary.nsupdate(
    `update add good.example.com. 60 A 192.0.2.1\nupdate add ${label}.${label}.example.com. 60 TXT a\n`,
  )
  const { code, stderr } = await plugin.run(dns, 'zone adopt example.com --yes')
  expect([code, stderr]).toEqual([4, expect.stringMatching(/^error: The API server refuses 1 object, nothing was/)])
  expect(await dns.list('arecords')).toEqual([])
})

test('kubectl bindy zone adopt writes over nothing that came while its question stood', async () => {
  const dns = await served({ recordPolicy: 'owned' })
  await bindy.named.primary.nsupdate('update add old.example.com. 60 A 192.0.2.1\n')
  const pty = plugin.pty(dns, 'zone adopt example.com')
  await pty.shows('[y/N]')
  await plugin.must(dns, 'record add old.example.com A 192.0.2.2')
  await pty.type('y\n')
  expect(await pty.end()).toBe(4)
  expect((await pty.lines()).join('\n')).toContain('(AlreadyExists): arecords "old.example.com" already exists')
  const old = { kind: 'ARecord', metadata: { name: 'old.example.com' } }
  expect((await dns.get(old)).spec).toEqual({ zone: 'example.com', name: 'old', ipv4Address: '192.0.2.2' })
})

test('kubectl bindy zone adopt and query know the records of namespaces that the zone admits', async () => {
  const tenant = await bindy.namespace()
  const dns = await served({ recordPolicy: 'owned', allowedNamespaces: [tenant.name] })
  const record = { zone: 'example.com', name: 'shop', ipv4Address: '192.0.2.1' }
  await tenant.ready(await tenant.create('ARecord', 'shop', record))
  const shop = await plugin.run(dns, 'query shop.example.com A')
  expect([shop.code, shop.stdout]).toEqual([
    0,
    expect.stringMatching(new RegExp(`192\\.0\\.2\\.1 +all 2 +ARecord ${tenant.name}/shop$`, 'm')),
  ])
  const { primary } = bindy.named
  await primary.nsupdate('update add dmarc.example.com. 60 TXT a\nupdate add _dmarc.example.com. 60 TXT b\n')
  await plugin.must(dns, 'zone adopt example.com --yes')
  expect((await dns.list('arecords')).map(({ spec }) => spec.name)).not.toContain('shop')
  expect((await dns.list('txtrecords')).map(({ spec }) => spec.name).sort()).toEqual(['_dmarc', 'dmarc'])
})

describe('kubectl bindy query', () => {
  test.each([
    ['owned', { recordPolicy: 'owned' }],
    ['unmanaged', { unmanaged: [{ name: 'by-*' }] }],
  ])('tells who serves what no object gives and the zone leaves to others: %s', async (left, spec) => {
    const dns = await served(spec)
    const { primary, secondary } = bindy.named
    await primary.nsupdate('update add by-hand.example.com. 60 A 192.0.2.1\n')
    await answers([primary, secondary], 'by-hand.example.com', 'A', ['192.0.2.1'])
    const { code, stdout } = await plugin.run(dns, 'query by-hand.example.com')
    const line = new RegExp(`^A +60 +192\\.0\\.2\\.1 +all 2 +no object \\(${left}\\)$`, 'm')
    expect([code, stdout]).toEqual([0, expect.stringMatching(line)])
  })

  test('finds the zone in any namespace with -A', async () => {
    const dns = await served()
    const elsewhere = await bindy.namespace()
    const words = (command: string) => `${command} ${dns.name}.test`
    await dns.ready(await dns.zone(`${dns.name}.test`))
    expect((await plugin.run(elsewhere, `${words('query')} SOA`)).code).toBe(3)
    expect(await plugin.must(elsewhere, `${words('query')} SOA -A`)).toContain(`(DNSZone ${dns.name}/${dns.name}.test)`)
    await dns.noted({ kind: 'DNSZone', metadata: { name: `${dns.name}.test` } }, 'Served')
    expect(await plugin.must(elsewhere, `${words('history')} -A`)).toMatch(/ Served /)
  })

  test('tells of a server that does not answer, and asks the others', async () => {
    const dns = await served()
    const instance = { kind: 'Bind9Instance', metadata: { name: 'secondary' } }
    const at = (dnsPort: number) => dns.patch(instance, { spec: { external: { dnsPort } } })
    await at(1)
    const { code, stdout } = await plugin.run(dns, 'query example.com SOA --timeout 1s')
    await at(bindy.named.secondary.dnsPort)
    expect(code).toBe(1)
    expect(stdout).toMatch(/^SOA +3600 +ns1\.example\.com\. .* DNSZone$/m)
    expect(stdout).toMatch(/^✖ secondary: .*ECONNREFUSED/m)
  })
})

describe('kubectl bindy rndc', () => {
  test('asks what only reads, and gives the answer of named', async () => {
    const dns = await served()
    expect(await plugin.must(dns, 'rndc primary status')).toMatch(/^version: BIND 9\./)
    expect(await plugin.must(dns, 'rndc secondary zonestatus example.com')).toMatch(
      /^name: example\.com\.?\ntype: secondary$/m,
    )
    expect(await plugin.run(dns, 'rndc primary zonestatus nowhere.test')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('error: named answered: not found'),
    })
    expect(await plugin.run(dns, 'rndc nobody status')).toMatchObject({ code: 3 })
  })
})

describe('kubectl bindy check', () => {
  test('passes where all is well, and waits until it is', async () => {
    const dns = await served()
    expect(await plugin.must(dns, 'check --wait=20s')).toMatch(/^Result: 0 failed, 1 warning, \d passed$/m)
    expect((await plugin.run(dns, 'check --fail-on warning')).code).toBe(1)
    expect(
      JSON.parse(await plugin.must(dns, 'check -o json --only kubernetes')).results.map(({ id }: { id: string }) => id),
    ).toEqual(['BND-C001', 'BND-C003'])
  })

  test('--wait shows what is in the way: in a log a line for each change, in a terminal one in its place', async () => {
    const dns = await served()
    await dns.says(await dns.zone('shop.test', { clusterRef: 'nowhere' }), { reason: 'NoPrimary' })
    const late = await plugin.run(dns, 'check --wait=2s --only dns')
    expect(late.code).toBe(5)
    const dated = late.stdout.split('\n').filter(line => /^\d\d:\d\d:\d\dZ /.test(line))
    expect(dated.map(line => line.slice(10))).toEqual(['1 failed, 0 warnings, 2 passed BND-C034'])
    const pty = plugin.pty(dns, 'check --wait=1s --only dns')
    expect(await pty.end()).toBe(5)
    const line = expect.stringMatching(/^● 1 failed, 0 warnings, 2 passed {3}✖ BND-C034 {3}\d+\.\ds$/)
    expect((await pty.lines()).slice(0, 2)).toEqual([line, 'dns'])
    const { stdout } = await plugin.run(dns, 'check --wait=1s --only dns -o json')
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'Check' })
  })

  test('names the server that cannot be reached, the reason, and what to do', async () => {
    const dns = await served()
    const instance = { kind: 'Bind9Instance', metadata: { name: 'primary' } }
    await dns.patch(instance, { spec: { external: { rndcPort: 1 } } })
    await until('its object says so', async () =>
      (await plugin.run(dns, 'check -o short')).stdout.includes('Unreachable'),
    )
    const { code, stdout } = await plugin.run(dns, 'check -o short')
    expect(code).toBe(1)
    expect(stdout).toContain('[BND-C031]')
    await dns.patch(instance, { spec: { external: { rndcPort: bindy.named.primary.rndcPort } } })
    await dns.ready(instance)
  })
})

test('kubectl bindy history tells what happened to a zone', async () => {
  const dns = await served()
  await dns.noted({ kind: 'DNSZone', metadata: { name: 'example.com' } }, 'Served')
  expect(await plugin.must(dns, 'history example.com')).toMatch(
    /^\d+s +\d{10} +✔ Served +1 +All servers serve the zone$/m,
  )
})

test('check looks as kept where all is well, and where a server is away', async () => {
  const dns = await served()
  const webhook = await RunningWebhook.start(bindy.api.kubeconfig)
  const sessions = [80, 120].map(columns => plugin.session(dns, columns))
  const give = async (words: string) => {
    for (const session of sessions) await session.give(words)
  }
  const secondary = { kind: 'Bind9Instance', metadata: { name: 'secondary' } }
  const rndcPort = (rndcPort: number) => dns.patch(secondary, { spec: { external: { rndcPort } } })
  try {
    await give('check')
    await rndcPort(1)
    for (const object of [secondary, { kind: 'DNSZone', metadata: { name: 'example.com' } }])
      await dns.says(object, { reason: 'Unreachable' }, { timeoutMs: 30_000 })
    await give('check')
    await give('check -o short --only dns')
  } finally {
    await rndcPort(bindy.named.secondary.rndcPort)
    await webhook.stop()
    const registered = ['validatingwebhookconfiguration/bindy-validate', 'mutatingwebhookconfiguration/bindy-mutate']
    await bindy.api.kubectl(['delete', ...registered])
  }
  for (const [i, { text }] of sessions.entries()) {
    const { seen, kept } = screen(`check-all-${[80, 120][i]}`, text)
    expect(seen).toBe(kept)
  }
}, 180_000)

describe.each([80, 120])('in a terminal of %i columns it looks as kept', columns => {
  test('when servers are told something of a zone, and asked', async () => {
    const dns = await served()
    const session = plugin.session(dns, columns)
    await session.give('zone freeze example.com', { answer: 'n' })
    await session.give('zone freeze example.com', { answer: 'y' })
    await session.give('zone reload example.com')
    await session.give('zone thaw example.com')
    await session.give('zone reload example.com')
    await session.give('zone notify example.com')
    await session.give('zone retransfer example.com')
    await session.give('zone retransfer example.com --instance primary')
    await session.give('zone notify example.net')
    await session.give('rndc secondary zonestatus example.com')
    await session.give('rndc secondary zonestatus example.net')
    await session.give('rndc primary stop')
    await session.give('rndc ns9 status')
    const steady = session.text.replace(/^(files|last loaded|next refresh|expires): .*/gm, '$1: ...')
    const { seen, kept } = screen(`actions-${columns}`, steady)
    expect(seen).toBe(kept)
  }, 180_000)

  test('when a zone is adopted', async () => {
    const dns = await served({ recordPolicy: 'owned' })
    const text = 'v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYt'
    const given = [
      'old.example.com. 60 A 192.0.2.1',
      'old.example.com. 60 HINFO "a" "b"',
      'example.com. 3600 MX 10 mail.example.net.',
      `default._domainkey.newsletter.example.com. 300 TXT "${text}"`,
    ]
    await bindy.named.primary.nsupdate(given.map(one => `update add ${one}\n`).join(''))
    const session = plugin.session(dns, columns)
    await session.give('zone adopt example.com --dry-run=server')
    await session.give('zone adopt example.com', { answer: 'n' })
    await session.give('zone adopt example.com', { answer: 'y' })
    await session.give('zone adopt example.com')
    const { seen, kept } = screen(`zone-adopt-${columns}`, session.text)
    expect(seen).toBe(kept)
  }, 180_000)
})
