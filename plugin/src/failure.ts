import { BindyError } from '#crds'
import { KubeApiError, KubeConfigError, KubeUnreachableError } from '#kube'
import { harmless, harmlessLines } from './screen/harmless.ts'
import type { Terminal } from './screen/terminal.ts'

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

/** Somebody pressed Ctrl-C, or sent SIGTERM. */
export class Interrupted extends Failure {
  constructor() {
    super('Interrupted', { exit: EXIT.interrupted })
  }
}

/** A wrong way to call the plugin; nothing was asked of anyone. */
export function usageFailure(message: string, text: Omit<FailureText, 'exit'> = {}): Failure {
  return new Failure(message, { ...text, exit: EXIT.usage })
}

/** Any error as the failure that is shown for it. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error
  if (error instanceof KubeApiError) return refusal(error)
  if (error instanceof KubeUnreachableError) {
    const fix = 'see that the cluster runs: kubectl cluster-info'
    return new Failure(error.message, { exit: EXIT.unknown, fix, cause: error })
  }
  if (error instanceof KubeConfigError) return new Failure(error.message, { exit: EXIT.unknown, cause: error })
  if (error instanceof BindyError) return new Failure(error.message, { exit: EXIT.unknown, cause: error })
  return failureOfParser(error)
}

/** What goes to stderr for a failure; the most important stands last. */
export function printFailure(failure: Failure, terminal: Terminal): string {
  if (failure instanceof Interrupted) return ''
  const { message, why, fix, see } = failure
  const head = failure.isServers ? '' : `${terminal.paint('red', 'error:')} `
  const [first, ...others] = fix
  return [
    `${head}${harmlessLines(message)}`,
    ...(why === undefined ? [] : [`  why: ${harmless(why)}`]),
    ...(first === undefined ? [] : [`  fix: ${harmless(first)}`, ...others.map(one => `       ${harmless(one)}`)]),
    ...(see === undefined ? [] : [`  see: ${see}`]),
    '',
  ].join('\n')
}

// As kubectl prints them, whose users know the forms.
function refusal(error: KubeApiError): Failure {
  const { said, apiReason, causes, about } = error
  const isServers = true
  if (apiReason === 'Invalid' && causes.length > 0 && about) {
    const lines = causes.map(({ field, message }) => (field ? `* ${field}: ${message}` : `* ${message}`))
    const head = `The ${about.kind} "${about.name}" is invalid:`
    const message = lines.length === 1 ? `${head} ${lines[0]?.slice(2)}` : [head, ...lines].join('\n')
    return new Failure(message, { exit: EXIT.rejected, isServers, cause: error })
  }
  return new Failure(`Error from server (${apiReason}): ${said}`, {
    exit: exitOf(error),
    fix: fixOf(error),
    isServers,
    cause: error,
  })
}

function exitOf({ status, said }: KubeApiError): number {
  if (/^admission webhook ".*" denied the request/.test(said)) return EXIT.rejected
  return status === 400 || status === 409 || status === 422 ? EXIT.rejected : EXIT.unknown
}

function fixOf({ status, apiReason, said }: KubeApiError): string | undefined {
  if (status === 404 && said.includes('the server could not find the requested resource'))
    return 'install the CRDs of Bindy: kubectl apply --server-side -f crds/'
  if (status === 409 && apiReason === 'Conflict' && said.includes('conflict'))
    return 'add --force-conflicts to take these fields over'
  return undefined
}

interface ParserError extends Error {
  readonly oclif?: { readonly exit?: number }
}

// The parser's own errors; their text ends in a hint about --help that is not ours.
function failureOfParser(error: unknown): Failure {
  const { message, oclif } = error as ParserError
  if (oclif?.exit === undefined) return new Failure(message ?? String(error), { exit: EXIT.unknown, cause: error })
  const text = message.replace(/\nSee more help with --help$/, '').trim()
  return usageFailure(text, { fix: 'add --help to see what the command takes', cause: error })
}
