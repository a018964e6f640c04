import { type DNSZone, isHeld, type RecordObject, recordPolicy } from '#crds'
import { isAdmitted, type RecordClaim, type ZoneClaims } from './claims.ts'

/** Records whose objects are marked at once. */
const AT_ONCE = 16

export interface KeptRecordsWorld {
  /** Returns false when the object has changed meanwhile, or is gone: its event brings the next pass. */
  setRecordFinalizer(
    record: RecordObject,
    present: boolean,
    options: { readonly signal: AbortSignal },
  ): Promise<boolean>
  /** Has a record told again how it stands, where nothing is left any more of what it gave before. */
  retell(record: RecordObject): void
  readonly now: () => number
}

/**
 * The records of a zone where others have data too. Nothing but a record says there whose an RRset is, so each outlives
 * what it gave: its finalizer stays until no primary has it.
 */
export class KeptRecords {
  readonly #world: KeptRecordsWorld
  #areKept = false
  /** Objects that were let go before their servers had been reached. */
  readonly #letGo = new WeakSet<RecordObject>()

  constructor(world: KeptRecordsWorld) {
    this.#world = world
  }

  /** Marks the records that `touched` tells of; all of the zone's the first time. */
  async keep(
    zone: DNSZone,
    claims: ZoneClaims,
    touched: Iterable<RecordClaim>,
    options: { readonly signal: AbortSignal },
  ): Promise<void> {
    const records = this.#areKept ? touched : claims.all()
    this.#areKept = false
    if (recordPolicy(zone) !== 'owned') return
    const loose = [...records].filter(record => record.claim && !isHeld(record.object) && isAdmitted(zone)(record))
    for (let i = 0; i < loose.length; i += AT_ONCE) {
      const some = loose.slice(i, i + AT_ONCE)
      await Promise.all(some.map(({ object }) => this.#world.setRecordFinalizer(object, true, options)))
    }
    this.#areKept = true
  }

  /**
   * Lets go what records gave at places that they left, once no primary has it, and the records that wait for it: these
   * no longer than `graceSeconds`. Returns when that is over for the next one, in milliseconds since 1970.
   */
  async release(
    claims: ZoneClaims,
    servers: { readonly isSettled: (owner: string) => boolean; readonly graceSeconds: number },
    options: { readonly signal: AbortSignal },
  ): Promise<number> {
    let nextMs = Number.POSITIVE_INFINITY
    for (const trace of [...claims.traces()]) {
      const { object, owner } = trace
      const isGone = servers.isSettled(owner)
      const { deletionTimestamp } = object.metadata
      const endsMs = deletionTimestamp ? Date.parse(deletionTimestamp) + servers.graceSeconds * 1000 : Infinity
      const isOver = isGone || this.#world.now() >= endsMs
      if (isHeld(object) && deletionTimestamp && isOver && !this.#letGo.has(object)) {
        await this.#world.setRecordFinalizer(object, false, options)
        this.#letGo.add(object)
      }
      if (!isOver) nextMs = Math.min(nextMs, endsMs)
      if (!isGone) continue
      claims.forget(trace)
      this.#world.retell(object)
    }
    return nextMs
  }
}
