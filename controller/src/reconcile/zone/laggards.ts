import { type Log, WorkQueue } from '#kube'

/** A secondary that is behind for so long is told to ask: soon where it may have been down when NOTIFY came. */
const REFRESH_MS = { wasAway: 1_000, else: 5_000 }
/** One that is behind for so long is told to fetch the zone, whatever the serials say. */
const RETRANSFER_MS = 10_000
/** How soon one is looked at again; later where many wait, for each look takes time of the server. */
const AGAIN_MS = { least: 2, busy: 30 }
/** So many are many. */
const MANY = 8
/** One that cannot fetch the zone is looked at this often at least. */
const FOLLOW_MS = 30_000

/** A zone with secondaries to follow. */
export interface Followed {
  /** Looks at one secondary; returns whether it has what the primaries serve. */
  follow(instance: string, options: { readonly signal: AbortSignal }): Promise<boolean>
  /** The serial last seen on a secondary. */
  serialAt(instance: string): number | undefined
  /** Whether a secondary did not answer at some moment since it last had what the primaries serve. */
  wasAway(instance: string): boolean
  /** Tells a secondary to ask its primaries, or to fetch the zone. */
  hurry(instance: string, verb: 'refresh' | 'retransfer', options: { readonly signal: AbortSignal }): Promise<void>
  /** Has every server looked at in the next pass. */
  checkSoon(): void
}

/** How long a secondary has stood at one serial, and what was done about it. */
interface Behind {
  readonly serial: number | undefined
  readonly sinceMs: number
  waitMs: number
  hasAsked: boolean
}

/**
 * Secondaries that do not have yet what their primaries serve:
 *
 *   follow --> looked at, ever less often --level--> (forgotten)
 *                  '--1 s or 5 s at one serial--> told to ask --10 s--> told to fetch
 */
export class Laggards {
  readonly #zone: (name: string) => Followed | undefined
  readonly #wake: (name: string) => void
  readonly #now: () => number
  readonly #queue: WorkQueue
  /** By zone and instance, since when each was not up to date. */
  readonly #behind = new Map<string, Behind>()

  constructor(options: {
    readonly zone: (name: string) => Followed | undefined
    /** Has a pass of a zone come soon. */
    readonly wake: (name: string) => void
    readonly log: Log
    readonly now: () => number
  }) {
    this.#zone = options.zone
    this.#wake = options.wake
    this.#now = options.now
    this.#queue = new WorkQueue({ log: options.log })
  }

  /** Looks at a secondary of a zone until it is level. */
  follow(name: string, instance: string): void {
    this.#queue.add(`${name} ${instance}`)
  }

  /** A primary that comes back may have lost its NOTIFY, and been down when a secondary was told to ask. */
  startAgain(): void {
    for (const behind of this.#behind.values()) behind.hasAsked = false
  }

  /** Works until the signal is aborted. */
  run(signal: AbortSignal): Promise<void> {
    return this.#queue.run(8, (key, options) => this.#look(key, options), signal)
  }

  async #look(key: string, options: { readonly signal: AbortSignal }): Promise<void> {
    const [name, instance] = key.split(' ') as [string, string]
    const zone = this.#zone(name)
    if (!zone || (await zone.follow(instance, options))) {
      this.#behind.delete(key)
      return
    }
    const behind = this.#standing(key, zone.serialAt(instance))
    const lateMs = this.#now() - behind.sinceMs
    if (lateMs > RETRANSFER_MS) await zone.hurry(instance, 'retransfer', options)
    else if (lateMs > REFRESH_MS[zone.wasAway(instance) ? 'wasAway' : 'else'] && !behind.hasAsked) {
      behind.hasAsked = true
      // Perhaps it is the primary that is not as it was seen, or the zone is gone from the secondary.
      zone.checkSoon()
      this.#wake(name)
      await zone.hurry(instance, 'refresh', options)
    }
    behind.waitMs = Math.min(behind.waitMs * 1.6, lateMs > RETRANSFER_MS ? FOLLOW_MS : 1_000)
    this.#queue.addAfter(key, behind.waitMs)
  }

  // One whose serial moves is coming along.
  #standing(key: string, serial: number | undefined): Behind {
    const known = this.#behind.get(key)
    if (known?.serial === serial && known) return known
    const waitMs = this.#queue.size + this.#queue.delayed > MANY ? AGAIN_MS.busy : AGAIN_MS.least
    const behind = { serial, sinceMs: this.#now(), waitMs, hasAsked: false }
    this.#behind.set(key, behind)
    return behind
  }
}
