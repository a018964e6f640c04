import type { Cluster, WriteOptions } from '../cluster.ts'
import { Interrupted } from '../failure.ts'
import { bar } from '../screen/bar.ts'
import { counted } from '../screen/count.ts'
import type { Progress } from '../screen/progress.ts'
import type { Change, Written } from '../writing.ts'
import { applyAll } from './apply.ts'
import { endOfCheck, endOfWriting } from './end.ts'
import { isRefused } from './patience.ts'
import { follows, type Stages } from './stages.ts'
import { TakingBack } from './takeback.ts'

const MOST_REFUSALS = 100

const LEAVE = 'Ctrl-C leaves the rest'
const isStopping = (isInterrupted: boolean) => (isInterrupted ? `stopping; ${LEAVE}` : '')

/**
 * Has the API server check all changes, but those that follow others, and keep none; what would stand after them.
 * @throws Failure with what it refuses
 */
export async function checkAll(
  cluster: Cluster,
  stages: Stages,
  options: WriteOptions & { readonly progress: Progress },
): Promise<readonly Written[]> {
  const run = { ...options, isDryRun: true, refusals: MOST_REFUSALS, stop: cluster.signal }
  const checked = [stages.flat().filter(change => !follows(change))]
  const checking = { verb: 'checking', of: checked, progress: options.progress }
  const { made, refusals } = await shown(cluster, checking, onDone => applyAll(cluster, checked, { ...run, onDone }))
  cluster.signal.throwIfAborted()
  if (refusals.length > 0) throw endOfCheck(refusals)
  return standing(stages, made)
}

export interface WritingOptions extends WriteOptions {
  readonly progress: Progress
  /** Ends taking back what the cluster's own signal has interrupted. */
  readonly lastSignal: AbortSignal
  /** Why nothing is to be taken back, where that is so. */
  readonly keeps?: string | undefined
  /** kubectl, with the flags that lead it to the cluster. */
  readonly kubectl: string
}

/**
 * Makes all changes, or none: what was made is taken back when one cannot be, or at Ctrl-C. Returns what stands after them.
 * @throws Failure that says what came of it
 */
export async function writeAll(cluster: Cluster, stages: Stages, options: WritingOptions): Promise<readonly Written[]> {
  const { progress, lastSignal, keeps, fieldManager, kubectl } = options
  const all = stages.flat().length
  const writing = { verb: 'writing', of: stages, progress, hint: isStopping }
  const outcome = await shown(cluster, writing, onDone =>
    applyAll(cluster.under(lastSignal), stages, { ...options, stop: cluster.signal, refusals: 1, onDone }),
  )
  const back = new TakingBack(cluster.signal.aborted ? cluster.under(lastSignal) : cluster, fieldManager)
  const unsure = outcome.refusals.filter(({ error }) => !isRefused(error)).map(({ change }) => change)
  const asking = { verb: 'asking about', of: [unsure], progress: progress.next(), hint: () => LEAVE }
  const found = await shown(cluster, asking, onDone => back.find(unsure, onDone))
  const made = new Map([...outcome.made, ...found.made])
  if (made.size === all) return standing(stages, made)
  const isUndone = (change: Change) => keeps === undefined && made.has(change)
  const toUndo = stages.map(changes => changes.filter(isUndone))
  const undoing = { verb: 'taking back', of: toUndo, progress: progress.next(), hint: () => LEAVE }
  const stays = await shown(cluster, undoing, onDone => back.run(toUndo, made, onDone))
  throw await endOfWriting({
    refusals: outcome.refusals.filter(({ error }) => !(error instanceof Interrupted)),
    made,
    left: keeps === undefined ? [...found.unknown, ...stays] : [],
    all,
    isInterrupted: cluster.signal.aborted,
    lost: back.lost,
    keeps,
    kubectl,
  })
}

function standing(stages: Stages, made: ReadonlyMap<Change, Written>): Written[] {
  return stages.flat().flatMap(change => (change.verb === 'deleted' ? [] : (made.get(change) ?? change.object)))
}

interface Phase {
  /** "writing". */
  readonly verb: string
  readonly of: Stages
  readonly progress: Progress
  /** What Ctrl-C does by now. */
  readonly hint?: (isInterrupted: boolean) => string
}

/** Shows how far a phase is, and that Ctrl-C was heard. */
async function shown<T>(
  cluster: Cluster,
  { verb, of: stages, progress, hint = () => '' }: Phase,
  work: (onDone: (done: number) => void) => Promise<T>,
): Promise<T> {
  const all = stages.flat().length
  if (all === 0) return work(() => {})
  let done = 0
  const show = () => {
    const hints = [done < all ? hint(cluster.signal.aborted) : ''].filter(text => text !== '')
    const line = [`${verb} ${counted(all, 'object', 'objects')}`, ...hints]
    progress.show([`${verb} ${bar(done, all, progress.terminal)}`, ...hints], () => line.join(', '))
  }
  cluster.signal.addEventListener('abort', show)
  show()
  try {
    return await work(now => {
      done = now
      show()
    })
  } finally {
    cluster.signal.removeEventListener('abort', show)
    progress.end()
  }
}
