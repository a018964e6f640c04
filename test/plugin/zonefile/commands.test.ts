import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { parse as parseYaml } from 'yaml'
import { API_GROUP, recordKinds } from '#crds'
import { type Bind9, type Output, provideBind9, run, spawnChild, temporaryDirectory } from '../../cluster/index.ts'
import { until } from '../../cluster/until.ts'
import { answers, Bindy, type Namespace, serialOf } from '../../controller/e2e/bindy.ts'

/* zone import, zone export and diff, as processes against a real API server, a controller and two named. */

const bindy = new Bindy({ primary: {}, secondary: {} })
const both = () => [bindy.named.primary, bindy.named.secondary]
const directory = temporaryDirectory()
const MAIN = join(import.meta.dirname, '../../../plugin/src/main.ts')
let bind9: Bind9
let namespace: Namespace<'primary' | 'secondary'>

jest.setTimeout(120_000)
beforeAll(async () => {
  bind9 = await provideBind9()
  await bindy.start()
})
beforeEach(async () => {
  namespace = await bindy.namespace()
})
afterEach(() => bindy.clear())
afterAll(async () => {
  await bindy.stop()
  await directory.remove()
})

function plugin(args: readonly string[], options: { readonly input?: string } = {}): Promise<Output> {
  const env = { KUBECONFIG: bindy.api.kubeconfig, NO_COLOR: '1', LANG: 'C.UTF-8' }
  return run(process.execPath, ['--no-warnings', MAIN, ...args, '-n', namespace.name], { env, ...options })
}

function file(name: string, text: string): string {
  const path = join(directory.path, name)
  writeFileSync(path, text)
  return path
}

const ZONE = `$TTL 1h
@ 3600 SOA ns1 host.master ( 2026010100 1h 10m 1w 5m )
  NS ns1
  NS ns.example.net.
  MX 10 mail
  TXT "v=spf1 mx -all"
ns1 A 192.0.2.53
mail A 192.0.2.25
www 300 A 192.0.2.1
www 300 A 192.0.2.2
*.w CNAME www
$GENERATE 1-3 host-$ A 192.0.2.10$
`

const importing = (path: string, ...more: string[]) =>
  plugin(['zone', 'import', 'example.com', '-f', path, '--yes', ...more])

async function imported(): Promise<void> {
  expect(await importing(file('zone', ZONE), '--cluster-ref', 'dns')).toMatchObject({ code: 0 })
  await namespace.ready({ kind: 'DNSZone', metadata: { name: 'example-com' } }, { timeoutMs: 30_000 })
}

