import { type Claimed, type Condition, LONGEST_MESSAGE } from '#crds'

/** A time as conditions carry it: RFC 3339, whole seconds. */
export function conditionTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}

/**
 * The conditions with one of them set anew, its message cut where it is too long for one. Its time of transition stays
 * unless its status changed.
 */
export function setCondition(conditions: readonly Condition[] | undefined, claim: Claimed, nowMs: number): Condition[] {
  const previous = conditions?.find(({ type }) => type === claim.type)
  const kept = previous?.status === claim.status ? previous.lastTransitionTime : conditionTime(nowMs)
  const next = { ...claim, message: claim.message.slice(0, LONGEST_MESSAGE), lastTransitionTime: kept }
  if (!previous) return [...(conditions ?? []), next]
  return (conditions ?? []).map(condition => (condition.type === claim.type ? next : condition))
}
