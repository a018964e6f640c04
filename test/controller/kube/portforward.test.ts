import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer as createProxy } from 'node:http'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { KubeClient } from '../../../controller/src/kube/client.ts'
import { connectionTo, loadConnection } from '../../../controller/src/kube/config.ts'
import { KubeApiError, KubeUnreachableError, PortForwardError } from '../../../controller/src/kube/error.ts'
import { type RunningApiServer, type RunningNode, reservePort, startApiServer, startNode } from '../../cluster/index.ts'

/* Ports of a pod, by way of the API server and of what a kubelet forwards with. */

let api: RunningApiServer
let node: RunningNode
let client: KubeClient
const servers: Server[] = []
const streams: Duplex[] = []
beforeAll(async () => {
  api = await startApiServer()
  node = await startNode(api)
  await node.pod({ namespace: 'default', name: 'ns1', ip: '192.0.2.1' })
  client = await clientAs()
})
afterEach(() => {
  for (const stream of streams.splice(0)) stream.destroy()
  for (const server of servers.splice(0)) server.close()
})
afterAll(async () => {
  await client.close()
  await node.stop()
  await api.stop()
})

async function clientAs(as?: string, kubeconfig = api.kubeconfig): Promise<KubeClient> {
  return new KubeClient(await loadConnection({ kubeconfig, as }), { userAgent: 'test', retries: 0 })
}

/** A server of the pod; the port where it listens. */
async function serve(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer(socket => onConnection(socket.on('error', () => {})))
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as { port: number }).port
}

async function forward(port: number, from = client): Promise<Duplex> {
  const stream = await from.portForward({ namespace: 'default', pod: 'ns1', port }, { timeoutMs: 10_000 })
  streams.push(stream)
  return stream
}

const echo = (socket: Socket) => socket.pipe(socket)

describe('portForward()', () => {
  test('carries octets both ways, in order and whole', async () => {
    const stream = await forward(await serve(echo))
    // Lengths on both sides of what the head of a frame can say in 7, 16 and 64 bits.
    const sent = Buffer.concat([1, 125, 126, 65_534, 65_535, 65_536, 300_000].map((n, i) => Buffer.alloc(n, i + 1)))
    for (let at = 0; at < sent.length; at += 70_001) stream.write(sent.subarray(at, at + 70_001))
    const parts: Buffer[] = []
    for await (const part of stream) {
      parts.push(part as Buffer)
      if (Buffer.concat(parts).length === sent.length) break
    }
    expect(Buffer.concat(parts).equals(sent)).toBe(true)
  })

  test('opens several streams to one port and to others at once', async () => {
    const greet = await serve(socket => socket.end('hello'))
    const ports = [await serve(echo), await serve(echo)].flatMap(port => [port, port])
    const open = await Promise.all([...ports, greet].map(port => forward(port)))
    const said = open.slice(0, -1).map(async (stream, i) => {
      stream.write(`${i}`)
      const [answer] = await once(stream, 'data')
      return String(answer)
    })
    expect(await Promise.all(said)).toEqual(['0', '1', '2', '3'])
    expect(await text(open.at(-1) as Duplex)).toBe('hello')
  })

  test('ends when the server has ended, with all that it said', async () => {
    const stream = await forward(await serve(socket => socket.end(Buffer.alloc(200_000, 'a'))))
    expect((await text(stream)).length).toBe(200_000)
    if (!stream.closed) await once(stream, 'close')
    expect(stream.errored).toBe(null)
  })

  test('ends the connection of the server when we end', async () => {
    const ended = Promise.withResolvers<void>()
    const stream = await forward(await serve(socket => socket.resume().on('close', () => ended.resolve())))
    stream.end('good bye')
    await ended.promise
  })

  test('ends with what the kubelet says where nobody listens', async () => {
    const free = await reservePort()
    const stream = await forward(free.number)
    const [error] = await once(stream.resume(), 'error')
    free.release()
    expect(error).toBeInstanceOf(PortForwardError)
    expect(error).toMatchObject({
      reason: 'Unreachable',
      message: expect.stringMatching(/^Cannot go on forwarding port \d+ of pod default\/ns1: .*connection refused$/),
    })
  })

  test('goes through the proxy of the kubeconfig', async () => {
    let through = 0
    const proxy = createProxy().on('connect', ({ url = '' }, socket) => {
      through++
      const [host, port] = url.split(':')
      const onward = connect(Number(port), host, () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
      for (const side of [socket, onward]) side.on('error', () => {})
      onward.pipe(socket).pipe(onward)
    })
    servers.push(proxy)
    await once(proxy.listen(0, '127.0.0.1'), 'listening')
    const url = `http://127.0.0.1:${(proxy.address() as { port: number }).port}`
    const kubeconfig = `${api.kubeconfig}-proxied`
    writeFileSync(
      kubeconfig,
      readFileSync(api.kubeconfig, 'utf8').replace('{ server:', `{ proxy-url: "${url}", server:`),
    )
    const proxied = await clientAs(undefined, kubeconfig)
    const stream = await forward(await serve(echo), proxied)
    stream.write('a')
    expect(String(await once(stream, 'data'))).toBe('a')
    expect(through).toBe(1)
    await proxied.close()
  })

  test('is a refusal of the API server where the right is missing, naming it', async () => {
    const eve = await clientAs('eve')
    const error = await forward(53, eve).catch(error => error)
    await eve.close()
    expect(error).toBeInstanceOf(KubeApiError)
    expect(error).toMatchObject({ status: 403, said: expect.stringContaining('pods/portforward') })
  })

  test('is a refusal of the API server where there is no such pod', async () => {
    const at = { namespace: 'default', pod: 'nobody', port: 53 }
    await expect(client.portForward(at, { timeoutMs: 10_000 })).rejects.toMatchObject({ status: 404 })
  })

  test('gives up in time, and at the signal, where the API server says nothing', async () => {
    const port = await serve(socket => socket.resume())
    const silent = new KubeClient(connectionTo(`http://127.0.0.1:${port}`))
    const at = { namespace: 'default', pod: 'ns1', port: 53 }
    await expect(silent.portForward(at, { timeoutMs: 200 })).rejects.toThrow(KubeUnreachableError)
    const stop = new AbortController()
    const asked = silent.portForward(at, { timeoutMs: 10_000, signal: stop.signal })
    stop.abort(new Error('stopped'))
    await expect(asked).rejects.toThrow('stopped')
    await silent.close()
  })
})

test('a stream breaks when its node does', async () => {
  const stream = await forward(await serve(echo))
  stream.write('a')
  await once(stream, 'data')
  await node.kill('SIGKILL')
  if (!stream.closed) await once(stream.resume(), 'close').catch(() => {})
  expect(stream.destroyed).toBe(true)
  await expect(forward(53)).rejects.toThrow(KubeApiError)
})