describe('zone import', () => {
  test('shows what it will do, and makes a zone that is served whole', async () => {
    const { code, stdout, stderr } = await importing(file('zone', ZONE), '--cluster-ref', 'dns')
    expect([code, stderr]).toEqual([0, ''])
    expect(
      stdout.replace(/^\d\d:\d\d:\d\dZ /gm, ''),
    ).toBe(`13 records of example.com in ${directory.path}/zone, for namespace ${namespace.name}
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
    const zone = await namespace.ready({ kind: 'DNSZone', metadata: { name: 'example-com' } }, { timeoutMs: 30_000 })
    expect(zone.spec).toMatchObject({
      ttl: 3600,
      soaRecord: { adminEmail: 'host@master.example.com', serial: 2026010100 },
    })
    await answers(both(), 'www.example.com', 'A', ['300 192.0.2.1', '300 192.0.2.2'], { ttl: true })
    await answers(both(), 'x.w.example.com', 'CNAME', ['www.example.com.'])
    await answers(both(), 'host-3.example.com', 'A', ['3600 192.0.2.103'], { ttl: true })
    await answers(both(), 'example.com', 'NS', ['ns.example.net.', 'ns1.example.com.'])
  })

  test('finds nothing to do the second time, and makes what is missing the third', async () => {
    await imported()
    const again = await importing(file('zone', ZONE))
    expect([again.code, again.stderr]).toEqual([0, ''])
    expect(again.stdout).toMatch(/DNSZone {3}unchanged\n {2}10 records stand already\nNothing to write\n$/)
    const before = bindy.controller.writes().length
    const more = await importing(file('zone', `${ZONE}www 300 A 192.0.2.3\nnew AAAA 2001:db8::1\n`))
    expect([more.code, more.stderr]).toEqual([0, ''])
    expect(more.stdout).toMatch(/ARecord {6}1 to create\n {2}AAAARecord {3}1 to create/)
    await answers(both(), 'www.example.com', 'A', ['192.0.2.1', '192.0.2.2', '192.0.2.3'])
    expect(bindy.controller.writes().length).toBeGreaterThan(before)
  })

  test('tells of every fault in a file by its place, and changes nothing', async () => {
    const path = file('bad', `${ZONE}a A 192.0.2.300\nb MX mail\nc NAPTR 1 1 "u" "" "" .\nd.example.org. A 192.0.2.1\n`)
    const first = await importing(path, '--cluster-ref', 'dns')
    expect([first.code, first.stdout]).toEqual([4, ''])
    expect(first.stderr).toBe(`error: ${path} cannot be read as a zone file: 2 faults, nothing was changed
${path}:13:5: Cannot encode A ipv4Address: "192.0.2.300" is not an IPv4 address
${path}:14:6: "mail" is no number: the priority of MX is wanted
`)
    const text = readFileSync(path, 'utf8').replace(/^[ab] .*\n/gm, '')
    const second = await importing(file('bad', text), '--cluster-ref', 'dns')
    expect(second.code).toBe(4)
    expect(second.stderr).toContain(`${path}:13:1: NAPTR at c.example.com.: Bindy has no object for the type`)
    expect(second.stderr).toContain(`${path}:14:1: d.example.org. does not lie in the zone example.com.`)
    expect(await namespace.list('dnszones')).toEqual([])
    expect(await namespace.list('arecords')).toEqual([])
  })

  test('has the API server check all before it writes any', async () => {
    const path = file('zone', `${ZONE}caa CAA 0 ${'x'.repeat(16)} "ca.example.net"\n`)
    const { code, stderr } = await importing(path, '--cluster-ref', 'dns')
    expect(code).toBe(4)
    expect(stderr).toContain('The API server refuses 1 object, nothing was changed')
    expect(stderr).toContain('The CAARecord "caa.example.com" is invalid')
    expect(await namespace.list('arecords')).toEqual([])
  })

  test('refuses what would not be served beside the objects that are there', async () => {
    await namespace.create('CNAMERecord', 'mine', { zone: 'example.com', name: 'www', target: 'a.example.net.' })
    const { code, stderr } = await importing(file('zone', ZONE), '--cluster-ref', 'dns')
    expect(code).toBe(4)
    expect(stderr).toContain(`ARecord www.example.com: A CNAME cannot share its name with other data`)
    expect(await namespace.list('arecords')).toEqual([])
  })

  test('prints manifests and asks nobody with --dry-run=client, and writes nothing with --dry-run=server', async () => {
    const path = file('zone', ZONE)
    const client = await importing(
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
    const server = await importing(path, '--cluster-ref', 'dns', '--dry-run=server')
    expect([server.code, server.stdout]).toEqual([0, expect.stringContaining('10 objects would be written')])
    expect(await namespace.list('dnszones')).toEqual([])
  })

  test('says what is written when a write is refused, and goes on from there', async () => {
    const lift = await refuseWrites('www.example.com')
    try {
      const { code, stderr } = await importing(file('zone', ZONE), '--cluster-ref', 'dns')
      expect(code).toBe(4)
      const [, written] = /^error: (\d+) of 10 objects written:$/m.exec(stderr) ?? []
      expect(stderr).toContain('www is not to be written')
      expect(stderr).toContain('fix: run the same command again to go on')
      const records = await Promise.all(recordKinds.map(({ plural }) => namespace.list(plural)))
      expect(records.flat()).toHaveLength(Number(written))
      expect(await namespace.list('dnszones')).toEqual([])
    } finally {
      await lift()
    }
    expect(await importing(file('zone', ZONE), '--cluster-ref', 'dns')).toMatchObject({ code: 0 })
    await namespace.ready({ kind: 'DNSZone', metadata: { name: 'example-com' } }, { timeoutMs: 30_000 })
    await answers(both(), 'www.example.com', 'A', ['192.0.2.1', '192.0.2.2'])
  })

  test('ends at Ctrl-C with what is written, and goes on from there', async () => {
    const path = file('zone', `${ZONE}$GENERATE 1-400 many-$ A 192.0.2.1\n`)
    const first = await interrupted(
      ['zone', 'import', 'example.com', '-f', path, '--cluster-ref', 'dns', '--yes'],
      'writing',
    )
    expect(first).toMatchObject({ code: 130 })
    expect(first.stderr).toMatch(/^At least \d+ of 410 objects written; run the same command again to go on/)
    const second = await importing(path, '--cluster-ref', 'dns')
    expect([second.code, second.stderr]).toEqual([0, ''])
    expect(second.stdout).toMatch(/records? stands? already/)
    await namespace.ready({ kind: 'DNSZone', metadata: { name: 'example-com' } }, { timeoutMs: 60_000 })
    await answers(both(), 'many-400.example.com', 'A', ['192.0.2.1'])
  })

  test('reads standard input, and includes files of its own directory alone', async () => {
    const piped = await plugin(
      ['zone', 'import', 'example.com', '-f', '-', '--cluster-ref', 'dns', '--dry-run=client'],
      { input: ZONE },
    )
    expect([piped.code, piped.stdout]).toEqual([
      0,
      expect.stringContaining('13 records of example.com in standard input'),
    ])
    mkdirSync(join(directory.path, 'in/sub'), { recursive: true })
    file('in/sub/part', 'part A 192.0.2.77\n')
    file('outside', 'secret A 192.0.2.66\n')
    if (!existsSync(join(directory.path, 'in/link'))) symlinkSync('../outside', join(directory.path, 'in/link'))
    const good = await importing(
      file('in/zone', `${ZONE}$INCLUDE sub/part\n`),
      '--cluster-ref',
      'dns',
      '--dry-run=client',
    )
    expect([good.code, good.stdout]).toEqual([0, expect.stringContaining('14 records of example.com')])
    const bad = await importing(
      file('in/zone', `${ZONE}$INCLUDE ../outside\n$INCLUDE link\n$INCLUDE gone\n`),
      '--cluster-ref',
      'dns',
    )
    expect(bad.code).toBe(4)
    expect(bad.stderr).toContain(
      `/zone:13:10: "../outside" lies outside ${directory.path}/in: only files in it can be included`,
    )
    expect(bad.stderr).toContain(`/zone:14:10: "link" lies outside ${directory.path}/in`)
    expect(bad.stderr).toContain(`/zone:15:10: "gone" cannot be read: there is no such file`)
  })

  test('transfers a zone from a live server', async () => {
    await imported()
    const { dnsPort } = bindy.named.primary
    const from = ['--from', `127.0.0.1:${dnsPort}`, '--tsig-secret', 'primary-tsig']
    const { code, stdout, stderr } = await plugin(['zone', 'import', 'example.com', '--yes', ...from])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain(`13 records of example.com in 127.0.0.1:${dnsPort}`)
    expect(stdout).toContain('10 records stand already')
    const nobody = await plugin(['zone', 'import', 'example.com', '--from', '127.0.0.1:1'])
    expect([nobody.code, nobody.stderr]).toEqual([3, expect.stringContaining('ECONNREFUSED')])
  })

  test('asks for what it lacks', async () => {
    const unasked = await plugin(['zone', 'import', 'example.com', '-f', file('zone', ZONE), '--cluster-ref', 'dns'])
    expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining('Write 10 objects? Nobody is there')])
    expect(await namespace.list('arecords')).toEqual([])
    const nowhere = await importing(file('zone', ZONE))
    expect([nowhere.code, nowhere.stderr]).toEqual([
      2,
      expect.stringContaining('Nothing says where the zone is to be served'),
    ])
    const nothing = await plugin(['zone', 'import', 'example.com'])
    expect([nothing.code, nothing.stderr]).toEqual([
      2,
      expect.stringContaining('Nothing says where the records come from'),
    ])
  })
})

describe('zone export', () => {
  test('writes a file that named-checkzone accepts, that says what is served, and that imports back to nothing new', async () => {
    await imported()
    const { code, stdout, stderr } = await plugin(['zone', 'export', 'example.com'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(
      new RegExp(
        `^; exported by kubectl bindy from ${namespace.name}/example-com serial \\d+\n\\$ORIGIN example\\.com\\.\n`,
      ),
    )
    expect(stdout).toContain('\nwww 300 IN A 192.0.2.1 ; ARecord/www.example.com\n')
    const path = file('exported', stdout)
    expect(await run(bind9['named-checkzone'], ['example.com', path])).toMatchObject({ code: 0 })
    const dump = await run(bind9['named-checkzone'], ['-D', '-q', '-o', '-', 'example.com', path])
    expect(linesOf(dump.stdout)).toEqual(
      linesOf(await bindy.named.primary.signed.dig('+noall', '+answer', '+onesoa', 'example.com', 'AXFR')),
    )
    const again = await importing(path)
    expect(again.stdout).toMatch(/DNSZone {3}unchanged\n {2}10 records stand already/)
  })

  test('writes objects that kubectl applies elsewhere, and every zone into a file of its own', async () => {
    await imported()
    await namespace.zone('example.org')
    const yaml = await plugin(['zone', 'export', 'example.com', '-o', 'yaml'])
    const other = await bindy.namespace()
    const applied = await bindy.api.kubectl(['apply', '-n', other.name, '-f', '-'], {
      input: yaml.stdout.replaceAll(/^ +namespace: .*\n/gm, ''),
    })
    expect([applied.code, applied.stderr]).toEqual([0, ''])
    expect(await other.list('arecords')).toHaveLength(6)
    const all = await plugin(['zone', 'export', '--all', '--directory', join(directory.path, 'all')])
    expect([all.code, all.stdout]).toEqual([
      0,
      `${directory.path}/all/example.com.zone\n${directory.path}/all/example.org.zone\n`,
    ])
    expect(readFileSync(join(directory.path, 'all/example.org.zone'), 'utf8')).toContain(
      'ns1 3600 IN A 127.0.0.1 ; DNSZone/example.org',
    )
  })

  test('ends well when its reader has seen enough', async () => {
    await imported()
    const env = { KUBECONFIG: bindy.api.kubeconfig }
    const command = `${process.execPath} --no-warnings ${MAIN} zone export example.com -n ${namespace.name} | head -1; echo $PIPESTATUS`
    const { stdout, stderr } = await run('bash', ['-c', command], { env })
    expect([stdout.split('\n').at(1), stderr]).toEqual(['0', ''])
  })

  test('fails where a kind cannot be read: it is no empty set', async () => {
    await imported()
    const { code, stderr } = await plugin(['zone', 'export', 'example.com', '--as', 'nobody'])
    expect([code, stderr]).toEqual([3, expect.stringContaining('Error from server (Forbidden)')])
  })
})

describe('diff', () => {
  test('ends with 0 where every server says what the objects do', async () => {
    await imported()
    const serial = await serialOf(bindy.named.primary, 'example.com')
    const { code, stdout, stderr } = await plugin(['diff', 'example.com'])
    expect([code, stderr]).toEqual([0, ''])
    expect(
      stdout,
    ).toBe(`example.com   primary primary (127.0.0.1 port ${bindy.named.primary.dnsPort}) serial ${serial}: ✔ no difference
example.com   secondary secondary (127.0.0.1 port ${bindy.named.secondary.dnsPort}) serial ${serial}: ✔ no difference
No differences. Nothing was changed.
`)
  })

  test('shows what is missing, what has changed and what nobody owns, and ends with 1', async () => {
    await imported()
    await bindy.stopController()
    try {
      await namespace.create('ARecord', 'new', { zone: 'example.com', name: 'new', ipv4Address: '192.0.2.50' })
      await namespace.edit(
        { kind: 'ARecord', metadata: { name: 'mail.example.com' } },
        { ttl: 60, ipv4Address: '192.0.2.26' },
      )
      await namespace.edit({ kind: 'MXRecord', metadata: { name: 'example.com' } }, { ttl: 61 })
      await bindy.named.primary.nsupdate('zone example.com\nupdate add old.example.com 300 TXT "by hand"')
      const { code, stdout } = await plugin(['diff', 'example.com'])
      expect(code).toBe(1)
      const [head, ...lines] = stdout.split('\n').slice(0, 5)
      expect(head).toContain(': 4 differences')
      expect(lines).toEqual(
        [
          `  ~ example.com.       61 IN MX     10 mail.example.com. (TTL 3600 -> 61)            MXRecord ${namespace.name}/example.com (Pending)`,
          `  ~ mail.example.com.  60 IN A      192.0.2.25 -> 192.0.2.26 (TTL 3600 -> 60)        ARecord ${namespace.name}/mail.example.com (Pending)`,
          `  + new.example.com.   3600 IN A    192.0.2.50                                       ARecord ${namespace.name}/new (Pending)`,
          `  - old.example.com.   300 IN TXT   "by hand"                                        served, and no object gives it`,
        ].map(line =>
          expect.stringMatching(
            new RegExp(
              `^${line
                .trim()
                .replace(/[.*+?^${'$'}{}()|[\]\\]/g, '\\$&')
                .replace(/ {2,}/g, ' +')
                .replace(/^/, ' *')}$`,
            ),
          ),
        ),
      )
      const json = await plugin(['diff', 'example.com', '-o', 'json'])
      expect([json.code, JSON.parse(json.stdout).items[0].lines.map(({ sign }: { sign: string }) => sign)]).toEqual([
        1,
        ['~', '~', '+', '-'],
      ])
    } finally {
      bindy.startController()
    }
  })

  test('ends with more than 1 where a server cannot be asked, and says which', async () => {
    await imported()
    await bindy.named.secondary.kill('SIGKILL')
    try {
      const { code, stdout } = await plugin(['diff', 'example.com', '--timeout', '2s'])
      expect(code).toBe(3)
      expect(stdout).toMatch(/secondary secondary \(127\.0\.0\.1 port \d+\): \? could not be asked: .*ECONNREFUSED/)
      expect(stdout).toContain('1 server could not be asked')
    } finally {
      await bindy.named.secondary.restart()
    }
  })
})

/** Has the API server refuse to write ARecords of a name, and check them all the same; returns what ends that. */
async function refuseWrites(name: string): Promise<() => Promise<void>> {
  const path = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic'
  const metadata = { name: namespace.name }
  const rules = [{ apiGroups: [API_GROUP], apiVersions: ['*'], resources: ['arecords'], operations: ['CREATE'] }]
  const expression = `request.dryRun || object.metadata.name != '${name}' || request.namespace != '${namespace.name}'`
  const validations = [{ expression, message: 'www is not to be written' }]
  const spec = { failurePolicy: 'Fail', matchConstraints: { resourceRules: rules }, validations }
  await bindy.kube.create(`${path}ies`, { metadata, spec })
  const binding = { policyName: namespace.name, validationActions: ['Deny'] }
  await bindy.kube.create(`${path}ybindings`, { metadata, spec: binding })
  const probe = { zone: 'probe.example', name: 'a', ipv4Address: '192.0.2.1' }
  await until('the policy holds', async () => {
    const isRefused = await namespace.create('ARecord', name, probe).then(
      () => false,
      () => true,
    )
    if (!isRefused) await namespace.delete({ kind: 'ARecord', metadata: { name } })
    return isRefused
  })
  return async () => {
    await bindy.kube.delete(`${path}ybindings/${namespace.name}`)
    await bindy.kube.delete(`${path}ies/${namespace.name}`)
    await until('the policy is gone', () =>
      namespace.create('ARecord', name, probe).then(
        () => true,
        () => false,
      ),
    )
    await namespace.delete({ kind: 'ARecord', metadata: { name } })
  }
}

/** Runs the plugin, and interrupts it when it has written a word. */
async function interrupted(args: readonly string[], word: string): Promise<Omit<Output, 'stdout'>> {
  const env = { ...process.env, KUBECONFIG: bindy.api.kubeconfig }
  const child = spawnChild(process.execPath, ['--no-warnings', MAIN, ...args, '-n', namespace.name], { env })
  let stderr = ''
  child.stderr?.on('data', chunk => {
    stderr += chunk
  })
  child.stdout?.on('data', chunk => {
    if (String(chunk).includes(word)) child.kill('SIGINT')
  })
  const [code] = await once(child, 'close')
  return { code, stderr }
}

/** The records of a dump or an answer without its spaces, in order. */
function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map(line => line.replace(/\s+/g, ' ').trim().toLowerCase())
    .filter(line => line !== '' && !line.startsWith(';'))
    .sort()
}
