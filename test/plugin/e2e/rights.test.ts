import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { kinds } from '#crds'
import { type Dns, troubledZones, wellServedZone } from './examples.ts'
import { RunningPlugin } from './running.ts'

/* What a command shows to somebody who may not read all of it. */

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

  const grantIn = async (namespace: string, name: string, rules: readonly object[]) => {
    const group = 'rbac.authorization.k8s.io'
    const at = `/apis/${group}/v1/namespaces/${namespace}`
    await bindy.kube.create(`${at}/roles`, { metadata: { name }, rules })
    await bindy.kube.create(`${at}/rolebindings`, {
      metadata: { name },
      roleRef: { apiGroup: group, kind: 'Role', name },
      subjects: [{ apiGroup: group, kind: 'Group', name }],
    })
  }

  beforeAll(async () => {
    const rule = (...resources: string[]) => ({
      apiGroups: ['bindy.firestoned.io'],
      resources,
      verbs: ['list', 'get', 'watch'],
    })
    await grant('zones-only', [rule('dnszones')])
    await grant('instances-only', [rule('bind9instances')])
    await grant('viewers', [rule('*')])
    const all = kinds.map(({ plural }) => plural)
    for (const plural of ['arecords', 'dnszones', 'bind9instances', 'bind9clusters'])
      await grant(`all-but-${plural}`, [rule(...all.filter(one => one !== plural))])
  })

  test('costs a cell of the glance, and is named', async () => {
    const { stdout } = await plugin.run(dns, 'status --as eve --as-group zones-only')
    expect(stdout).toContain('controller ?   webhook ?   zones 1/2')
    expect(stdout).toContain('records 0/0?')
    expect(stdout).not.toContain('No Bind9Instance')
    for (const right of ['list bind9instances', 'list arecords', 'list leases.coordination.k8s.io'])
      expect(stdout).toContain(`? needs ${right}\n`)
  })

  test('to list zones costs what is counted of them, and is named', async () => {
    const words = 'status --as eve --as-group all-but-dnszones'
    const seen = await plugin.run(well, words, { COLUMNS: '80' })
    expect([seen.code, seen.stderr]).toEqual([3, ''])
    expect(seen.stdout).toMatch(/^Bindy .* {3}zones \? {3}records 0\/0$/m)
    expect(seen.stdout).toMatch(/^dns +2\/2 +\? +\? +\? Unknown$/m)
    expect(seen.stdout).toMatch(/^primary +primary +127.0.0.1 +9\S+ +\? +\? +✔ Ready$/m)
    expect(seen.stdout).toContain('? Nothing that could be read needs attention\n')
    expect(seen.stdout).toContain('? needs list dnszones\n')
    expect(JSON.parse((await plugin.run(well, `${words} -o json`)).stdout).needs).toContain('list dnszones')
    expect(await plugin.run(well, `${words} --wait=10s`)).toMatchObject({ code: 3, stderr: '' })
  })

  test.each(['dnszones', 'bind9instances'])('to list %s costs the counts of a cluster', async plural => {
    const { code, stdout } = await plugin.run(well, `status dns --as eve --as-group all-but-${plural}`)
    expect(code).toBe(3)
    expect(stdout).toMatch(/^Bindy .* {3}zones \? {3}records \?( {3}.*)?$/m)
    expect(stdout).toContain(`? needs list ${plural}\n`)
  })

  test('costs cells of a zone: its object says which servers it has', async () => {
    const words = 'status zone example.com --live --as eve --as-group zones-only'
    const { code, stdout } = await plugin.run(dns, words)
    expect(stdout).toContain('3 records served, of 0? objects')
    expect(stdout).toMatch(/^secondary +secondary +\d+ +✔ Served +\? +\?$/m)
    for (const right of ['list bind9instances', 'list arecords']) expect(stdout).toContain(`? needs ${right}\n`)
    expect(stdout).toContain('Level: what the objects say, since no server answered\n')
    expect(code).toBe(3)
    expect(await plugin.run(dns, words.replace('--live ', ''))).toMatchObject({ code: 0, stderr: '' })
  })

  test('to list records of a kind costs these alone of a list, and is named beside it', async () => {
    const words = 'record list --as eve --as-group all-but-arecords'
    const needs = { code: 3, stderr: '? needs list arecords\n' }
    const listed = 'txtrecord.bindy.firestoned.io/spf\nmxrecord.bindy.firestoned.io/mail\n'
    expect(await plugin.run(dns, `${words} --type A,MX,TXT -o name`)).toEqual({ ...needs, stdout: listed })
    const table = await plugin.run(dns, `${words} example.com`)
    expect(table).toEqual({ ...needs, stdout: expect.stringMatching(/^blog\.example\.com +CNAME /m) })
    expect(table.stdout).not.toMatch(/^www\.example\.com /m)
    expect(await plugin.run(dns, `${words} --type A`)).toEqual({ ...needs, stdout: '' })
    expect(await plugin.run(dns, `${words} --type MX -o name`)).toMatchObject({ code: 0, stderr: '' })
  })

  test('to list zones costs no records of a zone that is called by its name', async () => {
    const words = 'record list example.com --type A,MX -o name --as eve --as-group all-but-dnszones'
    const listed = 'mxrecord.bindy.firestoned.io/mail\narecord.bindy.firestoned.io/www\n'
    expect(await plugin.run(dns, words)).toEqual({ code: 3, stderr: '? needs list dnszones\n', stdout: listed })
  })

  test('to list clusters costs nothing of the graph of a zone', async () => {
    const words = 'graph example.com --as eve --as-group all-but-bind9clusters'
    const stdout = await plugin.must(dns, 'graph example.com')
    expect(await plugin.run(dns, words)).toEqual({ code: 0, stderr: '', stdout })
  })

  test('to read Events costs these alone of a history, and is named beside it', async () => {
    const words = 'history well.test --as eve --as-group zones-only'
    const needs = { code: 3, stderr: '? needs list events\n' }
    const seen = await plugin.run(well, words)
    expect(seen).toEqual({ ...needs, stdout: expect.stringMatching(/^\S+ +\d{10} +- +- +A primary serves it$/m) })
    const json = await plugin.run(well, `${words} -o json`)
    expect(json).toMatchObject(needs)
    const { serial, serials, events, needs: rights } = JSON.parse(json.stdout)
    expect([events, rights]).toEqual([[], ['list events']])
    expect(serials[0]).toEqual({ serial, time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) })
  })

  const undrawn: [plural: string, drawn: RegExp][] = [
    ['arecords', /^ {3}├─ 1 TXT\n {3}└─ \? A\nzone shop.test Degraded\n└─ \? A\n$/m],
    ['bind9instances', /^zone example.com Healthy, serial \d+\n├─ 1 A\n/m],
    ['dnszones', /^├─ secondary secondary \(127.0.0.1\)\n└─ \? zones\n$/m],
  ]
  test.each(undrawn)('to list %s costs a node of the graph, and is named beside it', async (plural, drawn) => {
    const words = `graph --as eve --as-group all-but-${plural}`
    const right = `list ${plural}`
    const seen = await plugin.run(dns, words)
    expect(seen).toEqual({ code: 3, stdout: expect.stringMatching(drawn), stderr: `? needs ${right}\n` })
    for (const form of ['mermaid', 'dot'])
      expect(await plugin.run(dns, `${words} -o ${form}`)).toMatchObject({ code: 3, stderr: `? needs ${right}\n` })
    const json = await plugin.run(dns, `${words} -o json`)
    expect([json.code, json.stderr, JSON.parse(json.stdout).needs]).toEqual([3, '', [right]])
  })

  test.each([
    ['all that it could read is well', 'zones-only', 3],
    ['all is well, but for the Lease and the webhook', 'viewers', 0],
  ])('status ends so where %s', async (_, group, code) => {
    const seen = await plugin.run(well, `status --as eve --as-group ${group}`)
    expect([seen.code, seen.stderr]).toEqual([code, ''])
    expect(seen.stdout).toContain('? Nothing that could be read needs attention')
  })

  test('to list records everywhere costs the records of other namespaces', async () => {
    const [home, other] = await Promise.all([bindy.namespace(), bindy.namespace()])
    await home.zone('open.test', { allowedNamespaces: ['*'] })
    for (const [at, name] of [
      [home, 'own'],
      [other, 'guest'],
    ] as const)
      await at.ready(await at.create('ARecord', name, { zone: 'open.test', name, ipv4Address: '192.0.2.7' }))
    expect(await plugin.must(home, 'status zone open.test --wait=30s')).toContain('records served, of 2 objects')
    const name = 'own-records'
    const rules = [{ apiGroups: ['bindy.firestoned.io'], resources: ['*'], verbs: ['list', 'get'] }]
    await grantIn(home.name, name, rules)
    const seen = await plugin.run(home, `status zone open.test --as eve --as-group ${name}`)
    expect(seen).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('of 1? objects') })
    expect(seen.stdout).toContain('? needs list arecords in all namespaces\n')
  })

  test('costs the count of a transfer: the SOA is asked for without a key', async () => {
    const { code, stdout } = await plugin.run(dns, 'status zone example.com --live --rndc --as eve --as-group viewers')
    expect(stdout).toMatch(/^primary +primary +\d+ +✔ Served +\d{10} +\? +\? +\? +\? +\?$/m)
    expect(stdout).toContain(`? needs get secrets in ${dns.name}`)
    expect(code).toBe(0)
    const glance = await plugin.run(dns, 'status --live --rndc --as eve --as-group viewers')
    expect(glance.stdout).toMatch(/^primary +primary +127.0.0.1 +9\S+ +\? +1 +- +✔ Ready$/m)
    expect(glance.stdout).toContain(`? needs get secrets in ${dns.name}\n`)
    expect(glance.stdout).toContain('Level: live (SOA of each zone over DNS).\n')
  })

  const unchecked: [group: string, code: number, found: readonly string[]][] = [
    ['zones-only', 1, ['? servers: needs list bind9instances [BND-C031]', '✖ shop.test: NoPrimary']],
    ['instances-only', 3, ['✔ Bind9Instance', '? zones: needs list dnszones [BND-C034]']],
  ]
  test.each(unchecked)('as one of %s costs check what needs it, and it ends with %i', async (group, code, found) => {
    const seen = await plugin.run(dns, `check --only dns --as eve --as-group ${group}`)
    expect(seen.code).toBe(code)
    for (const text of found) expect(seen.stdout).toContain(text)
  })

  test('ends what cannot go on without it with 3, in the words of the API server', async () => {
    const { code, stderr } = await plugin.run(dns, 'zone list --as eve')
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(/^Error from server \(Forbidden\): dnszones.* User "eve" cannot list/),
    ])
  })
})
