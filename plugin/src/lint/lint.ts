import { API_GROUP, check, type Finding, joinFindings, kinds, ObjectIndex } from '#crds'
import type { ReadFiles, ReadObject } from './read.ts'
import { checkSchema } from './schema.ts'

/** One thing that is wrong in a file. */
export interface LintFinding extends Finding {
  readonly file: string
  readonly line: number
  /** "ARecord dns/www", empty where the file is no YAML. */
  readonly object: string
}

export interface Linted {
  /** In the order of files and lines. */
  readonly findings: readonly LintFinding[]
  /** Objects of Bindy that were looked at. */
  readonly checked: number
}

interface Ours {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata?: { readonly namespace?: string; readonly name?: string } | null
  readonly spec?: unknown
}

const byKind = new Map(kinds.map(kind => [kind.kind, kind]))

/** Checks objects against their schemas and the rule book, each among all the others. Other groups' are passed over. */
export function lint({ objects, faults }: ReadFiles): Linted {
  const ours = objects.filter(({ object }) => isOurs(object))
  const others = ObjectIndex.of(ours.map(({ object }) => object))
  const findings = [
    ...faults.map(fault => ({
      ...fault,
      object: '',
      rule: 'syntax',
      severity: 'error' as const,
      field: '',
      reason: 'FieldValueInvalid' as const,
    })),
    ...ours.flatMap(one => findingsOf(one, others)),
  ]
  return { findings: findings.sort((a, b) => compare(a.file, b.file) || a.line - b.line), checked: ours.length }
}

function findingsOf({ file, object, lineOf }: ReadObject, others: ObjectIndex): LintFinding[] {
  const { kind = '', metadata, spec } = object as Ours
  const known = byKind.get(kind)
  const name = `${kind} ${metadata?.namespace ? `${metadata.namespace}/` : ''}${metadata?.name ?? ''}`
  const unknown: Finding = {
    rule: 'schema',
    severity: 'error',
    field: 'kind',
    value: kind,
    reason: 'FieldValueNotSupported',
    message: `must be one of ${[...byKind.keys()].join(', ')}`,
  }
  const found = known ? joinFindings(checkSchema(known, spec), check(object, { others })) : [unknown]
  return found.map(finding => ({ ...finding, file, line: lineOf(finding.field), object: name }))
}

function isOurs(object: unknown): boolean {
  const { apiVersion } = (object ?? {}) as Ours
  return typeof apiVersion === 'string' && apiVersion.startsWith(`${API_GROUP}/`)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
