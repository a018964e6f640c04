import { createHash } from 'node:crypto'
import { someOf } from './happening.ts'
import type { NodeChange } from './plan.ts'

/** A zone with fewer records has no brake. */
const MIN_RECORDS = 10
/** The part of a zone that may leave at once. */
const MAX_PART = 0.3
/** A withdrawal that comes so many milliseconds after the end of the last belongs to it: no person deletes so fast. */
const BURST_MS = 20

/** A withdrawal that waits, and the name of the very plan that has to be allowed. */
export interface MassWithdrawal {
  readonly changes: readonly NodeChange[]
  readonly digest: string
  /** Records that would leave, of those that the zone had when the burst began. */
  readonly leaving: number
  readonly of: number
  /** "www.example.com. A", and some more. */
  readonly such: string
}

/**
 * Holds withdrawals back where a large part of a zone would leave at once, be it in one pass or in many that follow each
 * other closely:
 *
 *   (resting) --withdrawal--> burst --pause--> (resting)
 *                               '--too much--> held --allowed, or no longer too much--> (resting)
 */
export class Brake {
  #records = 0
  #left = 0
  #lastMs = Number.NEGATIVE_INFINITY
  #isHolding = false
  #isWithdrawing = false

  /** Whether anything waits. */
  get isHolding(): boolean {
    return this.#isHolding
  }

  /** One for another server of the zone, where what waits here is to wait, too. */
  copy(): Brake {
    const brake = new Brake()
    brake.#records = this.#records
    brake.#left = this.#left
    brake.#isHolding = this.#isHolding
    return brake
  }

  /** Hears that what was let go is done, which takes a busy server its time. */
  ended(nowMs: number): void {
    if (this.#isWithdrawing) this.#lastMs = nowMs
    this.#isWithdrawing = false
  }

  /** Sorts changes into those that may go and, maybe, those that wait until `allowed` is their digest. */
  sort(
    changes: readonly NodeChange[],
    zone: { readonly records: () => number; readonly nowMs: number; readonly allowed: string | undefined },
  ): { readonly free: readonly NodeChange[]; readonly held?: MassWithdrawal } {
    const withdrawals = changes.filter(change => lossOf(change) > 0)
    if (withdrawals.length === 0) {
      this.#isHolding = false
      return { free: changes }
    }
    if (!this.#isHolding && zone.nowMs - this.#lastMs > BURST_MS) {
      this.#records = zone.records()
      this.#left = 0
    }
    const leaving = withdrawals.reduce((sum, change) => sum + lossOf(change), 0)
    const isMass = this.#records >= MIN_RECORDS && this.#left + leaving > this.#records * MAX_PART
    const digest = isMass ? digestOf(withdrawals) : ''
    if (!isMass || digest === zone.allowed) {
      this.#isHolding = false
      this.#left = isMass ? 0 : this.#left + leaving
      this.#lastMs = zone.nowMs
      this.#isWithdrawing = true
      return { free: changes }
    }
    this.#isHolding = true
    const held = { changes: withdrawals, digest, leaving, of: this.#records, such: someOf(withdrawals) }
    return { free: changes.filter(change => lossOf(change) <= 0), held }
  }
}

// A value that another takes the place of does not leave.
function lossOf({ steps }: NodeChange): number {
  return steps.reduce((sum, { kind }) => sum + (kind === 'delete' ? 1 : -1), 0)
}

function digestOf(changes: readonly NodeChange[]): string {
  const lines = changes.flatMap(({ owner, steps }) => steps.map(step => [owner, step.kind, step.type, step.rdata]))
  const hash = createHash('sha256')
  for (const line of lines.map(line => JSON.stringify(line)).sort()) hash.update(line)
  return hash.digest('hex').slice(0, 12)
}
