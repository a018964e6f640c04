import { connect, isIPv6 } from 'node:net'
import { Conversation, type Request, type Take } from './conversation.ts'
import { BindyError } from './errors.ts'
import { Framer, frame } from './framer.ts'
import type { TsigKey } from './key.ts'
import type { DecodedMessage } from './protocol.ts'
import { isOpen, type OpenStream, type Stream, type StreamWait } from './stream.ts'
import type { Clock } from './tsig.ts'
import { Turnstile } from './turnstile.ts'

/** Nothing was sent: no connection to the server could be made. */
export class Unreachable extends BindyError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { reason: 'Unreachable', ...options })
  }
}

/** The request was sent, and no whole reply came: the server may have done what it asks, or not. */
export class OutcomeUnknown extends BindyError {
  /** Whether the connection ended, rather than the time to wait. */
  readonly closed: boolean

  constructor(message: string, options: { closed: boolean; cause?: unknown }) {
    super(message, { reason: 'OutcomeUnknown', cause: options.cause })
    this.closed = options.closed
  }
}

/** Where a server is, and how to speak with it. */
export interface Endpoint {
  /** A name or an address. */
  readonly host: string
  readonly port: number
  readonly open?: OpenStream | undefined
  /** Signs the requests; without one they go unsigned. */
  readonly key?: TsigKey | undefined
  readonly now?: Clock
  /** For the connection to stand; 5 s if absent. */
  readonly connectTimeoutMs?: number
  /** For each message of a reply to come; 10 s if absent. */
  readonly replyTimeoutMs?: number
  /** An unused connection is closed after it; 20 s if absent, below the 30 s of named's tcp-idle-timeout. */
  readonly idleTimeoutMs?: number
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** In place of the endpoint's `replyTimeoutMs`. */
  readonly replyTimeoutMs?: number | undefined
  /** The request changes nothing: it is sent again, once, when a kept connection breaks before the first reply. */
  readonly readOnly?: boolean
}

/**
 * One connection to a server, TCP unless the endpoint opens it, kept between requests, with one request on it at a time: two would meet a stall of
 * 40 ms in named. A connection that the server closed is made again by the next request.
 */
