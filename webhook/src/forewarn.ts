import { check, type MayRead } from '#crds'
import { findFor } from './hearing.ts'
import type { PatchStep, Review, ReviewedObject, Verdict } from './review.ts'
import { isRefusedBySchema } from './schemafinding.ts'
import type { Bench } from './validate.ts'
import { warningsOf } from './warning.ts'

/**
 * What the rules have against an object that its schema will refuse when the patch is in: nobody is asked then whether it
 * may be stored, and the API server says less. Of one that comes to be judged the judgement says all.
 */
export async function forewarn(
  { object, oldObject, userInfo }: Review,
  patch: readonly PatchStep[],
  { others, access }: Pick<Bench, 'others' | 'access'>,
): Promise<Pick<Verdict, 'warnings'>> {
  if (!object || object.metadata.deletionTimestamp !== undefined) return {}
  const whole = patched(object, patch)
  if (!isRefusedBySchema(whole, oldObject)) return {}
  const find = (mayRead: MayRead) => check(whole, { others, old: oldObject, mayRead })
  const found = await findFor(userInfo, find, access)
  return warningsOf(found.filter(({ severity }) => severity === 'error'))
}

/** The object with what is filled into its spec. */
function patched(object: ReviewedObject, patch: readonly PatchStep[]): ReviewedObject {
  const steps = patch.filter(({ path }) => path.startsWith('/spec/'))
  if (steps.length === 0) return object
  const spec = structuredClone(object.spec) as Record<string, unknown>
  for (const { path, value } of steps) {
    const names = path.split('/').slice(2)
    const last = names.pop() as string
    const parent = names.reduce((at, name) => at[name] as Record<string, unknown>, spec)
    parent[last] = value
  }
  return { ...object, spec }
}
