import { canonicalName, NameError } from '../name.ts'
import type { Octets } from '../node.ts'
import { RRTYPE } from '../records.ts'
import { Budget, LimitReached, type Limits } from './budget.ts'
import { readRange, reread, template } from './generate.ts'
import { readHeader } from './header.ts'
import { type Entry, Lexer, type Token } from './lexer.ts'
import { Misread, type Place, type ZoneFileFault } from './place.ts'
import { type RdataCodec, readRdata } from './rdata.ts'
import { ttlSeconds } from './ttl.ts'
import { nameText, quote, Words } from './words.ts'

/** One record of a zone file, with the place it came from. */
export interface ZoneFileRecord extends Place {
  /** Canonical. */
  readonly owner: string
  /** Seconds. */
  readonly ttl: number
  readonly type: number
  /** Canonical; absent where it stands in the presentation form of a type that Bindy has no object for. */
  readonly rdata?: Octets
}

/** What a zone file says, and what in it cannot be read: where there are faults, records are missing. */
export interface ZoneFile {
  readonly records: readonly ZoneFileRecord[]
  readonly faults: readonly ZoneFileFault[]
  /** Reading stopped at a limit, which the last fault tells of. */
  readonly isCutShort: boolean
}

/** The file that a $INCLUDE names, or a sentence that says why it cannot be had. */
export type Include = (name: string, from: string) => { readonly file: string; readonly text: string } | string

export interface ZoneFileOptions {
  /** What places call the file. */
  readonly file: string
  /** The origin before any $ORIGIN; canonical. Without it relative names are faults until one stands. */
  readonly origin?: string | undefined
  readonly codec: RdataCodec
  /** Without it $INCLUDE is a fault. */
  readonly include?: Include | undefined
  readonly limits?: Partial<Limits>
}

/** Reads a zone file (RFC 1035 section 5, with $TTL of RFC 2308 and BIND's $GENERATE). All faults are told at once. */
export function parseZoneFile(text: string, options: ZoneFileOptions): ZoneFile {
  const parser = new Parser(options)
  const isCutShort = !parser.parse(text)
  return { records: parser.records, faults: parser.budget.faults, isCutShort }
}

/** What a file and those that it includes have each for themselves. */
interface Scope {
  readonly file: string
  readonly depth: number
  origin: string | undefined
  owner: string | undefined
}

class Parser {
  readonly records: ZoneFileRecord[] = []
  readonly budget: Budget
  readonly #options: ZoneFileOptions
  /** Of $TTL, or of the SOA where no $TTL stands. */
  #defaultTtl: number | undefined
  #lastTtl: number | undefined

  constructor(options: ZoneFileOptions) {
    this.#options = options
    this.budget = new Budget(options.limits)
  }

  /** Returns whether all of it was read. */
  parse(text: string): boolean {
    const { file, origin } = this.#options
    try {
      this.#file(text, { file, origin, owner: undefined, depth: 1 }, { file, line: 1, column: 1 })
      return true
    } catch (error) {
      if (error instanceof LimitReached) return false
      throw error
    }
  }

