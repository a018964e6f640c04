import { BindyError } from '#crds'
import { GroupAloneError, KubeApiError, KubeConfigError, KubeUnreachableError } from '#kube'
import { EXIT, Failure, usageFailure } from './failure.ts'

/** Any error as the failure that is shown for it. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error
  if (error instanceof KubeApiError) return refusal(error)
  if (error instanceof KubeUnreachableError) {
    const fix = 'see that the cluster runs: kubectl cluster-info'
    return new Failure(error.message, { exit: EXIT.unknown, fix, cause: error })
  }
  if (error instanceof GroupAloneError) return usageFailure(error.message, { fix: 'add --as USER', cause: error })
  if (error instanceof KubeConfigError) return new Failure(error.message, { exit: EXIT.unknown, cause: error })
  if (error instanceof BindyError) return new Failure(error.message, { exit: EXIT.unknown, cause: error })
  return failureOfParser(error)
}

// As kubectl prints them, whose users know the forms.
function refusal(error: KubeApiError): Failure {
  const { said, apiReason, causes, about } = error
  const isServers = true
  if (apiReason === 'Invalid' && causes.length > 0 && about) {
    const lines = causes.map(({ field, message }) => (field ? `* ${field}: ${message}` : `* ${message}`))
    const head = `The ${about.kind} "${about.name}" is invalid:`
    const message = lines.length === 1 ? `${head} ${lines[0]?.slice(2)}` : [head, ...lines].join('\n')
    return new Failure(message, { exit: EXIT.rejected, see: seeOf(message), isServers, cause: error })
  }
  return new Failure(`Error from server (${apiReason}): ${said}`, {
    exit: exitOf(error),
    fix: fixOf(error),
    see: seeOf(said),
    isServers,
    cause: error,
  })
}

function exitOf({ status, said }: KubeApiError): number {
  if (/^admission webhook ".*" denied the request/.test(said)) return EXIT.rejected
  return status === 400 || status === 409 || status === 422 ? EXIT.rejected : EXIT.unknown
}

// The webhook ends what it says with the rule's number.
function seeOf(said: string): string | undefined {
  const rules = [...said.matchAll(/\[(BND-[RW]\d{3})\]/g)].map(([, id]) => id)
  return rules.length > 0 ? `docs/rules.md, ${[...new Set(rules)].join(', ')}` : undefined
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

// The parser's own errors, without its hints.
function failureOfParser(error: unknown): Failure {
  const { message, oclif } = error as ParserError
  if (oclif?.exit === undefined) return new Failure(message ?? String(error), { exit: EXIT.unknown, cause: error })
  const text = message.replace(/\n(See more help with --help|\nNote: .*)[\s\S]*$/, '').trim()
  return usageFailure(text, { fix: 'add --help to see what the command takes', cause: error })
}
