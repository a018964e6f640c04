import type { Cluster } from '../cluster.ts'
import type { Change, Written } from '../writing.ts'
import { inStages } from './apply.ts'
import { onceHeard } from './hearing.ts'
import type { Left } from './left.ts'
import { Patience } from './patience.ts'
import type { Stages } from './stages.ts'
import { findMade, undo } from './undo.ts'

/** How long an API server may be away that is to take changes back. */
const PATIENCE_MS = 120_000

/** Changes that were made, each with what stands after it. */
type Made = ReadonlyMap<Change, Written>

/** Takes changes back in the order opposite to that in which they were made; it waits for an API server that is away. */
export class TakingBack {
  readonly #cluster: Cluster
  readonly #fieldManager: string
  readonly #patience: Patience

  constructor(cluster: Cluster, fieldManager: string) {
    this.#cluster = cluster
    this.#fieldManager = fieldManager
    this.#patience = new Patience(PATIENCE_MS, cluster.signal)
  }

  /** Why it was given up, where it was. */
  get lost(): unknown {
    return this.#patience.lost
  }

  /** Finds out of changes whose answer was lost which were made, and of which nobody knows. */
  async find(
    changes: readonly Change[],
    onDone: (done: number) => void,
  ): Promise<{ readonly made: Made; readonly unknown: readonly Left[] }> {
    const made = new Map<Change, Written>()
    const unknown = await this.#eachOf([changes], onDone, async change => {
      const after = await findMade(this.#cluster, change, this.#fieldManager)
      if (after) made.set(change, after)
    })
    return { made, unknown }
  }

  /** Takes changes back that were made; those that stay. */
  run(stages: Stages, made: Made, onDone: (done: number) => void): Promise<readonly Left[]> {
    const undoOne = (change: Change) => undo(this.#cluster, change, made.get(change) as Written, this.#fieldManager)
    return this.#eachOf(stages.toReversed(), onDone, change => onceHeard(() => undoOne(change), this.#cluster.signal))
  }

  async #eachOf(
    stages: Stages,
    onDone: (done: number) => void,
    work: (change: Change) => Promise<void>,
  ): Promise<readonly Left[]> {
    const left: Left[] = []
    let done = 0
    const always = () => true
    await inStages(stages, always, async change => {
      try {
        await this.#patience.try(() => work(change))
        onDone(++done)
      } catch (error) {
        left.push({ change, error: this.#patience.lost ?? error })
      }
    })
    return left
  }
}
