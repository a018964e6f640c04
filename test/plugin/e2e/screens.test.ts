import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { provideKubernetes, run, temporaryDirectory, until } from '../../cluster/index.ts'
import { screen } from '../kubectlbindy.ts'
import { type Dns, troubledZones } from './examples.ts'
import { RunningPlugin } from './running.ts'

/* What commands show of a zone that is well, of one that nobody serves, and of a record that is refused. */

const plugin = new RunningPlugin()
const { bindy } = plugin
let dns: Dns

beforeAll(async () => {
  await plugin.start()
  dns = await troubledZones(plugin)
})
afterAll(() => plugin.stop())

const screens: [name: string, words: string, code: number][] = [
  ['status', 'status', 1],
  ['status-wide', 'status -o wide', 1],
  ['status-all', 'status -A', 1],
  ['status-live', 'status --live', 1],
  ['status-zone', 'status zone example.com', 0],
  ['status-zone-live', 'status zone example.com --live', 0],
  ['status-zone-rndc', 'status zone example.com --rndc', 0],
  ['status-zone-nowhere', 'status zone shop.test', 1],
  ['zone-list', 'zone list', 0],
  ['zone-list-all', 'zone list -A', 0],
  ['record-list', 'record list', 0],
  ['query', 'query www.example.com', 0],
  ['query-refused', 'query mail.example.com', 1],
  ['graph', 'graph', 0],
  ['graph-zone', 'graph example.com', 0],
  ['check', 'check --only dns', 1],
  ['version', 'version', 0],
]
describe.each(['80', '120'])('at %s columns', COLUMNS => {
  test.each(screens)('%s looks as kept', async (name, words, code) => {
    const seen = await plugin.run(dns, words, { COLUMNS })
    expect([seen.stderr, seen.code]).toEqual(['', code])
    const { seen: now, kept } = screen(`${name}-${COLUMNS}`, seen.stdout)
    expect(now).toBe(kept)
    const tooLong = now.split('\n').filter(line => line.length > Number(COLUMNS) && !name.endsWith('-wide'))
    expect(tooLong.filter(line => !line.includes('kubectl bindy'))).toEqual([])
  })
})

const named: [words: string, code: number, names: string[]][] = [
  ['status', 1, ['bind9cluster/dns', 'bind9instance/primary', 'bind9instance/secondary']],
  ['status dns', 1, ['bind9cluster/dns', 'bind9instance/primary', 'bind9instance/secondary']],
  ['status zone shop.test', 1, ['dnszone/shop.test']],
  ['status zone example.com --wait=30s', 0, ['dnszone/example.com']],
  ['query www.example.com', 0, ['arecord/www']],
  ['query example.com', 0, ['dnszone/example.com', 'txtrecord/spf']],
  ['query mail.example.com', 1, ['mxrecord/mail']],
  ['query nothing.example.com', 0, []],
  ['history example.com', 0, ['dnszone/example.com']],
  ['graph example.com', 0, ['bind9instance/primary', 'bind9instance/secondary', 'dnszone/example.com']],
  ['diff example.com', 0, []],
  ['zone list', 0, ['dnszone/example.com', 'dnszone/shop.test']],
  ['record list --type CNAME', 0, ['cnamerecord/blog']],
]
test.each(named)('%s -o name ends with %i and names objects', async (words, code, names) => {
  const { stdout, ...ended } = await plugin.run(dns, `${words} -o name`)
  expect(stdout).toBe(names.map(name => `${name.replace('/', '.bindy.firestoned.io/')}\n`).join(''))
  if (!words.includes('--wait')) expect(ended).toEqual({ code, stderr: '' })
})

test('diff -o name tells people beside it of a zone that no server could be asked about', async () => {
  expect(await plugin.run(dns, 'diff shop.test -o name')).toEqual({
    code: 3,
    stdout: '',
    stderr: 'shop.test   no server: ? could not be asked: no instance is to serve the zone\n',
  })
})

