import type { Claimed, Condition } from '#crds'

/** A time as conditions carry it: RFC 3339, whole seconds. */
export function conditionTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** The conditions with one of them set anew. Its time of transition stays unless its status changed. */
export function setCondition(conditions: readonly Condition[] | undefined, claim: Claimed, nowMs: number): Condition[] {
  const previous = conditions?.find(({ type }) => type === claim.type)
  const kept = previous?.status === claim.status ? previous.lastTransitionTime : conditionTime(nowMs)
  const next = { ...claim, lastTransitionTime: kept }
  if (!previous) return [...(conditions ?? []), next]
  return (conditions ?? []).map(condition => (condition.type === claim.type ? next : condition))
}
