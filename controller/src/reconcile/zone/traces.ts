import type { Octets, RecordObject } from '#crds'

/** What an object gave at an owner name, and does not give there any more. */
export interface Trace {
  readonly owner: string
  readonly type: number
  readonly rdata: readonly Octets[]
  /** The object as last seen; it waits to be deleted where it has a deletionTimestamp. */
  readonly object: RecordObject
}

/** Where records of a zone were before they were renamed, moved or deleted: what is left there is ours to take away. */
export class Traces {
  readonly #byOwner = new Map<string, Map<string, Trace>>()

  add(id: string, trace: Trace): void {
    const key = `${id} ${trace.type}`
    const known = this.#byOwner.get(trace.owner)
    if (known) known.set(key, trace)
    else this.#byOwner.set(trace.owner, new Map([[key, trace]]))
  }

  at(owner: string): Iterable<Trace> {
    return this.#byOwner.get(owner)?.values() ?? []
  }

  *all(): Generator<Trace> {
    for (const traces of this.#byOwner.values()) yield* traces.values()
  }

  get isEmpty(): boolean {
    return this.#byOwner.size === 0
  }

  delete(trace: Trace): void {
    const traces = this.#byOwner.get(trace.owner)
    for (const [key, other] of traces ?? []) if (other === trace) traces?.delete(key)
    if (traces?.size === 0) this.#byOwner.delete(trace.owner)
  }
}
