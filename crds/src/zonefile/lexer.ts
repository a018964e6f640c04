import type { Place, ZoneFileFault } from './place.ts'

/** A word or a quoted string; escapes stand as written. */
export interface Token extends Place {
  readonly text: string
  readonly isQuoted: boolean
}

/** What one record or directive is made of: the words of a line, or of several that parentheses join. */
export interface Entry extends Place {
  readonly tokens: readonly Token[]
  /** The line begins with white space: the owner name is the one before. */
  readonly startsBlank: boolean
}

const TAB = 9
const NEWLINE = 10
const RETURN = 13
const SPACE = 32
const QUOTE = 34
const OPEN = 40
const CLOSE = 41
const SEMICOLON = 59
const BACKSLASH = 92

/**
 * Cuts a zone file into entries (RFC 1035 section 5.1). An entry with a fault is told of and left out; each character is
 * looked at once.
 */
export class Lexer {
  readonly #text: string
  readonly #file: string
  readonly #onFault: (fault: ZoneFileFault) => void
  #at = 0
  #line = 1
  #lineStart = 0
  /** The parentheses that are open. */
  #open: Place[] = []
  #isSpoilt = false

  constructor(text: string, options: { readonly file: string; readonly onFault: (fault: ZoneFileFault) => void }) {
    this.#text = text
    this.#file = options.file
    this.#onFault = options.onFault
  }

  /** The next entry that has words, or undefined at the end of the file. */
  next(): Entry | undefined {
    while (this.#at < this.#text.length) {
      const entry = this.#entry()
      if (entry.tokens.length > 0 && !this.#isSpoilt) return entry
    }
    return undefined
  }

  #entry(): Entry {
    this.#isSpoilt = false
    this.#open = []
    const place = this.#place()
    const startsBlank = isBlank(this.#text.charCodeAt(this.#at))
    const tokens: Token[] = []
    while (this.#skipToWord()) {
      const token = this.#text.charCodeAt(this.#at) === QUOTE ? this.#quoted() : this.#word()
      if (token) tokens.push(token)
    }
    return { ...place, tokens, startsBlank }
  }

  /** Goes on to the next word of the entry; false at the entry's end. */
  #skipToWord(): boolean {
    for (; this.#at < this.#text.length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at)
      if (isBlank(code)) continue
      if (code === SEMICOLON) this.#at = this.#endOfLine() - 1
      else if (code === OPEN) this.#open.push(this.#place())
      else if (code === CLOSE) this.#close()
      else if (code !== NEWLINE) return true
      else if (this.#newline()) return false
    }
    const [open] = this.#open
    if (open) this.#fault(open, 'the parenthesis is never closed: ")" is wanted before the end of the file')
    return false
  }

  /** Steps over the end of a line where that ends the entry. */
  #newline(): boolean {
    this.#line++
    this.#lineStart = this.#at + 1
    if (this.#open.length > 0) return false
    this.#at++
    return true
  }

  #close(): void {
    if (!this.#open.pop()) this.#fault(this.#place(), '")" without a "(" before it')
  }

  #word(): Token | undefined {
    const place = this.#place()
    const start = this.#at
    for (; this.#at < this.#text.length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at)
      if (endsWord(code)) break
      if (code === BACKSLASH && !this.#escape()) return undefined
    }
    return { ...place, text: this.#text.slice(start, this.#at), isQuoted: false }
  }

  #quoted(): Token | undefined {
    const place = this.#place()
    const start = ++this.#at
    for (; this.#at < this.#text.length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at)
      if (code === QUOTE) return { ...place, text: this.#text.slice(start, this.#at++), isQuoted: true }
      if (code === NEWLINE) break
      if (code === BACKSLASH && !this.#escape()) return undefined
    }
    this.#fault(place, "the quote is never closed: '\"' is wanted before the end of the line")
    return undefined
  }

  /** Steps onto the character that a backslash escapes. */
  #escape(): boolean {
    const next = this.#text.charCodeAt(this.#at + 1)
    if (next !== NEWLINE && next !== RETURN && this.#at + 1 < this.#text.length) {
      this.#at++
      return true
    }
    this.#fault(this.#place(), 'a backslash ends the line: three digits or one character are wanted after it')
    this.#at++
    return false
  }

  #endOfLine(): number {
    const end = this.#text.indexOf('\n', this.#at)
    return end < 0 ? this.#text.length : end
  }

  #place(): Place {
    return { file: this.#file, line: this.#line, column: this.#at - this.#lineStart + 1 }
  }

  #fault(place: Place, message: string): void {
    if (!this.#isSpoilt) this.#onFault({ ...place, message })
    this.#isSpoilt = true
  }
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB || code === RETURN
}

function endsWord(code: number): boolean {
  return code <= SPACE
    ? isBlank(code) || code === NEWLINE
    : code === QUOTE || code === OPEN || code === CLOSE || code === SEMICOLON
}
