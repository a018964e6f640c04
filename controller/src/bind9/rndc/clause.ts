import { BindyError } from '../errors.ts'

/** One part of a clause: a word (quotes taken off), or what stood between braces. */
export type Part = string | readonly Clause[]

/** What named.conf ends with a semicolon: `file "x";` is `['file', 'x']`, `keys { a; };` is `['keys', [['a']]]`. */
export interface Clause extends ReadonlyArray<Part> {}

/** The text is not in named.conf's syntax. The message names the line and never the text, which may hold a secret. */
export class ClauseError extends BindyError {
  constructor(what: string, line: number) {
    super(`Cannot read configuration text at line ${line}: ${what}`, { reason: 'ConfigSyntax' })
  }
}

const maxDepth = 16
const maxLength = 1 << 20

// Alternatives in order: white space and comments, a quoted word, a word without quotes, a mark of its own.
const token =
  /(?<space>\s+|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/)|"(?<quoted>(?:[^"\\\n]|\\[^\n])*)"|(?<bare>(?:[^\s{};"!#/]|\/(?![/*]))+)|(?<mark>[{};!])/y

/**
 * Reads clauses in named.conf's own syntax, with its three kinds of comment. Inside quotes only `\"` stands for another
 * character; every other backslash is part of the word, as named's lexer has it.
 *
 * @throws ClauseError on anything else, on more than 1 MiB of text, and on blocks nested deeper than 16.
 */
export function parseClauses(text: string): readonly Clause[] {
  if (text.length > maxLength) throw new ClauseError(`${text.length} characters, at most ${maxLength} are read`, 1)
  const open: Frame[] = [{ clauses: [], parts: [] }]
  for (const { mark, word, line } of tokens(text)) {
    const frame = open.at(-1) as Frame
    if (mark === '{') {
      if (open.length > maxDepth) throw new ClauseError(`blocks nest deeper than ${maxDepth}`, line)
      open.push({ clauses: [], parts: [] })
    } else if (mark === '}') {
      if (open.length === 1) throw new ClauseError('"}" closes nothing', line)
      if (frame.parts.length > 0) throw new ClauseError('";" is missing before "}"', line)
      open.pop()
      open.at(-1)?.parts.push(frame.clauses)
    } else if (mark === ';') {
      if (frame.parts.length === 0) throw new ClauseError('";" ends nothing', line)
      frame.clauses.push(frame.parts)
      frame.parts = []
    } else frame.parts.push(word)
  }
  const { clauses, parts } = open[0] as Frame
  const lastLine = lineAt(text, text.length)
  if (open.length > 1) throw new ClauseError('"}" is missing at the end', lastLine)
  if (parts.length > 0) throw new ClauseError('";" is missing at the end', lastLine)
  return clauses
}

/** The texts of the clauses in the first block of a text that `parseClauses` reads, without their semicolons. */
export function sourcesOfBlock(text: string): string[] {
  const sources: string[] = []
  let depth = 0
  let start: number | undefined
  for (const { mark, from, to } of tokens(text)) {
    if (depth === 1 && mark !== '}') start ??= from
    if (mark === '{') depth++
    if (mark === '}' && --depth === 0) break
    if (depth !== 1 || mark !== ';') continue
    if (start !== undefined) sources.push(text.slice(start, to - 1).trimEnd())
    start = undefined
  }
  return sources
}

/** A word as named.conf takes it in quotes, whatever it holds but a line end. */
export function quote(word: string): string {
  return `"${word.replaceAll('"', '\\"')}"`
}

interface Frame {
  readonly clauses: Clause[]
  parts: Part[]
}

interface Token {
  readonly mark?: string | undefined
  readonly word: string
  readonly line: number
  /** Offsets of its first character, and of the one after its last. */
  readonly from: number
  readonly to: number
}

function* tokens(text: string): Generator<Token> {
  const reader = new RegExp(token)
  let line = 1
  while (reader.lastIndex < text.length) {
    const from = reader.lastIndex
    const found = reader.exec(text)
    if (!found) throw new ClauseError(`${text[from] === '"' ? 'a quoted word' : 'a comment'} has no end`, line)
    const { space, quoted, bare, mark } = found.groups ?? {}
    const to = reader.lastIndex
    const word = unquote(quoted) ?? bare ?? '!'
    if (space === undefined) yield { mark: mark === '!' ? undefined : mark, word, line, from, to }
    else line += space.split('\n').length - 1
  }
}

function unquote(quoted: string | undefined): string | undefined {
  return quoted?.replace(/\\(\\|")/g, (both, second) => (second === '"' ? '"' : both))
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}
