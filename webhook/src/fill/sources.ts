import type { Others } from '#crds'
import type { PatchStep, Review } from '../review.ts'

/** What absent fields are filled from. */
export interface Sources {
  readonly others: Pick<Others, 'zonesNamed' | 'instancesIn'>
  /** Milliseconds since 1970. */
  readonly now: () => number
}

export type Fields = Readonly<Record<string, unknown>>

/** An object to be filled; its spec has not met its schema yet, so nothing in it can be relied on. */
export interface Blank {
  readonly review: Review
  readonly spec: Fields
  /** The spec as it is stored, where it is. */
  readonly old: Fields | undefined
}

export type Fill = (blank: Blank, sources: Sources) => PatchStep[]

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
