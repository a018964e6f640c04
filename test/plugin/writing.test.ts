import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type RecordObject, recordTypeOfKind } from '#crds'
import { KubeClient, loadConnection } from '#kube'
import { Cluster } from '../../plugin/src/cluster.ts'
import { deleted } from '../../plugin/src/record/plan.ts'
import { send } from '../../plugin/src/writing.ts'
import type { RunningApiServer } from '../cluster/index.ts'
import { apply, startCluster, thing } from '../webhook/webhook.ts'

/* What becomes of changes at a real API server, where somebody else writes meanwhile. */

const entry = recordTypeOfKind('ARecord')
const author = { fieldManager: 'kubectl-bindy' }
let api: RunningApiServer
let client: KubeClient
let cluster: Cluster
beforeAll(async () => {
  api = await startCluster()
  client = new KubeClient(await loadConnection({ kubeconfig: api.kubeconfig }))
  cluster = new Cluster(client, { namespace: 'default', signal: new AbortController().signal })
})
afterAll(async () => {
  await client?.close()
  await api?.stop()
})

const www = (ipv4Address: string) =>
  apply(api, [thing('ARecord', 'www', { zone: 'example.com', name: 'www', ipv4Address })])
const records = () => cluster.records({ namespace: 'default' })

async function read(): Promise<RecordObject> {
  await www('192.0.2.1')
  const [one] = await records()
  if (!one) throw new Error('There is no record')
  return one
}

test('send() deletes an object whose status alone has changed since it was read', async () => {
  const change = deleted(entry, await read())
  const status = '{"status":{"observedGeneration":1}}'
  const patch = ['patch', 'arecord', 'www', '--subresource=status', '--type=merge', '-p', status]
  expect((await api.kubectl(patch)).code).toBe(0)
  await send(cluster, change, { ...author, isDryRun: true })
  expect(await records()).toHaveLength(1)
  await send(cluster, change, author)
  expect(await records()).toEqual([])
})

test.each([
  ['was edited', () => www('192.0.2.2')],
  [
    'was made anew',
    async () => {
      await api.kubectl(['delete', 'arecord', 'www'])
      await www('192.0.2.1')
    },
  ],
])('send() does not delete what %s since it was read', async (_, happens) => {
  const change = deleted(entry, await read())
  await happens()
  const before = await records()
  await expect(send(cluster, change, author)).rejects.toMatchObject({ status: 409, apiReason: 'Conflict' })
  expect(await records()).toEqual(before)
})
