import { KubeApiError } from '#kube'

/** What was read, or the right that is missing to read it: that costs one cell, not the command. */
export type Reading<T> = { readonly value: T } | { readonly needs: string }

/** Reads; a refusal for want of rights becomes the right that it needs, such as "list leases". */
export async function reading<T>(needs: string, read: () => Promise<T>): Promise<Reading<T>> {
  try {
    return { value: await read() }
  } catch (error) {
    if (error instanceof KubeApiError && error.status === 403) return { needs }
    throw error
  }
}

/** The value, or undefined where it may not be read. */
export function readValue<T>(reading: Reading<T>): T | undefined {
  return 'value' in reading ? reading.value : undefined
}

/** The rights that are missing, each once. */
export function missingRights(readings: readonly Reading<unknown>[]): string[] {
  return [...new Set(readings.flatMap(one => ('needs' in one ? [one.needs] : [])))]
}
