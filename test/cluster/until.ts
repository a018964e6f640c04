import { setTimeout as sleep } from 'node:timers/promises'

export interface UntilOptions {
  readonly timeoutMs?: number
  readonly everyMs?: number
}

/** Asks again and again until the answer is neither undefined nor false, and gives it; an error at the deadline. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  { timeoutMs = 10_000, everyMs = 20 }: UntilOptions = {},
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (Date.now() > deadline) throw new Error(`Cannot wait longer until ${what}: ${timeoutMs} ms have passed`)
    await sleep(everyMs)
  }
}
