import type { ServerResponse } from 'node:http'
import { afterEach, expect, test } from '@jest/globals'
import { type ApiObject, Informer, type InformerOptions, type InformerState, slimMetadata } from '#kube'
import { until } from '../../cluster/index.ts'
import {
  expired,
  type FakeApi,
  type FakeRequest,
  line,
  memoryLog,
  sendList,
  sendStatus,
  startFakeApi,
  thing,
} from './fake.ts'

let api: FakeApi
let informer: Informer<ApiObject>

afterEach(async () => {
  await informer.stop()
  await api.close()
})

/** An informer on a fake server, and what it told its handler, as `added a 2`. */
async function inform(
  answer: (request: FakeRequest, response: ServerResponse) => void,
  options: Partial<InformerOptions<ApiObject>> = {},
) {
  api = await startFakeApi(answer)
  const told: string[] = []
  const states: InformerState[] = []
  const client = api.client({ retries: 0 })
  const onState = (state: InformerState) => void states.push(state)
  informer = new Informer({ client, path: '/things', random: () => 0, onState, ...options })
  informer.onChange((type, { metadata }) => void told.push(`${type} ${metadata.name} ${metadata.resourceVersion}`))
  informer.start()
  return { told, states }
}

const lists = () => api.requests.filter(({ isWatch }) => !isWatch)
const watches = () => api.requests.filter(({ isWatch }) => isWatch)

test('Informer tells what is there and what changes, in order, and keeps a lean copy', async () => {
  const metadata = {
    ...thing('a', '2').metadata,
    managedFields: [{}],
    annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', mine: 'yes' },
  }
  const { told } = await inform((request, response) => {
    if (!request.isWatch) return sendList(response, [{ ...thing('a', '2'), metadata }], '3')
    response.write(
      line('ADDED', thing('b', '4')) + line('MODIFIED', thing('b', '5')) + line('DELETED', thing('a', '6')),
    )
  })
  await until('deleted', () => told.length === 4)
  expect(told).toEqual(['added a 2', 'added b 4', 'modified b 5', 'deleted a 6'])
  expect([...informer.values()]).toEqual([thing('b', '5')])
  expect(watches()[0]?.query.get('resourceVersion')).toBe('3')
})

const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', mine: 'yes' }
const full = { ...thing('a', '2'), metadata: { ...thing('a', '2').metadata, managedFields: [{}], annotations } }

test('Informer prunes managedFields and the copy of kubectl', async () => {
  await inform((request, response) => request.isWatch || sendList(response, [full]))
  await informer.synced()
  const metadata = { ...thing('a', '2').metadata, annotations: { mine: 'yes' } }
  expect(informer.get('default/a')).toEqual({ ...thing('a', '2'), metadata })
})

test('Informer prunes what the caller wants gone', async () => {
  const prune = ({ metadata }: ApiObject) => ({ metadata: slimMetadata(metadata) })
  await inform((request, response) => request.isWatch || sendList(response, [full]), { prune })
  await informer.synced()
  expect(informer.get('default/a')).toEqual({ metadata: thing('a', '2').metadata })
})

test.each([
  [403, 'Forbidden'],
  [404, 'NotFound'],
])('Informer is not synced where the list answers %i, says so, keeps trying, and comes round', async (code, reason) => {
  let isRefused = true
  const log = memoryLog()
  const answer = (request: FakeRequest, response: ServerResponse) => {
    if (isRefused) sendStatus(response, code, reason, 'no')
    else if (!request.isWatch) sendList(response, [thing('a', '2')])
    else response.flushHeaders()
  }
  const { states } = await inform(answer, { log })
  await until('several attempts', () => api.requests.length >= 3)
  expect(informer.hasSynced).toBe(false)
  expect(informer.state).toMatchObject({ phase: 'retrying', error: { apiReason: reason } })
  isRefused = false
  await informer.synced()
  await until('watching', () => informer.state.phase === 'watching')
  expect(informer.hasSynced).toBe(true)
  expect(states.map(({ phase }) => phase)).toEqual(['listing', 'retrying', 'watching'])
  expect(log.messages).toEqual(['Watch failed, trying again', 'Watch is back'])
})

test('Informer keeps its copy, but not its word, when a later list is refused', async () => {
  await inform((request, response) => {
    if (lists().length > 1) return sendStatus(response, 403, 'Forbidden', 'no')
    if (!request.isWatch) return sendList(response, [thing('a', '2')])
    response.end(line('ERROR', expired))
  })
  await until('refused', () => informer.state.error?.message.includes('403'))
  expect({ hasSynced: informer.hasSynced, size: informer.size }).toEqual({ hasSynced: false, size: 1 })
})

test('Informer empties nothing when a list breaks off between pages', async () => {
  let attempts = 0
  const { told } = await inform((request, response) => {
    if (request.isWatch) return response.end(line('ERROR', expired))
    if (request.query.get('continue')) return response.destroy()
    const metadata = { resourceVersion: '3', continue: ++attempts > 1 ? 'more' : '' }
    response.end(JSON.stringify({ metadata, items: attempts > 1 ? [] : [thing('a', '2')] }))
  })
  await until('several attempts', () => attempts >= 3)
  expect(told).toEqual(['added a 2'])
  expect(informer.hasSynced).toBe(true)
})

test('Informer tells only the difference after a new list, and nothing where there is none', async () => {
  const worlds = [
    [thing('a', '1'), thing('b', '2'), thing('c', '3'), thing('d', '4')],
    [thing('a', '1'), thing('b', '9'), { ...thing('d', '10'), metadata: { ...thing('d', '10').metadata, uid: 'new' } }],
  ]
  const { told } = await inform((request, response) => {
    if (request.isWatch) return response.end(line('ERROR', expired))
    sendList(response, worlds[Math.min(lists().length, 2) - 1] ?? [])
  })
  await until('three lists', () => lists().length >= 3 && watches().length >= 3)
  expect(told).toEqual([
    ...['added a 1', 'added b 2', 'added c 3', 'added d 4'],
    ...['deleted c 3', 'modified b 9', 'deleted d 4', 'added d 10'],
  ])
})

