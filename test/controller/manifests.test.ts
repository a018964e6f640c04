import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type RunningApiServer, startApiServer } from '../cluster/index.ts'

const MANIFESTS = join(import.meta.dirname, '../../manifests/controller')

let api: RunningApiServer

beforeAll(async () => {
  api = await startApiServer()
}, 120_000)

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
