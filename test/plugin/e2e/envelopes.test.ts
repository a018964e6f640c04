import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { temporaryDirectory, until } from '../../cluster/index.ts'
import { answers } from '../../controller/e2e/answers.ts'
import type { Namespace } from '../../controller/e2e/namespace.ts'
import { breachesOf, schemaText } from '../publishedschema.ts'
import { RunningPlugin } from './running.ts'

/*
 * What every command prints with -o json and -o yaml, where it is no object of the API server, is as the published schema
 * says: of a zone that is well, of one that nobody serves, where a right is missing, and where a server does not answer.
 */

const plugin = new RunningPlugin()
const { bindy } = plugin
const place = temporaryDirectory()
const seen = new Set<string>()
let dns: Namespace<'primary' | 'secondary'>

beforeAll(async () => {
  await plugin.start()
  dns = await bindy.namespace()
  const zone = await dns.zone('example.com', { unmanaged: [{ name: 'by-*' }] })
  await dns.ready(zone)
  await dns.says(await dns.zone('shop.test', { clusterRef: 'nowhere' }), { reason: 'NoPrimary' })
  const record = (kind: string, name: string, spec: object) => dns.create(kind, name, { zone: 'example.com', ...spec })
  await dns.ready(await record('ARecord', 'www', { name: 'www', ipv4Address: '192.0.2.1' }))
  await dns.ready(await record('CNAMERecord', 'blog', { name: 'blog', target: 'www.example.com.' }))
  const mail = { name: 'mail', priority: 10, mailServer: 'blog.example.com.' }
  await dns.says(await record('MXRecord', 'mail', mail), { reason: 'TargetIsAlias' })
  await bindy.named.primary.nsupdate('update add by-hand.example.com. 60 A 192.0.2.9\n')
  await answers([bindy.named.primary, bindy.named.secondary], 'by-hand.example.com', 'A', ['192.0.2.9'])
  await dns.noted(zone, 'Served')
})
afterAll(async () => {
  await plugin.stop()
  await place.remove()
})

/** Runs a command in both forms; it must print one object that the schema knows. */
async function check(words: string, code: number): Promise<void> {
  for (const form of ['json', 'yaml']) {
    const { stdout, ...ended } = await plugin.run(dns, `${words} -o ${form}`)
    expect([words, ended]).toEqual([words, { code, stderr: '' }])
    const object = form === 'json' ? JSON.parse(stdout) : parse(stdout)
    expect([words, breachesOf(object)]).toEqual([words, []])
    seen.add(object.kind)
  }
}

const commands: [words: string, code: number][] = [
  ['version', 0],
  ['version --client', 0],
  ['check', 1],
  ['check --pre', 0],
  ['check --as eve', 3],
  ['graph', 0],
  ['graph -A', 0],
  ['graph --as eve', 3],
  ['history example.com', 0],
  ['history shop.test', 0],
  ['query www.example.com', 0],
  ['query example.com', 0],
  ['query mail.example.com', 1],
  ['query by-hand.example.com', 0],
  ['query nothing.example.com', 0],
  ['status', 1],
  ['status dns -A --live --rndc', 1],
  ['status --as eve', 3],
  ['status zone example.com', 0],
  ['status zone example.com --live --rndc', 0],
  ['status zone shop.test --live --rndc', 1],
  ['diff example.com', 0],
  ['diff', 3],
  ['zone notify example.com', 0],
  ['zone reload example.com', 3],
]
test.each(commands)('%s, which ends with %i', check)

test('lint', async () => {
  const file = join(place.path, 'dns.yaml')
  const mail = { zone: 'example.com', name: 'mail', ttl: 1, priority: 70_000, mailServer: '192.0.2.1' }
  const head = { apiVersion: 'bindy.firestoned.io/v1alpha1', metadata: { name: 'a' } }
  const objects = [
    { ...head, kind: 'MXRecord', spec: mail },
    { ...head, kind: 'Nothing', spec: {} },
  ]
  writeFileSync(file, [...objects.map(object => JSON.stringify(object)), 'a: [1'].join('\n---\n'))
  for (const form of ['json', 'yaml']) {
    const { stdout } = await plugin.run(dns, `lint ${file} -o ${form}`)
    const linted = parse(stdout)
    expect([breachesOf(linted), linted.findings.length > 3]).toEqual([[], true])
    seen.add(linted.kind)
  }
})

test('diff with a file that differs', async () => {
  const { stdout } = await plugin.run(dns, 'zone export example.com')
  const file = join(place.path, 'example.com.zone')
  writeFileSync(file, stdout.replace(/^www .*$/m, 'www 7 A 192.0.2.7\nmore 60 A 192.0.2.8').replace(/^blog.*$/m, ''))
  await check(`diff example.com -f ${file}`, 1)
})

test('lines of -w', async () => {
  for (const words of ['status -w -o json', 'status zone example.com -w -o json']) {
    const child = plugin.begin(dns, words)
    let out = ''
    child.stdout.on('data', chunk => (out += chunk))
    await until('it shows how things are', () => out.includes('\n'))
    child.kill('SIGTERM')
    await once(child, 'exit')
    expect(breachesOf(JSON.parse(out.split('\n')[0] ?? ''))).toEqual([])
  }
})

test('of servers that do not answer, and of keys that may not be read', async () => {
  const instance = { kind: 'Bind9Instance', metadata: { name: 'secondary' } }
  await bindy.stopController()
  await dns.patch(instance, { spec: { external: { dnsPort: 1, rndcPort: 1 } } })
  for (const [words, code] of [
    ['query www.example.com', 1],
    ['status zone example.com --live --rndc', 3],
    ['status --live --rndc', 1],
    ['diff example.com', 3],
    ['zone retransfer example.com', 3],
  ] as const)
    await check(words, code)
  const rules = [{ apiGroups: ['bindy.firestoned.io'], resources: ['*'], verbs: ['list', 'get'] }]
  const at = `/apis/rbac.authorization.k8s.io/v1/namespaces/${dns.name}`
  await bindy.kube.create(`${at}/roles`, { metadata: { name: 'viewer' }, rules })
  await bindy.kube.create(`${at}/rolebindings`, {
    metadata: { name: 'viewer' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'viewer' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'viewer' }],
  })
  for (const words of ['status zone example.com --live --rndc', 'zone notify example.com'])
    await check(`${words} --as viewer`, 3)
})

test('these are all kinds that the schema has', () => {
  const { definitions } = JSON.parse(schemaText)
  expect([...seen].sort()).toEqual(definitions.Envelope.properties.kind.enum)
})
