import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import type { RunningApiServer } from '../cluster/index.ts'
import { RunningWebhook, startCluster } from '../webhook/webhook.ts'
import { BuiltPlugin } from './kubectlbindy.ts'

/* What status and check say of the webhook: before there is one, while it runs, and when it is gone. */

const plugin = new BuiltPlugin()
let api: RunningApiServer
let webhook: RunningWebhook

jest.setTimeout(60_000)
beforeAll(async () => {
  ;[api] = await Promise.all([startCluster(), plugin.build()])
}, 180_000)
afterAll(async () => {
  await api?.stop()
  await plugin.remove()
})

const bindy = (words: string) => plugin.run(words.split(' '), { KUBECONFIG: api.kubeconfig })

const check = async (words = '') => {
  const { stdout, stderr } = await bindy(`check -o json ${words}`.trim())
  const { results } = JSON.parse(stdout) as { results: { id: string; state: string; text: string; fix?: string }[] }
  return { stderr, ...results.find(({ id }) => id === 'BND-C021') }
}

test('without a webhook both say that there is none', async () => {
  expect((await bindy('status')).stdout).toMatch(/^Bindy .* webhook - /)
  expect(await check()).toMatchObject({ stderr: '', state: 'warning', text: expect.stringMatching(/^no webhook/) })
})

test('while it runs, check has it answer and leaves nothing behind', async () => {
  webhook = await RunningWebhook.start(api.kubeconfig)
  expect((await bindy('status')).stdout).toMatch(/^Bindy .* webhook registered /)
  expect(await check()).toMatchObject({
    stderr: '',
    state: 'ok',
    text: expect.stringMatching(/^webhook answers a dry-run create \(\d+ ms\)$/),
  })
  expect((await api.kubectl(['get', 'arecords', '-A', '-o', 'name'])).stdout).toBe('')
})

test('where it cannot be asked, check does not say that it answers', async () => {
  expect(await check('-n nowhere')).toMatchObject({
    state: 'unknown',
    text: expect.stringMatching(/"nowhere" not found/),
  })
})

test('when it is gone, check says so, and what lets changes in until it is back', async () => {
  await webhook.stop()
  expect(await check()).toMatchObject({
    state: 'failed',
    text: expect.stringMatching(/failed calling webhook .* connection refused/),
    fix: expect.stringContaining('kubectl delete validatingwebhookconfiguration bindy-validate'),
  })
})
