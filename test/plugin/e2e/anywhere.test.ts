import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { temporaryDirectory } from '../../cluster/index.ts'
import { answers } from '../../controller/e2e/answers.ts'
import type { Namespace } from '../../controller/e2e/namespace.ts'
import { RunningPlugin } from './running.ts'

/* What commands about a zone do with -A, called from a namespace that does not have it. */

const plugin = new RunningPlugin()
const { bindy } = plugin
const place = temporaryDirectory()
type Dns = Namespace<'primary' | 'secondary'>
let home: Dns
let elsewhere: Dns

beforeAll(() => plugin.start())
beforeEach(async () => {
  ;[home, elsewhere] = await Promise.all([bindy.namespace(), bindy.namespace()])
  const nameServers = [{ hostname: 'ns1.example.net.' }]
  await home.ready(await home.zone('home.test', { recordPolicy: 'owned', nameServers }))
})
afterEach(() => bindy.clear())
afterAll(async () => {
  await plugin.stop()
  await place.remove()
})

const seen = (words: string) => plugin.run(elsewhere, words)
const recordsIn = async (dns: Dns) => (await dns.list('arecords')).map(({ spec }) => spec.name)

test.each([
  ['retransfer', 0, 'secondary: home.test is fetched anew'],
  ['notify', 0, 'primary: home.test is announced'],
  ['freeze --yes', 0, 'primary: home.test takes no updates'],
  ['thaw', 0, 'primary: home.test takes updates again'],
  ['reload', 3, 'primary: Cannot run reload "home.test."'],
])('zone %s', async (verb, code, said) => {
  const [word, ...flags] = verb.split(' ')
  const words = ['zone', word, 'home.test', ...flags].join(' ')
  expect(await seen(words)).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('No DNSZone of') })
  expect(await seen(`${words} -A`)).toMatchObject({ code, stdout: expect.stringContaining(said), stderr: '' })
})

describe('zone export', () => {
  test('of one zone', async () => {
    expect((await seen('zone export home.test')).code).toBe(3)
    const { code, stdout } = await seen('zone export home.test -A')
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^; exported .*\n\$ORIGIN home\.test\.\n/)])
  })

  test('of all zones, of which two may have one name', async () => {
    await elsewhere.says(await elsewhere.zone('home.test'), { reason: 'DuplicateZone' })
    const directory = join(place.path, 'all')
    const { code } = await seen(`zone export --all -A --directory ${directory}`)
    const files = globSync('*/*', { cwd: directory }).sort()
    expect([code, files]).toEqual([0, [home, elsewhere].map(({ name }) => `${name}/home.test.zone`).sort()])
    const whole = await plugin.must(elsewhere, 'zone export --all -A')
    for (const file of files) expect(whole).toContain(readFileSync(join(directory, file), 'utf8'))
    expect(JSON.parse(await plugin.must(elsewhere, 'zone export --all -A -o json')).items).toHaveLength(2)
  })

  test('of two objects of one namespace for one zone into a file each', async () => {
    const { spec } = await home.get({ kind: 'DNSZone', metadata: { name: 'home.test' } })
    await home.says(await home.create('DNSZone', 'twin', spec), { reason: 'DuplicateZone' })
    const directory = join(place.path, 'twins')
    const { code } = await plugin.run(home, `zone export --all --directory ${directory}`)
    expect([code, globSync('*', { cwd: directory }).sort()]).toEqual([
      0,
      ['home.test_home.test.zone', 'home.test_twin.zone'],
    ])
  })
})

test('zone delete, and not where several have the name', async () => {
  const twin = await elsewhere.zone('home.test')
  await elsewhere.says(twin, { reason: 'DuplicateZone' })
  const refused = await seen('zone delete home.test -A --yes')
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('"home.test" may be any of ')])
  await elsewhere.delete(twin)
  await elsewhere.gone(twin)
  expect(await seen('zone delete home.test -A --yes --wait=30s')).toMatchObject({ code: 0, stderr: '' })
  expect(await home.list('dnszones')).toEqual([])
})

test('zone adopt makes the objects beside the zone', async () => {
  await bindy.named.primary.nsupdate('update add by-hand.home.test. 60 A 192.0.2.1\n')
  await answers([bindy.named.primary], 'by-hand.home.test', 'A', ['192.0.2.1'])
  expect((await seen('zone adopt home.test --yes')).code).toBe(3)
  expect(await seen('zone adopt home.test -A --yes')).toMatchObject({ code: 0 })
  expect([await recordsIn(home), await recordsIn(elsewhere)]).toEqual([['by-hand'], []])
})

describe('zone import', () => {
  const file = join(place.path, 'home.zone')
  const into = (name: string, ...more: string[]) => seen(['zone', 'import', name, '-f', file, '-A', ...more].join(' '))
  beforeEach(async () => {
    const exported = await plugin.must(home, 'zone export home.test')
    writeFileSync(file, `${exported}new 60 A 192.0.2.2\n`)
  })

  test('goes to the namespace that has the zone', async () => {
    expect(await into('home.test', '--yes')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`for namespace ${home.name}\n`),
    })
    expect([await recordsIn(home), await recordsIn(elsewhere)]).toEqual([['new'], []])
  })

  test('wants a namespace for a zone that none has, and where nobody may be asked', async () => {
    expect(await into('new.test', '--cluster-ref', 'dns', '--yes')).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'error: A namespace is needed for new.test: no namespace has this zone yet\n  fix: -n NAMESPACE in place of -A\n',
    })
    expect(await into('home.test', '--dry-run=client')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: -A looks for the zone, and --dry-run=client asks nobody\n/),
    })
  })
})
