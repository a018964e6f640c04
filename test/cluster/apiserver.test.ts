import { statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type RunningApiServer, startApiServer } from './index.ts'

let api: RunningApiServer

beforeAll(async () => {
  api = await startApiServer()
})

afterAll(() => api.stop())

const kubectl = async (...args: string[]) => {
  const { code, stdout, stderr } = await api.kubectl(args)
  return code === 0 ? stdout : stderr
}

test('kubectl() works in the namespace "default" from the first moment', async () => {
  expect(await kubectl('create', 'configmap', 'one', '--from-literal=a=b')).toBe('configmap/one created\n')
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'two' } })
  expect(await api.kubectl(['apply', '-f', '-'], { input })).toMatchObject({ code: 0 })
})

test('the kubeconfig is readable by its owner alone', () => {
  expect(statSync(api.kubeconfig).mode & 0o777).toBe(0o600)
})

test('the API server authorises by RBAC', async () => {
  expect(await kubectl('auth', 'can-i', 'delete', 'nodes')).toBe('yes\n')
  const { code, stdout } = await api.kubectl(['auth', 'can-i', 'delete', 'nodes', '--as=nobody'])
  expect({ code, stdout }).toEqual({ code: 1, stdout: 'no\n' })
})

test('installCrds() answers when every kind is served', async () => {
  await api.installCrds(join(import.meta.dirname, '../../crds'))
  expect(await api.kubectl(['get', 'dnszones,arecords'])).toMatchObject({ code: 0 })
})

test('restart() after kill -9 keeps port, credentials and objects', async () => {
  await kubectl('create', 'configmap', 'kept')
  const { pid, url } = api
  await api.kill('SIGKILL')
  expect(await kubectl('get', 'configmap', 'kept')).toContain('refused')
  await api.restart()
  expect(api.pid).not.toBe(pid)
  expect(api.url).toBe(url)
  expect(await kubectl('get', 'configmap', 'kept', '-o', 'name')).toBe('configmap/kept\n')
})
