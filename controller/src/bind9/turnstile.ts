/** Lets so many through at a time, the rest in the order they came. */
export class Turnstile {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(places: number) {
    this.#free = places
  }

  /** Waits for a place; call what it gives to leave. Rejects with the signal's reason when that comes first. */
  async enter({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<() => void> {
    signal?.throwIfAborted()
    if (this.#free > 0) this.#free--
    else await this.#wait(signal)
    let left = false
    return () => {
      if (!left) this.#leave()
      left = true
    }
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const enter = () => {
      signal?.removeEventListener('abort', giveUp)
      resolve()
    }
    const giveUp = () => {
      this.#waiting.splice(this.#waiting.indexOf(enter), 1)
      reject(signal?.reason)
    }
    this.#waiting.push(enter)
    signal?.addEventListener('abort', giveUp, { once: true })
    return promise
  }

  #leave(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#free++
  }
}
