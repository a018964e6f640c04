import type { Place, ZoneFileFault } from './place.ts'

/** How much is read before a file counts as hostile. */
export interface Limits {
  readonly records: number
  readonly faults: number
  /** Files that include one another. */
  readonly depth: number
  /** Characters of all files, and of all that $GENERATE makes. */
  readonly characters: number
}

const LIMITS: Limits = { records: 1_000_000, faults: 100, depth: 8, characters: 256 * 1024 * 1024 }

/** Nothing more is to be read: the last fault says why. */
export class LimitReached extends Error {}

/** What may still be read; it keeps the faults, whose number is limited too. */
export class Budget {
  readonly limits: Limits
  readonly faults: ZoneFileFault[] = []
  #records = 0
  #characters = 0

  constructor(limits: Partial<Limits> = {}) {
    this.limits = { ...LIMITS, ...limits }
  }

  records(count: number, at: Place): void {
    this.#records += count
    if (this.#records > this.limits.records) this.#stop(at, `more than ${this.limits.records} records`)
  }

  characters(count: number, at: Place): void {
    this.#characters += count
    if (this.#characters > this.limits.characters) this.#stop(at, `more than ${this.limits.characters} characters`)
  }

  tell({ file, line, column }: Place, message: string): void {
    this.faults.push({ file, line, column, message })
    if (this.faults.length >= this.limits.faults) throw new LimitReached()
  }

  #stop({ file, line, column }: Place, what: string): never {
    this.faults.push({ file, line, column, message: `${what} in all: nothing is read beyond` })
    throw new LimitReached()
  }
}
