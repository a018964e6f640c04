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
import type { Change } from '../writing.ts'

/**
 * Shows how changed records get to the primaries, one after the other, until all are served or gone.
 *
 * @throws Failure 1 where something is in the way that does not pass, 5 where the time runs out
 */
export async function waitForRecords(
  cluster: Cluster,
  changes: readonly Change[],
  { progress, timeoutMs }: { readonly progress: Progress; readonly timeoutMs: number },
): Promise<void> {
  const endMs = performance.now() + timeoutMs
  for (const change of changes) {
    const leftMs = Math.max(1, Math.round(endMs - performance.now()))
    const said = await waitForOne(cluster, change, { progress, timeoutMs: leftMs })
    if (said === undefined) continue
    progress.end()
    throw notServed(change, said, timeoutMs)
  }
  progress.end()
}

/** What stands against it; undefined where all is well. */
async function waitForOne(
  cluster: Cluster,
  { kind, object, verb }: Change,
  { progress, timeoutMs }: { readonly progress: Progress; readonly timeoutMs: number },
): Promise<Verdict | 'timeout' | undefined> {
  let last: Verdict | undefined
  const at = { kind, place: object.metadata, timeoutMs }
  const name = harmless(`${object.kind} ${object.metadata.name}`)
  const found = await waitFor<RecordObject>(cluster, at, now => {
    last = now && readiness(now)
    const isDone = verb === 'deleted' ? now === undefined : last?.status === 'True'
    const word = now === undefined ? 'gone' : isDone ? 'served by every primary' : `${last?.reason}`
    progress.show([progress.terminal.marked(isDone ? 'good' : 'busy', `${name} ${word}`)], () => `${name} ${word}`)
    return isDone || now === undefined || (last !== undefined && verb !== 'deleted' && isSettled(last))
  })
  if (found === 'timeout') return last?.status === 'False' ? last : 'timeout'
  return verb === 'deleted' || last?.status === 'True' ? undefined : last
}

function notServed({ object }: Change, said: Verdict | 'timeout', timeoutMs: number): Failure {
  const what = `${printKeyed(object)} is not served`
  const fix = `${BIN} check`
  if (said === 'timeout') return new Failure(`${what} after ${printDuration(timeoutMs)}`, { exit: EXIT.timeout, fix })
  return new Failure(what, {
    exit: isSettled(said) ? EXIT.no : EXIT.timeout,
    why: said.message,
    fix: remedyOf(said.reason),
  })
}
