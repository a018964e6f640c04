import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { type RecordObject, recordTypeOfKind } from '#crds'
import { KubeApiError, KubeClient, loadConnection } from '#kube'
import { Cluster, newObject } from '../../plugin/src/cluster.ts'
import { kindOfType } from '../../plugin/src/record/kind.ts'
import { deleted, rewritten } from '../../plugin/src/record/plan.ts'
import { type Change, send } from '../../plugin/src/writing.ts'
import type { RunningApiServer } from '../cluster/index.ts'
import { apply, startCluster, thing } from '../webhook/webhook.ts'

/* What becomes of changes at a real API server, where somebody else writes meanwhile. */

const entry = recordTypeOfKind('ARecord')
const author = { fieldManager: 'kubectl-bindy', force: false }
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
beforeEach(() => api.kubectl(['delete', 'arecords', '--all']))

async function read(): Promise<RecordObject> {
  await www('192.0.2.1')
  const [one] = await records()
  if (!one) throw new Error('There is no record')
  return one
}

async function report(): Promise<void> {
  const status = '{"status":{"observedGeneration":1}}'
  const patch = ['patch', 'arecord', 'www', '--subresource=status', '--type=merge', '-p', status]
  expect((await api.kubectl(patch)).code).toBe(0)
}

test('send() deletes an object whose status alone has changed since it was read', async () => {
  const change = deleted(entry, await read())
  await report()
  await send(cluster, change, { ...author, isDryRun: true })
  expect(await records()).toHaveLength(1)
  await send(cluster, change, author)
  expect(await records()).toEqual([])
})

const meanwhile: [what: string, happens: () => Promise<unknown>][] = [
  ['was edited', () => www('192.0.2.2')],
  [
    'was made anew',
    async () => {
      await api.kubectl(['delete', 'arecord', 'www'])
      await www('192.0.2.1')
    },
  ],
  ['was deleted', () => api.kubectl(['delete', 'arecord', 'www'])],
]

test.each(meanwhile.slice(0, 2))('send() does not delete what %s since it was read', async (_, happens) => {
  const change = deleted(entry, await read())
  await happens()
  const before = await records()
  await expect(send(cluster, change, author)).rejects.toMatchObject({ status: 409, apiReason: 'Conflict' })
  expect(await records()).toEqual(before)
})

const spec = { zone: 'example.com', name: 'www', ipv4Address: '192.0.2.7' }
const forced = { ...author, force: true }
const kind = kindOfType(entry)
const create: Change = { kind, object: newObject(kind, { namespace: 'default', name: 'www' }, spec), verb: 'created' }

describe('send() of what is created', () => {
  test('has the fields owned as an apply has, so that a later one may change them', async () => {
    await send(cluster, create, { ...author, isDryRun: true })
    expect(await records()).toEqual([])
    await send(cluster, create, author)
    const fieldsV1 = { 'f:spec': { 'f:zone': {}, 'f:name': {}, 'f:ipv4Address': {} } }
    const manager = expect.objectContaining({ manager: 'kubectl-bindy', operation: 'Apply', fieldsV1 })
    expect(await records()).toMatchObject([{ spec, metadata: { generation: 1, managedFields: [manager] } }])
  })

  test.each([author, forced, { ...author, isDryRun: true }])('leaves what stands there as it is: %j', async options => {
    await read()
    const before = await records()
    await expect(send(cluster, create, options)).rejects.toMatchObject({
      exit: 4,
      message: 'Error from server (AlreadyExists): arecords "www" already exists',
    })
    expect(await records()).toEqual(before)
  })

  test('leaves what the same manager has made there', async () => {
    await send(cluster, create, author)
    const before = await records()
    await expect(send(cluster, create, author)).rejects.toMatchObject({ exit: 4 })
    expect(await records()).toEqual(before)
  })
})

describe('send() of what is rewritten', () => {
  const dropping = { drops: ['ttl'] }
  const change = async () => rewritten(entry, await read(), spec, forced) as Extract<Change, { verb: 'configured' }>

  test.each([{}, dropping])('writes where the status alone has changed since it was read: %j', async more => {
    const rewrite = { ...(await change()), ...more }
    await report()
    await send(cluster, rewrite, forced)
    expect(await records()).toMatchObject([{ spec, metadata: { generation: 2 } }])
  })

  test.each(meanwhile)('leaves what %s since it was read', async (_, happens) => {
    const rewrite = await change()
    await happens()
    const before = await records()
    for (const one of [rewrite, { ...rewrite, ...dropping }])
      await expect(send(cluster, one, forced)).rejects.toBeInstanceOf(KubeApiError)
    expect(await records()).toEqual(before)
  })
})

describe('send() whose answer is lost, and that is sent again', () => {
  /** The cluster, where the first write is lost on its way there, or its answer on the way back. */
  function losing(what: 'request' | 'answer'): Cluster {
    const { connection } = client
    let isLost = false
    const authorize = async () => {
      const { dispatcher, headers } = await connection.authorize()
      const request = async (options: Parameters<typeof dispatcher.request>[0]) => {
        if (isLost || options.method === 'GET') return dispatcher.request(options)
        isLost = true
        if (what === 'answer') await (await dispatcher.request(options)).body.dump()
        throw Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' })
      }
      return { dispatcher: { request } as unknown as typeof dispatcher, headers }
    }
    const lost = new KubeClient({ ...connection, origin: connection.origin, basePath: connection.basePath, authorize })
    return new Cluster(lost, { namespace: 'default', signal: new AbortController().signal })
  }

  test.each(['request', 'answer'] as const)('creates, rewrites and deletes all the same: %s', async what => {
    expect(await send(losing(what), create, author)).toMatchObject({ spec })
    const [before] = await records()
    const rewrite = rewritten(entry, before as RecordObject, { ...spec, ipv4Address: '192.0.2.8' }, author)
    expect(await send(losing(what), rewrite, author)).toMatchObject({ spec: { ipv4Address: '192.0.2.8' } })
    const [after] = await records()
    expect(after?.metadata.generation).toBe(2)
    await send(losing(what), deleted(entry, after as RecordObject), author)
    expect(await records()).toEqual([])
  })

  test('takes for done what a finalizer holds', async () => {
    const { metadata } = await read()
    const finalizers = (names: readonly string[]) =>
      api.kubectl([
        'patch',
        'arecord',
        'www',
        '--type=merge',
        '-p',
        JSON.stringify({ metadata: { finalizers: names } }),
      ])
    await finalizers(['example.com/held'])
    const [held] = await records()
    await send(losing('answer'), deleted(entry, held as RecordObject), author)
    expect(await records()).toMatchObject([{ metadata: { uid: metadata.uid, deletionTimestamp: expect.any(String) } }])
    await finalizers([])
  })

  test('is refused where somebody else was there first', async () => {
    await read()
    await expect(send(losing('request'), create, author)).rejects.toMatchObject({ exit: 4 })
    const rewrite = rewritten(entry, await read(), spec, forced)
    await www('192.0.2.2')
    await expect(send(losing('request'), rewrite, forced)).rejects.toMatchObject({ status: 409 })
    expect(await records()).toMatchObject([{ spec: { ipv4Address: '192.0.2.2' } }])
  })
})
