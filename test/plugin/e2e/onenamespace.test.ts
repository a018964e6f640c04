import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { API_GROUP, clusterKind, kinds } from '#crds'
import { run, temporaryDirectory, until } from '../../cluster/index.ts'
import type { Namespace } from '../../controller/e2e/namespace.ts'
import { RunningPlugin } from './running.ts'

/* What a ServiceAccount sees whose rights end at its namespace, and do not reach to the Bind9Clusters of there. */

const plugin = new RunningPlugin()
const { bindy } = plugin
const place = temporaryDirectory()
const KUBECONFIG = join(place.path, 'kubeconfig')
let own: Namespace<'primary' | 'secondary'>

beforeAll(async () => {
  await plugin.start()
  const other = await bindy.namespace()
  own = await bindy.namespace()
  await Promise.all([own.ready(await own.zone('own.test')), other.ready(await other.zone('other.test'))])
  const records = [
    [own, 'own', 'www'],
    [own, 'own', 'ftp'],
    [other, 'other', 'www'],
  ] as const
  for (const [at, zone, name] of records)
    await at.ready(await at.create('ARecord', name, { zone: `${zone}.test`, name, ipv4Address: '192.0.2.1' }))
  await own.ready(await own.create('TXTRecord', 'www', { zone: 'own.test', name: 'www', text: ['a'] }))
  await plugin.must(own, 'status zone own.test --wait=30s')
  await signIn()
})
afterAll(async () => {
  await plugin.stop()
  await place.remove()
})

/** Makes the ServiceAccount, and a kubeconfig with a token of it. */
async function signIn(): Promise<void> {
  const kubectl = async (...args: string[]) => {
    const { code, stdout, stderr } = await bindy.api.kubectl([...args, '-n', own.name])
    if (code !== 0) throw new Error(stderr)
    return stdout
  }
  const resources = kinds.filter(kind => kind !== clusterKind).map(({ plural }) => `${plural}.${API_GROUP}`)
  await kubectl('create', 'serviceaccount', 'viewer')
  await kubectl('create', 'role', 'viewer', '--verb=get,list,watch', `--resource=${resources}`)
  await kubectl('create', 'rolebinding', 'viewer', '--role=viewer', `--serviceaccount=${own.name}:viewer`)
  const config = JSON.parse(await kubectl('config', 'view', '--raw', '-o', 'json'))
  const token = (await kubectl('create', 'token', 'viewer')).trim()
  for (const one of config.users) one.user = { token }
  writeFileSync(KUBECONFIG, JSON.stringify(config), { mode: 0o600 })
}

const seen = (words: string) => plugin.run(own, words, { KUBECONFIG, COLUMNS: '80' })

test.each([
  ['zone list', /^own\.test +own\.test +\d/m],
  ['record list own.test', /^www\.own\.test +A /m],
  ['graph own.test', /^└─ zone own\.test Healthy, serial \d+\n {3}├─ 2 A\n {3}└─ 1 TXT\n$/m],
  ['status zone own.test', /^✔ Rendered +3 records served, of 3 objects$/m],
])('%s needs no right beyond the namespace', async (words, shows) => {
  expect(await seen(words)).toEqual({ code: 0, stderr: '', stdout: expect.stringMatching(shows) })
})

describe('-A costs the other namespaces, which are named as missing', () => {
  const everywhere = (...plurals: string[]) => plurals.map(one => `? needs list ${one} in all namespaces\n`).join('')

  test.each([
    ['zone list -A', ['dnszones'], `dnszone.${API_GROUP}/own.test\n`],
    ['record list -A --type A', ['arecords'], `arecord.${API_GROUP}/ftp\narecord.${API_GROUP}/www\n`],
    ['record list own.test -A --type TXT', ['dnszones', 'txtrecords'], `txtrecord.${API_GROUP}/www\n`],
  ])('%s', async (words, plurals, names) => {
    const missing = { code: 3, stderr: everywhere(...plurals) }
    expect(await seen(`${words} -o name`)).toEqual({ ...missing, stdout: names })
    expect(await seen(words)).toEqual({ ...missing, stdout: expect.stringMatching(/^NAMESPACE .*\n(test-.*\n)+$/) })
  })

  test.each(['status -A', 'status -A --wait=30s'])('%s', async words => {
    const { code, stdout, stderr } = await seen(words)
    expect([code, stderr]).toEqual([3, ''])
    if (words === 'status -A') expect(stdout).toMatch(/^Bindy .* {3}zones 1\/1\? {3}records 3\/3\?\n/)
    else expect(stdout).toMatch(/^\S+ zones 1\/1\? records 3\/3\? attention 0\n/)
  })

  test('check -A', async () => {
    const { code, stdout } = await seen('check -A --only dns')
    expect(code).toBe(3)
    expect(stdout).toContain('? servers: needs list bind9instances in all namespaces [BND-C031]\n✔ Bind9Instance')
    expect(stdout).toContain('? zones: needs list dnszones in all namespaces [BND-C034]\n✔ 1 zone is')
  })
})

test('words are completed with the names of the namespace', async () => {
  const offered = async (...typed: string[]) => {
    const words = [plugin.program('kubectl_complete-bindy'), ...typed, '-n', own.name, '']
    return (await run(process.execPath, words, { env: { ...plugin.env(), KUBECONFIG } })).stdout
  }
  const names = 'own.test\tthe zone itself\nftp.own.test\tA\nwww.own.test\tA, TXT\n:4\n'
  // Nobody waits longer than a second for words: where the API server is too busy, the next keystroke asks again.
  await until('the names are known', async () => (await offered('query', '-A')) !== ':4\n')
  expect(await offered('query', '-A')).toBe(names)
})
