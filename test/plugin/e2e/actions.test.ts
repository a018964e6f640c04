import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { until } from '../../cluster/index.ts'
import { answers } from '../../controller/e2e/answers.ts'
import type { Namespace } from '../../controller/e2e/namespace.ts'
import { RunningPlugin } from './running.ts'

/* What the plugin has servers do, and what it finds out of them. */

const plugin = new RunningPlugin()
const { bindy } = plugin
type Dns = Namespace<'primary' | 'secondary'>

jest.setTimeout(60_000)
beforeAll(() => plugin.start(), 120_000)
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
    expect(await plugin.must(dns, `zone ${verb} example.com`)).toBe(`✔ ${said}\n`)
    expect(commands(role).at(-1)).toBe(command)
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

  test('reload of a zone that takes updates says with 3 what named says of it', async () => {
    const dns = await served()
    const { code, stdout } = await plugin.run(dns, 'zone reload example.com')
    expect([code, stdout]).toEqual([3, expect.stringMatching(/^✖ primary: .*dynamic zone/)])
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

describe('kubectl bindy query', () => {
  test('tells who serves what no object gives', async () => {
    const dns = await served({ recordPolicy: 'owned' })
    const { primary, secondary } = bindy.named
    await primary.nsupdate('update add by-hand.example.com. 60 A 192.0.2.1\n')
    await answers([primary, secondary], 'by-hand.example.com', 'A', ['192.0.2.1'])
    const { code, stdout } = await plugin.run(dns, 'query by-hand.example.com')
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^A +60 +192\.0\.2\.1 +all 2 +no object$/m)])
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
    /^\d+s +Normal +Served +1 +All servers serve the zone$/m,
  )
})
