import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import { type DNSZone, zoneKind } from '#crds'
import { connectionTo, KubeClient } from '#kube'
import { Cluster } from '../../plugin/src/cluster.ts'
import { follow } from '../../plugin/src/follow.ts'

/* An API server in trouble, as it is just after its start or where it has too much to do: no real one is so at will. */

let api: Server
afterEach(() => {
  api.closeAllConnections()
  api.close()
})

/** Follows the serial of a zone at a server whose next answers are these: serials, in a list or a watch, or refusals. */
async function serials(answers: number[], signal = new AbortController().signal) {
  api = createServer(({ url = '' }, response) => {
    const answer = answers.shift() ?? 403
    if (answer >= 400) return void response.writeHead(answer).end()
    const object = { metadata: { name: 'a' }, status: { serial: answer } }
    const change = { type: 'MODIFIED', object }
    const list = { metadata: { resourceVersion: '1' }, items: [object] }
    response.end(`${JSON.stringify(url.includes('watch=true') ? change : list)}\n`)
  })
  await once(api.listen(0, '127.0.0.1'), 'listening')
  const client = new KubeClient(connectionTo(`http://127.0.0.1:${(api.address() as AddressInfo).port}`), { retries: 0 })
  const at = { kind: zoneKind, place: { namespace: 'dns', name: 'a' } }
  const look = (zone: DNSZone | undefined) => zone?.status?.serial
  return follow(new Cluster(client, { namespace: 'dns', signal }), at, { signal, look })
}

test('follow() waits for a server that was there once, and goes on with what is there then', async () => {
  const seen: unknown[] = []
  // Each watch follows a list that was answered.
  const following = await serials([1, 2, 429, 3, 503, 500, 4, 410, 403])
  const all = async () => {
    for await (const serial of following) seen.push(serial)
  }
  await expect(all()).rejects.toMatchObject({ status: 403 })
  expect(seen).toEqual([1, 2, 3, 4])
})

test.each([429, 503])('follow() fails where the first answer is %i', async status => {
  await expect((await serials([status])).next()).rejects.toMatchObject({ status })
})

test('follow() ends its pause with the signal', async () => {
  const stop = new AbortController()
  const following = await serials([1, 503], stop.signal)
  expect(await following.next()).toEqual({ done: false, value: 1 })
  const startMs = performance.now()
  setTimeout(() => stop.abort(), 200)
  await expect(following.next()).rejects.toMatchObject({ name: 'AbortError' })
  expect(performance.now() - startMs).toBeLessThan(900)
})
