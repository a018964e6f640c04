import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  Agent as PlainAgent,
  request as requestPlainly,
} from 'node:http'
import { request as requestByTls, Agent as TlsAgent } from 'node:https'
import type { Duplex } from 'node:stream'
import { createSecureContext } from 'node:tls'

/** The settings of undici's Agent that #kube has. */
export interface HttpAgentOptions {
  /** Requests under way at a time; further ones wait. */
  readonly connections: number
  /** The identity for TLS, and how connections are opened. */
  readonly connect: { readonly timeout: number; readonly keepAliveInitialDelay: number }
}

export interface HttpRequest {
  readonly origin: string
  readonly path: string
  readonly method: string
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly body: string | null
  /** The longest silence before the answer, and within it; 0 is for ever. */
  readonly headersTimeout: number
  readonly bodyTimeout: number
  readonly signal: AbortSignal | null
}

export interface HttpAnswer {
  readonly statusCode: number
  readonly headers: IncomingHttpHeaders
  readonly body: IncomingMessage & { json(): Promise<unknown>; text(): Promise<string> }
}

/** A request to speak otherwise over its connection, such as by WebSocket. */
export interface HttpUpgrade extends Omit<HttpRequest, 'body' | 'signal'> {
  readonly upgrade: string
}

/** What undici tells of a request, as far as #kube listens. */
export interface UpgradeHandler {
  onRequestStart(controller: { abort(reason: Error): void }): void
  onRequestUpgrade(controller: unknown, statusCode: number, headers: IncomingHttpHeaders, socket: Duplex): void
  onResponseStart(controller: unknown, statusCode: number): void
  onResponseData(controller: unknown, chunk: Buffer): void
  onResponseEnd(): void
  onResponseError(controller: unknown, error: Error): void
}

/**
 * Does for #kube what undici's Agent does, by Node's own HTTP client. In the bundled plugin it takes that one's place,
 * which is the faster of the two, but only after more requests than a command has.
 */
export class HttpAgent {
  readonly #plain: PlainAgent
  readonly #tls: TlsAgent
  readonly #connectTimeoutMs: number

  constructor({ connections, connect: { timeout, keepAliveInitialDelay, ...tls } }: HttpAgentOptions) {
    const pool = { keepAlive: true, keepAliveMsecs: keepAliveInitialDelay, maxSockets: connections }
    this.#plain = new PlainAgent(pool)
    // Made once: each connection would read the certificates anew.
    this.#tls = new TlsAgent({ ...pool, ...tls, secureContext: createSecureContext(tls) })
    this.#connectTimeoutMs = timeout
  }

  /** Asks for another protocol; the handler gets the connection, or the answer that refuses. */
  dispatch({ origin, path, method, headers, upgrade, headersTimeout }: HttpUpgrade, handler: UpgradeHandler): void {
    const [agent, request] = this.#waysTo(origin)
    const asking = request(origin, {
      agent,
      path,
      method,
      headers: { ...headers, connection: 'upgrade', upgrade },
      timeout: headersTimeout,
    })
    handler.onRequestStart({ abort: reason => asking.destroy(reason) })
    asking.on('error', error => handler.onResponseError(undefined, error))
    asking.on('timeout', () => asking.destroy(timeoutError('Headers', 'UND_ERR_HEADERS_TIMEOUT')))
    asking.on('upgrade', ({ statusCode = 0, headers }, socket, head) => {
      socket.setTimeout(0)
      socket.unshift(head)
      handler.onRequestUpgrade(undefined, statusCode, headers, socket)
    })
    asking.on('response', answer => {
      handler.onResponseStart(undefined, answer.statusCode ?? 0)
      answer.on('data', chunk => handler.onResponseData(undefined, chunk))
      answer.on('end', () => handler.onResponseEnd())
      answer.on('error', error => handler.onResponseError(undefined, error))
    })
    asking.end()
  }

  /** Resolves when the answer begins; what is wrong later fails the reading of its body. */
  request(asked: HttpRequest): Promise<HttpAnswer> {
    const { origin, path, method, body, signal, headersTimeout, bodyTimeout } = asked
    const [agent, requestBy] = this.#waysTo(origin)
    // Of itself Node frames no body of a DELETE.
    const length = body === null ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const headers = { ...asked.headers, ...length }
    const options = { agent, path, method, headers, timeout: headersTimeout, ...(signal && { signal }) }
    return new Promise((resolve, reject) => {
      const request = requestBy(origin, options)
      let answer: IncomingMessage | undefined
      request.on('error', reject)
      request.on('socket', socket => {
        if (!socket.connecting) return
        const late = () => request.destroy(timeoutError('Connect', 'UND_ERR_CONNECT_TIMEOUT'))
        const timer = setTimeout(late, this.#connectTimeoutMs)
        for (const event of ['connect', 'close']) socket.once(event, () => clearTimeout(timer))
      })
      request.on('timeout', () => {
        if (answer) answer.destroy(timeoutError('Body', 'UND_ERR_BODY_TIMEOUT'))
        else request.destroy(timeoutError('Headers', 'UND_ERR_HEADERS_TIMEOUT'))
      })
      request.on('response', told => {
        answer = told
        told.socket.setTimeout(bodyTimeout)
        const text = () => textOf(told)
        const read = { json: async () => JSON.parse(await text()), text }
        resolve({ statusCode: told.statusCode ?? 0, headers: told.headers, body: Object.assign(told, read) })
      })
      request.end(body)
    })
  }

  #waysTo(origin: string) {
    return origin.startsWith('https:') ? ([this.#tls, requestByTls] as const) : ([this.#plain, requestPlainly] as const)
  }

  /** Whoever still reads goes on; connections that nobody uses keep no process alive. */
  async close(): Promise<void> {}

  /** Ends all connections. */
  async destroy(): Promise<void> {
    this.#plain.destroy()
    this.#tls.destroy()
  }
}

// By events, as reading a stream with `for await` or node:stream/consumers takes longer to start than an answer to read.
function textOf(answer: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    answer.on('data', chunk => chunks.push(chunk))
    answer.on('end', () => resolve(Buffer.concat(chunks).toString()))
    answer.on('error', reject)
  })
}

// Named as undici's, since #kube knows by them what was never sent.
function timeoutError(phase: string, code: string): Error {
  return Object.assign(new Error(`${phase} Timeout Error`), { code })
}
