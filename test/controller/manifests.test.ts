import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type RunningApiServer, startApiServer, until } from '../cluster/index.ts'

const MANIFESTS = join(import.meta.dirname, '../../manifests/controller')

let api: RunningApiServer

beforeAll(async () => {
  api = await startApiServer()
})

afterAll(() => api?.stop())

const may = async (verb: string, what: string, namespace: string) => {
  const account = '--as=system:serviceaccount:bindy-system:bindy-controller'
  return (await api.kubectl(['auth', 'can-i', verb, what, '--namespace', namespace, account])).stdout.trim()
}

test('kubectl apply -k makes the account, with a Lease in its own namespace and nowhere else', async () => {
  const { code, stdout, stderr } = await api.kubectl(['apply', '-k', MANIFESTS])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain('serviceaccount/bindy-controller created')
  for (const [verb, what] of [
    ['create', 'leases.coordination.k8s.io'],
    ['get', 'leases.coordination.k8s.io/bindy-controller'],
    ['update', 'leases.coordination.k8s.io/bindy-controller'],
  ] as const)
    expect([verb, await may(verb, what, 'bindy-system'), await may(verb, what, 'kube-system')]).toEqual([
      verb,
      'yes',
      'no',
    ])
  expect(await may('update', 'leases.coordination.k8s.io/another', 'bindy-system')).toBe('no')
  expect(await may('get', 'secrets/ns1-tsig', 'dns')).toBe('yes')
})

test('who may view a namespace reads our objects there, and who may edit it writes them too', async () => {
  await api.installCrds(join(MANIFESTS, '../../crds'))
  const roles = join(MANIFESTS, '../users/roles.yaml')
  expect(await api.kubectl(['apply', '-f', roles])).toMatchObject({ code: 0, stderr: '' })
  const said = await api.kubectl(['get', 'clusterroles', 'bindy-view', 'bindy-edit', '-o', 'json'])
  const labels = (JSON.parse(said.stdout) as { items: { metadata: { labels: object } }[] }).items.map(
    ({ metadata }) => metadata.labels,
  )
  // What gathers them into `view` and `edit` is a controller of Kubernetes, which does not run here.
  expect(labels).toEqual([
    { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' },
    { 'rbac.authorization.k8s.io/aggregate-to-edit': 'true' },
  ])
  for (const role of ['view', 'edit'])
    expect(
      await api.kubectl(['create', 'rolebinding', role, '--clusterrole', `bindy-${role}`, '--user', role]),
    ).toMatchObject({ code: 0 })
  const can = async (user: string, verb: string) =>
    (await api.kubectl(['auth', 'can-i', verb, 'txtrecords.bindy.firestoned.io', '--as', user])).stdout.trim()
  const isKnown = async () => (await can('view', 'list')) === 'yes' && (await can('edit', 'patch')) === 'yes'
  await until('the API server knows of the bindings', isKnown)
  expect([await can('view', 'create'), await can('edit', 'create'), await can('edit', 'delete')]).toEqual([
    'no',
    'yes',
    'yes',
  ])
})
