import type { ServerResponse } from 'node:http'
import { afterEach, expect, test } from '@jest/globals'
import {
  type ApiObject,
  isConflict,
  isNotFound,
  KubeApiError,
  KubeUnreachableError,
  mayBeDone,
  resourcePath,
} from '#kube'
import {
  collect,
  expired,
  type FakeApi,
  type FakeRequest,
  failureOf,
  line,
  sendJson,
  sendList,
  sendStatus,
  startFakeApi,
  thing,
} from './fake.ts'

let api: FakeApi

afterEach(() => api.close())

test('resourcePath() names a kind, an object and a subresource, in the core group and others', () => {
  api = { close: async () => {} } as FakeApi
  const zones = { group: 'bindy.firestoned.io', version: 'v1alpha1', plural: 'dnszones' }
  expect(resourcePath(zones)).toBe('/apis/bindy.firestoned.io/v1alpha1/dnszones')
  expect(resourcePath(zones, { namespace: 'a', name: 'b', subresource: 'status' })).toBe(
    '/apis/bindy.firestoned.io/v1alpha1/namespaces/a/dnszones/b/status',
  )
  expect(resourcePath({ group: '', version: 'v1', plural: 'secrets' }, { namespace: 'a' })).toBe(
    '/api/v1/namespaces/a/secrets',
  )
})

test('KubeClient gives the reason and message of a refusal', async () => {
  api = await startFakeApi((_, response) => sendStatus(response, 422, 'Invalid', 'spec.ttl: Invalid value'))
  const failure = await failureOf(api.client().create('/things', {}))
  expect(failure).toBeInstanceOf(KubeApiError)
  expect(failure).toMatchObject({
    status: 422,
    reason: 'APIServerRefused',
    apiReason: 'Invalid',
    retry: 'never',
    message: 'Cannot create /things: the API server answered 422: spec.ttl: Invalid value',
  })
})

test('KubeClient gives the faults of a refused object one by one, and whose they are', async () => {
  const causes = [
    { reason: 'FieldValueInvalid', field: 'spec.ttl', message: 'must not be negative' },
    { message: 'odd' },
  ]
  const details = { kind: 'ARecord', name: 'www', causes }
  api = await startFakeApi((_, response) =>
    sendJson(response, 422, { kind: 'Status', code: 422, reason: 'Invalid', message: 'it is invalid', details }),
  )
  expect(await failureOf(api.client().create('/things', {}))).toMatchObject({
    said: 'it is invalid',
    about: { kind: 'ARecord', name: 'www' },
    causes: [
      { field: 'spec.ttl', message: 'must not be negative' },
      { field: '', message: 'odd' },
    ],
  })
})

test('KubeClient tells the warnings of an answer, one by one', async () => {
  api = await startFakeApi((_, response) => {
    response.setHeader('warning', [
      '299 - "ttl 5 is \\"low\\"", 299 - "b"',
      '299 k8s "c, d"',
      '199 - "not one of Kubernetes"',
    ])
    sendJson(response, 200, {})
  })
  const warnings: string[] = []
  await api.client({ onWarning: text => void warnings.push(text) }).get('/things')
  expect(warnings).toEqual(['ttl 5 is "low"', 'b', 'c, d'])
})

const oddBodies: [status: number, body: string, apiReason: string, message: string][] = [
  [429, 'Too many requests, please try again later.', 'TooManyRequests', 'Too many requests, please try again later.'],
  [401, '', 'Unauthorized', 'Unauthorized'],
  [502, '<html>Bad Gateway</html>', 'HTTP502', '<html>Bad Gateway</html>'],
  [404, 'null', 'NotFound', 'NotFound'],
  [404, '{"message":7,"details":[]}', 'NotFound', 'NotFound'],
]
test.each(oddBodies)('KubeClient reads a %i whose body is %j', async (status, body, apiReason, message) => {
  api = await startFakeApi((_, response) => void response.writeHead(status).end(body))
  const failure = await failureOf(api.client({ retries: 0 }).get('/things/a'))
  expect(failure).toMatchObject({ status, apiReason, message: expect.stringContaining(`${status}: ${message}`) })
  expect(isNotFound(failure)).toBe(status === 404)
})

test('isConflict() tells a stale write from a create of what exists', async () => {
  const reasons = ['Conflict', 'AlreadyExists']
  api = await startFakeApi((_, response) => sendStatus(response, 409, reasons.shift() ?? '', 'no'))
  expect(isConflict(await failureOf(api.client().update('/a', {})))).toBe(true)
  expect(isConflict(await failureOf(api.client().create('/a', {})))).toBe(false)
})

test('KubeClient repeats a 429, a 503 and a broken connection, and counts each request', async () => {
  const answers: ((response: ServerResponse) => unknown)[] = [
    response => response.writeHead(429, { 'retry-after': '0' }).end('later'),
    response => sendStatus(response, 503, 'ServiceUnavailable', 'not yet'),
    response => response.socket?.destroy(),
    response => sendJson(response, 200, { ok: true }),
  ]
  api = await startFakeApi((_, response) => answers.shift()?.(response))
  const sent: string[] = []
  const client = api.client({ onRequest: ({ verb, path }) => void sent.push(`${verb} ${path}`) })
  const doubts: boolean[] = []
  const onRepeat = (error: unknown) => void doubts.push(mayBeDone(error))
  expect(await client.patch('/things/a', {}, { onRepeat })).toEqual({ ok: true })
  expect(sent).toEqual(Array(4).fill('patch /things/a'))
  expect(doubts).toEqual([false, true, true])
})

