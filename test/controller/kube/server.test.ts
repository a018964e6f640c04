import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  type ApiObject,
  EventRecorder,
  Informer,
  isConflict,
  isNotFound,
  KubeClient,
  loadConnection,
  type ObjectWithStatus,
  type RequestRecord,
  resourcePath,
  runAsLeader,
  StatusWriter,
} from '#kube'
import { type RunningApiServer, startApiServer, until } from '../../cluster/index.ts'
import { failureOf } from './fake.ts'

const things = { group: 'test.bindy', version: 'v1', plural: 'things' }
const crds = { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' }
const configMaps = { group: '', version: 'v1', plural: 'configmaps' }

const crd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.test.bindy' },
  spec: {
    group: 'test.bindy',
    scope: 'Namespaced',
    names: { plural: 'things', kind: 'Thing' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
}

interface Thing extends ObjectWithStatus {
  readonly spec: { readonly size: number }
}

let api: RunningApiServer
let client: KubeClient
const requests: RequestRecord[] = []
let connections = 0

beforeAll(async () => {
  api = await startApiServer()
  const connection = await loadConnection({ kubeconfig: api.kubeconfig })
  const { dispatcher } = await connection.authorize()
  dispatcher.on('connect', () => connections++)
  client = new KubeClient(connection, { onRequest: request => void requests.push(request) })
  await client.create(resourcePath(crds), crd)
  await until('the kind is served', () => client.list(resourcePath(things)).catch(() => undefined))
})

afterAll(async () => {
  await client?.close()
  await api?.stop()
})

/** A namespace of the test's own. */
async function newNamespace(): Promise<string> {
  const body = { metadata: { generateName: 'test-' } }
  return (await client.create<ApiObject>('/api/v1/namespaces', body)).metadata.name
}

function create(namespace: string, name: string, size = 0): Promise<Thing> {
  const body = { apiVersion: 'test.bindy/v1', kind: 'Thing', metadata: { name }, spec: { size } }
  return client.create(resourcePath(things, { namespace }), body)
}

const pathOf = ({ metadata: { namespace, name } }: ApiObject) => resourcePath(things, { namespace, name })

/** An informer on a namespace, and what it told. */
async function inform(namespace: string, watcher = client) {
  const told: string[] = []
  const informer = new Informer<Thing>({ client: watcher, path: resourcePath(things, { namespace }) })
  informer.onChange((type, { metadata, spec }) => void told.push(`${type} ${metadata.name} ${spec.size}`))
  informer.start()
  await informer.synced()
  return { informer, told }
}

describe('KubeClient', () => {
  test('creates, reads, patches and deletes', async () => {
    const namespace = await newNamespace()
    const made = await create(namespace, 'a', 1)
    expect((await client.patch<Thing>(pathOf(made), { spec: { size: 2 } })).spec.size).toBe(2)
    expect((await client.get<Thing>(pathOf(made))).spec.size).toBe(2)
    await client.delete(pathOf(made))
    expect(isNotFound(await failureOf(client.get(pathOf(made))))).toBe(true)
  })

  test('refuses a stale write as a conflict', async () => {
    const made = await create(await newNamespace(), 'a')
    await client.patch(pathOf(made), { spec: { size: 1 } })
    const { resourceVersion } = made.metadata
    const failure = await failureOf(
      client.patch(`${pathOf(made)}/status`, { metadata: { resourceVersion }, status: {} }),
    )
    expect(isConflict(failure)).toBe(true)
  })

  test('holds an object until its finalizer is taken off', async () => {
    const made = await create(await newNamespace(), 'a')
    await client.patch(pathOf(made), { metadata: { finalizers: ['test.bindy/hold'] } })
    await client.delete(pathOf(made))
    expect((await client.get<Thing>(pathOf(made))).metadata.deletionTimestamp).toBeDefined()
    await client.patch(pathOf(made), { metadata: { finalizers: null } })
    expect(isNotFound(await failureOf(client.get(pathOf(made))))).toBe(true)
  })

  test('applies on the server', async () => {
    const namespace = await newNamespace()
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: 'b' } }
    const query = { fieldManager: 'bindy', force: true }
    const path = resourcePath(configMaps, { namespace, name: 'c' })
    expect(await client.patch(path, body, { type: 'apply', query })).toMatchObject({ data: { a: 'b' } })
  })

  test('reads a list in pages, over kept connections with everything else', async () => {
    const namespace = await newNamespace()
    const path = resourcePath(configMaps, { namespace })
    const names = Array.from({ length: 120 }, (_, i) => `c${String(i).padStart(4, '0')}`)
    await Promise.all(names.map(name => client.create(path, { metadata: { name } })))
    const before = requests.length
    const { items } = await client.list<ApiObject>(path, { limit: 50 })
    expect(requests.length - before).toBe(3)
    expect(items.map(({ metadata }) => metadata.name)).toEqual(names)
    expect(items[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' })
    for (let round = 0; round < 20; round++) {
      await Promise.all(Array.from({ length: 50 }, () => client.get('/version')))
    }
    expect(connections).toBeGreaterThanOrEqual(1)
    expect(connections).toBeLessThanOrEqual(64)
  })
})

describe('Informer', () => {
  test('sees creates, changes and deletes in order', async () => {
    const namespace = await newNamespace()
    const before = await create(namespace, 'a', 1)
    const { informer, told } = await inform(namespace)
    await client.patch(pathOf(before), { spec: { size: 2 } })
    await create(namespace, 'b', 3)
    await client.delete(pathOf(before))
    await until('all told', () => told.length === 4)
    expect(told).toEqual(['added a 1', 'modified a 2', 'added b 3', 'deleted a 2'])
    await informer.stop()
  })

  test('says that a kind is not there, and finds it when it comes', async () => {
    const plural = 'latecomers'
    const late = new Informer({ client, path: resourcePath({ ...things, plural }), random: () => -0.4 })
    late.start()
    await until('refused', () => late.state.phase === 'retrying')
    expect(late.hasSynced).toBe(false)
    expect(late.state.error).toMatchObject({ apiReason: 'NotFound' })
    const names = { plural, kind: 'Latecomer' }
    await client.create(resourcePath(crds), {
      ...crd,
      metadata: { name: `${plural}.test.bindy` },
      spec: { ...crd.spec, names },
    })
    await late.synced({ signal: AbortSignal.timeout(20_000) })
    await late.stop()
  })

  test('says that it may not list a kind', async () => {
    const connection = await loadConnection({ kubeconfig: api.kubeconfig })
    const { authorize } = connection
    const asNobody = async () => {
      const { dispatcher, headers } = await authorize.call(connection)
      return { dispatcher, headers: { ...headers, 'Impersonate-User': 'nobody' } }
    }
    const nobody = new KubeClient(Object.assign(connection, { authorize: asNobody }))
    const informer = new Informer({ client: nobody, path: resourcePath(things) })
    informer.start()
    await until('refused', () => informer.state.phase === 'retrying')
    expect(informer.state.error?.message).toContain('User "nobody" cannot list resource "things"')
    expect(informer.hasSynced).toBe(false)
    await informer.stop()
    await nobody.close()
  })
})

describe('StatusWriter', () => {
  test('writes many statuses, each once, and none again', async () => {
    const namespace = await newNamespace()
    await Promise.all(Array.from({ length: 200 }, (_, i) => create(namespace, `t${i}`)))
    const { informer } = await inform(namespace)
    const writer = new StatusWriter<Thing>({ client, pathOf })
    const say = () => {
      for (const object of informer.values()) writer.set(object, { observedGeneration: 1, conditions: [] })
    }
    say()
    await writer.flush()
    expect(writer.counts).toMatchObject({ sent: 200, written: 200 })
    await until('all seen', () => [...informer.values()].every(({ status }) => status !== undefined))
    say()
    await writer.flush()
    expect(writer.counts).toMatchObject({ sent: 200, unchanged: 200 })
    await informer.stop()
  })

  test('never writes over a newer object', async () => {
    const made = await create(await newNamespace(), 'a')
    const newer = await client.patch<Thing>(pathOf(made), { spec: { size: 1 } })
    const writer = new StatusWriter<Thing>({ client, pathOf })
    writer.set(made, { size: 0 })
    await writer.flush()
    expect(writer.counts).toMatchObject({ written: 0, conflicts: 1 })
    writer.set(newer, { size: 1 })
    writer.set(newer, { size: 1, isReady: true })
    await writer.flush()
    expect((await client.get<Thing>(pathOf(made))).status).toEqual({ size: 1, isReady: true })
  })
})

test('EventRecorder records events that the server takes, with a count', async () => {
  const namespace = await newNamespace()
  const made = await create(namespace, 'a')
  const events = new EventRecorder({ client, controller: 'bindy.test/controller', instance: 'test' })
  const warning = { type: 'Warning', reason: 'UpdateRefused', action: 'Serve', note: 'ö'.repeat(2000) } as const
  for (let i = 0; i < 3; i++) events.record(made, warning)
  await events.stop()
  const path = resourcePath({ group: 'events.k8s.io', version: 'v1', plural: 'events' }, { namespace })
  expect((await client.list<ApiObject>(path)).items).toMatchObject([
    { type: 'Warning', reason: 'UpdateRefused', regarding: { name: 'a', kind: 'Thing' }, series: { count: 3 } },
  ])
})

describe('runAsLeader()', () => {
  /** A candidate that leads until told to stop. */
  function candidate(
    namespace: string,
    identity: string,
    options: { durationSeconds?: number; renewMs?: number } = {},
  ) {
    const stop = new AbortController()
    const terms: { readonly signal: AbortSignal }[] = []
    const body = async ({ signal }: { signal: AbortSignal }) => {
      terms.push({ signal })
      await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
    }
    const lease = { client, namespace, name: 'bindy', identity, signal: stop.signal, retryMs: 50, ...options }
    const ended = runAsLeader(lease, body)
    const stopped = () => {
      stop.abort()
      return ended
    }
    return { terms, stop: stopped }
  }

  const lease = (namespace: string) =>
    resourcePath({ group: 'coordination.k8s.io', version: 'v1', plural: 'leases' }, { namespace, name: 'bindy' })

  test('lets one of two lead, and the other at once when the first stops', async () => {
    const namespace = await newNamespace()
    const first = candidate(namespace, 'first')
    await until('first leads', () => first.terms.length === 1)
    const second = candidate(namespace, 'second')
    const before = requests.length
    await until('second looked', () => requests.length > before + 3)
    expect(second.terms).toHaveLength(0)
    await first.stop()
    await until('second leads, long before 15 s', () => second.terms.length === 1, { timeoutMs: 5_000 })
    expect(first.terms[0]?.signal.aborted).toBe(true)
    expect(await client.get(lease(namespace))).toMatchObject({
      spec: { holderIdentity: 'second', leaseTransitions: 1 },
    })
    await second.stop()
  })

  test('takes over from a leader that died, after the duration and not before', async () => {
    const namespace = await newNamespace()
    const now = new Date().toISOString().replace('Z', '000Z')
    const spec = { holderIdentity: 'dead', leaseDurationSeconds: 2, renewTime: now, acquireTime: now }
    await client.create(lease(namespace).replace(/\/bindy$/, ''), { metadata: { name: 'bindy' }, spec })
    const startedMs = performance.now()
    const next = candidate(namespace, 'next')
    await until('next leads', () => next.terms.length === 1)
    expect(performance.now() - startedMs).toBeGreaterThan(1900)
    await next.stop()
  })

  test('tells a leader that another took the Lease, and lets it try again', async () => {
    const namespace = await newNamespace()
    const leader = candidate(namespace, 'leader', { durationSeconds: 3, renewMs: 50 })
    await until('leads', () => leader.terms.length === 1)
    await client.patch(lease(namespace), { spec: { holderIdentity: 'thief', leaseDurationSeconds: 1 } })
    await until('lost', () => leader.terms[0]?.signal.aborted)
    await until('leads again', () => leader.terms.length === 2)
    await leader.stop()
  })

  test('throws what the body throws, and releases the Lease', async () => {
    const namespace = await newNamespace()
    const { signal } = new AbortController()
    const failing = runAsLeader({ client, namespace, name: 'bindy', identity: 'a', signal }, async () => {
      throw new Error('broken')
    })
    await expect(failing).rejects.toThrow('broken')
    expect(await client.get(lease(namespace))).toMatchObject({ spec: { leaseTransitions: 0 } })
  })
})

describe('kill -9 of the API server', () => {
  test('Informer tells all that changed, once each, when the server comes back', async () => {
    const namespace = await newNamespace()
    for (const name of ['kept', 'changed', 'deleted']) await create(namespace, name, 1)
    // Two informers: one loses its watch in the dark, the other is started in it.
    const { informer, told } = await inform(namespace)
    await until('all told', () => told.length === 3)
    told.length = 0
    await api.kill('SIGKILL')
    const dark = new Informer<Thing>({ client, path: resourcePath(things, { namespace }) })
    dark.start()
    await until('noticed', () => informer.state.phase === 'retrying' && dark.state.phase === 'retrying')
    expect([informer.hasSynced, informer.size, dark.hasSynced]).toEqual([true, 3, false])
    const writer = new StatusWriter<Thing>({ client, pathOf })
    const kept = [...informer.values()].find(({ metadata }) => metadata.name === 'kept') as Thing
    writer.set(kept, { isWritten: true })
    const restarting = api.restart()
    await Promise.all([create(namespace, 'created', 1).catch(() => undefined), restarting])
    await until('created', () => create(namespace, 'new', 1).catch(() => undefined))
    await client.patch(resourcePath(things, { namespace, name: 'changed' }), { spec: { size: 2 } })
    await client.delete(resourcePath(things, { namespace, name: 'deleted' }))
    await writer.flush({ signal: AbortSignal.timeout(30_000) })
    await create(namespace, 'last', 1)
    await until('all told', () => told.some(what => what.startsWith('added last')), { timeoutMs: 30_000 })
    const expected = ['added last 1', 'added new 1', 'deleted deleted 1', 'modified changed 2', 'modified kept 1']
    expect(told.filter(what => what !== 'added created 1').sort()).toEqual(expected)
    await until('the other sees it', () => dark.hasSynced && dark.get(`${namespace}/last`), { timeoutMs: 30_000 })
    expect([...dark.values()].map(({ metadata }) => metadata.name).sort()).toEqual(
      [...informer.values()].map(({ metadata }) => metadata.name).sort(),
    )
    await Promise.all([informer.stop(), dark.stop(), writer.stop()])
  })

  test('Informer makes few requests while the server is away', async () => {
    const namespace = await newNamespace()
    const { informer } = await inform(namespace)
    await api.kill('SIGKILL')
    await until('noticed', () => informer.state.phase === 'retrying')
    const before = requests.length
    const sinceMs = performance.now()
    await until('several attempts', () => requests.length >= before + 4, { timeoutMs: 20_000 })
    expect(performance.now() - sinceMs).toBeGreaterThan(500)
    await informer.stop()
    await api.restart()
  })
})
