import { randomInt } from 'node:crypto'
import {
  type Peer,
  RndcLostError,
  RndcMessageError,
  RndcRefusedError,
  RndcTimeoutError,
  RndcUnreachableError,
  RndcUnverifiedError,
} from './errors.ts'
import { decodeMessage, encodeMessage } from './message.ts'
import { type Table, table, tableOf, textOf } from './table.ts'
import { type Wait, Wire, WireEnd, WireSilence } from './wire.ts'

/** What named answered to one command. */
export interface Reply {
  /** isc_result_t: 0 is success. */
  readonly result: number
  readonly err: string
  readonly text: string
}

export interface LinkOptions {
  readonly peer: Peer
  /** The clock that stamps messages: milliseconds since 1970. */
  readonly now: () => number
  readonly connectTimeoutMs: number
  /** The first serial number; named refuses one that it saw in the same second from anybody (FACTS B3). */
  readonly firstSerial?: (() => number) | undefined
}

// named takes a clock 300 s off; with less it would refuse a slow clock earlier than a fast one.
const lifeSeconds = 300

/**
 * One TCP connection to named with its handshake done: named gives a nonce in answer to the first message, which runs
 * nothing, and every later message carries it. A message without it "succeeds" and runs nothing either (FACTS M5), so
 * nobody gets a link before the nonce is there.
 */
export class Link {
  /** Called once when the connection has ended, with what ended it; not after `end()`. */
  onEnd: ((cause: unknown) => void) | undefined
  /** The address our side of the connection has. */
  readonly localAddress: string
  readonly #peer: Peer
  readonly #now: () => number
  readonly #wire: Wire
  #serial: number
  #nonce: string | undefined
  /** When named last spoke, by the clock given. */
  lastHeardMs = 0

  private constructor(wire: Wire, { peer, now, firstSerial = () => randomInt(2 ** 32) }: LinkOptions) {
    this.localAddress = wire.localAddress
    this.#peer = peer
    this.#now = now
    this.#wire = wire
    this.#serial = firstSerial()
    wire.onEnd = cause => this.onEnd?.(cause)
  }

  /**
   * Connects and does the handshake, both within `connectTimeoutMs`.
   *
   * @throws RndcUnreachableError, RndcRefusedError, RndcUnverifiedError, RndcMessageError
   */
  static async open(options: LinkOptions, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<Link> {
    const { peer, connectTimeoutMs } = options
    const startedMs = performance.now()
    const link = new Link(await Wire.connect(peer, { timeoutMs: connectTimeoutMs, signal }), options)
    const timeoutMs = Math.max(1, connectTimeoutMs - (performance.now() - startedMs))
    try {
      await link.#handshake({ timeoutMs, signal })
      return link
    } catch (error) {
      link.end()
      if (error instanceof WireEnd) throw new RndcRefusedError(peer, { cause: error.cause })
      if (error instanceof WireSilence)
        throw new RndcUnreachableError(peer, `it took the connection and said nothing for ${connectTimeoutMs} ms`)
      throw error
    }
  }

  get isOpen(): boolean {
    return this.#wire.isOpen
  }

  /**
   * Sends one command line and waits for its answer; one at a time. After any error but RndcMessageError for a command
   * too long to be sent, the link has ended: a late answer must not be taken for the next command's.
   *
   * @throws RndcLostError, RndcTimeoutError, RndcUnverifiedError, RndcMessageError, or the signal's reason
   */
  async ask(command: string, wait: Wait): Promise<Reply> {
    const verb = command.split(' ', 1)[0] as string
    const { request, serial } = this.#request(command)
    try {
      const { body } = this.#verify(await this.#wire.exchange(request, wait), serial)
      return replyOf(body)
    } catch (error) {
      this.end()
      if (error instanceof WireEnd) throw new RndcLostError(this.#peer, verb, { cause: error.cause })
      if (error instanceof WireSilence) throw new RndcTimeoutError(this.#peer, verb, wait.timeoutMs)
      throw error
    }
  }

  /** Ends the connection; an exchange in flight is rejected. */
  end(): void {
    this.#wire.end()
  }

  async #handshake(wait: Wait): Promise<void> {
    const { request, serial } = this.#request('null')
    const { nonce } = this.#verify(await this.#wire.exchange(request, wait), serial)
    if (nonce === undefined) throw new RndcUnverifiedError(this.#peer, 'it began without a nonce')
    this.#nonce = nonce
  }

  #request(command: string): { request: Buffer; serial: string } {
    this.#serial = (this.#serial + 1) >>> 0
    const serial = String(this.#serial)
    const seconds = Math.floor(this.#now() / 1000)
    const control = { _ser: serial, _tim: String(seconds), _exp: String(seconds + lifeSeconds) }
    const body = table({
      _ctrl: table(this.#nonce === undefined ? control : { ...control, _nonce: this.#nonce }),
      _data: table({ type: command }),
    })
    return { request: encodeMessage(body, this.#peer.key), serial }
  }

  #verify(frame: Buffer, serial: string): { body: Table; nonce: string | undefined } {
    const body = decodeMessage(frame, this.#peer.key)
    if (!body) throw new RndcUnverifiedError(this.#peer, 'its signature is not of this key')
    const control = tableOf(body, '_ctrl')
    if (textOf(control, '_rpl') !== '1') throw new RndcUnverifiedError(this.#peer, 'it is no reply')
    if (textOf(control, '_ser') !== serial) throw new RndcUnverifiedError(this.#peer, 'it answers another message')
    const nonce = textOf(control, '_nonce')
    // Another nonce means that the message was taken for the first of a connection, and ran nothing.
    if (this.#nonce !== undefined && nonce !== this.#nonce)
      throw new RndcUnverifiedError(this.#peer, 'its nonce is not the one of this connection')
    this.lastHeardMs = this.#now()
    return { body, nonce }
  }
}

function replyOf(body: Table): Reply {
  const data = tableOf(body, '_data')
  const result = textOf(data, 'result') ?? ''
  if (!/^\d{1,10}$/.test(result)) throw new RndcMessageError('Cannot read the reply: it holds no result')
  return { result: Number(result), err: textOf(data, 'err') ?? '', text: textOf(data, 'text') ?? '' }
}
