import { createHash, randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { Connection } from './config.ts'
import { apiErrorOf, KubeUnreachableError, PortForwardError } from './error.ts'
import { encodeFrame, MessageReader, OPCODE } from './frame.ts'

/** A port of a pod. */
export interface PodPort {
  readonly namespace: string
  readonly pod: string
  readonly port: number
}

export interface ForwardOptions {
  readonly userAgent: string
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

// Each port has two channels, data and error. Each message begins with the octet of its channel, and each channel with
// its port in two octets, little endian.
const PROTOCOL = 'v4.channel.k8s.io'
const DATA = 0
const ERROR = 1
const PORT_OCTETS = 2

/**
 * A connection to a port of a pod, where it goes to 127.0.0.1: the API server hands it to the pod's node. It stands
 * before anybody listens there; when nobody does, it ends with an error that says so.
 *
 * @throws KubeApiError, KubeUnreachableError, the signal's reason
 */
export async function openPortForward(connection: Connection, at: PodPort, options: ForwardOptions): Promise<Duplex> {
  const path = `/api/v1/namespaces/${at.namespace}/pods/${at.pod}/portforward?ports=${at.port}`
  const what = `forward port ${at.port} of pod ${at.namespace}/${at.pod}`
  const late = AbortSignal.timeout(options.timeoutMs)
  const signal = options.signal ? AbortSignal.any([options.signal, late]) : late
  try {
    return new ForwardedPort(await upgrade(connection, path, what, { ...options, signal }), at)
  } catch (error) {
    options.signal?.throwIfAborted()
    if (late.aborted) throw unreachable(connection, what, `no answer within ${options.timeoutMs} ms`)
    throw error
  }
}

/** Turns a request into a WebSocket (RFC 6455 section 4.1). */
async function upgrade(
  connection: Connection,
  path: string,
  what: string,
  { userAgent, timeoutMs, signal }: ForwardOptions & { readonly signal: AbortSignal },
): Promise<Duplex> {
  const { dispatcher, headers } = await connection.authorize()
  signal.throwIfAborted()
  const key = randomBytes(16).toString('base64')
  const asked = {
    origin: connection.origin,
    path: connection.basePath + path,
    method: 'GET',
    upgrade: 'websocket',
    headers: {
      'user-agent': userAgent,
      'sec-websocket-version': '13',
      'sec-websocket-key': key,
      'sec-websocket-protocol': PROTOCOL,
      ...headers,
    },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  } as const
  const answer = await dispatched(dispatcher, asked, signal).catch(error => {
    if (signal.aborted) throw error
    throw unreachable(connection, what, (error as Error).message, error)
  })
  if (!('socket' in answer)) throw apiErrorOf(what, answer)
  if (isAccepted(answer.headers, key)) return answer.socket
  answer.socket.destroy()
  throw unreachable(connection, what, 'the answer is no WebSocket of ours')
}

type Upgraded =
  | { readonly socket: Duplex; readonly headers: IncomingHttpHeaders }
  | { readonly status: number; readonly body: string }

function dispatched(
  dispatcher: Pick<Dispatcher, 'dispatch'>,
  asked: Dispatcher.DispatchOptions,
  signal: AbortSignal,
): Promise<Upgraded> {
  const { promise, resolve, reject } = Promise.withResolvers<Upgraded>()
  const body: Buffer[] = []
  let status = 0
  let onAbort = () => {}
  dispatcher.dispatch(asked, {
    onRequestStart: controller => {
      onAbort = () => controller.abort(signal.reason)
      if (signal.aborted) onAbort()
      else signal.addEventListener('abort', onAbort)
    },
    onRequestUpgrade: (_, _status, headers, socket) => resolve({ socket, headers }),
    onResponseStart: (_, code) => {
      status = code
    },
    onResponseData: (_, chunk) => {
      body.push(chunk)
    },
    onResponseEnd: () => resolve({ status, body: Buffer.concat(body).toString() }),
    onResponseError: (_, error) => reject(error),
  })
  return promise.finally(() => signal.removeEventListener('abort', onAbort))
}

function isAccepted(headers: IncomingHttpHeaders, key: string): boolean {
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  return headers['sec-websocket-accept'] === accept && headers['sec-websocket-protocol'] === PROTOCOL
}

function unreachable({ origin }: Connection, what: string, why: string, cause?: unknown): KubeUnreachableError {
  return new KubeUnreachableError(`Cannot ${what} at ${origin}: ${why}`, { unsent: true, cause })
}

/** The data of a forwarded port as a stream; its errors end it. */
class ForwardedPort extends Duplex {
  readonly #socket: Duplex & { ref?(): unknown; unref?(): unknown }
  readonly #at: PodPort
  readonly #reader = new MessageReader()
  /** Octets of each channel that came. */
  readonly #seen = [0, 0]

  constructor(socket: Duplex, at: PodPort) {
    super({ allowHalfOpen: false })
    this.#socket = socket
    this.#at = at
    socket.on('data', chunk => this.#take(chunk))
    socket.on('error', error => this.destroy(this.#broken(error.message, error)))
    socket.on('close', () => this.push(null))
  }

  ref(): void {
    this.#socket.ref?.()
  }

  unref(): void {
    this.#socket.unref?.()
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _write(chunk: Buffer, _encoding: unknown, done: (error?: Error | null) => void): void {
    this.#socket.write(encodeFrame({ opcode: OPCODE.binary, payload: Buffer.concat([Buffer.of(DATA), chunk]) }), done)
  }

  // There is no half of a WebSocket that could be closed alone.
  override _final(done: () => void): void {
    if (!this.#socket.writable) done()
    else this.#socket.end(encodeFrame({ opcode: OPCODE.close, payload: Buffer.alloc(0) }), () => done())
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy()
    done(error)
  }

  #take(chunk: Buffer): void {
    try {
      for (const { opcode, payload } of this.#reader.push(chunk)) {
        if (opcode === OPCODE.ping) this.#socket.write(encodeFrame({ opcode: OPCODE.pong, payload }))
        if (opcode === OPCODE.close) this.push(null)
        if (opcode === OPCODE.binary) this.#onChannel(payload)
      }
    } catch (error) {
      this.destroy(this.#broken((error as Error).message, error))
    }
  }

  #onChannel(message: Buffer): void {
    const channel = message[0]
    if (channel !== DATA && channel !== ERROR) throw new Error(`there is no channel ${channel}`)
    const seen = this.#seen[channel] as number
    const octets = message.subarray(1 + Math.max(0, PORT_OCTETS - seen))
    this.#seen[channel] = seen + message.length - 1
    if (octets.length === 0) return
    if (channel === ERROR) this.destroy(this.#broken(octets.toString().trim()))
    else if (!this.push(octets)) this.#socket.pause()
  }

  #broken(why: string, cause?: unknown): PortForwardError {
    const { namespace, pod, port } = this.#at
    return new PortForwardError(`Cannot go on forwarding port ${port} of pod ${namespace}/${pod}: ${why}`, { cause })
  }
}
