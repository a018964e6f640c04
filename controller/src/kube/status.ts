import { pauseMs } from './backoff.ts'
import type { KubeClient } from './client.ts'
import { isConflict, isNotFound, KubeApiError, KubeUnreachableError } from './error.ts'
import { type Log, silentLog } from './log.ts'
import { type ApiObject, objectKey } from './object.ts'

export interface ObjectWithStatus extends ApiObject {
  readonly status?: object | undefined
}

export interface StatusWriterOptions<T extends ObjectWithStatus> {
  readonly client: KubeClient
  /** The path of the object itself, without /status. */
  readonly pathOf: (object: T) => string
  /** Patches in flight at once; default 24. */
  readonly concurrency?: number
  /** The least time from one patch to the next, asked after each; default 0. */
  readonly intervalMs?: () => number
  readonly log?: Log
  readonly random?: () => number
}

export interface StatusCounts {
  /** Calls of set(). */
  readonly set: number
  /** Those that said nothing new. */
  readonly unchanged: number
  readonly sent: number
  readonly written: number
  readonly conflicts: number
  readonly gone: number
  readonly refused: number
  readonly retried: number
}

interface Write<T> {
  readonly object: T
  readonly status: object
  readonly failures: number
}

// What our own patches made of an object: whoever read it at one of `sources` may go on from `version`.
interface Landed {
  readonly sources: readonly string[]
  readonly version: string
  readonly status: object
}

const maxLanded = 1024
const maxSources = 8

/**
 * Writes statuses: only what changed, the latest alone, never over a newer object.
 *
 *   set --> pending --> in flight --> written, or dropped (409, 404, never)
 *              ^            | '--set meanwhile--> waiting --> pending
 *              '--(pause)---'  429, 5xx, no connection
 */
export class StatusWriter<T extends ObjectWithStatus = ObjectWithStatus> {
  readonly #options: StatusWriterOptions<T>
  readonly #log: Log
  readonly #pending = new Map<string, Write<T>>()
  readonly #inFlight = new Set<string>()
  readonly #waiting = new Map<string, Write<T>>()
  readonly #delayed = new Map<string, { write: Write<T>; timer: NodeJS.Timeout }>()
  readonly #landed = new Map<string, Landed>()
  readonly #abort = new AbortController()
  readonly #counts = { set: 0, unchanged: 0, sent: 0, written: 0, conflicts: 0, gone: 0, refused: 0, retried: 0 }
  /** The server is away or busy. */
  #pause: NodeJS.Timeout | undefined
  /** The time between two patches. */
  #interval: NodeJS.Timeout | undefined
  #stumbles = 0
  #idle: (() => void)[] = []

  constructor(options: StatusWriterOptions<T>) {
    this.#options = options
    this.#log = options.log ?? silentLog
  }

