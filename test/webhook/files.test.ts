import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { type Directory, type RunningApiServer, temporaryDirectory, until } from '../cluster/index.ts'
import { MountedSecret } from './mounted.ts'
import { load, RunningWebhook, shown, startCluster, trusted } from './webhook.ts'

// The certificate is cert-manager's, in a Secret that is mounted, in front of the real API server.
let api: RunningApiServer
let directories: Directory[] = []
let webhooks: RunningWebhook[] = []

beforeAll(async () => {
  api = await startCluster()
})

afterEach(async () => {
  await Promise.all(webhooks.map(webhook => webhook.stop()))
  await Promise.all(directories.map(directory => directory.remove()))
  webhooks = []
  directories = []
  await api.kubectl(['delete', 'validatingwebhookconfiguration', 'bindy-validate'])
})

afterAll(() => api?.stop())

function mount(): MountedSecret {
  const directory = temporaryDirectory()
  directories.push(directory)
  return new MountedSecret(directory.path)
}

async function start(secret: MountedSecret): Promise<RunningWebhook> {
  const changes = { certificateDirectory: secret.directory, lookMs: 300 }
  const webhook = await RunningWebhook.start(api.kubeconfig, changes)
  webhooks.push(webhook)
  return webhook
}

test('a change of authority is followed under load, the new one trusted first, and no review fails', async () => {
  const secret = mount()
  const first = await secret.change()
  const webhook = await start(secret)
  expect(await trusted(api)).toEqual([first])
  const busy = load(api)
  try {
    for (const before of [[first], [expect.any(String), first]]) {
      const times = busy.times()
      await until('the load goes on', () => busy.times() > times + 3)
      const next = await secret.change()
      await until('the new authority is served', () => shown(webhook, [next]).catch(() => undefined))
      expect(await trusted(api)).toEqual([next, ...before])
    }
    const times = busy.times()
    await until('the load goes on', () => busy.times() > times + 3)
  } finally {
    await busy.stop()
  }
  expect(busy.failed).toEqual([])
  expect(webhook.log.filter(({ level }) => level === 'error')).toEqual([])
})

test('a replica that starts with new files leaves one with old files trusted', async () => {
  const [old, anew] = [mount(), mount()]
  const first = await old.change()
  const second = await anew.change()
  await start(old)
  await start(anew)
  expect(await trusted(api)).toEqual([second, first])
})
