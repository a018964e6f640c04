import { isDeepStrictEqual } from 'node:util'
import {
  check,
  checkDelete,
  type Finding,
  joinFindings,
  jsonSchemaOf,
  kinds,
  type Others,
  printCause,
  printFinding,
} from '#crds'
import type { Review, ReviewedObject, Verdict } from './review.ts'
import { type SchemaFault, type Validator, validator } from './schema.ts'
import { warningsOf } from './warning.ts'

/** The most faults that an answer names. */
const MOST_CAUSES = 10

/** What a judgement needs beside the object. */
export interface Bench {
  readonly others: Others
  /** Whether a namespace is being deleted, with all that is in it. */
  readonly isTerminating: (namespace: string) => Promise<boolean>
}

const schemas = new Map<string, Validator>(kinds.map(({ kind, spec }) => [kind, validator(jsonSchemaOf(spec))]))

/**
 * Whether an object may be stored as it is, or go. What its update leaves as it was is not held against it, so that an
 * object from before a rule can still be changed, labelled and finalized. Of other namespaces nothing is told.
 */
export async function validate(review: Review, bench: Bench): Promise<Verdict> {
  const { object, oldObject } = review
  if (!object) return judgeDeletion(review, bench)
  const isSame = oldObject && isDeepStrictEqual(object.spec, oldObject.spec)
  if (isSame || object.metadata.deletionTimestamp !== undefined) return { allowed: true }
  const ofRules = check(object, { others: bench.others, old: oldObject, mayRead: () => false })
  const [errors, warnings] = bySeverity(joinFindings(schemaFindings(object, oldObject), ofRules))
  return { ...verdictOn(errors, { code: 422 }), ...warningsOf(warnings) }
}

async function judgeDeletion({ oldObject, namespace }: Review, bench: Bench): Promise<Verdict> {
  const [errors, warnings] = bySeverity(checkDelete(oldObject, { others: bench.others, mayRead: () => false }))
  const isRefused = errors.length > 0 && !(await bench.isTerminating(namespace))
  return { ...verdictOn(isRefused ? errors : [], { code: 403 }), ...warningsOf(warnings) }
}

// The API server has looked already, but by the schema that is installed, which may be older than this webhook.
function schemaFindings(object: ReviewedObject, old: ReviewedObject | undefined): Finding[] {
  const faultsOf = schemas.get(object.kind) as Validator
  const faults = faultsOf(object.spec)
  const before = faults.length > 0 && old ? faultsOf(old.spec).map(identity) : []
  const fresh = before.length > 0 ? faults.filter(fault => !before.includes(identity(fault))) : faults
  return fresh.map(fault => ({ ...fault, rule: 'schema', severity: 'error', field: specField(fault.field) }))
}

function specField(field: string): string {
  return field === '' ? 'spec' : `spec.${field}`
}

function identity({ field, reason, value }: SchemaFault): string {
  return JSON.stringify([field, reason, value])
}

function bySeverity(findings: readonly Finding[]): [errors: Finding[], warnings: Finding[]] {
  const isError = ({ severity }: Finding) => severity === 'error'
  return [findings.filter(isError), findings.filter(finding => !isError(finding))]
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
