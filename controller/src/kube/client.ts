import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import { type Backoff, backoffMs, sleep } from './backoff.ts'
import type { Connection } from './config.ts'
import { apiErrorOf, KubeApiError, KubeUnreachableError } from './error.ts'
import { readLines } from './line.ts'
import type { ApiObject } from './object.ts'
import type { ForwardOptions, PodPort } from './portforward.ts'

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete'

/** One request that leaves for the API server, retries included; the path has no query. */
export interface RequestRecord {
  readonly verb: Verb
  readonly path: string
}

export interface KubeClientOptions {
  readonly userAgent?: string
  /** Called for each request that leaves. */
  readonly onRequest?: (request: RequestRecord) => void
  /** Called for each warning that comes with an answer, such as that of a webhook. */
  readonly onWarning?: (text: string) => void
  /** How often a request that may be repeated is repeated; default 4. */
  readonly retries?: number
  readonly backoff?: Backoff
  readonly timeoutMs?: number
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  readonly query?: Query
  readonly retries?: number
  /** Called before the request is sent once more, with what became of it before. */
  readonly onRepeat?: ((error: unknown) => void) | undefined
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>

/** A change as a watch tells it. A bookmark's object carries a resourceVersion only. */
export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly object: T
}

/** All objects of a list, read at one resourceVersion. */
export interface Listed<T> {
  readonly items: T[]
  readonly resourceVersion: string
}

const contentTypes = {
  merge: 'application/merge-patch+json',
  apply: 'application/apply-patch+yaml',
  json: 'application/json-patch+json',
} as const

const methods = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
} as const satisfies Record<Verb, string>

// etcd takes 1.5 MB an object; its JSON is at most some times that.
const maxLineOctets = 16 * 1024 * 1024

/** Speaks to the API server: typed errors, paged lists, watches, and retries of what may be repeated. */
export class KubeClient {
  readonly connection: Connection
  readonly #options: KubeClientOptions

  constructor(connection: Connection, options: KubeClientOptions = {}) {
    this.connection = connection
    this.#options = options
  }

  /** Ends all connections; whatever is in flight fails. */
  close(): Promise<void> {
    return this.connection.close()
  }

  get<T>(path: string, options: CallOptions = {}): Promise<T> {
    return this.#call<T>({ verb: 'get', path, ...options })
  }

  /**
   * Reads a whole list in pages, all as of one resourceVersion. `each` sees every item as its page arrives and what it
   * returns is kept in its place.
   */
  async list<T extends ApiObject>(
    path: string,
    options: CallOptions & { readonly limit?: number; readonly each?: (item: T) => T } = {},
  ): Promise<Listed<T>> {
    for (let attempt = 1; ; attempt++) {
      const pages = { items: [] as T[], token: '' }
      try {
        return await this.#pages(path, options, pages)
      } catch (error) {
        // The snapshot behind the continue token was compacted away: what was read is of the past, so start again.
        const expired = error instanceof KubeApiError && error.status === 410 && pages.token !== ''
        if (!expired || attempt === 3) throw error
      }
    }
  }

  create<T>(path: string, body: object, options: CallOptions = {}): Promise<T> {
    return this.#call<T>({ verb: 'create', path, body, ...options })
  }

  /** Replaces an object; its resourceVersion guards against a write in between. */
  update<T>(path: string, body: object, options: CallOptions = {}): Promise<T> {
    return this.#call<T>({ verb: 'update', path, body, ...options })
  }

  /** Patches an object or, with a path that ends in /status, its status. A merge patch unless told otherwise. */
  patch<T>(
    path: string,
    body: object,
    options: CallOptions & { readonly type?: keyof typeof contentTypes } = {},
  ): Promise<T> {
    return this.#call<T>({ verb: 'patch', path, body, ...options, contentType: contentTypes[options.type ?? 'merge'] })
  }

  delete<T>(path: string, options: CallOptions & { readonly body?: object } = {}): Promise<T> {
    return this.#call<T>({ verb: 'delete', path, ...options })
  }

  /**
   * Yields changes after a resourceVersion. It returns when the server ends the watch in order, and throws when the
   * server refuses it (a 410 inside the stream is a KubeApiError like any other) or nothing is heard for `silenceMs`.
   */
  async *watch<T extends ApiObject>(
    path: string,
    options: {
      readonly resourceVersion?: string
      readonly query?: Query
      readonly signal?: AbortSignal | undefined
      readonly timeoutSeconds?: number
      /** Bookmarks come about once a minute, so a longer silence is a dead connection. */
      readonly silenceMs?: number
      readonly onOpen?: () => void
    } = {},
  ): AsyncGenerator<WatchEvent<T>> {
    const { resourceVersion, timeoutSeconds = 290, silenceMs = 100_000, signal } = options
    const query = { ...options.query, watch: true, allowWatchBookmarks: true, timeoutSeconds, resourceVersion }
    const call: Call = { verb: 'watch', path, query, signal }
    const { body } = await this.#send(call, { bodyTimeoutMs: silenceMs })
    options.onOpen?.()
    try {
      for await (const line of readLines(body, maxLineOctets)) yield watchEvent<T>(line, path)
    } catch (error) {
      throw this.#failure(error, call)
    } finally {
      body.destroy()
    }
  }

  /** As openPortForward. */
  async portForward(at: PodPort, options: Omit<ForwardOptions, 'userAgent'>): Promise<Duplex> {
    const { openPortForward } = await import('./portforward.ts')
    const { userAgent = 'bindy' } = this.#options
    return openPortForward(this.connection, at, { ...options, userAgent })
  }

