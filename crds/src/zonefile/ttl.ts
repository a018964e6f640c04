import type { Token } from './lexer.ts'
import { Misread } from './place.ts'
import { quote } from './words.ts'

/** The longest TTL (RFC 2181 section 8). */
export const MAX_TTL = 2 ** 31 - 1

const UNITS: Readonly<Record<string, number>> = { w: 604_800, d: 86_400, h: 3_600, m: 60, s: 1 }

/** Whether a word has the form of a TTL: digits, or digits with units as "1h30m". */
export function isTtl(text: string): boolean {
  return /^(\d{1,10}|(\d{1,10}[wdhms])+)$/i.test(text) && text.length <= 64
}

/** Seconds of "3600" or "1h30m"; throws Misread on anything else, and beyond `max`. */
export function ttlSeconds(token: Token, max = MAX_TTL): number {
  if (!isTtl(token.text))
    throw new Misread(
      token,
      `${quote(token.text)} is no time: seconds, or numbers with the units w, d, h, m, s, as 1h30m`,
    )
  const parts = [...token.text.toLowerCase().matchAll(/(\d+)([wdhms]?)/g)]
  const seconds = parts.reduce((sum, [, digits, unit]) => sum + Number(digits) * (UNITS[unit || 's'] ?? 1), 0)
  if (seconds > max) throw new Misread(token, `${quote(token.text)} is ${seconds} seconds: at most ${max} are allowed`)
  return seconds
}
