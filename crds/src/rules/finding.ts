/** An error keeps the object out; a warning tells of what is allowed and seldom meant. */
export type Severity = 'error' | 'warning'

/** Types of causes in a Status of the Kubernetes API. */
export type CauseReason =
  | 'FieldValueInvalid'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueForbidden'
  | 'FieldValueNotSupported'

/** What one rule has to say of one field of an object. */
export interface Finding {
  /** "BND-R007", "BND-W003". */
  readonly rule: string
  readonly severity: Severity
  /** The path of the field, such as "spec.mailServer" or "spec.text[2]". */
  readonly field: string
  readonly value?: unknown
  readonly reason: CauseReason
  /** What is wrong and what is allowed; without field, value and id. */
  readonly message: string
  /** The text that the field is to have, where the rule knows it. */
  readonly fix?: string
}

/**
 * What the schema of a kind and the rules find in one object, each fault once: of a field that a rule refuses, the rule
 * says more than the schema does. A warning takes no fault's place.
 */
export function joinFindings(bySchema: readonly Finding[], byRules: readonly Finding[]): readonly Finding[] {
  const refused = new Set(byRules.filter(({ severity }) => severity === 'error').map(({ field }) => field))
  return [...bySchema.filter(({ field }) => !refused.has(field)), ...byRules]
}

const WORDS: { readonly [R in CauseReason]: string } = {
  FieldValueInvalid: 'Invalid value',
  FieldValueRequired: 'Required value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueForbidden: 'Forbidden',
  FieldValueNotSupported: 'Unsupported value',
}

/** A finding in one line: `spec.mailServer: Invalid value: '192.0.2.1': must ... [BND-R007]`. */
export function printFinding(finding: Finding): string {
  return `${finding.field}: ${printCause(finding)}`
}

/** The same without the field, as a cause has it beside its field. */
export function printCause({ rule, reason, value, message }: Finding): string {
  const hasValue = value !== undefined && reason !== 'FieldValueRequired'
  return `${WORDS[reason]}: ${hasValue ? `${quote(value)}: ` : ''}${message} [${rule}]`
}

const LONGEST_VALUE = 80

/** A value as messages quote it: on one line, cut where it is long. */
export function quote(value: unknown): string {
  if (typeof value === 'string') return `'${inOneLine(value, LONGEST_VALUE)}'`
  let json = ''
  for (const piece of piecesOf(value)) {
    json += piece
    if (json.length > LONGEST_VALUE) break
  }
  return inOneLine(json, LONGEST_VALUE)
}

// JSON.stringify() writes all of a large value, and throws on one that is nested deeply.
function* piecesOf(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) {
    yield JSON.stringify(value) ?? String(value)
    return
  }
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  yield `${open}`
  let comma = ''
  for (const [key, below] of Array.isArray(value) ? value.entries() : Object.entries(value)) {
    yield open === '{' ? `${comma}${JSON.stringify(key)}:` : comma
    yield* piecesOf(below)
    comma = ','
  }
  yield `${close}`
}

/** A text in one line of Unicode, cut at a number of characters. */
export function inOneLine(text: string, most: number): string {
  const cut = text.length > most ? `${text.slice(0, most)}...` : text
  return cut.toWellFormed().replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
}
