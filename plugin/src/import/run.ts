import type { Cluster, NewObject, WriteOptions } from '../cluster.ts'
import { EXIT, Failure } from '../failure.ts'
import { bar } from '../screen/bar.ts'
import { counted } from '../screen/count.ts'
import type { Progress } from '../screen/progress.ts'
import type { Written } from '../writing.ts'
import { applyAll, type Outcome, printRefusal, type Refusal } from './apply.ts'

const SHOWN = 10
const MOST_REFUSALS = 100

/** Objects in the order in which they are written: none of the next stage before all of one. */
export type Stages = readonly (readonly NewObject[])[]

/** Has the API server check all objects and keep none. @throws Failure with what it refuses */
export async function checkAll(
  cluster: Cluster,
  stages: Stages,
  options: WriteOptions & { readonly progress: Progress },
): Promise<readonly Written[]> {
  const run = { ...options, isDryRun: true, refusals: MOST_REFUSALS }
  const { written, refusals } = await shown('checking', [stages.flat()], options.progress, (all, onDone) =>
    applyAll(cluster, all, { ...run, onDone }),
  )
  cluster.signal.throwIfAborted()
  if (refusals.length === 0) return written
  const count = counted(refusals.length, 'object', 'objects')
  throw refused(`The API server refuses ${count}, nothing was changed`, refusals)
}

/** Writes all objects. @throws Failure that says what is written when one cannot be, and how to go on */
export async function writeAll(
  cluster: Cluster,
  stages: Stages,
  options: WriteOptions & { readonly progress: Progress },
): Promise<readonly Written[]> {
  const { written, refusals } = await shown('writing', stages, options.progress, (all, onDone) =>
    applyAll(cluster, all, { ...options, refusals: 1, onDone }),
  )
  const done = `${written.length.toLocaleString('en')} of ${counted(stages.flat().length, 'object', 'objects')} written`
  const further = 'run the same command again to go on: what stands is left as it is'
  // What was under way may have been written or not.
  if (cluster.signal.aborted) process.stderr.write(`At least ${done}; ${further}\n`)
  cluster.signal.throwIfAborted()
  if (refusals.length > 0) throw refused(done, refusals, further)
  return written
}

async function shown(
  verb: string,
  stages: Stages,
  progress: Progress,
  work: (stages: Stages, onDone: (done: number) => void) => Promise<Outcome>,
): Promise<Outcome> {
  const all = stages.flat().length
  const line = `${verb} ${counted(all, 'object', 'objects')}`
  const show = (done: number) => progress.show(`${verb} ${bar(done, all, progress.terminal)}`, () => line)
  show(0)
  try {
    return await work(stages, show)
  } finally {
    progress.end()
  }
}

function refused(message: string, refusals: readonly Refusal[], fix?: string): Failure {
  const more = refusals.length > SHOWN ? [`... and ${refusals.length - SHOWN} more`] : []
  const lines = refusals.slice(0, SHOWN).map(printRefusal)
  return new Failure([`${message}:`, ...lines, ...more].join('\n'), { exit: EXIT.rejected, fix })
}
