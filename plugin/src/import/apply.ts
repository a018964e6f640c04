import type { Cluster, WriteOptions } from '../cluster.ts'
import { failureOf } from '../explain.ts'
import { type Change, send, type Written } from '../writing.ts'
import { onceHeard } from './hearing.ts'
import { follows, type Stages } from './stages.ts'

/** Requests at a time: as many as the API server answers side by side. */
const AT_ONCE = 16

/** A change that the API server refused, in its own words. */
export interface Refusal {
  readonly change: Change
  readonly error: unknown
}

export interface Outcome {
  /** Each with what stands after it. */
  readonly made: ReadonlyMap<Change, Written>
  readonly refusals: readonly Refusal[]
}

/**
 * Makes changes, or has the API server check them where it is a dry run: stage by stage, none of the next before all of
 * one are made. It gives up after `refusals` of them, or when it is to stop; what was sent by then is waited for.
 */
export async function applyAll(
  cluster: Cluster,
  stages: Stages,
  options: WriteOptions & {
    readonly refusals: number
    readonly stop: AbortSignal
    readonly onDone: (count: number) => void
  },
): Promise<Outcome> {
  const made = new Map<Change, Written>()
  const refusals: Refusal[] = []
  const goesOn = () => refusals.length < options.refusals && !options.stop.aborted
  await inStages(stages, goesOn, async change => {
    try {
      const sent = () => send(cluster, change, options)
      made.set(change, await (follows(change) ? onceHeard(sent, cluster.signal) : sent()))
      options.onDone(made.size)
    } catch (error) {
      refusals.push({ change, error })
    }
  })
  return { made, refusals }
}

/** Does something with all changes of a stage, several at once, before any of the next, as long as it goes on. */
export async function inStages(
  stages: Stages,
  goesOn: () => boolean,
  work: (change: Change) => Promise<void>,
): Promise<void> {
  for (const changes of stages) {
    const left = changes.values()
    const worker = async () => {
      for (const change of left) {
        if (!goesOn()) return
        await work(change)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
  }
}

/** What stands against an object, in a line or as many as the API server gave. */
export function printRefusal({ change: { object }, error }: Refusal): string {
  const { message } = failureOf(error)
  const name = `${object.kind} ${object.metadata.name}`
  return message.includes(object.metadata.name) ? message : `${name}: ${message}`
}