  #file(text: string, scope: Scope, at: Place): void {
    this.budget.characters(text.length, at)
    const onFault = (fault: ZoneFileFault) => this.budget.tell(fault, fault.message)
    const lexer = new Lexer(text.replace(/^\uFEFF/, ''), { file: scope.file, onFault })
    for (let entry = lexer.next(); entry; entry = lexer.next()) this.#entry(entry, scope)
  }

  #entry(entry: Entry, scope: Scope): void {
    try {
      const [first] = entry.tokens
      const words = new Words(entry.tokens, entry)
      if (first?.text.startsWith('$') && !first.isQuoted && !entry.startsBlank) this.#directive(words, scope)
      else this.#record(words, scope, entry)
    } catch (error) {
      if (!(error instanceof Misread)) throw error
      this.budget.tell(error.place, error.message)
    }
  }

  #record(words: Words, scope: Scope, { startsBlank }: Entry): void {
    const place = words.place
    if (!startsBlank) {
      // Where this name cannot be read, the lines below it are not the last one's.
      scope.owner = undefined
      scope.owner = this.#name(words.next('an owner name'), scope)
    }
    if (scope.owner === undefined)
      throw new Misread(place, 'the line begins with white space, and no owner name stands before it')
    this.#add(scope.owner, words, scope, place)
  }

  #add(owner: string, words: Words, scope: Scope, { file, line, column }: Place): void {
    const place = { file, line, column }
    const { ttl, type } = readHeader(words)
    const rdata = readRdata(words, type, scope.origin ?? '.', this.#options.codec)
    words.end()
    this.budget.records(1, place)
    const record = { owner, ttl: this.#ttlOf(ttl, type, rdata, place), type, ...place }
    this.records.push(rdata === undefined ? record : { ...record, rdata })
  }

  // RFC 2308 section 4: $TTL goes before the last TTL that stood; without either a SOA's own minimum holds, as in BIND.
  #ttlOf(given: number | undefined, type: number, rdata: Octets | undefined, place: Place): number {
    if (given !== undefined) this.#lastTtl = given
    const ttl = given ?? this.#defaultTtl ?? this.#lastTtl
    if (ttl !== undefined) return ttl
    if (type !== RRTYPE.SOA || !rdata) throw new Misread(place, 'no TTL: one is wanted here, or a $TTL before')
    this.#defaultTtl = minimumOf(rdata)
    return this.#defaultTtl
  }

  #directive(words: Words, scope: Scope): void {
    const directive = words.next('a directive')
    switch (directive.text.toUpperCase()) {
      case '$ORIGIN':
        scope.origin = this.#name(words.next('a name'), scope)
        break
      case '$TTL':
        this.#defaultTtl = ttlSeconds(words.next('a TTL'))
        break
      case '$INCLUDE':
        this.#include(words, scope, directive)
        break
      case '$GENERATE':
        this.#generate(words, scope, directive)
        break
      default:
        throw new Misread(directive, `${quote(directive.text)} is none of $ORIGIN, $TTL, $INCLUDE and $GENERATE`)
    }
    words.end()
  }

  #include(words: Words, scope: Scope, at: Token): void {
    const { include } = this.#options
    const name = words.next('the name of a file')
    const origin = words.peek() ? this.#name(words.next('an origin'), scope) : scope.origin
    words.end()
    if (!include) throw new Misread(at, '$INCLUDE cannot be followed here: put the records into this file')
    if (scope.depth >= this.budget.limits.depth)
      throw new Misread(name, `${quote(name.text)} lies too deep: ${scope.depth} files include one another already`)
    const found = include(name.text, scope.file)
    if (typeof found === 'string') throw new Misread(name, found)
    this.#file(found.text, { file: found.file, origin, owner: scope.owner, depth: scope.depth + 1 }, name)
  }

  #generate(words: Words, scope: Scope, at: Token): void {
    const range = readRange(words.next('a range'))
    const left = template(words.next('an owner name'))
    const right = words.rest().map(token => ({ token, text: template(token) }))
    // Of these the first that is wrong tells of all: they differ in a number.
    for (let number = range.start; number <= range.stop; number += range.step) {
      const made = right.map(({ token, text }) => ({ ...token, text: text(number) }))
      const owner = left(number)
      this.budget.characters(
        made.reduce((sum, { text }) => sum + text.length, owner.length),
        at,
      )
      this.#add(this.#name({ ...at, text: owner }, scope), new Words(made.flatMap(reread), at), scope, at)
    }
  }

  #name(token: Token, { origin }: Scope): string {
    if (origin === undefined && !isAbsolute(token.text))
      throw new Misread(
        token,
        `${quote(token.text)} is relative, and no $ORIGIN stands before it: add one, or a final dot`,
      )
    try {
      return canonicalName(nameText(token), origin)
    } catch (error) {
      if (error instanceof NameError) throw new Misread(token, error.message)
      throw error
    }
  }
}

// The last four octets of a SOA's rdata.
function minimumOf(rdata: Octets): number {
  return [...rdata.slice(-4)].reduce((sum, octet) => sum * 256 + octet.charCodeAt(0), 0)
}

function isAbsolute(text: string): boolean {
  let end = text.length - 1
  while (text[end - 1] === '\\') end--
  return text.endsWith('.') && (text.length - 1 - end) % 2 === 0
}
