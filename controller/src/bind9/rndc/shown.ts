import { isIPv6, SocketAddress } from 'node:net'
import { BindyError } from '../errors.ts'
import { type Clause, type Part, parseClauses } from './clause.ts'
import { blockText, type ZoneStatement } from './statement.ts'
import { isSameZone } from './zonename.ts'

/** A zone statement as named prints it back. It may hold clauses that we would never write. */
export interface ShownZone {
  /** As named spells it: lower case, without the final dot. */
  readonly zone: string
  /** `primary` and `secondary` also where named.conf has the older words. */
  readonly type: string | undefined
  readonly file: string | undefined
  readonly clauses: readonly Clause[]
  /** What named sent. */
  readonly text: string
}

/** What showzone sent is no zone statement. */
export class ShownZoneError extends BindyError {
  constructor(why: string, options: { cause?: unknown } = {}) {
    super(`Cannot read what named shows of a zone: ${why}`, { reason: 'MessageInvalid', ...options })
  }
}

/**
 * Reads `zone "NAME" { ... };` with or without a class and a view.
 *
 * @throws ShownZoneError
 */
export function parseShownZone(text: string): ShownZone {
  const [statement] = readClauses(text)
  const [keyword, zone] = statement ?? []
  const clauses = statement?.at(-1)
  if (keyword !== 'zone' || typeof zone !== 'string' || typeof clauses !== 'object')
    throw new ShownZoneError('the answer does not begin with a zone statement')
  return { zone, type: modern(wordAfter(clauses, 'type')), file: wordAfter(clauses, 'file'), clauses, text }
}

/**
 * Whether named already has saved what `desired` says, so that a modzone would change nothing. Quotes, white space, the
 * order of clauses, letter case (but in file names) and older words aside; the order within a list counts.
 *
 * named shows what it has saved: after a modzone that changed `type` or `file` the running zone differs (FACTS D5).
 */
export function sameStatement(desired: ZoneStatement, shown: ShownZone): boolean {
  if (!isSameZone(desired.zone, shown.zone)) return false
  const [wanted] = parseClauses(`zone "" ${blockText(desired)}`)
  return canonicalBlock(wanted?.at(-1) as readonly Clause[]) === canonicalBlock(shown.clauses)
}

function canonicalBlock(clauses: readonly Clause[]): string {
  return clauses.map(canonicalClause).sort().join('')
}

function canonicalClause([keyword, ...parts]: Clause): string {
  const word = modern(String(keyword).toLowerCase()) as string
  return `${JSON.stringify([word, ...parts.map(part => canonicalPart(part, { isPath: word === 'file' }))])}\n`
}

function canonicalPart(part: Part, { isPath }: { isPath: boolean }): unknown {
  if (typeof part !== 'string') return part.map(clause => clause.map(inner => canonicalPart(inner, { isPath })))
  if (isPath) return part
  return isIPv6(part) ? new SocketAddress({ address: part, family: 'ipv6' }).address : modern(part.toLowerCase())
}

const modernWords: Readonly<Record<string, string>> = {
  master: 'primary',
  slave: 'secondary',
  masters: 'primaries',
}

// Object.hasOwn: a clause may be called "constructor".
function modern(word: string | undefined): string | undefined {
  return word !== undefined && Object.hasOwn(modernWords, word) ? modernWords[word] : word
}

function wordAfter(clauses: readonly Clause[], keyword: string): string | undefined {
  const value = clauses.find(clause => clause[0] === keyword)?.[1]
  return typeof value === 'string' ? value : undefined
}

function readClauses(text: string): readonly Clause[] {
  try {
    return parseClauses(text)
  } catch (cause) {
    throw new ShownZoneError('it is not in the syntax of named.conf', { cause })
  }
}
