import { afterEach, expect, test } from '@jest/globals'
import { connectionTo, KubeApiError, KubeClient, type KubeClientOptions, KubeUnreachableError } from '#kube'
import { HttpAgent } from '../../plugin/src/httpagent.ts'
import {
  collect,
  type FakeApi,
  failureOf,
  line,
  sendJson,
  sendStatus,
  startFakeApi,
  thing,
} from '../controller/kube/fake.ts'

/* What KubeClient makes of undici's agent, it makes of this one. */

let api: FakeApi
let agent: HttpAgent

afterEach(async () => {
  await agent.destroy()
  await api.close()
})

function client(options: KubeClientOptions = {}, { url = api.url, connections = 4 } = {}): KubeClient {
  agent = new HttpAgent({ connections, connect: { timeout: 10_000, keepAliveInitialDelay: 30_000 } })
  const authorize = async () => ({ dispatcher: agent as never, headers: { Authorization: 'Bearer t' } })
  return new KubeClient({ ...connectionTo(url), origin: url, basePath: '', authorize }, { retries: 0, ...options })
}

test('HttpAgent sends what is asked and gives the answer, its headers and what it refuses', async () => {
  api = await startFakeApi((request, response) => {
    response.setHeader('warning', '299 - "an old field"')
    if (request.path === '/refused') sendStatus(response, 422, 'Invalid', 'spec.ttl: Invalid value')
    else sendJson(response, 201, { said: request.body })
  })
  const warnings: string[] = []
  const kube = client({ onWarning: text => void warnings.push(text) })
  expect(await kube.create('/things', { spec: 'ü' })).toEqual({ said: { spec: 'ü' } })
  expect(await kube.delete('/things', { body: { uid: 'ü' } })).toEqual({ said: { uid: 'ü' } })
  expect(api.requests).toMatchObject([
    { method: 'POST', path: '/things', body: { spec: 'ü' } },
    { method: 'DELETE', path: '/things', body: { uid: 'ü' } },
  ])
  expect(await failureOf(kube.get('/refused'))).toBeInstanceOf(KubeApiError)
  expect(warnings).toEqual(['an old field', 'an old field', 'an old field'])
})

test('HttpAgent keeps to its number of connections, and uses them again', async () => {
  const ports = new Set<number | undefined>()
  api = await startFakeApi((_, response) => {
    ports.add(response.socket?.remotePort)
    sendJson(response, 200, {})
  })
  const kube = client({}, { connections: 2 })
  for (let round = 0; round < 3; round++) await Promise.all(Array.from({ length: 8 }, () => kube.get('/things')))
  expect([api.requests.length, ports.size]).toEqual([24, 2])
})

test('HttpAgent ends a request when its signal is aborted', async () => {
  const stop = new AbortController()
  api = await startFakeApi(() => stop.abort(new Error('enough')))
  await expect(client().get('/silent', { signal: stop.signal })).rejects.toThrow('enough')
})

test('HttpAgent ends the reading of an answer when its signal is aborted', async () => {
  const stop = new AbortController()
  api = await startFakeApi((_, response) => void response.write(line('ADDED', thing('a', '2'))))
  const watching = (async () => {
    for await (const _ of client().watch('/things', { signal: stop.signal })) stop.abort(new Error('enough'))
  })()
  await expect(watching).rejects.toThrow('enough')
})

test('HttpAgent fails on an answer that does not come, one that falls silent and one that breaks off', async () => {
  api = await startFakeApi(({ path }, response) => {
    if (path === '/silent') return
    response.write(line('ADDED', thing('a', '2')), () => path === '/broken' && response.socket?.resetAndDestroy())
  })
  const kube = client({ timeoutMs: 1_000 })
  expect((await failureOf(kube.get('/silent'))).message).toMatch(/Headers Timeout/)
  expect((await failureOf(collect(kube.watch('/falls-silent', { silenceMs: 1_000 })))).message).toMatch(/Body Timeout/)
  expect(await failureOf(collect(kube.watch('/broken')))).toBeInstanceOf(KubeUnreachableError)
  expect((await failureOf(kube.get('/falls-silent'))).message).toMatch(/Body Timeout/)
  expect(await failureOf(kube.get('/broken'))).toBeInstanceOf(KubeUnreachableError)
})

test('HttpAgent ends a request when its reader goes away', async () => {
  const closed = Promise.withResolvers<void>()
  api = await startFakeApi((_, response) => {
    response.on('close', closed.resolve)
    response.write(line('ADDED', thing('a', '2')))
  })
  for await (const _ of client().watch('/things')) break
  await closed.promise
})

test('HttpAgent says of what was refused a connection that it was not sent', async () => {
  api = await startFakeApi(() => {})
  const refused = client({}, { url: 'http://127.0.0.1:1' })
  expect(await failureOf(refused.create('/things', {}))).toMatchObject({ unsent: true })
})

test('HttpAgent gives up a port-forward that is refused, in the words of the refusal, and one that is not answered', async () => {
  api = await startFakeApi(({ path }, response) => {
    if (path.includes('/refused/')) sendStatus(response, 403, 'Forbidden', 'pods "refused" is forbidden')
  })
  const kube = client()
  const forward = (pod: string, options: { timeoutMs: number; signal?: AbortSignal }) =>
    failureOf(kube.portForward({ namespace: 'dns', pod, port: 53 }, options))
  expect(await forward('refused', { timeoutMs: 10_000 })).toMatchObject({
    status: 403,
    said: 'pods "refused" is forbidden',
  })
  expect(await forward('silent', { timeoutMs: 100 })).toBeInstanceOf(KubeUnreachableError)
  const signal = AbortSignal.abort(new Error('enough'))
  expect(await forward('silent', { timeoutMs: 10_000, signal })).toMatchObject({ message: 'enough' })
})
