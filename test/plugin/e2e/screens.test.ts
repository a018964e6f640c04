import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { run, until } from '../../cluster/index.ts'
import { serialOf } from '../../controller/e2e/answers.ts'
import type { Namespace } from '../../controller/e2e/namespace.ts'
import { screen } from '../kubectlbindy.ts'
import { RunningPlugin } from './running.ts'

/* What commands show of a zone that is well, of one that nobody serves, and of a record that is refused. */

const plugin = new RunningPlugin()
const { bindy } = plugin
let dns: Namespace<'primary' | 'secondary'>

jest.setTimeout(60_000)
beforeAll(async () => {
  await plugin.start()
  dns = await bindy.namespace()
  await dns.ready(await dns.zone('example.com'))
  await dns.says(await dns.zone('shop.test', { clusterRef: 'nowhere' }), { reason: 'NoPrimary' })
  const record = (kind: string, name: string, spec: object) => dns.create(kind, name, { zone: 'example.com', ...spec })
  const served = [
    await record('ARecord', 'www', { name: 'www', ipv4Addresses: ['192.0.2.1', '192.0.2.2'] }),
    await record('TXTRecord', 'spf', {
      name: '@',
      text: ['v=spf1 include:a-very-long-name-of-a-mail-service.example.net ~all'],
    }),
    await record('CNAMERecord', 'blog', { name: 'blog', target: 'www.example.com.' }),
  ]
  for (const object of served) await dns.ready(object)
  await dns.says(await record('MXRecord', 'mail', { name: 'mail', priority: 10, mailServer: 'blog.example.com.' }), {
    reason: 'TargetIsAlias',
  })
  await until('the secondary has it', async () => {
    const [a, b] = await Promise.all(
      [bindy.named.primary, bindy.named.secondary].map(named => serialOf(named, 'example.com')),
    )
    const [zone] = (await dns.list('dnszones')).filter(({ metadata }) => metadata.name === 'example.com')
    const servers = (zone?.status?.servers ?? []) as readonly { serial?: number; lag?: number }[]
    return a !== undefined && a === b && servers.length === 2 && servers.every(({ serial }) => serial === a)
  })
}, 180_000)
afterAll(() => plugin.stop())

const screens: [name: string, words: string, code: number][] = [
  ['status', 'status', 1],
  ['status-wide', 'status -o wide', 1],
  ['status-zone', 'status zone example.com', 0],
  ['status-zone-live', 'status zone example.com --live', 0],
  ['status-zone-nowhere', 'status zone shop.test', 1],
  ['zone-list', 'zone list', 0],
  ['record-list', 'record list', 0],
  ['query', 'query www.example.com', 0],
  ['query-refused', 'query mail.example.com', 1],
  ['graph', 'graph', 0],
  ['check', 'check --only dns', 1],
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
  }
})

describe('a right that is missing', () => {
  const grant = (name: string, rules: readonly object[]) =>
    bindy.api.kubectl(['apply', '-f', '-'], {
      input: JSON.stringify({
        apiVersion: 'v1',
        kind: 'List',
        items: [
          { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name }, rules },
          {
            apiVersion: 'rbac.authorization.k8s.io/v1',
            kind: 'ClusterRoleBinding',
            metadata: { name },
            roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
            subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name }],
          },
        ],
      }),
    })

  beforeAll(async () => {
    const rule = (...resources: string[]) => ({
      apiGroups: ['bindy.firestoned.io'],
      resources,
      verbs: ['list', 'get', 'watch'],
    })
    await grant('zones-only', [rule('dnszones')])
    await grant('viewers', [rule('*')])
  })

  test('costs a cell of the glance, and is named', async () => {
    const { stdout } = await plugin.run(dns, 'status --as eve --as-group zones-only')
    expect(stdout).toContain('controller ?   webhook ?   zones 1/2')
    for (const right of ['list bind9instances', 'list arecords', 'list leases.coordination.k8s.io'])
      expect(stdout).toContain(`? needs ${right}\n`)
  })

  test('costs the count of a transfer: the SOA is asked for without a key', async () => {
    const { code, stdout } = await plugin.run(dns, 'status zone example.com --live --rndc --as eve --as-group viewers')
    expect(stdout).toMatch(/^primary +primary +\d+ +✔ Served +\d{10} +\? +\? +\? +\?$/m)
    expect(stdout).toContain(`? needs get secrets in ${dns.name}`)
    expect(code).toBe(0)
  })

  test('ends what cannot go on without it with 3, in the words of the API server', async () => {
    const { code, stderr } = await plugin.run(dns, 'zone list --as eve')
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(/^Error from server \(Forbidden\): dnszones.* User "eve" cannot list/),
    ])
  })
})

describe('watching', () => {
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

  test('--wait ends with 5 where all is not well in time', async () => {
    expect(await plugin.run(dns, 'status --wait=1s')).toMatchObject({
      code: 5,
      stderr: 'error: Not all is well after 1s\n',
    })
  })
})

describe('kubectl', () => {
  test('finds the plugin and what completes its words', async () => {
    const words = [plugin.program('kubectl_complete-bindy'), 'zone', 'delete', '-n', dns.name, '']
    const complete = async () => (await run(process.execPath, words, { env: plugin.env() })).stdout
    // Nobody waits longer than a second for words: where the API server is too busy, the next keystroke asks again.
    await until('the zones are known', async () => (await complete()) !== ':4\n')
    expect(await complete()).toBe('example.com\texample.com\nshop.test\tshop.test\n:4\n')
  })
})
