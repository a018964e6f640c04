import type { TsigKey } from '../key.ts'
import type { OpenStream } from '../stream.ts'
import { RndcClosedError, RndcCommandError, RndcLostError } from './errors.ts'
import { Link, type Reply } from './link.ts'

export interface RndcConnectionOptions {
  readonly host: string
  readonly port: number
  readonly open?: OpenStream | undefined
  readonly key: TsigKey
  /** Milliseconds since 1970; messages are stamped with it, and named wants it within 300 s of its own. */
  readonly now?: (() => number) | undefined
  /** For the connection and the handshake together; 5,000. */
  readonly connectTimeoutMs?: number | undefined
  /** For each command from its sending on; 15,000. */
  readonly commandTimeoutMs?: number | undefined
  /** How often an idle connection is used, since named closes it after 30 s; 20,000. 0 lets it lapse. */
  readonly keepAliveMs?: number | undefined
  /**
   * Called each time an open connection ends otherwise than by `close()`: named stopped, or the network failed. The next
   * command connects again.
   */
  readonly onClose?: ((cause: unknown) => void) | undefined
  readonly firstSerial?: (() => number) | undefined
  /** Ends every call that comes without a signal of its own. */
  readonly signal?: AbortSignal | undefined
}

export interface SendOptions {
  readonly signal?: AbortSignal | undefined
  readonly timeoutMs?: number | undefined
  /** The command only reads: when the connection ends under it, it is sent once more on a new one. */
  readonly readsOnly?: boolean | undefined
}

// named closes at 30 s: a connection silent for nearly so long (we slept, or keep-alive is off) gets no command any more,
// since the outcome would be unknown.
const staleMs = 25_000

/**
 * The control channel of one named: one connection, opened when first needed and kept, one command at a time in the order
 * of the calls. A command whose outcome is unknown is never sent again unless it only reads.
 */
export class RndcConnection {
  readonly #options: RndcConnectionOptions
  #link: Link | undefined
  #queue: Promise<unknown> = Promise.resolve()
  #pending = 0
  #keepAlive: NodeJS.Timeout | undefined
  readonly #closing = new AbortController()

  constructor(options: RndcConnectionOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#link?.isOpen ?? false
  }

  /** Connects, unless it is connected; returns our address there, where named reaches us in turn. `onClose` watches. */
  async connect({ signal = this.#options.signal }: { signal?: AbortSignal | undefined } = {}): Promise<string> {
    const { localAddress } = await this.#enqueue(() => this.#open(signal), signal)
    return localAddress
  }

  /**
   * Runs one command line and returns named's reply, whatever its result.
   *
   * @throws RndcUnreachableError, RndcRefusedError (it did not run); RndcLostError, RndcTimeoutError (it may have run);
   * RndcUnverifiedError, RndcMessageError, RndcClosedError, RndcCommandError; the signal's reason.
   */
  async send(command: string, { signal = this.#options.signal, ...others }: SendOptions = {}): Promise<Reply> {
    // named reads a line: white space other than a blank, NUL and the like have no place in one.
    if (/[^\x20-\x7e]/.test(command))
      throw new RndcCommandError(command.split(/\W/, 1)[0] as string, 'it is not one line of ASCII')
    return this.#enqueue(() => this.#ask(command, { signal, ...others }), signal)
  }

  /** Ends the connection for good: a command in flight fails with RndcLostError, those that wait with RndcClosedError. */
  close(): void {
    this.#closing.abort(new RndcClosedError(this.#options))
    clearTimeout(this.#keepAlive)
    this.#link?.end()
    this.#link = undefined
  }

  /** Takes a turn after everything that was asked before has ended. */
  async #enqueue<T>(turn: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const before = this.#queue
    const { promise: done, resolve: finish } = Promise.withResolvers<void>()
    this.#queue = before.then(() => done)
    this.#pending++
    clearTimeout(this.#keepAlive)
    try {
      await abortable(before, signal)
      return await turn()
    } finally {
      finish()
      this.#pending--
      this.#scheduleKeepAlive()
    }
  }

  async #ask(command: string, options: SendOptions): Promise<Reply> {
    try {
      return await this.#askOnce(command, options)
    } catch (error) {
      if (options.readsOnly && error instanceof RndcLostError) return this.#askOnce(command, options)
      throw error
    }
  }

  async #askOnce(command: string, { signal, timeoutMs }: SendOptions): Promise<Reply> {
    const link = await this.#open(signal)
    try {
      return await link.ask(command, { timeoutMs: timeoutMs ?? this.#options.commandTimeoutMs ?? 15_000, signal })
    } catch (error) {
      if (!signal?.aborted && !link.isOpen) this.#ended(link, error)
      throw error
    }
  }

  async #open(signal: AbortSignal | undefined): Promise<Link> {
    this.#closing.signal.throwIfAborted()
    signal?.throwIfAborted()
    const { now = Date.now, connectTimeoutMs = 5_000, firstSerial } = this.#options
    if (this.#link?.isOpen && now() - this.#link.lastHeardMs < staleMs) return this.#link
    this.#link?.end()
    const either = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal
    const link = await Link.open({ peer: this.#options, now, connectTimeoutMs, firstSerial }, { signal: either })
    link.onEnd = cause => this.#ended(link, cause)
    // close() may have come between the end of the handshake and here.
    if (this.#closing.signal.aborted) link.end()
    this.#closing.signal.throwIfAborted()
    this.#link = link
    return link
  }

  #ended(link: Link, cause: unknown): void {
    if (link !== this.#link) return
    clearTimeout(this.#keepAlive)
    this.#link = undefined
    this.#options.onClose?.(cause)
  }

  #scheduleKeepAlive(): void {
    const { keepAliveMs = 20_000 } = this.#options
    if (keepAliveMs === 0 || this.#pending > 0 || !this.isOpen) return
    // The connection's end is reported by onClose: here there is nobody to tell.
    this.#keepAlive = setTimeout(() => this.send('null').catch(() => {}), keepAliveMs).unref()
  }
}

function abortable(wait: Promise<unknown>, signal: AbortSignal | undefined): Promise<unknown> {
  if (!signal) return wait
  if (signal.aborted) return Promise.reject(signal.reason)
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort)
  return Promise.race([wait, aborted]).finally(() => signal.removeEventListener('abort', onAbort))
}