test('KubeClient waits as long as Retry-After says', async () => {
  const answers: ((response: ServerResponse) => unknown)[] = [
    response => response.writeHead(429, { 'retry-after': '1' }).end('later'),
    response => sendJson(response, 200, {}),
  ]
  api = await startFakeApi((_, response) => answers.shift()?.(response))
  await api.client().get('/things')
  const [first, second] = api.requests as [FakeRequest, FakeRequest]
  expect(second.atMs - first.atMs).toBeGreaterThan(990)
})

test('KubeClient never repeats a create that may have happened', async () => {
  api = await startFakeApi((_, response) => void response.socket?.destroy())
  expect(await failureOf(api.client().create('/things', {}))).toBeInstanceOf(KubeUnreachableError)
  expect(api.requests).toHaveLength(1)
})

test('KubeClient never repeats what can only be refused again', async () => {
  api = await startFakeApi((_, response) => sendStatus(response, 403, 'Forbidden', 'no'))
  expect(await failureOf(api.client().get('/things'))).toMatchObject({ status: 403 })
  expect(api.requests).toHaveLength(1)
})

test('KubeClient ends a request, and a pause before the next, when its signal is aborted', async () => {
  const stop = new AbortController()
  api = await startFakeApi(request => {
    if (request.path === '/silent') stop.abort(new Error('enough'))
  })
  const client = api.client()
  await expect(client.get('/silent', { signal: stop.signal })).rejects.toThrow('enough')
  await expect(client.get('/other', { signal: stop.signal })).rejects.toThrow('enough')
  expect(api.requests).toHaveLength(1)
})

test('KubeClient fails on an answer that does not come, and on one that is no JSON', async () => {
  api = await startFakeApi((request, response) => {
    if (request.path === '/html') response.end('<html>')
  })
  const hasty = api.client({ timeoutMs: 100, retries: 0 })
  expect(await failureOf(hasty.get('/silent'))).toBeInstanceOf(KubeUnreachableError)
  expect(await failureOf(api.client({ retries: 0 }).get('/html'))).toMatchObject({ apiReason: 'NotJSON' })
})

test('list() gives items of a list the kind that they lack', async () => {
  api = await startFakeApi((_, response) => sendList(response, [{ metadata: { name: 'a' } }]))
  expect((await api.client().list('/things')).items).toEqual([
    { apiVersion: 'test/v1', kind: 'Thing', metadata: { name: 'a' } },
  ])
})

test('list() starts again when the continue token has expired, and keeps nothing of the first pages', async () => {
  let isCompacted = true
  api = await startFakeApi((request, response) => {
    const token = request.query.get('continue')
    if (token && isCompacted) {
      isCompacted = false
      return sendStatus(response, 410, 'Expired', 'The provided continue parameter is too old')
    }
    const metadata = { resourceVersion: isCompacted ? '5' : '9', continue: token ? '' : 'more' }
    const name = `${token ? 'b' : 'a'}${metadata.resourceVersion}`
    sendJson(response, 200, { metadata, items: [{ metadata: { name } }] })
  })
  const { items, resourceVersion } = await api.client().list<ApiObject>('/things')
  expect({ names: items.map(item => item.metadata.name), resourceVersion }).toEqual({
    names: ['a9', 'b9'],
    resourceVersion: '9',
  })
})

test('watch() yields events and returns when the server ends it', async () => {
  api = await startFakeApi((_, response) => {
    response.write(line('ADDED', thing('a', '2')).slice(0, 20))
    response.end(line('ADDED', thing('a', '2')).slice(20) + line('BOOKMARK', { metadata: { resourceVersion: '7' } }))
  })
  const events = await collect(api.client().watch('/things', { resourceVersion: '1' }))
  expect(events.map(({ type, object }) => [type, object.metadata.resourceVersion])).toEqual([
    ['ADDED', '2'],
    ['BOOKMARK', '7'],
  ])
  expect(Object.fromEntries(api.requests[0]?.query ?? [])).toEqual({
    watch: 'true',
    allowWatchBookmarks: 'true',
    timeoutSeconds: '290',
    resourceVersion: '1',
  })
})

test('watch() throws what the stream calls an error as the refusal it is', async () => {
  api = await startFakeApi((_, response) => void response.end(line('ERROR', expired)))
  const failure = await failureOf(collect(api.client().watch('/things')))
  expect(failure).toBeInstanceOf(KubeApiError)
  expect(failure).toMatchObject({ status: 410, apiReason: 'Expired' })
})

test('watch() yields whole lines only when the connection breaks within one', async () => {
  api = await startFakeApi((_, response) => {
    response.write(`${line('ADDED', thing('a', '2'))}{"type":"ADDED","obj`, () => response.socket?.resetAndDestroy())
  })
  const seen: string[] = []
  const failure = await failureOf(
    (async () => {
      for await (const { object } of api.client().watch('/things')) seen.push(object.metadata.name)
    })(),
  )
  expect(seen).toEqual(['a'])
  expect(failure).toBeInstanceOf(KubeUnreachableError)
})

test('watch() fails when nothing is heard for too long', async () => {
  api = await startFakeApi((_, response) => void response.write(line('ADDED', thing('a', '2'))))
  const failure = await failureOf(collect(api.client().watch('/things', { silenceMs: 200 })))
  expect(failure).toBeInstanceOf(KubeUnreachableError)
  expect(failure.message).toMatch(/Body Timeout/)
})

test('watch() ends its request when its reader goes away', async () => {
  const closed = Promise.withResolvers<void>()
  api = await startFakeApi((_, response) => {
    response.on('close', closed.resolve)
    response.write(line('ADDED', thing('a', '2')))
  })
  for await (const _ of api.client().watch('/things')) break
  await closed.promise
})
