/** Between two looks, in milliseconds. */
const WAIT_MS = { least: 200, most: 2_000 }

/** Looks, ever less often, for what a server does in its own time: such as dropping a zone that its catalog lists no more. */
export class Looks {
  readonly #now: () => number
  #waitMs = WAIT_MS.least

  constructor(now: () => number) {
    this.#now = now
  }

  /** When to look the next time, in milliseconds since 1970. */
  nextMs(): number {
    this.#waitMs = Math.min(this.#waitMs * 1.5, WAIT_MS.most)
    return this.#now() + this.#waitMs
  }

  /** What was looked for has come. */
  end(): void {
    this.#waitMs = WAIT_MS.least
  }
}
