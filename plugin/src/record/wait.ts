import type { RecordObject } from '#crds'
import type { Cluster } from '../cluster.ts'
import { isSettled, readiness, remedyOf, type Verdict } from '../condition.ts'
import { EXIT, Failure } from '../failure.ts'
import { waitFor } from '../follow.ts'
import { BIN } from '../name.ts'
import { printDuration } from '../screen/duration.ts'
import { harmless } from '../screen/harmless.ts'
import { printKeyed } from '../screen/keyed.ts'
import type { Progress } from '../screen/progress.ts'
import type { Change, Written } from '../writing.ts'

/** What stands against a change that is waited for. */
type Against = Verdict | 'timeout' | 'gone'

/**
 * Shows how changed records get to the primaries, one after the other, until all are served, or gone that are to go.
 *
 * @throws Failure 1 where something is in the way that does not pass, 3 where a record goes that is to be served, 5 where
 * the time runs out
 */
export async function waitForRecords(
  cluster: Cluster,
  changes: readonly Change[],
  options: { readonly written: readonly Written[]; readonly progress: Progress; readonly timeoutMs: number },
): Promise<void> {
  const { written, progress, timeoutMs } = options
  const endMs = performance.now() + timeoutMs
  for (const [i, change] of changes.entries()) {
    const leftMs = Math.max(1, Math.round(endMs - performance.now()))
    const said = await waitForOne(cluster, change, { uid: written[i]?.metadata.uid, progress, timeoutMs: leftMs })
    if (said === undefined) continue
    progress.end()
    throw notServed(change, said, timeoutMs)
  }
  progress.end()
}

/** Undefined where all is well. */
async function waitForOne(
  cluster: Cluster,
  { kind, object, verb }: Change,
  options: { readonly uid: string | undefined; readonly progress: Progress; readonly timeoutMs: number },
): Promise<Against | undefined> {
  const { uid, progress, timeoutMs } = options
  let last: Verdict | undefined
  let isGone = false
  const at = { kind, place: object.metadata, timeoutMs }
  const name = harmless(`${object.kind} ${object.metadata.name}`)
  const found = await waitFor<RecordObject>(cluster, at, now => {
    last = now && readiness(now)
    isGone = !now || (uid !== undefined && now.metadata.uid !== uid)
    const isDone = verb === 'deleted' ? isGone : !isGone && last?.status === 'True'
    const word = isGone ? 'gone' : isDone ? 'served by every primary' : `${last?.reason}`
    const mark = isDone ? 'good' : isGone ? 'bad' : 'busy'
    progress.show([progress.terminal.marked(mark, `${name} ${word}`)], () => `${name} ${word}`)
    return isDone || isGone || (last !== undefined && verb !== 'deleted' && isSettled(last))
  })
  if (found === 'timeout') return last?.status === 'False' ? last : 'timeout'
  if (verb === 'deleted') return undefined
  return isGone ? 'gone' : last?.status === 'True' ? undefined : last
}

function notServed({ object }: Change, said: Against, timeoutMs: number): Failure {
  if (said === 'gone') return new Failure(`${printKeyed(object)} was deleted meanwhile`, { exit: EXIT.unknown })
  const what = `${printKeyed(object)} is not served`
  const fix = `${BIN} check`
  if (said === 'timeout') return new Failure(`${what} after ${printDuration(timeoutMs)}`, { exit: EXIT.timeout, fix })
  return new Failure(what, {
    exit: isSettled(said) ? EXIT.no : EXIT.timeout,
    why: said.message,
    fix: remedyOf(said.reason),
  })
}