test('check -o wide breaks no line, however narrow the terminal is', async () => {
  const whole = await plugin.run(dns, 'check --only dns')
  expect(await plugin.run(dns, 'check --only dns', { COLUMNS: '40' })).not.toEqual(whole)
  expect(await plugin.run(dns, 'check --only dns -o wide', { COLUMNS: '40' })).toEqual(whole)
})

test('history looks as kept, of a zone that somebody changed', async () => {
  const past = await bindy.namespace()
  const zone = await past.zone('past.test')
  await past.noted(zone, 'Served')
  await bindy.named.primary.nsupdate('update add by-hand.past.test. 60 A 192.0.2.9\n')
  await past.noted(zone, 'DriftMended')
  await until('its serial is told', async () => Number((await past.get(zone)).status?.serial) % 100 === 3)
  const { serial, serials, events } = JSON.parse(await plugin.must(past, 'history past.test -o json'))
  const told = events.map(({ reason, serial }: { reason: string; serial: number }) => [reason, serial])
  expect(told).toEqual([
    ['DriftMended', serial],
    ['Served', serial - 2],
  ])
  const seen = serials.map((one: { serial: number }) => one.serial)
  expect([seen.at(0), seen.at(-1)]).toEqual([serial, serial - 2])
  for (const COLUMNS of ['80', '120']) {
    const lines = (await plugin.must(past, 'history past.test', { COLUMNS })).split('\n')
    // Somebody else's own serial may be over before it is seen.
    const page = lines.filter(line => !line.includes(`${serial - 1} `)).join('\n')
    const { seen, kept } = screen(`history-${COLUMNS}`, page)
    expect(seen).toBe(kept)
  }
})

test.each([
  ['where the locale knows no more', 'status', { LANG: 'C' }],
  ['with --ascii', 'status --ascii', {}],
])('status shows ASCII alone %s', async (_, words, env) => {
  const { stdout } = await plugin.run(dns, words, env as Record<string, string>)
  expect(stdout).toMatch(/^Bindy .* controller ok /)
  expect(stdout).toMatch(/^[\x20-\x7e\n]*$/)
})

test('status is one object for a program, whole and without an escape', async () => {
  const { stdout } = await plugin.run(dns, 'status -o json', { FORCE_COLOR: '1' })
  expect(JSON.parse(stdout)).toMatchObject({
    apiVersion: 'cli.bindy/v1',
    kind: 'Status',
    zones: { all: 2, healthy: 1 },
    records: { all: 4, served: 3 },
    needs: [],
  })
})

test.each(['zone list', 'record list'])('%s -o yaml leaves out who wrote which field', async words => {
  const yaml = await plugin.must(dns, `${words} -o yaml`)
  expect(yaml).toContain('example.com')
  expect(yaml).not.toContain('managedFields')
})

test('status of a cluster shows its part alone, and says which there are where it is none', async () => {
  expect(await plugin.run(dns, 'status dns')).toMatchObject({ code: 1, stdout: expect.stringMatching(/zones 1\/1/) })
  expect(await plugin.run(dns, 'status nowhere')).toEqual({
    code: 3,
    stdout: '',
    stderr: expect.stringMatching(/^error: No Bind9Cluster here is called "nowhere"\n {2}why: there are: dns\n/),
  })
})

test('a zone that may be several is a usage error that names them', async () => {
  const twin = await bindy.namespace()
  await twin.says(await twin.zone('example.com'), { reason: 'DuplicateZone' })
  const { code, stderr } = await plugin.run(dns, 'status zone example.com -A')
  expect(code).toBe(2)
  expect(stderr).toMatch(/^error: "example.com" may be any of test-\w+\/example.com, test-\w+\/example.com\n/)
  expect(stderr).toContain(`name the object: example.com, with -n ${twin.name}\n`)
})

test('check --pre asks for the right to create the CRDs alone', async () => {
  expect(await plugin.run(dns, 'check --pre')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^kubernetes\n✔ API reachable \(v.*\)\n✔ you may create the CRDs\nResult: /),
  })
  expect(await plugin.run(dns, 'check --pre --as eve')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('✖ you may not create CustomResourceDefinitions [BND-C002]'),
  })
})

