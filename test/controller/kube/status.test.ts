import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { mergePatch, type ObjectWithStatus, StatusWriter, type StatusWriterOptions } from '#kube'
import { until } from '../../cluster/index.ts'
import { type FakeApi, type FakeRequest, memoryLog, sendJson, sendStatus, startFakeApi, thing } from './fake.ts'

describe('mergePatch()', () => {
  const condition = { type: 'Ready', status: 'True', lastTransitionTime: '2024-01-01T00:00:00Z' }
  const cases: [string, object, object, object | undefined][] = [
    ['nothing for equals', { a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }, undefined],
    ['what is new', {}, { a: 1 }, { a: 1 }],
    ['null for what goes', { a: 1, b: 2 }, { b: 2 }, { a: null }],
    ['null for what is undefined', { a: 1 }, { a: undefined }, { a: null }],
    ['nothing for undefined that was absent', {}, { a: undefined }, undefined],
    ['within objects', { a: { b: 1, c: 2 } }, { a: { b: 1, c: 3 } }, { a: { c: 3 } }],
    ['lists whole', { a: [1, 2] }, { a: [1, 3] }, { a: [1, 3] }],
    [
      'nothing where only the time of transition differs',
      { conditions: [condition] },
      { conditions: [{ ...condition, lastTransitionTime: '2025-01-01T00:00:00Z' }] },
      undefined,
    ],
    [
      'a list that is shorter',
      { conditions: [condition, condition] },
      { conditions: [condition] },
      { conditions: [condition] },
    ],
  ]
  test.each(cases)('gives %s', (_, previous, next, patch) => {
    expect(mergePatch(previous, next)).toEqual(patch)
  })

  // RFC 7396 section 2.
  function applied(target: unknown, patch: unknown): unknown {
    if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
    const isObject = typeof target === 'object' && target !== null && !Array.isArray(target)
    const result: Record<string, unknown> = isObject ? { ...target } : {}
    for (const [name, value] of Object.entries(patch)) {
      if (value === null) delete result[name]
      else result[name] = applied(result[name], value)
    }
    return result
  }

  test('gives a patch that RFC 7396 turns into what was wanted', () => {
    const leaf = fc.oneof(fc.nat(3), fc.constantFrom('x', 'y'), fc.array(fc.nat(2), { maxLength: 2 }))
    const keys = fc.constantFrom('a', 'b', 'c')
    const fields = fc.dictionary(keys, fc.oneof(leaf, fc.dictionary(keys, leaf)), { noNullPrototype: true })
    fc.assert(
      fc.property(fields, fields, (previous, next) => {
        expect(applied(previous, mergePatch(previous, next) ?? {})).toEqual(next)
      }),
    )
  })
})

