import { Lexer, type Token } from './lexer.ts'
import { Misread, type ZoneFileFault } from './place.ts'
import { quote } from './words.ts'

/** The numbers of a $GENERATE: from start to stop, both included. */
export interface Range {
  readonly start: number
  readonly stop: number
  readonly step: number
}

const MAX = 2 ** 31 - 1
const MAX_WIDTH = 255

/** Reads "1-254" or "0-100/2". */
export function readRange(token: Token): Range {
  const match = /^(\d{1,10})-(\d{1,10})(?:\/(\d{1,10}))?$/.exec(token.text)
  const [start = 0, stop = 0, step = 0] = match ? [match[1], match[2], match[3] ?? 1].map(Number) : []
  if (!match || start > stop || step < 1 || stop > MAX || step > MAX)
    throw new Misread(token, `${quote(token.text)} is no range: start-stop or start-stop/step, as 1-254 or 0-100/2`)
  return { start, stop, step }
}

/**
 * What a word becomes for each number: "$" is the number, "${offset,width,base}" the number plus offset in at least
 * width digits, base d, o, x or X, or n or N for nibbles in the order of ip6.arpa; "$$" is a "$", as "\$" is.
 */
export function template(token: Token): (number: number) => string {
  const parts = [...token.text.matchAll(/\\.|\$\$|\$\{[^}]*\}?|\$|[^\\$]+/gs)].map(([part]) => partOf(part, token))
  return number => parts.map(part => (typeof part === 'string' ? part : part(number))).join('')
}

/** The words of what was made of one: quoted, it may hold several, and BIND reads it once more. */
export function reread(token: Token): readonly Token[] {
  if (!token.isQuoted || !/[\s"]/.test(token.text)) return [token]
  const faults: ZoneFileFault[] = []
  const text = token.text.replaceAll('\\"', '"')
  const tokens = new Lexer(text, { file: token.file, onFault: fault => faults.push(fault) }).next()?.tokens ?? []
  const [fault] = faults
  if (fault) throw new Misread(token, fault.message)
  return tokens.map(({ text, isQuoted }) => ({ ...token, text, isQuoted }))
}

function partOf(part: string, token: Token): string | ((number: number) => string) {
  if (part === '$$') return '\\$'
  if (part === '$') return String
  return part.startsWith('${') ? modified(part, token) : part
}

function modified(part: string, token: Token): (number: number) => string {
  const match = /^\$\{([+-]?\d{1,10})(?:,(\d{1,3})(?:,([doxXnN]))?)?\}$/.exec(part)
  const [, offset = '0', width = '0', base = 'd'] = match ?? []
  if (!match || Number(width) > MAX_WIDTH)
    throw new Misread(token, `${quote(part)} is no modifier: \${offset,width,base} with a base of d, o, x, X, n or N`)
  return number => {
    const value = number + Number(offset)
    if (value < 0 || value > MAX)
      throw new Misread(token, `${quote(part)} of ${number} is ${value}: 0 to ${MAX} is wanted`)
    return printed(value, Number(width), base)
  }
}

function printed(value: number, width: number, base: string): string {
  if (base === 'n') return nibbles(value, width)
  if (base === 'N') return nibbles(value, width).toUpperCase()
  const digits = value.toString(base === 'o' ? 8 : base === 'd' ? 10 : 16).padStart(width, '0')
  return base === 'X' ? digits.toUpperCase() : digits
}

// The width counts the dots too, as BIND has it.
function nibbles(value: number, width: number): string {
  const digits = [...value.toString(16)].reverse()
  while (2 * digits.length < width) digits.push('0')
  return digits.join('.') + (2 * digits.length === width ? '.' : '')
}
