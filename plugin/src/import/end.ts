import { failureOf } from '../explain.ts'
import { EXIT, Failure, Interrupted } from '../failure.ts'
import { counted } from '../screen/count.ts'
import { printRefusal, type Refusal } from './apply.ts'
import { commandsFor, type Leftover, printLeft } from './left.ts'

const SHOWN = 10

/** The end of an import that the API server would not take. */
export function endOfCheck(refusals: readonly Refusal[]): Failure {
  const count = counted(refusals.length, 'object', 'objects')
  const exit = exitOf(refusals)
  const what = exit === EXIT.rejected ? `The API server refuses ${count}` : `Cannot check ${count}`
  const fix = failureOf(refusals[0]?.error).fix
  return new Failure([`${what}, nothing was changed:`, ...refusalLines(refusals)].join('\n'), { exit, fix })
}

/** What came of writing that did not come to its end. */
export interface Unfinished extends Leftover {
  readonly refusals: readonly Refusal[]
  /** How many changes there were to make. */
  readonly all: number
  readonly isInterrupted: boolean
  readonly keeps: string | undefined
  readonly kubectl: string
}

/** The end of an import that could not be finished: what is left of it, and the commands that end that. */
export async function endOfWriting(unfinished: Unfinished): Promise<Failure> {
  const { refusals, made, left, isInterrupted, lost, keeps, kubectl } = unfinished
  const lines = [...refusalLines(refusals), ...printLeft(unfinished)]
  const head = `${headOf(unfinished)}, ${stateOf(unfinished)}${lines.length > 0 ? ':' : ''}`
  const message = [head, ...lines].join('\n')
  const stays = left.length > 0 || (keeps !== undefined && made.size > 0)
  const fix = [
    ...(await commandsFor(unfinished, kubectl)),
    ...(stays ? ['run the same command again to go on: what stands is left as it is'] : []),
  ]
  const why = stays ? (keeps ?? reasonOf(lost)) : undefined
  if (isInterrupted) return new Interrupted(message, { why, fix })
  const { fix: others } = failureOf(refusals[0]?.error)
  return new Failure(message, { exit: exitOf(refusals), why, fix: stays ? fix : others })
}

function headOf({ refusals }: Unfinished): string {
  if (refusals.length === 0) return 'Interrupted'
  const count = counted(refusals.length, 'object', 'objects')
  return exitOf(refusals) === EXIT.rejected ? `The API server refuses ${count}` : `Cannot write ${count}`
}

function stateOf({ made, left, all, keeps }: Unfinished): string {
  if (keeps !== undefined && made.size > 0)
    return `${made.size.toLocaleString('en')} of ${counted(all, 'change', 'changes')} made`
  if (left.length > 0) return `${counted(left.length, 'change', 'changes')} could not be taken back`
  if (made.size === 0) return 'nothing was changed'
  return `${counted(made.size, 'change that was made is', 'changes that were made are')} taken back`
}

function reasonOf(lost: unknown): string | undefined {
  return lost === undefined || lost instanceof Interrupted ? undefined : failureOf(lost).message
}

function refusalLines(refusals: readonly Refusal[]): string[] {
  const more = refusals.length > SHOWN ? [`... and ${refusals.length - SHOWN} more`] : []
  return [...refusals.slice(0, SHOWN).map(printRefusal), ...more]
}

// One object that is refused for what it is says more than others that could not be asked about.
function exitOf(refusals: readonly Refusal[]): number {
  const isRejected = refusals.some(({ error }) => failureOf(error).exit === EXIT.rejected)
  return isRejected ? EXIT.rejected : EXIT.unknown
}
