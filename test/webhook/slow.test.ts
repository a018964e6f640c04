import { once } from 'node:events'
import { connect as connectPlain, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { connect } from 'node:tls'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Patience } from '../../webhook/src/server.ts'
import { responseIn, reviewOf, Service } from './service.ts'

// A client that is slow, or silent, by octets of its own making. What a test is not about is waited for as good as for ever.
const PATH = '/validate-bindy-firestoned-io-v1alpha1-arecord'
const NEVER = 600_000
const patience: Patience = { handshakeMs: NEVER, headerMs: NEVER, requestMs: NEVER, lookMs: 20 }
const SOON = 200

const review = JSON.stringify(
  reviewOf({
    object: {
      apiVersion: 'bindy.firestoned.io/v1alpha1',
      kind: 'ARecord',
      metadata: { namespace: 'default' },
      spec: {},
    },
  }),
)
const header = `POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${review.length}\r\n`

let service: Service
let asked: number
let sockets: Socket[]
beforeEach(() => {
  asked = 0
  sockets = []
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await service.stop()
})

async function start(changes: Partial<Patience>): Promise<void> {
  const judge = () => {
    asked++
    return { allowed: true } as const
  }
  const routes = [{ path: PATH, kind: 'ARecord', call: 'validate', judge } as const]
  service = await Service.start({ routes }, { ...patience, ...changes })
}

async function open(): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: service.server.port, ca: service.ca })
  sockets.push(socket)
  await once(socket, 'secureConnect')
  return socket
}

const inFlight = async () => {
  const { text } = await service.get('/metrics')
  return text.split('\n').filter(line => line.startsWith('controller_runtime_webhook_requests_in_flight{'))
}

test('who never begins TLS is hung up on', async () => {
  await start({ handshakeMs: SOON })
  const socket = connectPlain({ host: '127.0.0.1', port: service.server.port })
  sockets.push(socket)
  await once(socket.resume(), 'close')
})

test.each([
  ['nothing', ''],
  ['half a header', header],
])('who sends %s is told that it took too long, and hung up on', async (_what, sent) => {
  await start({ headerMs: SOON, requestMs: NEVER })
  const socket = await open()
  socket.write(sent)
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 /)
})

test('who sends half a body is told so too, and nobody is asked', async () => {
  await start({ headerMs: SOON, requestMs: SOON })
  const socket = await open()
  socket.write(`${header}\r\n${review.slice(0, review.length / 2)}`)
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 /)
  expect(asked).toBe(0)
  expect(await inFlight()).toEqual([expect.stringMatching(/ 0$/)])
})

test('who is slow, and in time, is answered, as are all others meanwhile', async () => {
  await start({})
  const socket = await open()
  socket.write(header)
  expect(responseIn(await service.post(PATH, review)).allowed).toBe(true)
  socket.write(`\r\n${review.slice(0, 10)}`)
  expect(responseIn(await service.post(PATH, review)).allowed).toBe(true)
  socket.write(review.slice(10))
  const [answer] = await once(socket, 'data')
  expect(String(answer)).toMatch(/^HTTP\/1\.1 200 /)
})
