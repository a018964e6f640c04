import { harmless } from './screen/harmless.ts'
import type { Terminal } from './screen/terminal.ts'
import { wrap } from './screen/wrap.ts'

/** What the plugin ends with. */
export const EXIT = {
  ok: 0,
  /** The answer is no: degraded, different, a check failed. */
  no: 1,
  usage: 2,
  /** The answer could not be found out: unreachable, forbidden, not found. */
  unknown: 3,
  /** Refused by validation or admission, or in conflict with somebody else's change. */
  rejected: 4,
  timeout: 5,
  interrupted: 130,
} as const

export interface FailureText {
  readonly exit: number
  readonly why?: string | undefined
  /** What to try, one command or sentence each. */
  readonly fix?: readonly string[] | string | undefined
  readonly see?: string | undefined
  readonly cause?: unknown
}

/** The end of a command that did not do what it was asked: what, why, and what to try. */
export class Failure extends Error {
  readonly exit: number
  readonly why: string | undefined
  readonly fix: readonly string[]
  readonly see: string | undefined
  /** Whether the message is the API server's, in kubectl's form: no "error:" goes before it. */
  readonly isServers: boolean

  constructor(message: string, text: FailureText & { readonly isServers?: boolean }) {
    super(message, { cause: text.cause })
    this.exit = text.exit
    this.why = text.why
    this.fix = [text.fix ?? []].flat()
    this.see = text.see
    this.isServers = text.isServers ?? false
  }
}

/** Somebody pressed Ctrl-C, or sent SIGTERM; a message says what came of it where anything did. */
export class Interrupted extends Failure {
  constructor(message = '', text: Omit<FailureText, 'exit'> = {}) {
    super(message, { ...text, exit: EXIT.interrupted })
  }
}

/** A wrong way to call the plugin; nothing was asked of anyone. */
export function usageFailure(message: string, text: Omit<FailureText, 'exit'> = {}): Failure {
  return new Failure(message, { ...text, exit: EXIT.usage })
}

/** What goes to stderr for a failure; the most important stands last. */
export function printFailure(failure: Failure, terminal: Terminal): string {
  const { message, why, fix, see } = failure
  const isInterrupted = failure instanceof Interrupted
  if (isInterrupted && message === '') return ''
  const head = failure.isServers || isInterrupted ? '' : `${terminal.paint('red', 'error:')} `
  return [
    ...ownWords(message)
      .split(/\r?\n/)
      .flatMap((line, i) => printLine(i === 0 ? head : '', line, terminal)),
    ...(why === undefined ? [] : wrap('  why: ', harmless(why), terminal)),
    ...fix.flatMap((one, i) => wrap(i === 0 ? '  fix: ' : '       ', harmless(one), terminal)),
    ...(see === undefined ? [] : [`  see: ${see}`]),
    '',
  ].join('\n')
}

// A line of a message may be one of a list, with a mark before it.
function printLine(head: string, line: string, terminal: Terminal): string[] {
  const [, mark = '', text = ''] = /^( *(?:\* )?)(.*)$/s.exec(line) ?? []
  return wrap(`${head}${mark}`, harmless(text), terminal)
}

// oclif puts words around the message of an error that a flag's own parser throws.
function ownWords(message: string): string {
  return message.replace(/^Parsing (--\S+) \n\t/, '$1: ').replace(/\nSee more help with --help$/, '')
}
