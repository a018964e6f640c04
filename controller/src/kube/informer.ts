import { pauseMs, sleep } from './backoff.ts'
import type { KubeClient, Query, WatchEvent } from './client.ts'
import { KubeApiError, KubeUnreachableError } from './error.ts'
import { type Log, silentLog } from './log.ts'
import { type ApiObject, objectKey } from './object.ts'

export type ChangeType = 'added' | 'modified' | 'deleted'

/** Hears each change at once, in order. It must only enqueue; one that throws is logged and passed over. */
export type ChangeHandler<T> = (type: ChangeType, object: T, previous?: T) => void

/** Where an informer stands. `error` is why it is retrying, or why the last attempt failed. */
export interface InformerState {
  readonly phase: 'stopped' | 'listing' | 'watching' | 'retrying'
  readonly error?: Error
}

export interface InformerOptions<T extends ApiObject> {
  readonly client: KubeClient
  readonly path: string
  readonly query?: Query
  /** Makes an object smaller before it is stored; by default managedFields and kubectl's last-applied copy go. */
  readonly prune?: (object: T) => T
  readonly onState?: (state: InformerState) => void
  readonly log?: Log
  readonly silenceMs?: number
  readonly random?: () => number
}

// A watch that cannot be resumed this often is not resumed again, whatever the server says.
const maxResumes = 5

/**
 * Keeps a copy of all objects of a kind and never stops trying to.
 *
 *   listing --all pages--> watching --clean end, lost connection, 429, 5xx--> (pause) --> watching, same version
 *      ^                       |
 *      '------ (pause) <-------'-- 410, or any other refusal, or the fifth vain resume
 *
 * A server that was away may refuse once it is back, so outages and refusals each have a pause that grows by itself.
 * Only an event or a bookmark ends the growth: a server may accept a watch and end it with 410 for ever.
 * The copy changes by a complete list or an event; a failed or partial read takes nothing away.
 */
export class Informer<T extends ApiObject> {
  readonly #options: InformerOptions<T>
  readonly #log: Log
  readonly #handlers = new Set<ChangeHandler<T>>()
  readonly #waiting = new Set<() => void>()
  #store = new Map<string, T>()
  #state: InformerState = { phase: 'stopped' }
  #synced = false
  #abort: AbortController | undefined
  #running: Promise<void> = Promise.resolve()

  constructor(options: InformerOptions<T>) {
    this.#options = options
    this.#log = options.log ?? silentLog
  }

  /** True once a list was read to its end. A list refused with 403 or 404 makes it false again: the copy is in doubt. */
  get hasSynced(): boolean {
    return this.#synced
  }

  get state(): InformerState {
    return this.#state
  }

  get size(): number {
    return this.#store.size
  }

  /** Finds an object by `namespace/name`. Objects are for reading; they lack fields, so never replace with one. */
  get(key: string): T | undefined {
    return this.#store.get(key)
  }

  values(): IterableIterator<T> {
    return this.#store.values()
  }

