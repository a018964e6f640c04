import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connectionTo, KubeClient, type KubeClientOptions, type Log } from '#kube'

export interface FakeRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly isWatch: boolean
  readonly body: unknown
  readonly atMs: number
}

export interface FakeApi {
  readonly url: string
  readonly requests: FakeRequest[]
  client(options?: KubeClientOptions): KubeClient
  close(): Promise<void>
}

/** An API server that answers as told: for faults that a real one cannot be made to show on demand. */
export async function startFakeApi(
  answer: (request: FakeRequest, response: ServerResponse) => unknown,
): Promise<FakeApi> {
  const requests: FakeRequest[] = []
  const clients: KubeClient[] = []
  const server = createServer(async (message, response) => {
    const request = await read(message)
    requests.push(request)
    await answer(request, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    requests,
    client(options = {}) {
      const client = new KubeClient(connectionTo(url), { backoff: { baseMs: 1, capMs: 5 }, ...options })
      clients.push(client)
      return client
    },
    async close() {
      await Promise.all(clients.map(client => client.close()))
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

async function read(message: IncomingMessage): Promise<FakeRequest> {
  const { pathname, searchParams } = new URL(message.url ?? '', 'http://fake')
  const chunks: Buffer[] = await message.toArray()
  const text = Buffer.concat(chunks).toString()
  return {
    method: message.method ?? '',
    path: pathname,
    query: searchParams,
    isWatch: searchParams.has('watch'),
    body: text === '' ? undefined : JSON.parse(text),
    atMs: performance.now(),
  }
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

export function sendStatus(response: ServerResponse, code: number, reason: string, message: string): void {
  sendJson(response, code, { kind: 'Status', status: 'Failure', code, reason, message })
}

export function sendList(response: ServerResponse, items: readonly object[], resourceVersion = '1'): void {
  sendJson(response, 200, { kind: 'ThingList', apiVersion: 'test/v1', metadata: { resourceVersion }, items })
}

export function thing(name: string, resourceVersion: string, more: object = {}) {
  return {
    apiVersion: 'test/v1',
    kind: 'Thing',
    metadata: { name, namespace: 'default', uid: `uid-${name}`, resourceVersion },
    ...more,
  }
}

/** A watch's line. */
export function line(type: string, object: object): string {
  return `${JSON.stringify({ type, object })}\n`
}

export const expired = {
  kind: 'Status',
  status: 'Failure',
  code: 410,
  reason: 'Expired',
  message: 'too old resource version',
}

/** A log that keeps its messages. */
export function memoryLog(): Log & { readonly messages: string[] } {
  const messages: string[] = []
  const keep = (message: string) => void messages.push(message)
  return { messages, info: keep, warn: keep, error: keep }
}

/** All that an iterator yields. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** What a promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('This should have failed')
}
