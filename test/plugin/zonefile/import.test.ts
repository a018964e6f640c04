import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { parse as parseYaml } from 'yaml'
import { API_GROUP, recordKinds } from '#crds'
import { until } from '../../cluster/until.ts'
import { answers } from '../../controller/e2e/answers.ts'
import { screen } from '../kubectlbindy.ts'
import { Commands, ZONE } from './commands.ts'

/* zone import, as a process against a real API server, a controller and two named. */

const commands = new Commands()

jest.setTimeout(120_000)
beforeAll(() => commands.start(), 120_000)
beforeEach(() => commands.begin())
afterEach(() => commands.bindy.clear())
afterAll(() => commands.stop())

describe('zone import', () => {
  test('shows what it will do, and makes a zone that is served whole', async () => {
    const { code, stdout, stderr } = await commands.import(commands.file('zone', ZONE), '--cluster-ref', 'dns')
    expect([code, stderr]).toEqual([0, ''])
    expect(
      stdout.replace(/^\d\d:\d\d:\d\dZ /gm, ''),
    ).toBe(`13 records of example.com in ${commands.directory.path}/zone, for namespace ${commands.namespace.name}
  KIND          OBJECTS
  DNSZone       to create, example-com
  ARecord       6 to create
  CNAMERecord   1 to create
  MXRecord      1 to create
  TXTRecord     1 to create
checking 10 objects
writing 10 objects
10 objects written
`)
    const zone = await commands.namespace.ready(
      { kind: 'DNSZone', metadata: { name: 'example-com' } },
      { timeoutMs: 30_000 },
    )
    expect(zone.spec).toMatchObject({
      ttl: 3600,
      soaRecord: { adminEmail: 'host@master.example.com', serial: 2026010100 },
    })
    await answers(commands.servers, 'www.example.com', 'A', ['300 192.0.2.1', '300 192.0.2.2'], { ttl: true })
    await answers(commands.servers, 'x.w.example.com', 'CNAME', ['www.example.com.'])
    await answers(commands.servers, 'host-3.example.com', 'A', ['3600 192.0.2.103'], { ttl: true })
    await answers(commands.servers, 'example.com', 'NS', ['ns.example.net.', 'ns1.example.com.'])
  })

  test('finds nothing to do the second time, and makes what is missing the third', async () => {
    await commands.imported()
    const again = await commands.import(commands.file('zone', ZONE))
    expect([again.code, again.stderr]).toEqual([0, ''])
    expect(again.stdout).toMatch(/DNSZone {3}unchanged\n {2}10 records stand already\nNothing to write\n$/)
    const before = commands.bindy.controller.writes().length
    const more = await commands.import(commands.file('zone', `${ZONE}www 300 A 192.0.2.3\nnew AAAA 2001:db8::1\n`))
    expect([more.code, more.stderr]).toEqual([0, ''])
    expect(more.stdout).toMatch(/ARecord {6}1 to create\n {2}AAAARecord {3}1 to create/)
    await answers(commands.servers, 'www.example.com', 'A', ['192.0.2.1', '192.0.2.2', '192.0.2.3'])
    expect(commands.bindy.controller.writes().length).toBeGreaterThan(before)
  })

  test('tells of every fault in a file by its place, and changes nothing', async () => {
    const path = commands.file(
      'bad',
      `${ZONE}a A 192.0.2.300\nb MX mail\nc NAPTR 1 1 "u" "" "" .\nd.example.org. A 192.0.2.1\n`,
    )
    const first = await commands.import(path, '--cluster-ref', 'dns')
    expect([first.code, first.stdout]).toEqual([4, ''])
    expect(first.stderr).toBe(`error: ${path} cannot be read as a zone file: 2 faults, nothing was changed
${path}:13:5: Cannot encode A ipv4Address: "192.0.2.300" is not an IPv4 address
${path}:14:6: "mail" is no number: the priority of MX is wanted
`)
    const text = readFileSync(path, 'utf8').replace(/^[ab] .*\n/gm, '')
    const second = await commands.import(commands.file('bad', text), '--cluster-ref', 'dns')
    expect(second.code).toBe(4)
    expect(second.stderr).toContain(`${path}:13:1: NAPTR at c.example.com.: Bindy has no object for the type`)
    expect(second.stderr).toContain(`${path}:14:1: d.example.org. does not lie in the zone example.com.`)
    expect(await commands.namespace.list('dnszones')).toEqual([])
    expect(await commands.namespace.list('arecords')).toEqual([])
  })

  test('holds the objects against the rules of admission, and needs no cluster for it', async () => {
    const path = commands.file('zone', `${ZONE}caa CAA 0 ${'x'.repeat(16)} "ca.example.net"\n`)
    const { code, stderr } = await commands.import(path, '--cluster-ref', 'dns', '--dry-run=client')
    expect(code).toBe(4)
    expect(stderr).toContain('1 fault, nothing was changed\nCAARecord caa.example.com: spec.tag: Invalid value:')
  })

  test('has the API server check all before it writes any', async () => {
    const lift = await refuse('www.example.com', { checks: false })
    try {
      const { code, stderr } = await commands.import(commands.file('zone', ZONE), '--cluster-ref', 'dns')
      expect(code).toBe(4)
      expect(stderr).toContain('The API server refuses 1 object, nothing was changed:')
      expect(stderr).toContain('www is not to be written')
      expect(await commands.namespace.list('mxrecords')).toEqual([])
    } finally {
      await lift()
    }
  })

  test('refuses what would not be served beside the objects that are there', async () => {
    await commands.namespace.create('CNAMERecord', 'mine', {
      zone: 'example.com',
      name: 'www',
      target: 'a.example.net.',
    })
    const { code, stderr } = await commands.import(commands.file('zone', ZONE), '--cluster-ref', 'dns')
    expect(code).toBe(4)
    expect(stderr).toContain(`ARecord www.example.com: A CNAME cannot share its name with other data`)
    expect(await commands.namespace.list('arecords')).toEqual([])
  })

  test('prints manifests and asks nobody with --dry-run=client, and writes nothing with --dry-run=server', async () => {
    const path = commands.file('zone', ZONE)
    const client = await commands.import(
      path,
      '--cluster-ref',
      'dns',
      '--dry-run=client',
      '-o',
      'yaml',
      '--serial-at-least',
      '2026112101',
    )
    expect(client.code).toBe(0)
    const { items } = parseYaml(client.stdout)
    expect(items.map(({ kind }: { kind: string }) => kind).sort()).toEqual([
      'ARecord',
      'ARecord',
      'ARecord',
      'ARecord',
      'ARecord',
      'ARecord',
      'CNAMERecord',
      'DNSZone',
      'MXRecord',
      'TXTRecord',
    ])
    expect(items.at(-1).spec.soaRecord.serial).toBe(2026112101)
    const server = await commands.import(path, '--cluster-ref', 'dns', '--dry-run=server')
    expect([server.code, server.stdout]).toEqual([0, expect.stringContaining('10 objects would be written')])
    expect(await commands.namespace.list('dnszones')).toEqual([])
  })

  test('says what is written when a write is refused, and goes on from there', async () => {
    const lift = await refuse('www.example.com', { checks: true })
    try {
      const { code, stderr } = await commands.import(commands.file('zone', ZONE), '--cluster-ref', 'dns')
      expect(code).toBe(4)
      const [, written] = /^error: (\d+) of 10 objects written:$/m.exec(stderr) ?? []
      expect(stderr).toContain('www is not to be written')
      expect(stderr).toContain('fix: run the same command again to go on')
      const records = await Promise.all(recordKinds.map(({ plural }) => commands.namespace.list(plural)))
      expect(records.flat()).toHaveLength(Number(written))
      expect(await commands.namespace.list('dnszones')).toEqual([])
    } finally {
      await lift()
    }
    expect(await commands.import(commands.file('zone', ZONE), '--cluster-ref', 'dns')).toMatchObject({ code: 0 })
    await commands.namespace.ready({ kind: 'DNSZone', metadata: { name: 'example-com' } }, { timeoutMs: 30_000 })
    await answers(commands.servers, 'www.example.com', 'A', ['192.0.2.1', '192.0.2.2'])
  })

  test('ends at Ctrl-C with what is written, and goes on from there', async () => {
    const path = commands.file('zone', `${ZONE}$GENERATE 1-800 many-$ A 192.0.2.1\n`)
    const words = ['zone', 'import', 'example.com', '-f', path, '--cluster-ref', 'dns', '--yes']
    const someAreWritten = () =>
      until('some are written', async () => (await commands.namespace.list('arecords')).length >= 32)
    const first = await commands.interrupt(words, someAreWritten)
    expect(first.code).toBe(130)
    expect(first.stderr).toMatch(/^At least \d+ of 810 objects written; run the same command again to go on/)
    expect(await commands.namespace.list('dnszones')).toEqual([])
    const second = await commands.import(path, '--cluster-ref', 'dns')
    expect([second.code, second.stderr]).toEqual([0, ''])
    expect(second.stdout).toMatch(/records? stands? already/)
    await commands.namespace.ready({ kind: 'DNSZone', metadata: { name: 'example-com' } }, { timeoutMs: 60_000 })
    await answers(commands.servers, 'many-800.example.com', 'A', ['192.0.2.1'])
  })

  test('reads standard input, and includes files of its own directory alone', async () => {
    const piped = await commands.run(
      ['zone', 'import', 'example.com', '-f', '-', '--cluster-ref', 'dns', '--dry-run=client'],
      { input: ZONE },
    )
    expect([piped.code, piped.stdout]).toEqual([
      0,
      expect.stringContaining('13 records of example.com in standard input'),
    ])
    mkdirSync(join(commands.directory.path, 'in/sub'), { recursive: true })
    commands.file('in/sub/part', 'part A 192.0.2.77\n')
    commands.file('outside', 'secret A 192.0.2.66\n')
    if (!existsSync(join(commands.directory.path, 'in/link')))
      symlinkSync('../outside', join(commands.directory.path, 'in/link'))
    const good = await commands.import(
      commands.file('in/zone', `${ZONE}$INCLUDE sub/part\n`),
      '--cluster-ref',
      'dns',
      '--dry-run=client',
    )
    expect([good.code, good.stdout]).toEqual([0, expect.stringContaining('14 records of example.com')])
    const bad = await commands.import(
      commands.file('in/zone', `${ZONE}$INCLUDE ../outside\n$INCLUDE link\n$INCLUDE gone\n`),
      '--cluster-ref',
      'dns',
    )
    expect(bad.code).toBe(4)
    expect(bad.stderr).toContain(
      `/zone:13:10: "../outside" lies outside ${commands.directory.path}/in: only files in it can be included`,
    )
    expect(bad.stderr).toContain(`/zone:14:10: "link" lies outside ${commands.directory.path}/in`)
    expect(bad.stderr).toContain(`/zone:15:10: "gone" cannot be read: there is no such file`)
  })

  test('transfers a zone from a live server', async () => {
    await commands.imported()
    const { dnsPort } = commands.bindy.named.primary
    const from = ['--from', `127.0.0.1:${dnsPort}`, '--tsig-secret', 'primary-tsig']
    const { code, stdout, stderr } = await commands.run(['zone', 'import', 'example.com', '--yes', ...from])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain(`13 records of example.com in 127.0.0.1:${dnsPort}`)
    expect(stdout).toContain('10 records stand already')
    const nobody = await commands.run(['zone', 'import', 'example.com', '--from', '127.0.0.1:1'])
    expect([nobody.code, nobody.stderr]).toEqual([3, expect.stringContaining('ECONNREFUSED')])
  })

  test.each([80, 120])('fits a screen of %i columns', async columns => {
    await commands.namespace.create('TXTRecord', 'mine', { zone: 'example.com', name: 'x', text: ['mine'] })
    const path = commands.file('zone', `${ZONE}old HTTPS 1 . alpn=h2\nmail 60 A 192.0.2.26\n`)
    const words = [
      'zone',
      'import',
      'example.com',
      '-f',
      path,
      '--cluster-ref',
      'dns',
      '--dry-run=server',
      '--skip-foreign',
    ]
    const { code, stdout } = await commands.run(words, { columns })
    const steady = stdout.replace(path, 'example.com.zone').replace(/^\d\d:\d\d:\d\dZ/gm, '12:00:00Z')
    const { seen, kept } = screen(`zone-import-${columns}`, steady)
    expect([code, seen]).toEqual([0, kept])
  })

  test('asks in a terminal before it writes, with a bar for what it does', async () => {
    const words = ['zone', 'import', 'example.com', '-f', commands.file('zone', ZONE), '--cluster-ref', 'dns']
    const no = await commands.inTerminal(words, 'n\n')
    expect(no).toMatch(/checking █{30} 10\/10 /)
    expect(no).toContain('Write 10 objects? [y/N]')
    expect(await commands.namespace.list('arecords')).toEqual([])
    const yes = await commands.inTerminal(words, 'y\n')
    expect(yes).toMatch(/writing █{30} 10\/10 .*\n10 objects written\n/)
    expect(await commands.namespace.list('arecords')).toHaveLength(6)
  })

  test('asks for what it lacks', async () => {
    const unasked = await commands.run([
      'zone',
      'import',
      'example.com',
      '-f',
      commands.file('zone', ZONE),
      '--cluster-ref',
      'dns',
    ])
    expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining('Write 10 objects? Nobody is there')])
    expect(await commands.namespace.list('arecords')).toEqual([])
    const nowhere = await commands.import(commands.file('zone', ZONE))
    expect([nowhere.code, nowhere.stderr]).toEqual([
      2,
      expect.stringContaining('Nothing says where the zone is to be served'),
    ])
    const nothing = await commands.run(['zone', 'import', 'example.com'])
    expect([nothing.code, nothing.stderr]).toEqual([
      2,
      expect.stringContaining('Nothing says where the records come from'),
    ])
  })
})