  /** Adds a handler; what is in the store already is told to it first. Returns the way to take it off again. */
  onChange(handler: ChangeHandler<T>): () => void {
    for (const object of this.#store.values()) this.#tell(handler, 'added', object)
    this.#handlers.add(handler)
    return () => this.#handlers.delete(handler)
  }

  /** Starts; while it runs, does nothing. */
  start(): void {
    if (this.#abort) return
    this.#abort = new AbortController()
    this.#running = this.#run(this.#abort.signal)
  }

  /** Ends the watch. When this resolves no handler will be called any more. The store stays readable. */
  async stop(): Promise<void> {
    this.#abort?.abort()
    await this.#running
    this.#abort = undefined
    this.#setState({ phase: 'stopped' })
  }

  /** Resolves when a list has been read to its end. */
  async synced({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    signal?.throwIfAborted()
    if (this.#synced) return
    await new Promise<void>((resolve, reject) => {
      const done = () => {
        signal?.removeEventListener('abort', stop)
        resolve()
      }
      const stop = () => {
        this.#waiting.delete(done)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', stop, { once: true })
      this.#waiting.add(done)
    })
  }

  async #run(signal: AbortSignal): Promise<void> {
    const progress: Progress = { version: undefined, outages: 0, refusals: 0 }
    while (!signal.aborted) {
      const delayMs = await this.#round(progress, signal)
      await sleep(delayMs, { signal }).catch(() => {})
    }
  }

  // Lists where need be and watches to the end. Returns how long to pause before the next round.
  async #round(progress: Progress, signal: AbortSignal): Promise<number> {
    const { random } = this.#options
    try {
      progress.version ??= await this.#list(signal)
      await this.#watch(progress, signal)
      return pauseMs(progress.refusals++, undefined, random)
    } catch (error) {
      if (signal.aborted) return 0
      this.#retrying(error as Error)
      if (isOutage(error) && progress.outages < maxResumes) return pauseMs(progress.outages++, error, random)
      progress.version = undefined
      return pauseMs(isOutage(error) ? progress.outages++ : progress.refusals++, error, random)
    }
  }

  async #list(signal: AbortSignal): Promise<string> {
    if (this.#state.phase !== 'retrying') this.#setState({ phase: 'listing' })
    const { client, path, query } = this.#options
    try {
      const each = (item: T) => this.#unchanged(item) ?? this.#prune(item)
      const list = await client.list<T>(path, { signal, each, retries: 0, ...(query && { query }) })
      signal.throwIfAborted()
      this.#replace(list.items)
      return list.resourceVersion
    } catch (error) {
      if (error instanceof KubeApiError && (error.status === 403 || error.status === 404)) this.#synced = false
      throw error
    }
  }

  async #watch(progress: Progress, signal: AbortSignal): Promise<void> {
    const { client, path, query, silenceMs } = this.#options
    const events = client.watch<T>(path, {
      signal,
      ...(progress.version !== undefined && { resourceVersion: progress.version }),
      ...(query && { query }),
      ...(silenceMs !== undefined && { silenceMs }),
      onOpen: () => this.#watching(),
    })
    for await (const event of events) {
      if (signal.aborted) return
      this.#apply(event)
      progress.version = event.object.metadata.resourceVersion ?? progress.version
      progress.outages = 0
      progress.refusals = 0
    }
  }

  #apply({ type, object }: WatchEvent<T>): void {
    if (type === 'BOOKMARK') return
    const key = objectKey(object)
    const previous = this.#store.get(key)
    if (type === 'DELETED') {
      if (this.#store.delete(key)) this.#emit('deleted', this.#prune(object), previous)
    } else if (previous?.metadata.resourceVersion !== object.metadata.resourceVersion) {
      const kept = this.#prune(object)
      this.#store.set(key, kept)
      this.#emitChange(kept, previous)
    }
  }

  // A complete list takes the store's place, and the difference is told.
  #replace(items: readonly T[]): void {
    const before = this.#store
    this.#store = new Map(items.map(item => [objectKey(item), item]))
    for (const [key, previous] of before) if (!this.#store.has(key)) this.#emit('deleted', previous, previous)
    for (const [key, object] of this.#store) {
      const previous = before.get(key)
      if (previous !== object) this.#emitChange(object, previous)
    }
    this.#synced = true
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }

  // The same name under another UID is another object: the first one went while nobody looked.
  #emitChange(object: T, previous: T | undefined): void {
    if (previous?.metadata.uid === object.metadata.uid) {
      this.#emit('modified', object, previous)
    } else {
      if (previous) this.#emit('deleted', previous, previous)
      this.#emit('added', object)
    }
  }

  #unchanged(item: T): T | undefined {
    const stored = this.#store.get(objectKey(item))
    return stored?.metadata.resourceVersion === item.metadata.resourceVersion ? stored : undefined
  }

  #prune(object: T): T {
    return (this.#options.prune ?? withoutBookkeeping)(object)
  }

  #emit(type: ChangeType, object: T, previous?: T): void {
    for (const handler of this.#handlers) this.#tell(handler, type, object, previous)
  }

  #tell(handler: ChangeHandler<T>, type: ChangeType, object: T, previous?: T): void {
    try {
      handler(type, object, previous)
    } catch (error) {
      this.#log.error('Informer handler failed', { path: this.#options.path, type, key: objectKey(object), error })
    }
  }

  #watching(): void {
    if (this.#state.phase === 'retrying') this.#log.info('Watch is back', { path: this.#options.path })
    if (this.#state.phase !== 'watching') this.#setState({ phase: 'watching' })
  }

  #retrying(error: Error): void {
    if (this.#state.error?.message === error.message) return
    this.#log.warn('Watch failed, trying again', { path: this.#options.path, error: error.message })
    this.#setState({ phase: 'retrying', error })
  }

  #setState(state: InformerState): void {
    this.#state = state
    try {
      this.#options.onState?.(state)
    } catch (error) {
      this.#log.error('Informer state handler failed', { path: this.#options.path, error })
    }
  }
}

interface Progress {
  version: string | undefined
  outages: number
  refusals: number
}

// The server is away or busy, so what comes after the version is still to be had. 504 is a version from the future.
function isOutage(error: unknown): boolean {
  if (error instanceof KubeUnreachableError) return true
  return error instanceof KubeApiError && (error.status === 429 || (error.status >= 500 && error.status !== 504))
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

// Both are copies of the object that only writers of the whole object need: more than half of its memory.
function withoutBookkeeping<T extends ApiObject>(object: T): T {
  const metadata = object.metadata as { managedFields?: unknown; annotations?: Record<string, string> }
  delete metadata.managedFields
  if (metadata.annotations) delete metadata.annotations[lastApplied]
  return object
}
