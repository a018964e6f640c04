import { randomBytes } from 'node:crypto'
import type { Reason } from '#crds'
import type { KubeClient } from './client.ts'
import { isNotFound } from './error.ts'
import { type Log, silentLog } from './log.ts'
import { type ApiObject, microTime, resourcePath } from './object.ts'

/** What happened to an object. */
export interface Happening {
  readonly type: 'Normal' | 'Warning'
  /** The reason that the condition gives, too. */
  readonly reason: Reason
  /** What was being done, such as Serve or Withdraw. */
  readonly action: string
  readonly note: string
  /** Annotations of the Event; of one that is counted again, those of the last time. */
  readonly annotations?: Readonly<Record<string, string>>
}

export interface EventRecorderOptions {
  readonly client: KubeClient
  /** Such as bindy.firestoned.io/controller. */
  readonly controller: string
  /** Which of its processes, such as the pod's name. */
  readonly instance: string
  readonly log?: Log
  readonly now?: () => number
  /** Events sent at once before the rate holds; default 100. */
  readonly burst?: number
  readonly perSecond?: number
  /** How long a repetition counts as the same event; default 6 minutes. */
  readonly seriesMs?: number
  /** How long repetitions are gathered before the count is written; default 10 s. */
  readonly gatherMs?: number
}

interface Series {
  readonly path: string
  readonly startedMs: number
  readonly created: Promise<boolean>
  count: number
  lastMs: number
  annotations: Happening['annotations']
  timer: NodeJS.Timeout | undefined
}

const resource = { group: 'events.k8s.io', version: 'v1', plural: 'events' }
const maxSeries = 2048

/** Records Events. It never throws and never waits: where there are too many, or the server refuses, they are lost. */
export class EventRecorder {
  readonly #options: Required<Omit<EventRecorderOptions, 'client' | 'log'>>
  readonly #client: KubeClient
  readonly #log: Log
  readonly #series = new Map<string, Series>()
  readonly #sending = new Set<Promise<unknown>>()
  readonly #abort = new AbortController()
  #tokens: number
  #filledMs: number

  constructor({ client, log = silentLog, ...options }: EventRecorderOptions) {
    const defaults = { now: Date.now, burst: 100, perSecond: 5, seriesMs: 360_000, gatherMs: 10_000 }
    this.#options = { ...defaults, ...options }
    this.#client = client
    this.#log = log
    this.#tokens = this.#options.burst
    this.#filledMs = this.#options.now()
  }

  /** Records that something happened to an object. The same again within minutes raises the first one's count. */
  record(object: ApiObject, happening: Happening): void {
    if (this.#abort.signal.aborted) return
    const nowMs = this.#options.now()
    const key = [object.kind, object.metadata.uid, happening.reason, happening.note].join('\n')
    const series = this.#series.get(key)
    if (series && nowMs - series.startedMs < this.#options.seriesMs) {
      series.count++
      series.lastMs = nowMs
      series.annotations = happening.annotations
      series.timer ??= setTimeout(() => this.#count(series), this.#options.gatherMs)
    } else if (this.#mayCreate(nowMs)) {
      this.#begin(key, object, happening, nowMs)
    }
  }

  /** Writes the counts gathered so far and waits for what is being sent. */
  async flush(): Promise<void> {
    for (const series of this.#series.values()) if (series.timer) this.#count(series)
    await Promise.all(this.#sending)
  }

  /** Flushes for at most `graceMs` and ends. */
  async stop({ graceMs = 2000 } = {}): Promise<void> {
    const timer = setTimeout(() => this.#abort.abort(), graceMs)
    await this.flush()
    clearTimeout(timer)
    this.#abort.abort()
  }

  #begin(key: string, object: ApiObject, happening: Happening, nowMs: number): void {
    const namespace = object.metadata.namespace ?? 'default'
    const name = `${object.metadata.name.slice(0, 200)}.${randomBytes(8).toString('hex')}`
    const body = this.#eventOf(object, happening, { name, namespace, nowMs })
    const created = this.#send(this.#client.create(resourcePath(resource, { namespace }), body, this.#call()))
    const path = resourcePath(resource, { namespace, name })
    this.#series.delete(key)
    const { annotations } = happening
    this.#series.set(key, { path, startedMs: nowMs, created, count: 1, lastMs: nowMs, annotations, timer: undefined })
    this.#forgetOldest()
    void created.then(isThere => isThere || this.#series.delete(key))
  }

  #eventOf(object: ApiObject, { type, reason, action, note, annotations }: Happening, at: EventPlace): object {
    const { apiVersion, kind, metadata } = object
    const { name, namespace, uid, resourceVersion } = metadata
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: at.name, namespace: at.namespace, ...(annotations && { annotations }) },
      eventTime: microTime(at.nowMs),
      type,
      reason,
      action,
      note: cutToOctets(note, 1024),
      regarding: { apiVersion, kind, namespace, name, uid, resourceVersion },
      reportingController: this.#options.controller,
      reportingInstance: this.#options.instance.slice(0, 128),
    }
  }

  #count(series: Series): void {
    clearTimeout(series.timer)
    series.timer = undefined
    const { annotations, count, lastMs } = series
    const body = {
      ...(annotations && { metadata: { annotations } }),
      series: { count, lastObservedTime: microTime(lastMs) },
    }
    const patched = series.created.then(isThere =>
      isThere ? this.#client.patch(series.path, body, this.#call()) : undefined,
    )
    void this.#send(patched)
  }

  #call() {
    return { signal: this.#abort.signal, retries: 2 }
  }

  #send(request: Promise<unknown>): Promise<boolean> {
    const sent = request.then(
      () => true,
      error => {
        // Events live for an hour, and a namespace that is going takes no new ones.
        if (!isNotFound(error) && !this.#abort.signal.aborted) {
          this.#log.warn('Event not recorded', { error: (error as Error).message })
        }
        return false
      },
    )
    this.#sending.add(sent)
    void sent.then(() => this.#sending.delete(sent))
    return sent
  }

  #mayCreate(nowMs: number): boolean {
    const { burst, perSecond } = this.#options
    const earned = (Math.max(0, nowMs - this.#filledMs) / 1000) * perSecond
    this.#tokens = Math.min(burst, this.#tokens + earned)
    this.#filledMs = nowMs
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }

  #forgetOldest(): void {
    for (const [key, series] of this.#series) {
      if (this.#series.size <= maxSeries) return
      if (series.timer) this.#count(series)
      this.#series.delete(key)
    }
  }
}

interface EventPlace {
  readonly name: string
  readonly namespace: string
  readonly nowMs: number
}

// Cut between characters: a half one would become U+FFFD.
function cutToOctets(text: string, max: number): string {
  const octets = Buffer.from(text)
  if (octets.length <= max) return text
  let end = max - 3
  while (((octets[end] ?? 0) & 0xc0) === 0x80) end--
  return `${octets.toString('utf8', 0, end)}...`
}
