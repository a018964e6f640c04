import { once } from 'node:events'
import { connect } from 'node:tls'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { Route } from '../../webhook/src/app.ts'
import { responseIn, reviewOf, Service } from './service.ts'

const PATH = '/validate-bindy-firestoned-io-v1alpha1-arecord'
const metadata = { name: 'www', namespace: 'default' }
const object = { apiVersion: 'bindy.firestoned.io/v1alpha1', kind: 'ARecord', metadata, spec: {} }

/** An object in an object, and so on. */
function nested(levels: number): object {
  let value = {}
  for (let i = 1; i < levels; i++) value = { value }
  return value
}

let service: Service
afterEach(() => service.stop())

async function start(route: Partial<Route> = {}, waitsFor: readonly string[] = []): Promise<void> {
  const judge: Route['judge'] = () => ({ allowed: true })
  const routes = [{ path: PATH, kind: 'ARecord', call: 'validate', judge, ...route } as Route]
  service = await Service.start({ routes, waitsFor: () => waitsFor })
}

describe('a review', () => {
  test('is judged, and its uid echoed', async () => {
    await start({ judge: ({ name, namespace }) => ({ allowed: true, warnings: [`${namespace}/${name}`] }) })
    const answer = await service.post(PATH, reviewOf({ object }))
    expect(answer.code).toBe(200)
    expect(responseIn(answer)).toEqual({ uid: 'u-1', allowed: true, warnings: ['default/www'] })
  })

  test('that is refused says why, in the message and in causes', async () => {
    const causes = [{ field: 'spec.name', reason: 'FieldValueInvalid', message: 'no' }]
    await start({ judge: () => ({ allowed: false, code: 422, message: 'spec.name: no', causes }) })
    expect(responseIn(await service.post(PATH, reviewOf({ object })))).toEqual({
      uid: 'u-1',
      allowed: false,
      status: {
        status: 'Failure',
        code: 422,
        reason: 'Invalid',
        message: 'spec.name: no',
        details: { name: 'www', kind: 'ARecord', group: 'bindy.firestoned.io', causes },
      },
    })
  })

  test.each([
    [400, 'BadRequest'],
    [403, 'Forbidden'],
    [422, 'Invalid'],
    [500, 'InternalError'],
    [503, 'ServiceUnavailable'],
  ])("that is refused with %s says so by the API server's own word, %s", async (code, reason) => {
    await start({ judge: () => ({ allowed: false, code, message: 'no' }) })
    expect(responseIn(await service.post(PATH, reviewOf({ object }))).status).toMatchObject({ code, reason })
  })

  test('with a patch has it in base64', async () => {
    const patch = [{ op: 'add', path: '/spec/zone', value: 'example.com' }] as const
    await start({ judge: () => ({ allowed: true, patch }) })
    const { patchType, patch: encoded = '' } = responseIn(await service.post(PATH, reviewOf({ object })))
    expect(patchType).toBe('JSONPatch')
    expect(JSON.parse(Buffer.from(encoded, 'base64').toString())).toEqual(patch)
  })

  const wrong: [why: string, request: Record<string, unknown>, said: string][] = [
    ['has no object', {}, 'request.object is missing'],
    ['is an update without the old object', { operation: 'UPDATE', object }, 'request.oldObject is missing'],
    ['asks for what nobody asks', { operation: 'CONNECT', object }, 'request.operation must be one of CREATE'],
    ['is of another kind', { object: { ...object, kind: 'DNSZone' } }, 'is a DNSZone, and this path is for ARecord'],
    ['is of another namespace', { namespace: 'other', object }, "request.object is not of the request's namespace"],
    [
      'was of another namespace',
      { operation: 'UPDATE', object, oldObject: { ...object, metadata: { ...metadata, namespace: 'other' } } },
      "request.oldObject is not of the request's namespace",
    ],
    [
      'is of no namespace',
      { object: { ...object, metadata: { name: 'www' } } },
      "request.object is not of the request's namespace",
    ],
    [
      'has labels that are none',
      { object: { ...object, metadata: { labels: [1] } } },
      'metadata.labels must be object',
    ],
    ['is nested too deeply', { object: { ...object, spec: nested(65) } }, 'spec is nested deeper than 64 levels'],
    [
      'was nested too deeply',
      { operation: 'UPDATE', object, oldObject: { ...object, spec: nested(1_000) } },
      'request.oldObject.spec is nested deeper',
    ],
  ]
  test('nested as deeply as may be is judged', async () => {
    await start()
    const answer = await service.post(PATH, reviewOf({ object: { ...object, spec: nested(64) } }))
    expect(responseIn(answer)).toEqual({ uid: 'u-1', allowed: true })
  })

  test.each(wrong)('that %s is refused, with its uid', async (_why, request, said) => {
    await start()
    const { uid, allowed, status } = responseIn(await service.post(PATH, reviewOf(request)))
    expect({ uid, allowed, code: status?.code }).toEqual({ uid: 'u-1', allowed: false, code: 400 })
    expect(status?.message).toContain(said)
  })

  test('that the judge fails on is refused where the API server would, and passes where it would not', async () => {
    const judge = () => {
      throw new Error('a fault')
    }
    await start({ judge })
    expect(responseIn(await service.post(PATH, reviewOf({ object })))).toMatchObject({
      uid: 'u-1',
      allowed: false,
      status: { code: 500, reason: 'InternalError' },
    })
    const going = reviewOf({ operation: 'DELETE', oldObject: object })
    expect(responseIn(await service.post(PATH, going))).toEqual({ uid: 'u-1', allowed: true })
    await service.stop()
    await start({ judge, call: 'mutate' })
    expect(responseIn(await service.post(PATH, reviewOf({ object })))).toEqual({ uid: 'u-1', allowed: true })
  })
})

