import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { parse as parseYaml } from 'yaml'
import { API_GROUP, recordKinds } from '#crds'
import { answers } from '../../controller/e2e/answers.ts'
import { screen } from '../kubectlbindy.ts'
import { Commands, ZONE } from './commands.ts'
import { refuse } from './refusal.ts'

/* zone import, as a process against a real API server, a controller and two named. */

const commands = new Commands()
beforeAll(() => commands.start())
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
    const unasked = await commands.run([
      'zone',
      'import',
      'example.com',
      '-f',
      commands.file('zone', ZONE),
      '-o',
      'name',
    ])
    expect([unasked.code, unasked.stdout.trim()]).toEqual([0, ''])
    const before = commands.bindy.controller.writes().length
    const more = await commands.import(commands.file('zone', `${ZONE}www 300 A 192.0.2.3\nnew AAAA 2001:db8::1\n`))
    expect([more.code, more.stderr]).toEqual([0, ''])
    expect(more.stdout).toMatch(/ARecord {6}1 to create\n {2}AAAARecord {3}1 to create/)
    await answers(commands.servers, 'www.example.com', 'A', ['192.0.2.1', '192.0.2.2', '192.0.2.3'])
    expect(commands.bindy.controller.writes().length).toBeGreaterThan(before)
  })

  test('with --prune rewrites and deletes what was not found, and leaves it all in a dry run', async () => {
    await commands.imported()
    await commands.namespace.create('TXTRecord', 'mine', { zone: 'example.com', name: 'x', text: ['mine'] })
    const text = ZONE.replace('www 300 A 192.0.2.2\n', 'www 300 A 192.0.2.3\n').replace(
      '*.w CNAME www',
      '*.w CNAME mail',
    )
    const path = commands.file('zone', text)
    const states = async () => {
      const objects = await Promise.all(recordKinds.map(({ plural }) => commands.namespace.list(plural)))
      return objects.flat().map(({ metadata: { uid, generation } }) => `${uid} ${generation}`)
    }
    const before = await states()
    const dry = await commands.import(path, '--prune', '--dry-run=server')
    expect([dry.code, dry.stderr]).toEqual([0, ''])
    expect(dry.stdout).toContain('2 objects would be written, 1 would be deleted (the API server has checked them)')
    expect(await states()).toEqual(before)
    const { code, stdout, stderr } = await commands.import(path, '--prune')
    expect([code, stderr]).toEqual([0, ''])
    expect(
      stdout
        .replace(/^[0-9:]+Z /gm, '')
        .split('\n')
        .slice(1),
    ).toEqual([
      '  KIND      OBJECTS',
      '  DNSZone   unchanged',
      '  TO PRUNE                             HOW       RECORDS THAT GO',
      '  ARecord www.example.com              rewrite   www.example.com. A 192.0.2.2',
      '  CNAMERecord wildcard.w.example.com   rewrite   *.w.example.com. CNAME www.example.com.',
      '  TXTRecord mine                       delete    x.example.com. TXT "mine"',
      '  7 records stand already',
      'checking 3 objects',
      'writing 3 objects',
      '2 objects written, 1 deleted',
      '',
    ])
    await answers(commands.servers, 'www.example.com', 'A', ['192.0.2.1', '192.0.2.3'])
    await answers(commands.servers, 'y.w.example.com', 'CNAME', ['mail.example.com.'])
    await answers(commands.servers, 'x.example.com', 'TXT', [])
    expect((await commands.import(path, '--prune')).stdout).toContain('Nothing to write')
  })

  test('with --prune keeps a zone of ten records from losing most of them, unless it is told to', async () => {
    await commands.imported()
    const path = commands.file('zone', ZONE.replace(/^\$GENERATE.*\n/m, ''))
    const before = (await commands.namespace.list('arecords')).length
    const { code, stderr } = await commands.import(path, '--prune', '--max-delete-percent', '20')
    expect([code, stderr]).toEqual([
      4,
      'error: --prune would take 3 of 10 records away, nothing was changed\n' +
        '  why: 30 % go, and 20 % may\n  fix: --max-delete-percent 30 lets it through\n',
    ])
    expect(await commands.namespace.list('arecords')).toHaveLength(before)
    const again = await commands.import(path, '--prune')
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('0 objects written, 3 deleted')])
    const client = await commands.import(path, '--prune', '--dry-run=client')
    expect([client.code, client.stderr]).toEqual([2, expect.stringContaining('asks nobody')])
  })

  test('with --prune loses no record, however often records come and go', async () => {
    await commands.imported()
    for (const more of ['20 m2', '30 m3', '20 m2\n  MX 30 m3']) {
      const text = `${ZONE}@ MX ${more}\n${['m2', 'm3'].map(host => `${host} A 192.0.2.9\n`).join('')}`
      const { code, stderr } = await commands.import(commands.file('zone', text), '--prune')
      expect([code, stderr]).toEqual([0, ''])
    }
    const hosts = (await commands.namespace.list('mxrecords')).map(({ spec }) => spec.mailServer)
    expect(hosts.sort()).toEqual(['m2.example.com.', 'm3.example.com.', 'mail.example.com.'])
    const mx = ['10 mail.example.com.', '20 m2.example.com.', '30 m3.example.com.']
    await answers(commands.servers, 'example.com', 'MX', mx)
  })

  test.each(['record add new.example.com AAAA 2001:db8::2', 'record set www.example.com A 192.0.2.9'])(
    'writes over nothing that came while its question stood: %s',
    async words => {
      await commands.imported()
      const text = ZONE.replace('www 300 A 192.0.2.2\n', 'www 300 A 192.0.2.3\n')
      const path = commands.file('zone', `${text}new AAAA 2001:db8::1\n`)
      const pty = commands.pty(['zone', 'import', 'example.com', '-f', path, '--prune'])
      await pty.shows('[y/N]')
      expect(await commands.run(words.split(' '))).toMatchObject({ code: 0, stderr: '' })
      const specs = async () =>
        (await Promise.all(['arecords', 'aaaarecords'].map(plural => commands.namespace.list(plural))))
          .flat()
          .map(({ spec }) => spec)
      const before = await specs()
      await pty.type('y\n')
      expect(await pty.end()).toBe(4)
      expect((await pty.lines()).join('\n')).toMatch(/^error: The API server refuses 1 object, /m)
      expect(await specs()).toEqual(before)
    },
  )

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
    const lift = await refuse(commands.bindy.kube, commands.namespace, { name: 'www.example.com', inDryRuns: true })
    try {
      const { code, stderr } = await commands.import(commands.file('zone', ZONE), '--cluster-ref', 'dns')
      expect(code).toBe(4)
      expect(stderr).toContain('The API server refuses 1 object, nothing was changed:')
      expect(stderr).toContain('www.example.com is not to be written')
      expect(await commands.namespace.list('mxrecords')).toEqual([])
    } finally {
      await lift()
    }
  })

  test('ends with 3 where the API server forbids it, and changes nothing', async () => {
    const reader = { metadata: { name: 'reader' }, subjects: [{ kind: 'User', name: 'reader' }] }
    await commands.bindy.kube.create(
      `/apis/rbac.authorization.k8s.io/v1/namespaces/${commands.namespace.name}/rolebindings`,
      { ...reader, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'reader' } },
    )
    await commands.bindy.kube.create('/apis/rbac.authorization.k8s.io/v1/clusterroles', {
      metadata: { name: 'reader' },
      rules: [{ apiGroups: [API_GROUP], resources: ['*'], verbs: ['get', 'list'] }],
    })
    const words = ['--cluster-ref', 'dns', '--as', 'reader']
    const { code, stderr } = await commands.import(commands.file('zone', ZONE), ...words)
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(/^error: Cannot check 10 objects, nothing was changed:\nError from server \(Forbidden\): /),
    ])
    expect(await commands.namespace.list('arecords')).toEqual([])
  })

  test('finds the records standing of a namespace that the zone lets in, and leaves them there', async () => {
    await commands.imported()
    const tenant = await commands.bindy.namespace()
    const zone = { kind: 'DNSZone', metadata: { name: 'example-com' } }
    await commands.namespace.edit(zone, { allowedNamespaces: [tenant.name] })
    await tenant.ready(
      await tenant.create('ARecord', 'shop', { zone: 'example.com', name: 'shop', ipv4Address: '192.0.2.7' }),
    )
    const path = commands.file('exported', (await commands.run(['zone', 'export', 'example.com'])).stdout)
    const again = await commands.import(path)
    expect(again).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/ 11 records stand already\nNothing to write\n$/),
    })
    const pruning = await commands.import(commands.file('zone', ZONE), '--prune')
    expect(pruning).toMatchObject({ code: 0, stdout: expect.stringMatching(/\nNothing to write\n$/) })
    expect(pruning.stdout).toContain(
      '1 object of the zone gives what is not there, and stays: kubectl bindy record list example.com -A\n',
    )
    expect(await tenant.list('arecords')).toHaveLength(1)

    const group = 'rbac.authorization.k8s.io'
    const at = `/apis/${group}/v1/namespaces/${commands.namespace.name}`
    const metadata = { name: 'owner' }
    await commands.bindy.kube.create(`${at}/roles`, {
      metadata,
      rules: [{ apiGroups: [API_GROUP], resources: ['*'], verbs: ['*'] }],
    })
    await commands.bindy.kube.create(`${at}/rolebindings`, {
      metadata,
      subjects: [{ kind: 'User', name: 'owner' }],
      roleRef: { apiGroup: group, kind: 'Role', name: 'owner' },
    })
    const { code, stderr } = await commands.import(path, '--as', 'owner')
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(/^error: Cannot tell which records of example\.com stand already: .* is forbidden: /),
    ])
    expect(stderr).toContain(`\n  fix: it needs to list records in ${tenant.name}, which the zone lets in\n`)
    expect(await commands.namespace.list('arecords')).toHaveLength(6)
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

  test.each(['table', 'yaml'])('writes all where nobody reads the %s that it prints', async form => {
    const words = ['zone', 'import', 'example.com', '-f', commands.file('zone', ZONE), '--cluster-ref', 'dns', '--yes']
    expect(await commands.unread([...words, '-o', form])).toBe(0)
    expect(await commands.namespace.list('arecords')).toHaveLength(6)
    expect(await commands.namespace.list('dnszones')).toHaveLength(1)
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

  test.each([80, 120])('looks as kept in a terminal of %i columns, where it asks before it writes', async columns => {
    await commands.namespace.create('TXTRecord', 'mine', { zone: 'example.com', name: 'x', text: ['mine'] })
    commands.file('example.com.zone', `${ZONE}old HTTPS 1 . alpn=h2\nmail 60 A 192.0.2.26\n`)
    commands.file('changed.zone', ZONE.replace('www 300 A 192.0.2.2\n', '').replace('*.w CNAME www', 'w CNAME www'))
    commands.file('faulty.zone', `${ZONE}www CNAME web.example.net.\nmail 60 A 192.0.2.260\n`)
    const session = commands.session(columns)
    const words = 'zone import example.com -f example.com.zone --cluster-ref dns'
    await session.give('zone import example.com -f faulty.zone --cluster-ref dns')
    await session.give(words)
    await session.give(`${words} --skip-foreign --dry-run=server`)
    await session.give(`${words} --skip-foreign`, { answer: 'n' })
    expect(await commands.namespace.list('arecords')).toEqual([])
    await session.give(`${words} --skip-foreign`, { answer: 'y' })
    expect(await commands.namespace.list('arecords')).toHaveLength(6)
    await session.give(`${words} --skip-foreign`)
    await session.give('zone import example.com -f changed.zone --prune --max-delete-percent 10')
    await session.give('zone import example.com -f changed.zone --prune --max-delete-percent 50', { answer: 'y' })
    const { seen, kept } = screen(`zone-import-${columns}`, session.text)
    expect(seen).toBe(kept)
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
    const unseen = await commands.import(commands.file('zone', ZONE), '--dry-run=client')
    expect([unseen.code, unseen.stderr]).toEqual([2, expect.stringContaining('--dry-run=server, which looks')])
    const nothing = await commands.run(['zone', 'import', 'example.com'])
    expect([nothing.code, nothing.stderr]).toEqual([
      2,
      expect.stringContaining('Nothing says where the records come from'),
    ])
  })
})
