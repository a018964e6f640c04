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

test('kubectl apply -k makes the account with its rights', async () => {
  const { code, stdout, stderr } = await api.kubectl(['apply', '-k', MANIFESTS])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain('serviceaccount/bindy-controller created')
  expect(await may('get', 'secrets/ns1-tsig', 'dns')).toBe('yes')
})