describe('what is no review', () => {
  const bodies: [what: string, code: number, body: string, headers: Record<string, string>][] = [
    ['broken JSON', 400, '{"request": {"uid": "u-1"', {}],
    ['nothing', 400, '', {}],
    ['a list', 400, '[]', {}],
    ['a text', 400, '"review"', {}],
    ['no JSON by its type', 400, '{}', { 'content-type': 'text/plain' }],
    ['more than 4 MB', 413, `{"request":"${'x'.repeat(4 * 1024 * 1024)}"}`, {}],
    ['compressed', 415, '{}', { 'content-encoding': 'gzip' }],
  ]
  test.each(bodies)('%s is answered with %s and a review that allows nothing', async (_what, code, body, headers) => {
    await start()
    const answer = await service.post(PATH, body, headers)
    expect(answer.code).toBe(code)
    expect(responseIn(answer)).toMatchObject({ uid: '', allowed: false })
    expect((await service.get('/healthz')).code).toBe(200)
  })
})

describe('the server', () => {
  test('says what it waits for, and nothing about itself', async () => {
    await start({}, ['DNSZone', 'ARecord'])
    const { code, text, headers } = await service.get('/readyz')
    expect({ code, text }).toEqual({ code: 503, text: 'waits for DNSZone, ARecord' })
    expect(headers).not.toHaveProperty('x-powered-by')
    expect(headers).not.toHaveProperty('etag')
    expect((await service.get('/elsewhere')).code).toBe(404)
  })

  test("counts reviews under controller-runtime's names", async () => {
    await start()
    await service.post(PATH, reviewOf({ object }))
    await service.post(PATH, 'broken')
    const { text } = await service.get('/metrics')
    for (const line of [
      `controller_runtime_webhook_requests_total{webhook="${PATH}",code="200"} 1`,
      `controller_runtime_webhook_requests_total{webhook="${PATH}",code="400"} 1`,
      `controller_runtime_webhook_requests_in_flight{webhook="${PATH}"} 0`,
      `controller_runtime_webhook_latency_seconds_count{webhook="${PATH}"} 2`,
    ])
      expect(text.split('\n')).toContain(line)
  })

  test('speaks TLS 1.2 and later, and no older one, after a renewal too', async () => {
    await start()
    const speak = async (version: 'TLSv1.1' | 'TLSv1.2') => {
      const { ca, server } = service
      const ciphers = 'DEFAULT@SECLEVEL=0'
      const socket = connect({
        host: '127.0.0.1',
        port: server.port,
        ca,
        ciphers,
        minVersion: version,
        maxVersion: version,
      })
      await once(socket, 'secureConnect').finally(() => socket.destroy())
    }
    for (const next of [() => service.renew(), () => undefined]) {
      await expect(speak('TLSv1.2')).resolves.toBeUndefined()
      await expect(speak('TLSv1.1')).rejects.toThrow(/alert protocol version|EPROTO/)
      await next()
    }
  })

  test('that is to end finishes what it was asked', async () => {
    const asked = Promise.withResolvers<void>()
    const mayEnd = Promise.withResolvers<void>()
    await start({
      judge: async () => {
        asked.resolve()
        await mayEnd.promise
        return { allowed: true }
      },
    })
    const answer = service.post(PATH, reviewOf({ object }))
    await asked.promise
    const drained = service.server.drain({ graceMs: 0 })
    mayEnd.resolve()
    expect(responseIn(await answer)).toEqual({ uid: 'u-1', allowed: true })
    await drained
    const anew = service.send({ path: '/healthz', agent: false, ca: service.ca })
    await expect(anew).rejects.toThrow(/ECONNREFUSED/)
  })

  test('that is to end answers for a while, each time as the last of its connection', async () => {
    await start()
    const drained = service.server.drain({ graceMs: 1_000 })
    const { code, headers } = await service.post(PATH, reviewOf({ object }))
    expect({ code, connection: headers.connection }).toEqual({ code: 200, connection: 'close' })
    await drained
  })
})
