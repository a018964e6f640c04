import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { kinds } from '#crds'
import { connectionTo, KubeClient } from '#kube'
import { register } from '../../webhook/src/registration.ts'
import type { RunningApiServer } from '../cluster/index.ts'
import { startCluster } from './webhook.ts'

const MANIFESTS = join(import.meta.dirname, '../../manifests')
const service = { namespace: 'bindy-system', name: 'bindy-webhook' }

let api: RunningApiServer
let client: KubeClient

beforeAll(async () => {
  api = await startCluster()
  client = new KubeClient(connectionTo(api.url, { token: api.token, tls: { ca: api.certificateAuthority } }))
})

afterAll(async () => {
  await client?.close()
  await api?.stop()
})

interface Configuration {
  readonly metadata: { readonly resourceVersion: string }
  readonly webhooks: readonly {
    readonly name: string
    readonly clientConfig: { readonly service?: object; readonly url?: string }
    readonly failurePolicy: string
    readonly timeoutSeconds: number
    readonly sideEffects: string
    readonly matchPolicy: string
    readonly rules: readonly {
      readonly apiGroups: readonly string[]
      readonly resources: readonly string[]
      readonly operations: readonly string[]
    }[]
  }[]
}

async function read(verb: 'mutat' | 'validat'): Promise<Configuration> {
  const name = verb === 'mutat' ? 'bindy-mutate' : 'bindy-validate'
  return JSON.parse((await api.kubectl(['get', `${verb}ingwebhookconfiguration`, name, '-o', 'json'])).stdout)
}

describe('register()', () => {
  test('has the API server ask about our kinds alone, and none of their subresources', async () => {
    await register(client, { service }, undefined)
    for (const { webhooks } of [await read('mutat'), await read('validat')]) {
      const rules = webhooks.flatMap(({ rules }) => rules)
      expect(new Set(rules.flatMap(({ apiGroups }) => apiGroups))).toEqual(new Set(['bindy.firestoned.io']))
      const plurals: readonly string[] = kinds.map(({ plural }) => plural)
      expect(rules.flatMap(({ resources }) => resources).filter(one => !plurals.includes(one))).toEqual([])
      expect(new Set(webhooks.map(({ sideEffects }) => sideEffects))).toEqual(new Set(['None']))
      expect(new Set(webhooks.map(({ matchPolicy }) => matchPolicy))).toEqual(new Set(['Equivalent']))
    }
  })

  test('has what is written wait for it, and neither what is filled in nor what is deleted', async () => {
    await register(client, { service }, undefined)
    const told = ({ webhooks }: Configuration) =>
      webhooks.map(({ rules, failurePolicy, timeoutSeconds }) => {
        const [rule] = rules
        return `${rule?.resources} ${rule?.operations} ${failurePolicy} ${timeoutSeconds} s`
      })
    expect(told(await read('mutat'))).toEqual(kinds.map(({ plural }) => `${plural} CREATE,UPDATE Ignore 2 s`))
    expect(told(await read('validat')).sort()).toEqual(
      [
        ...kinds.map(({ plural }) => `${plural} CREATE,UPDATE Fail 5 s`),
        'dnszones DELETE Ignore 5 s',
        'bind9instances DELETE Ignore 5 s',
      ].sort(),
    )
  })

  test('writes nothing where all is said already, and replaces the address of before', async () => {
    await register(client, { service }, undefined)
    const before = await read('validat')
    expect(before.webhooks[0]?.clientConfig.service).toMatchObject({ ...service, port: 443 })
    await register(client, { service }, undefined)
    expect((await read('validat')).metadata.resourceVersion).toBe(before.metadata.resourceVersion)
    await register(client, { url: 'https://192.0.2.10:10250' }, undefined)
    expect((await read('validat')).webhooks[0]?.clientConfig).toEqual({
      url: 'https://192.0.2.10:10250/validate-bindy-firestoned-io-v1alpha1-bind9cluster',
    })
  })
})

describe('manifests', () => {
  test('of the webhook are taken by the API server', async () => {
    const { code, stdout, stderr } = await api.kubectl(['apply', '-k', join(MANIFESTS, 'webhook')])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('deployment.apps/bindy-webhook created')
    const policy = await api.kubectl(['apply', '-f', join(MANIFESTS, 'webhook/networkpolicy.yaml')])
    expect(policy).toEqual({
      code: 0,
      stdout: 'networkpolicy.networking.k8s.io/bindy-webhook created\n',
      stderr: '',
    })
  })

  test('with cert-manager serve what its Secret holds', async () => {
    const { code, stdout } = await api.kubectl(['kustomize', join(MANIFESTS, 'webhook-cert-manager')])
    expect(code).toBe(0)
    expect(stdout).toMatch(/args:\n\s+- --certificate\n\s+- \/certificate\n/)
    expect(stdout.match(/secretName: bindy-webhook-certificate/g)).toHaveLength(2)
  })
})
