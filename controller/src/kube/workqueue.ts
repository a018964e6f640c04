import { setImmediate } from 'node:timers/promises'
import { backoffMs } from './backoff.ts'
import { type Log, silentLog } from './log.ts'

export interface WorkQueueOptions {
  /** The first pause after a failure; default 200 ms. */
  readonly baseDelayMs?: number
  /** The longest pause; default 60 s. */
  readonly maxDelayMs?: number
  readonly random?: () => number
  readonly log?: Log
}

/**
 * Hands out keys to workers, each key to one worker at a time.
 *
 *   add --> dirty --take--> processing --done--> gone, or dirty again if added meanwhile
 *
 * A key added many times before it is taken is handled once; one added while it is handled is handled once more.
 */
export class WorkQueue<K = string> {
  readonly #options: WorkQueueOptions
  readonly #log: Log
  // Dirty keys in the order they came; those in `#processing` wait there for their turn to end.
  readonly #ready = new Set<K>()
  readonly #again = new Set<K>()
  readonly #processing = new Set<K>()
  readonly #failures = new Map<K, number>()
  readonly #timers = new Map<K, { dueMs: number; timer: NodeJS.Timeout }>()
  #wake: (() => void)[] = []
  #closed = false

  constructor(options: WorkQueueOptions = {}) {
    this.#options = options
    this.#log = options.log ?? silentLog
  }

  /** Keys that wait for a worker now, not those that wait for a time. */
  get size(): number {
    return this.#ready.size + this.#again.size
  }

  /** Keys that wait for a time. */
  get delayed(): number {
    return this.#timers.size
  }

  /** True when no key waits for a worker and none is being handled. */
  get isIdle(): boolean {
    return this.size === 0 && this.#processing.size === 0
  }

  add(key: K): void {
    if (this.#closed) return
    if (this.#processing.has(key)) {
      this.#again.add(key)
      return
    }
    this.#ready.add(key)
    this.#wake.pop()?.()
  }

  /** Adds the key after a time. Of several times the earliest holds. */
  addAfter(key: K, delayMs: number): void {
    if (this.#closed) return
    if (delayMs <= 0) {
      this.add(key)
      return
    }
    const dueMs = performance.now() + delayMs
    const waiting = this.#timers.get(key)
    if (waiting && waiting.dueMs <= dueMs) return
    clearTimeout(waiting?.timer)
    const timer = setTimeout(() => {
      this.#timers.delete(key)
      this.add(key)
    }, delayMs)
    this.#timers.set(key, { dueMs, timer })
  }

  /** Adds the key after a pause that grows with each failure since it was forgotten. */
  retry(key: K): void {
    const { baseDelayMs = 200, maxDelayMs = 60_000, random } = this.#options
    const failures = (this.#failures.get(key) ?? 0) + 1
    this.#failures.set(key, failures)
    this.addAfter(key, backoffMs(failures, { baseMs: baseDelayMs, capMs: maxDelayMs, random }))
  }

  /** How often the key failed since it was forgotten. */
  failures(key: K): number {
    return this.#failures.get(key) ?? 0
  }

  /** Ends the growth of the key's pauses. */
  forget(key: K): void {
    this.#failures.delete(key)
  }

  /**
   * Handles keys until the signal is aborted, and resolves when the last handler has returned. A handler that rejects
   * is logged, and its key comes back as the error's `retry` says: after a growing pause unless that is a time or 'never'.
   */
  async run(
    workers: number,
    handler: (key: K, options: { signal: AbortSignal }) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const close = () => this.#close()
    if (signal.aborted) close()
    signal.addEventListener('abort', close, { once: true })
    await Promise.all(Array.from({ length: workers }, () => this.#work(handler, signal)))
  }

  async #work(
    handler: (key: K, options: { signal: AbortSignal }) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    // Each request listens to its signal: on one of all workers the list would be long, and each leaving walks it.
    const own = new AbortController()
    signal.addEventListener('abort', () => own.abort(signal.reason), { once: true })
    for (let key = await this.#take(); key !== undefined; key = await this.#take()) {
      try {
        await handler(key.value, { signal: own.signal })
        this.forget(key.value)
      } catch (error) {
        if (!signal.aborted) this.#failed(key.value, error)
      }
      this.#done(key.value)
      // A handler that waits for nothing must not keep the timers and sockets waiting.
      await setImmediate()
    }
  }

  async #take(): Promise<{ value: K } | undefined> {
    while (this.#ready.size === 0 && !this.#closed) await new Promise<void>(resolve => this.#wake.push(resolve))
    if (this.#closed) return undefined
    const [value] = this.#ready as Iterable<K> as [K]
    this.#ready.delete(value)
    this.#processing.add(value)
    return { value }
  }

  #done(key: K): void {
    this.#processing.delete(key)
    if (this.#again.delete(key)) this.add(key)
  }

  #failed(key: K, error: unknown): void {
    const retry = (error as { retry?: unknown } | null)?.retry
    // The same work may fail for days: each doubling of its failures is news.
    const failures = this.failures(key) + 1
    if (Number.isInteger(Math.log2(failures))) this.#log.error('Work failed', { key, failures, error })
    if (retry === 'never') this.forget(key)
    else if (typeof retry === 'object' && retry) this.addAfter(key, (retry as { afterMs: number }).afterMs)
    else this.retry(key)
  }

  #close(): void {
    this.#closed = true
    for (const { timer } of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
    for (const wake of this.#wake) wake()
    this.#wake = []
  }
}
