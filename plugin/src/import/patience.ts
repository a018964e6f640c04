import { setTimeout as pause } from 'node:timers/promises'
import { KubeApiError, KubeUnreachableError } from '#kube'
import { EXIT, Failure } from '../failure.ts'

const STEP_MS = 1_000

/** Waits for an API server that is away for a while: until a time, for whatever is to be done, and then no more. */
export class Patience {
  readonly #untilMs: number
  readonly #signal: AbortSignal
  #lost: unknown

  constructor(patienceMs: number, signal: AbortSignal) {
    this.#untilMs = performance.now() + patienceMs
    this.#signal = signal
  }

  /** Why it is over, where it is. */
  get lost(): unknown {
    return this.#signal.aborted ? this.#signal.reason : this.#lost
  }

  /** Does it, again and again while the API server is away. @throws what it ends with, or why the patience is over */
  async try<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      if (this.lost) throw this.lost
      try {
        return await work()
      } catch (error) {
        if (!isAway(error)) throw error
        if (performance.now() >= this.#untilMs) this.#lost = error
        else await pause(STEP_MS, undefined, { signal: this.#signal }).catch(() => {})
      }
    }
  }
}

/** Whether the API server has said no. Of any other error nobody can say what came of what was asked. */
export function isRefused(error: unknown): boolean {
  if (error instanceof Failure) return error.exit === EXIT.rejected
  return error instanceof KubeApiError && error.status < 500 && error.status !== 429
}

function isAway(error: unknown): boolean {
  return error instanceof KubeUnreachableError || (error instanceof KubeApiError && !isRefused(error))
}
