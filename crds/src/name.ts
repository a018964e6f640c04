import { BindyError } from './error.ts'

/*
 * Names are strings in one canonical form: absolute, lower case, presentation format with the final dot
 * ("www.example.com.", "."), a dot inside a label as "\.", octets outside "!" to "~" as "\DDD" (RFC 1035 section 5.1).
 * Two names are the same name exactly when their canonical strings are equal.
 */

/** A text that is no domain name; the message quotes the text and says which rule it breaks. */
export class NameError extends BindyError {
  /** The rule that it breaks, without the text. */
  readonly why: string

  constructor(text: string, why: string) {
    super(`Not a domain name: ${JSON.stringify(text.slice(0, 300))}: ${why}`, { reason: 'InvalidName', retry: 'never' })
    this.why = why
  }
}

// Each octet as "\DDD", and the dots.
const LONGEST_TEXT = 1100
const PLAIN = /^(?:[a-z0-9_-]{1,63}\.)+$/

/**
 * The canonical form of a name. Relative text (no final dot) is completed with `origin`, itself canonical;
 * "@" is the origin. Throws NameError beyond 63 octets a label or 255 octets in all (RFC 1035 section 2.3.4).
 */
export function canonicalName(text: string, origin = '.'): string {
  if (text === '@') return origin
  if (text === '.') return '.'
  if (text.length < 254 && PLAIN.test(text)) return text
  if (text.length > LONGEST_TEXT) throw new NameError(text, 'more than 255 octets')
  const { labels, absolute } = parseLabels(text)
  const name = labels.map(printLabel).join('.')
  const full = `${name}.${absolute || origin === '.' ? '' : origin}`
  if (wireLength(full) > 255) throw new NameError(text, `more than 255 octets${absolute ? '' : ` below ${origin}`}`)
  return full
}

/** The name that zones and records meet under: canonical, or as written where it cannot be read as a name. */
export function zoneKey(name: string): string {
  try {
    return canonicalName(name)
  } catch {
    return name
  }
}

/** The canonical name that a text stands for, or why it is none; neither where there is no text. */
export function readName(
  text: string | undefined,
  how: (text: string) => string = text => canonicalName(text),
): { readonly name?: string; readonly fault?: NameError } {
  if (text === undefined || text === '') return {}
  try {
    return { name: how(text) }
  } catch (error) {
    if (error instanceof NameError) return { fault: error }
    throw error
  }
}

/** The labels of a canonical name, leftmost first, each a string of one character per octet; the root has none. */
export function labelsOf(name: string): string[] {
  if (name === '.') return []
  if (!name.includes('\\')) return name.slice(0, -1).split('.')
  return parseLabels(name).labels
}

/** The canonical name of labels given as strings of one character per octet (leftmost first). */
export function nameOfLabels(labels: readonly string[]): string {
  return labels.length === 0 ? '.' : `${labels.map(printLabel).join('.')}.`
}

/** The octets of a canonical name on the wire, uncompressed (RFC 1035 section 3.1), written to `out` at `at`; returns the end. */
export function writeName(name: string, out: Uint8Array, at: number): number {
  let end = at
  for (const label of labelsOf(name)) {
    out[end++] = label.length
    for (let i = 0; i < label.length; i++) out[end++] = label.charCodeAt(i)
  }
  out[end++] = 0
  return end
}

/** Octets of a canonical name on the wire. */
export function wireLength(name: string): number {
  if (name === '.') return 1
  if (!name.includes('\\')) return name.length + 1
  return labelsOf(name).reduce((sum, label) => sum + 1 + label.length, 1)
}

/** Whether `name` is `ancestor` or lies below it; both canonical. */
export function isAtOrBelow(name: string, ancestor: string): boolean {
  if (name === ancestor || ancestor === '.') return true
  return name.endsWith(`.${ancestor}`) && !endsInEscape(name, ancestor)
}

/** The name one label up; the root is its own parent. */
export function parentOf(name: string): string {
  if (!name.includes('\\')) return name.slice(name.indexOf('.') + 1) || '.'
  return nameOfLabels(labelsOf(name).slice(1))
}

/** The names from one label below `apex` down to `name`, which lies below it; none for the apex itself. */
export function lineage(name: string, apex: string): string[] {
  const names: string[] = []
  for (let at = name; at !== apex; at = parentOf(at)) names.push(at)
  return names.reverse()
}

/** Whether a name stands for all names below its parent that do not exist (RFC 4592 section 2.1.1). */
export function isWildcard(name: string): boolean {
  return name.startsWith('*.')
}

/**
 * The owner name of a record written in a zone: "@" is the apex, a final dot makes it absolute, and so does ending in
 * the zone's own name; all else is relative to the zone. The zone's name is canonical.
 */
export function ownerName(text: string, zone: string): string {
  if (text === '@' || text.endsWith('.')) return canonicalName(text, zone)
  const absolute = canonicalName(text)
  return isAtOrBelow(absolute, zone) ? absolute : canonicalName(text, zone)
}

// "a\.example.com." ends in ".example.com." only as text: its dot belongs to the label.
function endsInEscape(name: string, ancestor: string): boolean {
  const before = name.slice(0, -ancestor.length - 1)
  const backslashes = before.length - before.replace(/\\+$/, '').length
  return backslashes % 2 === 1
}

function parseLabels(text: string): { labels: string[]; absolute: boolean } {
  const labels: string[] = []
  let label = ''
  let absolute = false
  for (let i = 0; i < text.length; ) {
    const char = text[i] as string
    absolute = char === '.'
    if (char === '.') {
      labels.push(checkLabel(label, text))
      label = ''
      i++
    } else {
      const [octet, length] = readOctet(text, i)
      label += octet
      i += length
    }
    if (labels.length > 127) throw new NameError(text, 'more than 255 octets')
  }
  if (!absolute) labels.push(checkLabel(label, text))
  return { labels: labels.map(lowerCase), absolute }
}

function readOctet(text: string, at: number): [octet: string, length: number] {
  const char = text[at] as string
  if (char === '\\') {
    const decimal = /^\d{3}/.exec(text.slice(at + 1, at + 4))?.[0]
    if (decimal !== undefined && Number(decimal) <= 255) return [String.fromCharCode(Number(decimal)), 4]
    const next = text[at + 1]
    if (next === undefined || /\d/.test(next))
      throw new NameError(text, 'a backslash wants three digits up to 255, or one character')
    return [plainOctet(text, next), 2]
  }
  return [plainOctet(text, char), 1]
}

function plainOctet(text: string, char: string): string {
  if (char > '\x7f') throw new NameError(text, 'not ASCII; write an international name in its xn-- form')
  if (char <= ' ' || char > '~') throw new NameError(text, 'white space or a control character')
  return char
}

function checkLabel(label: string, text: string): string {
  if (label === '') throw new NameError(text, 'an empty label')
  if (label.length > 63) throw new NameError(text, `a label of ${label.length} octets, 63 allowed`)
  return label
}

function printLabel(label: string): string {
  if (/^[a-z0-9_-]+$/.test(label)) return label
  return Array.from(lowerCase(label), char => {
    if (char <= ' ' || char > '~') return `\\${String(char.charCodeAt(0)).padStart(3, '0')}`
    return '.\\"();@$'.includes(char) ? `\\${char}` : char
  }).join('')
}

// RFC 4343: case folds for ASCII letters alone; octets above 127 stay as they are.
function lowerCase(label: string): string {
  return label.replace(/[A-Z]+/g, letters => letters.toLowerCase())
}
