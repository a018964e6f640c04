import { API_GROUP, check, type Finding, joinFindings, kinds, ObjectIndex } from '#crds'
import type { ReadFiles, ReadObject } from './read.ts'
import { checkSchema } from './schema.ts'

/** One thing that is wrong in a file. */
export interface LintFinding extends Omit<Finding, 'fix'> {
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
  /** What rules know to say instead. */
  readonly fixes: readonly Fix[]
}

/** What a field should say, as the rule of a finding knows it. */
export interface Fix {
  readonly finding: LintFinding
  /** Where it stands in the file. */
  readonly range: readonly [start: number, end: number]
  readonly text: string
}

interface Ours {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata?: { readonly namespace?: string; readonly name?: string } | null
  readonly spec?: unknown
}

const byKind = new Map(kinds.map(kind => [kind.kind, kind]))

/** Checks objects against their schemas and the rule book, each among all the others. Other groups' are passed over. */
export function lint({ objects, faults }: Pick<ReadFiles, 'objects' | 'faults'>): Linted {
  const ours = objects.filter(({ object }) => isOurs(object))
  const others = ObjectIndex.of(ours.map(({ object }) => object))
  const found = ours.flatMap(one => findingsOf(one, others))
  const findings = [
    ...faults.map(fault => ({
      ...fault,
      object: '',
      rule: 'syntax',
      severity: 'error' as const,
      field: '',
      reason: 'FieldValueInvalid' as const,
    })),
    ...found.map(({ finding }) => finding),
  ]
  return {
    findings: findings.sort((a, b) => compare(a.file, b.file) || a.line - b.line),
    checked: ours.length,
    fixes: found.flatMap(({ fix }) => fix ?? []),
  }
}

function findingsOf(
  { file, object, lineOf, rangeOf }: ReadObject,
  others: ObjectIndex,
): { readonly finding: LintFinding; readonly fix: Fix | undefined }[] {
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
  return found.map(({ fix: text, ...rest }) => {
    const finding = { ...rest, file, line: lineOf(rest.field), object: name }
    const range = text === undefined ? undefined : rangeOf(rest.field)
    return { finding, fix: text !== undefined && range ? { finding, range, text } : undefined }
  })
}

function isOurs(object: unknown): boolean {
  const { apiVersion } = (object ?? {}) as Ours
  return typeof apiVersion === 'string' && apiVersion.startsWith(`${API_GROUP}/`)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