test.each([
  ['mermaid', /^(graph|flowchart) /],
  ['dot', /^digraph /],
])('graph -o %s draws the zone', async (form, head) => {
  const drawn = await plugin.must(dns, `graph -o ${form}`)
  expect(drawn).toMatch(head)
  expect(drawn).toContain('example.com')
})

test('graph -o json is one object for a program', async () => {
  expect(JSON.parse(await plugin.must(dns, 'graph -o json'))).toMatchObject({ apiVersion: 'cli.bindy/v1' })
})

test('graph draws a zone that nobody serves, and says what there is where nothing is called so', async () => {
  expect(await plugin.must(dns, 'graph shop.test')).toBe('zone shop.test Degraded\n')
  expect(await plugin.run(dns, 'graph nowhere')).toEqual({
    code: 3,
    stdout: '',
    stderr: expect.stringMatching(
      /^error: No Bind9Cluster and no DNSZone here is called "nowhere"\n {2}why: there are: dns, example.com, shop.test\n/,
    ),
  })
})

test('status zone --live --rndc has no line longer than the terminal', async () => {
  const { stdout } = await plugin.run(dns, 'status zone example.com --live --rndc', { COLUMNS: '80' })
  expect(stdout).toMatch(/^SERVER +ROLE +SERIAL +STATUS +SOA NOW +RECORDS\n/m)
  expect(stdout).toMatch(/^SERVER +SERIAL NOW +REFRESH IN +EXPIRES IN +NOTE\nprimary +20\d{8} +- +- +dynamic\n/m)
  expect(stdout.split('\n').filter(line => line.length > 80)).toEqual([])
})

test('status zone lists as many of the records that are not served as --limit says, and counts the others', async () => {
  const crowd = await bindy.namespace()
  await crowd.ready(await crowd.zone('crowd.test'))
  await crowd.ready(
    await crowd.create('CNAMERecord', 'alias', { zone: 'crowd.test', name: 'alias', target: 'a.test.' }),
  )
  for (const name of ['a', 'b', 'c']) {
    const spec = { zone: 'crowd.test', name, priority: 10, mailServer: 'alias.crowd.test.' }
    await crowd.says(await crowd.create('MXRecord', name, spec), { reason: 'TargetIsAlias' })
  }
  const listed = async (...flags: string[]) => {
    const { stdout } = await plugin.run(crowd, ['status', 'zone', 'crowd.test', ...flags])
    const [, attention = ''] = stdout.split('\n\nAttention ')
    return [
      attention.split('\n')[0],
      attention.match(/^ {2}\S+ \S+ MX$/gm)?.length,
      /^ {2}and .*/m.exec(attention)?.[0],
    ]
  }
  expect(await listed()).toEqual(['(3)', 3, undefined])
  expect(await listed('--limit', '2')).toEqual(['(3)', 2, '  and 1 more: add --limit 3'])
  const { records } = JSON.parse((await plugin.run(crowd, 'status zone crowd.test --limit 1 -o json')).stdout)
  expect(records.unserved).toEqual(['MXRecord/a', 'MXRecord/b', 'MXRecord/c'])
})

test('status --rndc says since when servers run', async () => {
  const { stdout } = await plugin.run(dns, 'status --rndc')
  expect(stdout).toMatch(/^INSTANCE +ROLE +ADDRESS +BIND +UP +ZONES +BEHIND +STATUS$/m)
  expect(stdout).toMatch(/^secondary +secondary +127.0.0.1 +9\.\d+\.\d+ +(\d+[ms])+ +1 +- +✔ Ready$/m)
  expect(stdout).toMatch(/\nLevel: live \(status over RNDC; BEHIND by the objects\).\n$/)
})

