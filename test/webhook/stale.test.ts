import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { kinds } from '#crds'
import { createAuthority } from '../../webhook/src/certificate/authority.ts'
import { type RunningApiServer, until } from '../cluster/index.ts'
import { RETRIED } from '../controller/e2e/patience.ts'
import { grant, limitedKubeconfig } from './rights.ts'
import { reviewOf, systemSource } from './service.ts'
import { apply, RunningWebhook, startCluster, thing, trusted, zone } from './webhook.ts'

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
  await grant(api, { read: kinds.map(({ plural }) => plural).filter(plural => plural !== WITHOUT) })
  webhook = await RunningWebhook.start(api.kubeconfig, { kubeconfig: limitedKubeconfig(api) }, 'Webhook listens')
  await reconfigure(text => text.replaceAll(url, webhook.url))
})

afterAll(async () => {
  await webhook?.stop()
  await api?.stop()
})

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

test('who has not read all objects fills in nothing, and does not register', async () => {
  const path = '/mutate-bindy-firestoned-io-v1alpha1-dnszone'
  const metadata = { name: 'example-net', namespace: 'default' }
  const object = {
    apiVersion: 'bindy.firestoned.io/v1alpha1',
    metadata,
    kind: 'DNSZone',
    spec: zone('example.net').spec,
  }
  const { text } = await webhook.ask(path, { ca: await trusted(api), body: reviewOf({ object }) })
  expect(JSON.parse(text).response).toEqual({ uid: 'u-1', allowed: true })
  expect((await webhook.ask('/readyz', { ca: await trusted(api) })).text).toBe('waits for ARecord')
  expect(webhook.log.map(({ message }) => message)).not.toContain('Webhook registered')
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
  await grant(api)
  await until('it is ready', async () => (await apply(api, [record])).code === 0, RETRIED)
  const path = '/mutate-bindy-firestoned-io-v1alpha1-arecord'
  const object = {
    apiVersion: 'bindy.firestoned.io/v1alpha1',
    ...record,
    metadata: { name: 'www', namespace: 'default' },
  }
  const { text } = await webhook.ask(path, { ca: await trusted(api), body: reviewOf({ object }) })
  expect(JSON.parse(text).response).toMatchObject({ allowed: true, patchType: 'JSONPatch' })
  await webhook.untilLogged('Webhook registered')
})