  get counts(): StatusCounts {
    return { ...this.#counts }
  }

  /** Writes not done yet. */
  get size(): number {
    return this.#pending.size + this.#inFlight.size + this.#waiting.size + this.#delayed.size
  }

  /** Says what the status of an object should be, decided on the object as given. Replaces what was said before. */
  set(object: T, status: object): void {
    if (this.#abort.signal.aborted) return
    this.#counts.set++
    this.#enqueue(keyOf(object), { object, status, failures: 0 })
    this.#pump()
  }

  /** Resolves when nothing is left to write. */
  async flush({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    signal?.throwIfAborted()
    if (this.size === 0) return
    await new Promise<void>((resolve, reject) => {
      const stop = () => reject(signal?.reason)
      signal?.addEventListener('abort', stop, { once: true })
      this.#idle.push(() => {
        signal?.removeEventListener('abort', stop)
        resolve()
      })
    })
  }

  /** Drops what is left and ends what is in flight. */
  async stop(): Promise<void> {
    this.#abort.abort()
    clearTimeout(this.#pause)
    clearTimeout(this.#interval)
    for (const { timer } of this.#delayed.values()) clearTimeout(timer)
    for (const queue of [this.#pending, this.#waiting, this.#delayed]) queue.clear()
    await this.flush()
  }

  #enqueue(key: string, write: Write<T>): void {
    const delayed = this.#delayed.get(key)
    if (this.#inFlight.has(key)) this.#waiting.set(key, write)
    else if (delayed) delayed.write = { ...write, failures: delayed.write.failures }
    else this.#pending.set(key, write)
  }

  #pump(): void {
    const { concurrency = 24, intervalMs = () => 0 } = this.#options
    for (const [key, write] of this.#pending) {
      if (this.#pause || this.#interval || this.#inFlight.size >= concurrency) return
      this.#pending.delete(key)
      const patch = this.#patchOf(key, write)
      if (!patch) {
        this.#counts.unchanged++
        continue
      }
      void this.#send(key, write, patch)
      this.#waitFor(intervalMs())
    }
    if (this.size > 0) return
    for (const resolve of this.#idle) resolve()
    this.#idle = []
  }

  // Against what the server will have, which our own last patch may have made newer than the object in hand.
  #patchOf(key: string, { object, status }: Write<T>): { version: string | undefined; status: object } | undefined {
    const { resourceVersion } = object.metadata
    const landed = this.#landed.get(key)
    const isOurs = landed && resourceVersion !== undefined && landed.sources.includes(resourceVersion)
    const patch = mergePatch((isOurs ? landed.status : object.status) ?? {}, status)
    return patch && { version: isOurs ? landed.version : resourceVersion, status: patch }
  }

  async #send(key: string, write: Write<T>, patch: { version: string | undefined; status: object }): Promise<void> {
    const { client, pathOf } = this.#options
    this.#inFlight.add(key)
    this.#counts.sent++
    try {
      const body = { metadata: { resourceVersion: patch.version }, status: patch.status }
      const options = { signal: this.#abort.signal, retries: 0 }
      const written = await client.patch<ApiObject>(`${pathOf(write.object)}/status`, body, options)
      this.#succeeded(key, write, patch.version, written)
      this.#proceed(key, undefined)
    } catch (error) {
      this.#proceed(key, this.#abort.signal.aborted ? undefined : this.#failed(key, write, error))
    }
    this.#pump()
  }

  // What waited for the write in flight is newer than what is to be repeated.
  #proceed(key: string, repeat: { write: Write<T>; delayMs: number } | undefined): void {
    this.#inFlight.delete(key)
    const newer = this.#waiting.get(key)
    this.#waiting.delete(key)
    const write = newer && repeat ? { ...newer, failures: repeat.write.failures } : (newer ?? repeat?.write)
    if (!write) return
    if (repeat && repeat.delayMs > 0) this.#delay(key, write, repeat.delayMs)
    else this.#pending.set(key, write)
  }

  #succeeded(key: string, write: Write<T>, from: string | undefined, written: ApiObject): void {
    this.#counts.written++
    this.#stumbles = 0
    const version = written.metadata.resourceVersion
    const before = this.#landed.get(key)
    this.#landed.delete(key)
    if (from === undefined || version === undefined) return
    const earlier = before?.version === from ? before.sources : []
    this.#landed.set(key, { sources: [...earlier, from].slice(-maxSources), version, status: write.status })
    if (this.#landed.size <= maxLanded) return
    for (const oldest of this.#landed.keys()) {
      this.#landed.delete(oldest)
      break
    }
  }

  #failed(key: string, write: Write<T>, error: unknown): { write: Write<T>; delayMs: number } | undefined {
    this.#landed.delete(key)
    if (isNotFound(error)) {
      this.#counts.gone++
      return undefined
    }
    // The newer object comes by its watch.
    if (isConflict(error)) {
      this.#counts.conflicts++
      return undefined
    }
    if (error instanceof KubeApiError && error.retry === 'never') {
      this.#counts.refused++
      this.#log.error('Status refused', { key, error: error.message })
      return undefined
    }
    this.#counts.retried++
    const failures = write.failures + 1
    if (isForAll(error)) return { write: { ...write, failures }, delayMs: this.#pauseAll(error) }
    this.#log.warn('Status not written, trying again', { key, failures, error: (error as Error).message })
    return { write: { ...write, failures }, delayMs: pauseMs(failures, error, this.#options.random) }
  }

  // The server is away or busy: nobody's write goes on until it had time. Returns the delay of the one write, none.
  #pauseAll(error: unknown): 0 {
    if (this.#pause) return 0
    this.#stumbles++
    const delayMs = pauseMs(this.#stumbles, error, this.#options.random)
    this.#log.warn('Status writes pause', { delayMs, waiting: this.size, error: (error as Error).message })
    this.#pause = setTimeout(() => {
      this.#pause = undefined
      this.#pump()
    }, delayMs)
    return 0
  }

  #waitFor(intervalMs: number): void {
    if (intervalMs <= 0) return
    this.#interval = setTimeout(() => {
      this.#interval = undefined
      this.#pump()
    }, intervalMs)
  }

  #delay(key: string, write: Write<T>, delayMs: number): void {
    const timer = setTimeout(() => {
      const due = this.#delayed.get(key)
      this.#delayed.delete(key)
      if (due) this.#pending.set(key, due.write)
      this.#pump()
    }, delayMs)
    this.#delayed.set(key, { write, timer })
  }
}

function keyOf(object: ApiObject): string {
  return `${object.kind}/${objectKey(object)}`
}

function isForAll(error: unknown): boolean {
  if (error instanceof KubeUnreachableError) return true
  return error instanceof KubeApiError && (error.status === 429 || error.status === 503)
}

/**
 * The merge patch (RFC 7396) that makes `previous` say what `next` says, or undefined when it does so already. Two lists
 * that differ in `lastTransitionTime` alone say the same.
 */
export function mergePatch(previous: object, next: object): object | undefined {
  const patch: Record<string, unknown> = {}
  const [old, wanted] = [previous, next] as Record<string, unknown>[] as [Fields, Fields]
  for (const name of Object.keys(old)) if (wanted[name] === undefined) patch[name] = null
  for (const [name, value] of Object.entries(wanted)) {
    if (value === undefined || says(old[name], value)) continue
    patch[name] = isFields(old[name]) && isFields(value) ? mergePatch(old[name], value) : value
  }
  return Object.keys(patch).length === 0 ? undefined : patch
}

type Fields = Record<string, unknown>

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function says(old: unknown, wanted: unknown): boolean {
  if (Array.isArray(old) && Array.isArray(wanted)) {
    return old.length === wanted.length && wanted.every((item, index) => says(old[index], item))
  }
  if (!isFields(old) || !isFields(wanted)) return Object.is(old, wanted)
  return [...new Set([...Object.keys(old), ...Object.keys(wanted)])].every(
    name => name === 'lastTransitionTime' || says(old[name], wanted[name]),
  )
}