test('text of others does nothing to the terminal that shows it', async () => {
  const evil = await dns.create('TXTRecord', 'evil', { zone: 'example.com', name: 'evil', text: ['\x1b[2J\x07\u202e'] })
  try {
    await dns.ready(evil)
    for (const words of [
      'record list',
      'record list -o wide',
      'query evil.example.com',
      'status zone example.com --live --wait=20s',
    ]) {
      expect(await plugin.must(dns, words)).toMatch(/^[\n\x20-\x7e\u00a1-\u2bff]*$/)
    }
  } finally {
    await dns.delete(evil)
    await dns.gone(evil)
    await until('its zone counts it no more', async () => {
      const [zone] = (await dns.list('dnszones')).filter(({ metadata }) => metadata.name === 'example.com')
      return zone?.status?.records === 3
    })
  }
})

describe('k9s', () => {
  const { plugins } = parse(readFileSync(join(import.meta.dirname, '../../../plugin/k9s/bindy.yaml'), 'utf8')) as {
    plugins: Record<string, { command: string; args: readonly string[] }>
  }
  const painted = ['bindy-status-zone', 'bindy-records', 'bindy-history', 'bindy-status']
  const place = temporaryDirectory()
  beforeAll(() => {
    symlinkSync(plugin.program('kubectl-bindy'), join(place.path, 'kubectl-bindy'))
    // Beside no terminal less is cat.
    writeFileSync(join(place.path, 'less'), '#!/bin/sh\nexec cat\n', { mode: 0o755 })
  })
  afterAll(() => place.remove())

  test.each(painted)('shows %s in colour', async name => {
    expect(await shown(name)).toContain('\x1b[')
  })

  test.each([
    ['bindy-diff', /No differences/],
    ['bindy-export', /^@ +3600 IN SOA /m],
  ])('shows %s', async (name, text) => {
    expect(await shown(name)).toMatch(text)
  })

  async function shown(name: string): Promise<string> {
    const { command, args = [] } = plugins[name] ?? {}
    const object = name === 'bindy-status' ? 'dns' : 'example.com'
    const values: Record<string, string> = { $NAME: object, $NAMESPACE: dns.name, $CONTEXT: 'bindy' }
    const { kubectl } = await provideKubernetes()
    const path = [place.path, dirname(process.execPath), dirname(kubectl), process.env.PATH].join(':')
    const { stdout, stderr } = await run(
      command ?? '',
      args.map(arg => values[arg] ?? arg),
      { env: { ...plugin.env(), PATH: path } },
    )
    expect(stderr).toBe('')
    return stdout
  }
})

describe('kubectl', () => {
  test('finds the plugin and what completes its words', async () => {
    const { stdout } = await bindy.api.kubectl(['get', 'namespaces', '-o', 'name'])
    const namespaces = stdout.replaceAll('namespace/', '')
    const complete = async (typed: string) => {
      const words = [plugin.program('kubectl_complete-bindy'), '-n', dns.name, ...typed.split(' ')]
      return (await run(process.execPath, words, { env: plugin.env() })).stdout
    }
    const zones = 'example.com\texample.com\nshop.test\tshop.test\n'
    const own = 'example.com\tthe zone itself, TXT\nshop.test\tthe zone itself\n'
    const below = 'www.example.com\tA\nblog.example.com\tCNAME\nmail.example.com\tMX\n'
    const offered: [typed: string, names: string][] = [
      ['zone delete ', zones],
      ['graph ', `dns\n${zones}`],
      ['query ', own + below],
      ['record delete ', own + below],
      ['record set w', 'www.example.com\tA\n'],
      ['zone list --namespace=', namespaces],
      ['zone list --namespace ', namespaces],
      [`zone list -n=${dns.name}`, `${dns.name}\n`],
      ['status --context ', 'bindy\n'],
    ]
    for (const [typed, names] of offered) {
      // Nobody waits longer than a second for words: where the API server is too busy, the next keystroke asks again.
      await until(`the names for ${typed} are known`, async () => (await complete(typed)) !== ':4\n')
      expect([typed, await complete(typed)]).toEqual([typed, `${names}:4\n`])
    }
  })
})
