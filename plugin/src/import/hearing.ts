import { setTimeout as pause } from 'node:timers/promises'
import { KubeApiError } from '#kube'

const HEARING_MS = 5_000
const STEP_MS = 100

/**
 * What is lawful once others are gone: the webhook hears of what is deleted a moment later, and is asked again until then.
 */
export async function onceHeard<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let waitedMs = 0; ; waitedMs += STEP_MS) {
    try {
      return await ask()
    } catch (error) {
      if (!isOfTheRuleBook(error) || waitedMs >= HEARING_MS) throw error
      await pause(STEP_MS, undefined, { signal })
    }
  }
}

function isOfTheRuleBook(error: unknown): boolean {
  return error instanceof KubeApiError && error.said.includes('[BND-R')
}