  async #pages<T extends ApiObject>(
    path: string,
    options: CallOptions & { readonly limit?: number; readonly each?: (item: T) => T },
    pages: { items: T[]; token: string },
  ): Promise<Listed<T>> {
    for (;;) {
      const query = { ...options.query, limit: options.limit ?? 500, continue: pages.token || undefined }
      const page = await this.#call<ListPage<T>>({ ...options, verb: 'list', path, query })
      for (const item of page.items ?? []) {
        const typed = withKind(item, page)
        pages.items.push(options.each ? options.each(typed) : typed)
      }
      pages.token = page.metadata.continue ?? ''
      if (pages.token === '') return { items: pages.items, resourceVersion: page.metadata.resourceVersion }
    }
  }

  async #call<T>(call: Call): Promise<T> {
    const { retries = 4, backoff = { baseMs: 100, capMs: 5000 } } = this.#options
    const attempts = 1 + (call.retries ?? retries)
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once<T>(call)
      } catch (error) {
        if (attempt >= attempts || !mayRepeat(call.verb, error)) throw error
        call.onRepeat?.(error)
        const askedMs = error instanceof KubeApiError ? (error.retryAfterMs ?? 0) : 0
        await sleep(Math.max(askedMs, backoffMs(attempt, backoff)), { signal: call.signal })
      }
    }
  }

  async #once<T>(call: Call): Promise<T> {
    const { body } = await this.#send(call, {})
    try {
      return (await body.json()) as T
    } catch (error) {
      throw this.#failure(error, call)
    }
  }

  async #send(call: Call, { bodyTimeoutMs }: { bodyTimeoutMs?: number }): Promise<Dispatcher.ResponseData> {
    const { timeoutMs = 30_000, userAgent = 'bindy', onRequest, onWarning } = this.#options
    const { verb, path, body, signal } = call
    const { dispatcher, headers } = await this.connection.authorize()
    signal?.throwIfAborted()
    onRequest?.({ verb, path })
    let answer: Dispatcher.ResponseData
    try {
      answer = await dispatcher.request({
        origin: this.connection.origin,
        path: this.connection.basePath + path + queryText(call.query),
        method: methods[verb],
        headers: {
          accept: 'application/json',
          'user-agent': userAgent,
          ...headers,
          ...(body && { 'content-type': call.contentType ?? 'application/json' }),
        },
        body: body ? JSON.stringify(body) : null,
        headersTimeout: timeoutMs,
        bodyTimeout: bodyTimeoutMs ?? timeoutMs,
        signal: signal ?? null,
      })
    } catch (error) {
      throw this.#failure(error, call)
    }
    if (onWarning) for (const text of warningsIn(answer.headers.warning)) onWarning(text)
    if (answer.statusCode < 300) return answer
    throw await this.#refusal(answer, call)
  }

  async #refusal(answer: Dispatcher.ResponseData, call: Call): Promise<KubeApiError> {
    const retryAfter = answer.headers['retry-after']
    const text = await answer.body.text().catch(() => '')
    return apiErrorOf(`${call.verb} ${call.path}`, {
      status: answer.statusCode,
      body: text,
      retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
    })
  }

  // What went wrong on the way: an abort stays what it is, everything else is a server that could not be reached.
  #failure(error: unknown, { verb, path, signal }: Call): unknown {
    if (signal?.aborted) return signal.reason
    if (error instanceof KubeApiError) return error
    const cause = error as NodeJS.ErrnoException
    if (cause instanceof SyntaxError) {
      const body = { reason: 'NotJSON', message: cause.message }
      return apiErrorOf(`${verb} ${path}`, { status: 200, body })
    }
    const unsent = unsentCodes.has(cause.code ?? '')
    const why = cause.message || cause.code || String(error)
    return new KubeUnreachableError(`Cannot ${verb} ${path} at ${this.connection.origin}: ${why}`, { unsent, cause })
  }
}

interface Call extends CallOptions {
  readonly verb: Verb
  readonly path: string
  readonly body?: object
  readonly contentType?: string
}

interface ListPage<T> {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string }
  readonly items: T[] | null
}

const unsentCodes = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT'])

// Items of built-in kinds come without kind and apiVersion; the list says both.
function withKind<T extends ApiObject>(item: T, { apiVersion, kind }: ListPage<T>): T {
  if (item.kind !== undefined || !kind?.endsWith('List')) return item
  return { apiVersion, kind: kind.slice(0, -4), ...item }
}

// A 429 was not looked at. After a 503 or a broken connection a create may have happened; the other writes may repeat.
function mayRepeat(verb: Verb, error: unknown): boolean {
  if (error instanceof KubeUnreachableError) return error.unsent || verb !== 'create'
  if (!(error instanceof KubeApiError)) return false
  return error.status === 429 || (error.status === 503 && verb !== 'create')
}

// RFC 7234 section 5.5: code, agent, text in quotes; several are parted by commas.
function warningsIn(header: string | string[] | undefined): string[] {
  const all = [
    ...[header ?? []]
      .flat()
      .join(', ')
      .matchAll(/\b299 \S+ "((?:[^"\\]|\\.)*)"/g),
  ]
  return all.map(([, text = '']) => text.replace(/\\(.)/g, '$1'))
}

function watchEvent<T extends ApiObject>(line: string, path: string): WatchEvent<T> {
  const event = JSON.parse(line) as { type: string; object: unknown }
  if (event.type !== 'ERROR') return event as WatchEvent<T>
  throw apiErrorOf(`watch ${path}`, { status: 500, body: event.object })
}

function queryText(query: Query | undefined): string {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined)
  if (pairs.length === 0) return ''
  return `?${pairs.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&')}`
}
