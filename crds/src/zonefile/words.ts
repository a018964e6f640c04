import type { Token } from './lexer.ts'
import { octetsOfText } from './octets.ts'
import { Misread, type Place } from './place.ts'

/** The words of an entry, read from left to right; what is wanted and missing is a Misread at the entry's end. */
export class Words {
  readonly #tokens: readonly Token[]
  readonly #start: Place
  #at = 0

  constructor(tokens: readonly Token[], start: Place) {
    this.#tokens = tokens
    this.#start = start
  }

  peek(): Token | undefined {
    return this.#tokens[this.#at]
  }

  next(wanted: string): Token {
    const token = this.peek()
    if (!token) throw new Misread(this.place, `the line ends early: ${wanted} is wanted`)
    this.#at++
    return token
  }

  /** All that is left. */
  rest(): readonly Token[] {
    const rest = this.#tokens.slice(this.#at)
    this.#at = this.#tokens.length
    return rest
  }

  /** @throws Misread when words are left over. */
  end(): void {
    const extra = this.peek()
    if (extra) throw new Misread(extra, `${quote(extra.text)} is too much: the line should end before it`)
  }

  /** Where the next word stands, or the last one ends. */
  get place(): Place {
    const next = this.peek()
    if (next) return next
    const last = this.#tokens.at(-1)
    return last ? { ...last, column: last.column + last.text.length } : this.#start
  }
}

/** The octets that a word or quoted string stands for: "\DDD" and "\X" resolved, all else as it is. */
export function octetsOfToken({ text, ...place }: Token): Uint8Array {
  const plain = octetsOfText(text)
  if (!text.includes('\\')) return plain
  const octets = new Uint8Array(plain.length)
  let end = 0
  for (let at = 0; at < plain.length; at++) {
    if (plain[at] !== 92) {
      octets[end++] = plain[at] as number
      continue
    }
    const decimal = /^\d{3}/.exec(String.fromCharCode(...plain.subarray(at + 1, at + 4)))?.[0]
    if (decimal === undefined && isDigit(plain[at + 1])) throw badEscape(place, text)
    if (Number(decimal) > 255) throw badEscape(place, text)
    octets[end++] = decimal === undefined ? (plain[at + 1] as number) : Number(decimal)
    at += decimal === undefined ? 1 : 3
  }
  return octets.subarray(0, end)
}

/** A word as names are written: octets outside "!" to "~", which BIND takes as they are, as "\DDD". */
export function nameText({ text }: Token): string {
  if (!/[^!-~]/.test(text)) return text
  return text.replace(/\\[!-~]|\\?([^!-~])/gu, (whole, char?: string) =>
    char === undefined ? whole : Array.from(octetsOfText(char), decimalOf).join(''),
  )
}

function decimalOf(octet: number): string {
  return `\\${String(octet).padStart(3, '0')}`
}

function isDigit(octet: number | undefined): boolean {
  return octet !== undefined && octet >= 48 && octet <= 57
}

function badEscape(place: Place, text: string): Misread {
  return new Misread(place, `${quote(text)} has a wrong escape: "\\" wants three digits up to 255, or one character`)
}

/** A text as messages show it: in quotes, a long one cut short. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text)
}
