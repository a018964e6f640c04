import type { ServerResponse } from 'node:http'
import { afterEach, expect, test } from '@jest/globals'
import { EventRecorder, type EventRecorderOptions } from '#kube'
import { type FakeApi, type FakeRequest, memoryLog, sendJson, sendStatus, startFakeApi, thing } from './fake.ts'

let api: FakeApi
let nowMs = Date.parse('2024-01-01T00:00:00.000Z')

afterEach(() => api.close())

const served = { type: 'Normal', reason: 'Served', action: 'Serve', note: 'Served by 2 primaries' } as const

async function recorder(
  options: Partial<EventRecorderOptions> = {},
  answer: (request: FakeRequest, response: ServerResponse) => void = (_, response) => sendJson(response, 201, {}),
) {
  api = await startFakeApi(answer)
  const client = api.client({ retries: 0 })
  return new EventRecorder({
    client,
    controller: 'bindy.test/controller',
    instance: 'pod-1',
    now: () => nowMs,
    ...options,
  })
}

test('EventRecorder writes what events.k8s.io/v1 wants', async () => {
  const events = await recorder()
  events.record(thing('a', '7'), served)
  await events.stop()
  expect(api.requests).toMatchObject([{ method: 'POST', path: '/apis/events.k8s.io/v1/namespaces/default/events' }])
  expect(api.requests[0]?.body).toEqual({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: expect.stringMatching(/^a\.[0-9a-f]{16}$/), namespace: 'default' },
    eventTime: '2024-01-01T00:00:00.000000Z',
    ...served,
    regarding: {
      apiVersion: 'test/v1',
      kind: 'Thing',
      namespace: 'default',
      name: 'a',
      uid: 'uid-a',
      resourceVersion: '7',
    },
    reportingController: 'bindy.test/controller',
    reportingInstance: 'pod-1',
  })
})

test('EventRecorder counts the same event again in one patch, and begins anew after some minutes', async () => {
  const events = await recorder({ seriesMs: 60_000 })
  for (let i = 0; i < 5; i++) events.record(thing('a', '7'), served)
  await events.flush()
  nowMs += 61_000
  events.record(thing('a', '7'), served)
  await events.stop()
  expect(api.requests.map(({ method }) => method)).toEqual(['POST', 'PATCH', 'POST'])
  expect(api.requests[1]?.body).toEqual({ series: { count: 5, lastObservedTime: '2024-01-01T00:00:00.000000Z' } })
})

test('EventRecorder gives an Event its annotations, and one that is counted those of the last time', async () => {
  const events = await recorder()
  for (const serial of ['1', '2', '3']) events.record(thing('a', '7'), { ...served, annotations: { serial } })
  await events.stop()
  const written = api.requests.map(({ body }) => (body as { metadata: { annotations: unknown } }).metadata.annotations)
  expect(written).toEqual([{ serial: '1' }, { serial: '3' }])
})

test('EventRecorder cuts a note at 1024 octets, between characters', async () => {
  const events = await recorder()
  events.record(thing('a', '7'), { ...served, note: 'ä'.repeat(600) })
  await events.stop()
  expect(api.requests[0]?.body).toMatchObject({ note: `${'ä'.repeat(510)}...` })
})

test('EventRecorder holds its rate', async () => {
  const events = await recorder({ burst: 3, perSecond: 1 })
  for (let i = 0; i < 10; i++) events.record(thing(`t${i}`, '7'), served)
  nowMs += 2000
  for (let i = 10; i < 20; i++) events.record(thing(`t${i}`, '7'), served)
  await events.stop()
  expect(api.requests).toHaveLength(5)
})

test('EventRecorder never throws, and says in the log what it lost', async () => {
  const log = memoryLog()
  const events = await recorder({ log }, (_, response) => sendStatus(response, 403, 'Forbidden', 'no'))
  events.record(thing('a', '7'), served)
  events.record(thing('a', '7'), served)
  await events.stop()
  expect(log.messages).toEqual(['Event not recorded'])
  events.record(thing('a', '7'), served)
  expect(api.requests).toHaveLength(1)
})

test('EventRecorder.stop() waits no longer than its grace', async () => {
  const events = await recorder({}, () => {})
  events.record(thing('a', '7'), served)
  await events.stop({ graceMs: 20 })
})