describe('StatusWriter', () => {
  let api: FakeApi
  let writer: StatusWriter

  afterEach(async () => {
    await writer.stop()
    await api.close()
  })

  async function write(
    answer: (request: FakeRequest, response: ServerResponse) => unknown,
    options: Partial<StatusWriterOptions<ObjectWithStatus>> = {},
  ) {
    api = await startFakeApi(answer)
    const pathOf = ({ metadata }: ObjectWithStatus) => `/things/${metadata.name}`
    writer = new StatusWriter({ client: api.client(), pathOf, random: () => -0.4, ...options })
    return writer
  }

  const accept = (version: string) => (_: FakeRequest, response: ServerResponse) =>
    sendJson(response, 200, { metadata: { name: 'a', resourceVersion: version } })
  const bodies = () => api.requests.map(({ body }) => body)

  test('patches the status, guarded with the version decided on', async () => {
    await write(accept('2'))
    writer.set(thing('a', '1', { status: { serial: 1, old: true } }), { serial: 2 })
    await writer.flush()
    expect(api.requests.map(({ method, path, body }) => ({ method, path, body }))).toEqual([
      {
        method: 'PATCH',
        path: '/things/a/status',
        body: { metadata: { resourceVersion: '1' }, status: { serial: 2, old: null } },
      },
    ])
  })

  test('writes nothing that the object says already', async () => {
    await write(accept('2'))
    writer.set(thing('a', '1', { status: { serial: 1 } }), { serial: 1 })
    await writer.flush()
    expect(api.requests).toHaveLength(0)
    expect(writer.counts).toMatchObject({ set: 1, unchanged: 1, sent: 0 })
  })

  test('sends only the latest of what was said while one was in flight, on top of it', async () => {
    const first = Promise.withResolvers<void>()
    await write(async (request, response) => {
      if (api.requests.length === 1) await first.promise
      accept(String(api.requests.length + 1))(request, response)
    })
    for (let serial = 1; serial <= 5; serial++) {
      writer.set(thing('a', '1'), { serial })
      if (serial === 1) await until('in flight', () => api.requests.length === 1)
    }
    first.resolve()
    await writer.flush()
    expect(bodies()).toEqual([
      { metadata: { resourceVersion: '1' }, status: { serial: 1 } },
      { metadata: { resourceVersion: '2' }, status: { serial: 5 } },
    ])
  })

  test('goes on from its own last write though the watch has not brought it yet', async () => {
    await write((request, response) => accept(String(api.requests.length + 1))(request, response))
    for (const serial of [1, 2, 2, 3]) {
      writer.set(thing('a', '1'), { serial })
      await writer.flush()
    }
    writer.set(thing('a', '2', { status: { serial: 1 } }), { serial: 4 })
    await writer.flush()
    expect(bodies()).toEqual(
      ['1', '2', '3', '4'].map((resourceVersion, index) => ({
        metadata: { resourceVersion },
        status: { serial: index + 1 },
      })),
    )
    expect(writer.counts.unchanged).toBe(1)
  })

  test('drops a write that a newer object overtook', async () => {
    await write((_, response) => sendStatus(response, 409, 'Conflict', 'the object has been modified'))
    writer.set(thing('a', '1'), { serial: 1 })
    await writer.flush()
    expect(writer.counts).toMatchObject({ sent: 1, conflicts: 1, retried: 0 })
  })

  test('writes what was said about the newer object after the older met a conflict', async () => {
    await write(async (request, response) => {
      if (api.requests.length > 1) return accept('3')(request, response)
      writer.set(thing('a', '2'), { serial: 2 })
      sendStatus(response, 409, 'Conflict', 'the object has been modified')
    })
    writer.set(thing('a', '1'), { serial: 1 })
    await writer.flush()
    expect(bodies()[1]).toEqual({ metadata: { resourceVersion: '2' }, status: { serial: 2 } })
  })

  test('drops a write to an object that is gone', async () => {
    await write((_, response) => sendStatus(response, 404, 'NotFound', 'gone'))
    writer.set(thing('a', '1'), { serial: 1 })
    await writer.flush()
    expect(writer.counts).toMatchObject({ sent: 1, gone: 1, retried: 0 })
  })

  test('drops what the server will never take, and says so in the log', async () => {
    const log = memoryLog()
    await write((_, response) => sendStatus(response, 422, 'Invalid', 'status.serial: Invalid value'), { log })
    writer.set(thing('a', '1'), { serial: -1 })
    await writer.flush()
    expect(log.messages).toEqual(['Status refused'])
    expect(writer.counts).toMatchObject({ sent: 1, refused: 1, retried: 0 })
  })

  test.each<[string, (response: ServerResponse) => unknown]>([
    ['429', response => response.writeHead(429).end('Too many requests')],
    ['503', response => sendStatus(response, 503, 'ServiceUnavailable', 'not yet')],
    ['500', response => sendStatus(response, 500, 'InternalError', 'etcdserver: request timed out')],
    ['a broken connection', response => response.socket?.destroy()],
  ])('tries again after %s, with the latest', async (_, fault) => {
    await write((request, response) => {
      if (api.requests.length > 1) return accept('2')(request, response)
      writer.set(thing('a', '1'), { serial: 2 })
      return fault(response)
    })
    writer.set(thing('a', '1'), { serial: 1 })
    await writer.flush()
    expect(bodies()).toEqual([1, 2].map(serial => ({ metadata: { resourceVersion: '1' }, status: { serial } })))
    expect(writer.counts).toMatchObject({ written: 1, retried: 1 })
  })

  test('asks a server that is away now and then, not once for each waiting write, and logs as rarely', async () => {
    let isAway = true
    const log = memoryLog()
    await write((request, response) => (isAway ? response.socket?.destroy() : accept('2')(request, response)), {
      concurrency: 2,
      log,
      random: () => -0.4,
    })
    for (let i = 0; i < 500; i++) writer.set(thing(`t${i}`, '1'), { serial: 1 })
    await until('pauses', () => log.messages.length >= 3)
    expect(api.requests.length).toBeLessThanOrEqual(2 * (log.messages.length + 1))
    isAway = false
    await writer.flush()
    expect(writer.counts.written).toBe(500)
  })

  test('never has more in flight than it may', async () => {
    let active = 0
    let most = 0
    const full = Promise.withResolvers<void>()
    await write(
      async (request, response) => {
        most = Math.max(most, ++active)
        if (active === 4) full.resolve()
        await full.promise
        active--
        accept('2')(request, response)
      },
      { concurrency: 4 },
    )
    for (let i = 0; i < 50; i++) writer.set(thing(`t${i}`, '1'), { serial: 1 })
    await writer.flush()
    expect(most).toBe(4)
  })

  test('leaves an interval between two patches for as long as one is asked for', async () => {
    let intervalMs = 20
    await write(accept('2'), { intervalMs: () => intervalMs })
    for (let i = 0; i < 50; i++) writer.set(thing(`t${i}`, '1'), { serial: 1 })
    expect(writer.counts.sent).toBe(1)
    intervalMs = 0
    await writer.flush()
    expect(writer.counts.written).toBe(50)
  })

  test('stop() drops what waits, and flush() gives up with its signal', async () => {
    await write(() => {})
    writer.set(thing('a', '1'), { serial: 1 })
    writer.set(thing('a', '1'), { serial: 2 })
    await expect(writer.flush({ signal: AbortSignal.timeout(20) })).rejects.toThrow('aborted due to timeout')
    await writer.stop()
    expect(writer.size).toBe(0)
  })
})
