/** Where a check belongs. */
export const categories = ['kubernetes', 'controller', 'webhook', 'dns'] as const
export type Category = (typeof categories)[number]

/** What one check found. */
export interface CheckResult {
  /** Stable, such as "BND-C021"; docs/plugin.md has a line on each. */
  readonly id: string
  readonly category: Category
  readonly state: 'ok' | 'warning' | 'failed' | 'unknown'
  readonly text: string
  /** What to do about it. */
  readonly fix?: string | undefined
}

/** What a check is about, as far as its result does not depend on it. */
export type CheckHead = Pick<CheckResult, 'id' | 'category'>
