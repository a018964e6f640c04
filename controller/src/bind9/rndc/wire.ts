import { connect } from 'node:net'
import { isOpen, type Stream } from '../stream.ts'
import { type Peer, RndcMessageError, RndcUnreachableError } from './errors.ts'
import { frameLength } from './message.ts'

/** How long to wait for one thing. */
export interface Wait {
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/** The connection ended while an answer was awaited. */
export class WireEnd extends Error {}
/** No answer in time. */
export class WireSilence extends Error {}

/** A connection that carries one message there and one back, in turn. */
export class Wire {
  onEnd: ((cause: unknown) => void) | undefined
  /** Ours; empty where the peer opens the connection by another way than TCP. */
  readonly localAddress: string
  readonly #socket: Stream
  #received: Buffer[] = []
  #receivedLength = 0
  #wantedLength: number | undefined
  #waiter: { readonly resolve: (frame: Buffer) => void; readonly reject: (error: unknown) => void } | undefined
  #cause: unknown

  private constructor(socket: Stream, localAddress: string) {
    this.#socket = socket
    this.localAddress = localAddress
    socket.on('data', chunk => this.#take(chunk))
    socket.on('error', error => {
      this.#cause ??= error
    })
    socket.on('close', () => this.#closed())
  }

  static async connect(peer: Peer, wait: Wait): Promise<Wire> {
    return peer.open ? new Wire(await peer.open(wait), '') : Wire.#byTcp(peer, wait)
  }

  static #byTcp(peer: Peer, { timeoutMs, signal }: Wait): Promise<Wire> {
    const { host, port } = peer
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const socket = connect({ host, port, noDelay: true })
      const settle = (done: () => void) => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        socket.off('error', onError)
        done()
      }
      const fail = (error: unknown) => {
        // A socket destroyed while connecting may still report an error.
        socket.on('error', () => {})
        socket.destroy()
        reject(error)
      }
      const onError = (cause: NodeJS.ErrnoException) =>
        settle(() => fail(new RndcUnreachableError(peer, cause.code ?? cause.message, { cause })))
      const onAbort = () => settle(() => fail(signal?.reason))
      const onConnect = () => {
        const { localAddress } = socket
        if (localAddress === undefined) fail(new RndcUnreachableError(peer, 'the connection ended at once'))
        else resolve(new Wire(socket, localAddress))
      }
      const onTimeout = () => settle(() => fail(new RndcUnreachableError(peer, `no answer within ${timeoutMs} ms`)))
      const timer = setTimeout(onTimeout, timeoutMs)
      socket.on('error', onError)
      socket.once('connect', () => settle(onConnect))
      signal?.addEventListener('abort', onAbort)
    })
  }

  get isOpen(): boolean {
    return isOpen(this.#socket)
  }

  /** Sends a message in one write (named wants its length unbroken: FACTS B2) and returns the next one that comes. */
  async exchange(message: Buffer, { timeoutMs, signal }: Wait): Promise<Buffer> {
    signal?.throwIfAborted()
    if (!this.isOpen) throw new WireEnd('closed', { cause: this.#cause })
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
    const onAbort = () => reject(signal?.reason)
    const timer = setTimeout(() => reject(new WireSilence()), timeoutMs)
    signal?.addEventListener('abort', onAbort)
    this.#waiter = { resolve, reject }
    try {
      this.#socket.write(message)
      return await promise
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      this.#waiter = undefined
    }
  }

  end(): void {
    this.onEnd = undefined
    this.#socket.destroy()
    this.#waiter?.reject(new WireEnd('closed by us'))
  }

  #take(chunk: Buffer): void {
    this.#received.push(chunk)
    this.#receivedLength += chunk.length
    try {
      this.#deliver()
    } catch (error) {
      this.#cause ??= error
      this.#waiter?.reject(error)
      this.#socket.destroy()
    }
  }

  #deliver(): void {
    if (!this.#waiter) throw new RndcMessageError('Cannot read the reply: it came unasked')
    if (this.#wantedLength === undefined && this.#receivedLength >= 4) {
      this.#received = [Buffer.concat(this.#received)]
      this.#wantedLength = frameLength(this.#received[0] as Buffer)
    }
    if (this.#wantedLength === undefined || this.#receivedLength < this.#wantedLength) return
    if (this.#receivedLength > this.#wantedLength)
      throw new RndcMessageError('Cannot read the reply: more came after it')
    const frame = Buffer.concat(this.#received)
    this.#received = []
    this.#receivedLength = 0
    this.#wantedLength = undefined
    this.#waiter.resolve(frame)
  }

  #closed(): void {
    this.#waiter?.reject(new WireEnd('closed', { cause: this.#cause }))
    this.onEnd?.(this.#cause)
  }
}
