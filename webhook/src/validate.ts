import { isDeepStrictEqual } from 'node:util'
import {
  check,
  checkDelete,
  type Finding,
  joinFindings,
  type MayRead,
  type Others,
  printCause,
  printFinding,
} from '#crds'
import type { Access } from './access.ts'
import { findFor } from './hearing.ts'
import type { Review, Verdict } from './review.ts'
import { schemaFindings } from './schemafinding.ts'
import { warningsOf } from './warning.ts'

/** The most faults that an answer names. */
const MOST_CAUSES = 10

/** What a judgement needs beside the object. */
export interface Bench {
  readonly others: Others
  /** Whether a namespace is being deleted, with all that is in it. */
  readonly isTerminating: (namespace: string) => Promise<boolean>
  readonly access: Access
}

/**
 * Whether an object may be stored as it is, or go. What its update leaves as it was is not held against it, so that an
 * object from before a rule can still be changed, labelled and finalized. What the requester may not read is not named.
 */
export async function validate(review: Review, bench: Bench): Promise<Verdict> {
  const { object, oldObject, userInfo } = review
  if (!object) return judgeDeletion(review, bench)
  const isSame = oldObject && isDeepStrictEqual(object.spec, oldObject.spec)
  if (isSame || object.metadata.deletionTimestamp !== undefined) return { allowed: true }
  // The API server has looked already, but by the schema that is installed, which may be older than this webhook.
  const bySchema = schemaFindings(object, oldObject)
  const find = (mayRead: MayRead) => check(object, { others: bench.others, old: oldObject, mayRead })
  const byRules = await findFor(userInfo, find, bench.access)
  const [errors, warnings] = bySeverity(joinFindings(bySchema, byRules))
  return { ...verdictOn(errors, { code: 422 }), ...warningsOf(warnings) }
}

// One that is on its way out is deleted again by whoever does not know, or will not wait.
async function judgeDeletion({ oldObject, namespace, userInfo }: Review, bench: Bench): Promise<Verdict> {
  if (oldObject?.metadata.deletionTimestamp !== undefined) return { allowed: true }
  const find = (mayRead: MayRead) => checkDelete(oldObject, { others: bench.others, mayRead })
  const isFree = !find(() => false).some(isError)
  if (isFree || (await bench.isTerminating(namespace))) return { allowed: true }
  const [errors, warnings] = bySeverity(await findFor(userInfo, find, bench.access))
  return { ...verdictOn(errors, { code: 403 }), ...warningsOf(warnings) }
}

function bySeverity(findings: readonly Finding[]): [errors: Finding[], warnings: Finding[]] {
  return [findings.filter(isError), findings.filter(finding => !isError(finding))]
}

function isError({ severity }: Finding): boolean {
  return severity === 'error'
}

function verdictOn(errors: readonly Finding[], { code }: { readonly code: number }): Verdict {
  if (errors.length === 0) return { allowed: true }
  const told = errors.slice(0, MOST_CAUSES)
  const causes = told.map(error => ({ field: error.field, reason: error.reason, message: printCause(error) }))
  return { allowed: false, code, message: messageOf(told, errors.length), causes }
}

function messageOf(told: readonly Finding[], count: number): string {
  const [only, ...others] = told
  if (only && others.length === 0) return printFinding(only)
  const more = count > told.length ? `\n* and ${count - told.length} more` : ''
  return `${count} faults:${told.map(error => `\n* ${printFinding(error)}`).join('')}${more}`
}