export class DnsChannel {
  /** `host:port`, as errors name it. */
  readonly server: string
  readonly #endpoint: Endpoint
  readonly #turn = new Turnstile(1)
  #socket: Stream | undefined

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint
    this.server = printServer(endpoint)
  }

  /** Sends a request and resolves with its reply, which is one message, verified. */
  async ask(request: Request, options: CallOptions = {}): Promise<DecodedMessage> {
    let reply: DecodedMessage | undefined
    const take = (message: DecodedMessage) => {
      reply = message
      return true
    }
    await this.exchange(request, take, options)
    return reply as DecodedMessage
  }

  /**
   * Sends a request and hands each message of the reply to `take` until that returns true. What `take` saw is verified
   * when the promise resolves, and not before.
   *
   * @throws Unreachable, OutcomeUnknown, UnexpectedReply, MessageError, TsigPeerError, TsigVerifyError, the signal's
   * reason, and what `take` throws.
   */
  async exchange(request: Request, take: Take, options: CallOptions = {}): Promise<void> {
    const leave = await this.#turn.enter(options)
    try {
      const kept = this.#socket !== undefined && isOpen(this.#socket)
      const broke = await this.#attempt(request, take, options, kept && options.readOnly === true)
      if (broke) await this.#attempt(request, take, options, false)
    } finally {
      leave()
    }
  }

  /** Ends the connection; a request on it fails. */
  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  async #connected(signal: AbortSignal | undefined): Promise<Stream> {
    const kept = this.#socket
    if (kept && isOpen(kept)) return kept
    kept?.destroy()
    const { open, connectTimeoutMs: timeoutMs = 5_000 } = this.#endpoint
    const socket = open ? await open({ timeoutMs, signal }) : await openSocket(this.#endpoint, { timeoutMs, signal })
    socket.setTimeout?.(this.#endpoint.idleTimeoutMs ?? 20_000)
    // No request is there to hear of it: what the server sends unasked, and what ends an idle connection.
    socket.on('timeout', () => isIdle(socket) && socket.destroy())
    socket.on('data', () => isIdle(socket) && socket.destroy())
    socket.on('error', () => {})
    this.#socket = socket
    return socket
  }

  /** Resolves with whether the connection ended before the first message, where `mayBreak` allows that. */
  async #attempt(request: Request, take: Take, options: CallOptions, mayBreak: boolean): Promise<boolean> {
    const { key, now = Date.now } = this.#endpoint
    const conversation = new Conversation(request, take, { key, now, server: this.server })
    const socket = await this.#connected(options.signal)
    try {
      await this.#carry(socket, conversation, options)
      return false
    } catch (error) {
      socket.destroy()
      if (mayBreak && conversation.replies === 0 && error instanceof OutcomeUnknown && error.closed) return true
      throw error
    }
  }

  /** Writes the request and hands over what comes back, until the conversation has the last of it. */
  #carry(
    socket: Stream,
    conversation: Conversation,
    { signal, replyTimeoutMs = this.#endpoint.replyTimeoutMs ?? 10_000 }: CallOptions,
  ): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const framer = new Framer()
    let failure: Error | undefined
    const onTimeout = () => reject(this.#unknown(`no reply came within ${replyTimeoutMs} ms`, { closed: false }))
    const timer = setTimeout(onTimeout, replyTimeoutMs)
    const onData = (chunk: Buffer) => {
      try {
        const messages = framer.push(chunk)
        const last = messages.findIndex(message => conversation.accept(message))
        if (messages.length > 0) timer.refresh()
        if (last < 0) return
        // What follows the last message belongs to no request.
        if (last < messages.length - 1 || framer.size > 0) socket.destroy()
        resolve()
      } catch (error) {
        reject(error)
      }
    }
    const onError = (error: Error) => {
      failure = error
    }
    const onClose = () => {
      const why = failure ? failureCode(failure) : 'the server closed the connection'
      reject(this.#unknown(`${why} before the whole reply was there`, { closed: true, cause: failure }))
    }
    const onAbort = () => reject(signal?.reason)
    socket.on('data', onData).on('error', onError).on('close', onClose)
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.ref?.()
    socket.write(frame(conversation.request))
    return promise.finally(() => {
      clearTimeout(timer)
      socket.off('data', onData).off('error', onError).off('close', onClose)
      signal?.removeEventListener('abort', onAbort)
      socket.unref?.()
    })
  }

  #unknown(why: string, options: { closed: boolean; cause?: unknown }): OutcomeUnknown {
    return new OutcomeUnknown(`Cannot tell what ${this.server} did with a request: ${why}`, options)
  }
}

/** `192.0.2.1:53`, `[2001:db8::1]:53` */
export function printServer({ host, port }: { readonly host: string; readonly port: number }): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`
}

function openSocket({ host, port }: Endpoint, { timeoutMs, signal }: StreamWait): Promise<Stream> {
  const { promise, resolve, reject } = Promise.withResolvers<Stream>()
  const socket = connect({ host, port, noDelay: true, keepAlive: true })
  const fail = (why: string, cause?: unknown) =>
    reject(new Unreachable(`Cannot connect to ${printServer({ host, port })}: ${why}`, { cause }))
  const timer = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs)
  const onError = (error: Error) => fail(failureCode(error), error)
  const onAbort = () => reject(signal?.reason)
  socket.once('connect', () => resolve(socket)).once('error', onError)
  signal?.addEventListener('abort', onAbort, { once: true })
  return promise
    .catch(error => {
      socket.on('error', () => {}).destroy()
      throw error
    })
    .finally(() => {
      clearTimeout(timer)
      socket.off('error', onError)
      signal?.removeEventListener('abort', onAbort)
    })
}

/** Whether no request listens: one data listener is the channel's own. */
function isIdle(socket: Stream): boolean {
  return socket.listenerCount('data') === 1
}

function failureCode(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? error.message
}