/** Has the API server refuse ARecords of a name, or check them and refuse to write them; returns what ends that. */
async function refuse(name: string, { checks }: { readonly checks: boolean }): Promise<() => Promise<void>> {
  const path = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic'
  const metadata = { name: commands.namespace.name }
  const rules = [{ apiGroups: [API_GROUP], apiVersions: ['*'], resources: ['arecords'], operations: ['CREATE'] }]
  const expression = `(${checks} && request.dryRun) || object.metadata.name != '${name}' || request.namespace != '${commands.namespace.name}'`
  const validations = [{ expression, message: 'www is not to be written' }]
  const spec = { failurePolicy: 'Fail', matchConstraints: { resourceRules: rules }, validations }
  await commands.bindy.kube.create(`${path}ies`, { metadata, spec })
  const binding = { policyName: commands.namespace.name, validationActions: ['Deny'] }
  await commands.bindy.kube.create(`${path}ybindings`, { metadata, spec: binding })
  const probe = { zone: 'probe.example', name: 'a', ipv4Address: '192.0.2.1' }
  await until('the policy holds', async () => {
    const isRefused = await commands.namespace.create('ARecord', name, probe).then(
      () => false,
      () => true,
    )
    if (!isRefused) await commands.namespace.delete({ kind: 'ARecord', metadata: { name } })
    return isRefused
  })
  return async () => {
    await commands.bindy.kube.delete(`${path}ybindings/${commands.namespace.name}`)
    await commands.bindy.kube.delete(`${path}ies/${commands.namespace.name}`)
    await until('the policy is gone', () =>
      commands.namespace.create('ARecord', name, probe).then(
        () => true,
        () => false,
      ),
    )
    await commands.namespace.delete({ kind: 'ARecord', metadata: { name } })
  }
}
