import { codeOfType } from '../types.ts'
import { Misread } from './place.ts'
import { isTtl, ttlSeconds } from './ttl.ts'
import { quote, type Words } from './words.ts'

/** What stands between the owner name and the rdata of a record. */
export interface Header {
  /** Seconds; absent where none is given. */
  readonly ttl: number | undefined
  readonly type: number
}

/** Reads "[TTL] [class] type" or "[class] [TTL] type" (RFC 1035 section 5.1); throws Misread. */
export function readHeader(words: Words): Header {
  let ttl: number | undefined
  let hasClass = false
  for (;;) {
    const token = words.next('a type')
    const type = codeOfType(token.text)
    if (type !== undefined) return { ttl, type }
    if (!hasClass && isClass(token.text)) hasClass = true
    else if (ttl === undefined && isTtl(token.text)) ttl = ttlSeconds(token)
    else throw new Misread(token, wrongWord(token.text))
  }
}

function isClass(text: string): boolean {
  return /^(IN|CLASS1)$/i.test(text)
}

function wrongWord(text: string): string {
  return /^(CH|HS|CLASS\d+)$/i.test(text)
    ? `${quote(text)} is another class: zones of the class IN are read`
    : `${quote(text)} is no type: a type is wanted, as A or TYPE65400`
}