test('Informer lists again, ever more slowly, while each watch is accepted and ended with 410', async () => {
  await inform((request, response) => (request.isWatch ? response.end(line('ERROR', expired)) : sendList(response, [])))
  await until('four lists', () => lists().length === 4)
  const at = lists().map(({ atMs }) => atMs) as [number, number, number, number]
  expect([at[2] - at[1] > 480, at[3] - at[2] > 980]).toEqual([true, true])
  expect(watches().length).toBeLessThanOrEqual(4)
})

test('Informer watches again after a clean end, from the last version, and slower when nothing came', async () => {
  // Each pause is drawn at random, and where there is none nothing is drawn.
  let pauses = 0
  const pausesBefore: number[] = []
  const random = () => {
    pauses++
    return 0
  }
  const { told } = await inform(
    (request, response) => {
      if (!request.isWatch) return sendList(response, [], '3')
      pausesBefore.push(pauses)
      if (watches().length === 1) return response.end(line('ADDED', thing('a', '7')))
      if (watches().length === 2) return response.end(line('BOOKMARK', { metadata: { resourceVersion: '9' } }))
      response.end()
    },
    { random },
  )
  await until('five watches', () => watches().length === 5)
  expect(watches().map(({ query }) => query.get('resourceVersion'))).toEqual(['3', '7', '9', '9', '9'])
  const at = watches().map(({ atMs }) => atMs) as [number, number, number, number, number]
  expect([pausesBefore, at[4] - at[3] > 480]).toEqual([[0, 0, 0, 1, 2], true])
  expect(told).toEqual(['added a 7'])
  expect(lists()).toHaveLength(1)
})

test.each<[string, (response: ServerResponse) => unknown, number]>([
  ['429 with plain text', response => response.writeHead(429).end('Too many requests'), 1],
  ['503', response => sendStatus(response, 503, 'ServiceUnavailable', 'not yet'), 1],
  ['a half line and a reset', response => response.write('{"type":"AD', () => response.socket?.resetAndDestroy()), 1],
  ['silence', response => response.flushHeaders(), 1],
  ['403', response => sendStatus(response, 403, 'Forbidden', 'may not watch'), 2],
  ['a version from the future', response => sendStatus(response, 504, 'Timeout', 'Too large resource version'), 2],
  ['no JSON', response => response.end('<html>\n'), 2],
])('Informer goes on after a watch that meets %s', async (_, fault, listsWanted) => {
  const { told } = await inform(
    (request, response) => {
      if (!request.isWatch) return sendList(response, [thing('a', '2')], '3')
      if (watches().length === 1) return fault(response)
      response.write(line('ADDED', thing('b', '4')))
    },
    { silenceMs: 200 },
  )
  await until('event', () => told.length === 2)
  expect(told).toEqual(['added a 2', 'added b 4'])
  expect(lists()).toHaveLength(listsWanted)
})

test('Informer lists again when five resumes were in vain', async () => {
  await inform((request, response) => (request.isWatch ? response.socket?.destroy() : sendList(response, [])), {
    random: () => -0.4,
  })
  await until('second list', () => lists().length === 2)
  expect(api.requests.map(({ isWatch }) => isWatch).lastIndexOf(false)).toBe(7)
})

test('Informer survives a handler that throws, and tells the others', async () => {
  const log = memoryLog()
  const told: string[] = []
  await inform((request, response) => request.isWatch || sendList(response, [thing('a', '2'), thing('b', '2')]), {
    log,
  })
  informer.onChange(() => {
    throw new Error('broken')
  })
  informer.onChange((_, { metadata }) => void told.push(metadata.name))
  await informer.synced()
  expect(told).toEqual(['a', 'b'])
  expect(log.messages).toEqual(['Informer handler failed', 'Informer handler failed'])
})

test('Informer tells a late handler what is there already', async () => {
  await inform((request, response) => request.isWatch || sendList(response, [thing('a', '2')]))
  await informer.synced()
  const told: string[] = []
  const off = informer.onChange((type, { metadata }) => void told.push(`${type} ${metadata.name}`))
  expect(told).toEqual(['added a'])
  off()
})

test('Informer holds one watch however often it is started, and none when stop() has resolved', async () => {
  let open = 0
  const { told } = await inform((request, response) => {
    if (!request.isWatch) return sendList(response, [])
    open++
    response.on('close', () => open--)
    const timer = setInterval(() => response.write(line('ADDED', thing(`t${performance.now()}`, '4'))), 1)
    response.on('close', () => clearInterval(timer))
  })
  informer.start()
  informer.start()
  await until('events', () => told.length > 3)
  expect(open).toBe(1)
  await informer.stop()
  const after = told.length
  await until('closed', () => open === 0)
  expect(told.length).toBe(after)
  expect(informer.state.phase).toBe('stopped')
  informer.start()
  await until('events again', () => told.length > after)
})

test('Informer.stop() works in a list, in a pause and before a start', async () => {
  await inform(() => {})
  await until('list sent', () => api.requests.length === 1)
  await informer.stop()
  await informer.stop()
  expect(informer.hasSynced).toBe(false)
})

test('Informer.synced() gives up with its signal', async () => {
  await inform(() => {})
  await expect(informer.synced({ signal: AbortSignal.timeout(20) })).rejects.toThrow('aborted due to timeout')
})
