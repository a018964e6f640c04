import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { parse, stringify } from 'yaml'
import { kinds } from '#crds'
import { createAuthority } from '../../webhook/src/certificate/authority.ts'
import { type RunningApiServer, until } from '../cluster/index.ts'
import { systemSource } from './service.ts'
import { apply, RunningWebhook, startCluster, thing, zone } from './webhook.ts'

// The webhook is there, and does not know what it should: it may not list records, or is not the one that is trusted.
const NAME = 'bindy-validate.validatingwebhookconfiguration'
const WITHOUT = 'arecords'

let api: RunningApiServer
let webhook: RunningWebhook

beforeAll(async () => {
  api = await startCluster()
  const before = await RunningWebhook.start(api.kubeconfig)
  expect(await apply(api, [zone('example.com')])).toMatchObject({ code: 0 })
  const { url } = before
  await before.stop()
  await grant(kinds.map(({ plural }) => plural).filter(plural => plural !== WITHOUT))
  webhook = await RunningWebhook.start(api.kubeconfig, { kubeconfig: limited() }, 'Webhook listens')
  await reconfigure(text => text.replaceAll(url, webhook.url))
}, 120_000)

afterAll(async () => {
  await webhook?.stop()
  await api?.stop()
})

/** A kubeconfig of a user who may do what is granted. */
function limited(): string {
  const kubeconfig = parse(readFileSync(api.kubeconfig, 'utf8'))
  for (const { user } of kubeconfig.users) user.as = 'limited'
  const path = join(dirname(api.kubeconfig), 'limited.kubeconfig')
  writeFileSync(path, stringify(kubeconfig), { mode: 0o600 })
  return path
}

async function grant(plurals: readonly string[]): Promise<void> {
  const group = 'rbac.authorization.k8s.io'
  const metadata = { name: 'limited' }
  const rules = [
    { apiGroups: ['bindy.firestoned.io'], resources: plurals, verbs: ['list', 'watch'] },
    { apiGroups: [''], resources: ['secrets', 'namespaces'], verbs: ['*'] },
    { apiGroups: ['admissionregistration.k8s.io'], resources: ['*'], verbs: ['*'] },
  ]
  const objects = [
    { kind: 'ClusterRole', rules },
    {
      kind: 'ClusterRoleBinding',
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'limited' },
      subjects: [{ apiGroup: group, kind: 'User', name: 'limited' }],
    },
  ].map(object => ({ apiVersion: `${group}/v1`, metadata, ...object }))
  await put({ apiVersion: 'v1', kind: 'List', items: objects })
}

async function put(object: object): Promise<void> {
  expect(await api.kubectl(['apply', '-f', '-'], { input: JSON.stringify(object) })).toMatchObject({ code: 0 })
}

/** Has the API server ask otherwise. */
async function reconfigure(change: (text: string) => string): Promise<void> {
  const { stdout } = await api.kubectl(['get', 'validatingwebhookconfiguration', 'bindy-validate', '-o', 'json'])
  expect(await api.kubectl(['replace', '-f', '-'], { input: change(stdout) })).toMatchObject({ code: 0 })
}

const record = thing('ARecord', 'www', { zone: 'example.com', name: 'www', ipv4Address: '192.0.2.1' })

/** What kubectl is told of the configuration that stands in its way, once the API server no longer says this of it. */
async function refusedWithout(before: string): Promise<string> {
  const { code, stderr } = await until(`the API server does not say "${before}"`, async () => {
    const said = await apply(api, [record])
    return !said.stderr.includes(before) && said
  })
  expect(code).toBe(1)
  expect(stderr).toContain(NAME)
  return stderr
}

test('who has not read all objects judges nothing, and says what it waits for', async () => {
  const stderr = await refusedWithout('connection refused')
  expect(stderr).toContain('Error from server (ServiceUnavailable)')
  expect(stderr).toContain('The webhook has not read ARecord yet, and judges by all objects: try again in a moment')
})

test('objects can be deleted then', async () => {
  expect(await api.kubectl(['delete', 'zone', 'example-com'])).toMatchObject({ code: 0 })
})

test('who is not trusted is refused with an error that names what to delete', async () => {
  const { cert } = await createAuthority(systemSource)
  const other = Buffer.from(cert).toString('base64')
  let ours = ''
  await reconfigure(text => {
    ours = /"caBundle": "([^"]+)"/.exec(text)?.[1] ?? ''
    return text.replaceAll(ours, other)
  })
  const stderr = await refusedWithout('has not read')
  expect(stderr).toContain('x509: certificate signed by unknown authority')
  await reconfigure(text => text.replaceAll(other, ours))
})

test('who has read all at last is asked again, and lets pass what is right', async () => {
  await grant(kinds.map(({ plural }) => plural))
  await until('it is ready', async () => (await apply(api, [record])).code === 0, { timeoutMs: 20_000 })
})
