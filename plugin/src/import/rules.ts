import { check, type Finding, joinFindings, kinds, printFinding } from '#crds'
import type { NewObject } from '../cluster.ts'
import { checkSchema } from '../lint/schema.ts'

/** What new objects break by themselves: errors, which keep an object out, and what is allowed and seldom meant. */
export interface Breaches {
  readonly errors: readonly string[]
  readonly warnings: readonly string[]
}

/** Holds each object against the schema of its kind and the rule book, as the API server and the webhook will. */
export function breachesOf(objects: readonly NewObject[]): Breaches {
  const found = objects.flatMap(object => findingsOf(object).map(finding => ({ object, finding })))
  const lines = (severity: Finding['severity']) =>
    found
      .filter(({ finding }) => finding.severity === severity)
      .map(({ object: { kind, metadata }, finding }) => `${kind} ${metadata.name}: ${printFinding(finding)}`)
  return { errors: lines('error'), warnings: lines('warning') }
}

function findingsOf(object: NewObject): readonly Finding[] {
  const kind = kinds.find(known => known.kind === object.kind)
  return joinFindings(kind ? checkSchema(kind, object.spec) : [], check(object))
}
