import { KubeApiError, KubeUnreachableError } from './error.ts'

/** How delays grow: from base, doubling, never over the cap, each drawn from half to one and a half of its length. */
export interface Backoff {
  readonly baseMs: number
  readonly capMs: number
  readonly random?: (() => number) | undefined
}

/** The pause before the next attempt after `failures` failed ones; the first is 1. */
export function backoffMs(failures: number, { baseMs, capMs, random = Math.random }: Backoff): number {
  if (failures <= 0) return 0
  const lengthMs = Math.min(capMs, baseMs * 2 ** Math.min(failures - 1, 30))
  return Math.round(lengthMs * (0.5 + random()))
}

// A refused connection costs nothing, and a server that starts should be found soon: it answers 503 with a Retry-After
// of 5 s that it seldom needs, then 429, whose Retry-After is kept. One that refuses is given more time.
const awayBackoff = { baseMs: 250, capMs: 5000 }
const refusedBackoff = { baseMs: 1000, capMs: 30_000 }

/** The pause before asking the API server again what it answered with an error, or not at all. */
export function pauseMs(failures: number, error: unknown, random?: () => number): number {
  const { status, retryAfterMs = 0 } = error instanceof KubeApiError ? error : { status: 0 }
  const isAway = error instanceof KubeUnreachableError || status === 503 || status === 429
  const growing = backoffMs(failures, { ...(isAway ? awayBackoff : refusedBackoff), random })
  return status === 429 ? Math.max(retryAfterMs, growing) : growing
}

/** Waits; rejects with the signal's reason when it is aborted. */
export function sleep(ms: number, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', stop, { once: true })
    function done() {
      signal?.removeEventListener('abort', stop)
      resolve()
    }
    function stop() {
      clearTimeout(timer)
      reject(signal?.reason)
    }
  })
}
