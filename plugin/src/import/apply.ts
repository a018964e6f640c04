import { kinds } from '#crds'
import type { Cluster, NewObject, WriteOptions } from '../cluster.ts'
import { failureOf } from '../explain.ts'
import type { Written } from '../writing.ts'

/** Requests at a time: as many as the API server answers side by side. */
const AT_ONCE = 16

/** A request that the API server refused, in its own words. */
export interface Refusal {
  readonly object: NewObject
  readonly error: unknown
}

export interface Outcome {
  readonly written: readonly Written[]
  readonly refusals: readonly Refusal[]
}

/**
 * Applies objects, or has the API server check them where it is a dry run: stage by stage, none of the next before all of
 * one are written. It gives up after `refusals` of them; what was sent by then is waited for.
 */
export async function applyAll(
  cluster: Cluster,
  stages: readonly (readonly NewObject[])[],
  options: WriteOptions & { readonly refusals: number; readonly onDone: (count: number) => void },
): Promise<Outcome> {
  const written = new Map<NewObject, Written>()
  const refusals: Refusal[] = []
  for (const objects of stages) {
    let next = 0
    const work = async () => {
      while (next < objects.length && refusals.length < options.refusals && !cluster.signal.aborted) {
        const object = objects[next++] as NewObject
        try {
          written.set(object, await cluster.apply<Written>(kindOf(object), object, options))
          options.onDone(written.size)
        } catch (error) {
          refusals.push({ object, error })
        }
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  }
  return { written: stages.flat().flatMap(object => written.get(object) ?? []), refusals }
}

/** What stands against an object, in a line or as many as the API server gave. */
export function printRefusal({ object, error }: Refusal): string {
  const { message } = failureOf(error)
  const name = `${object.kind} ${object.metadata.name}`
  return message.includes(object.metadata.name) ? message : `${name}: ${message}`
}

function kindOf({ kind }: NewObject) {
  const found = kinds.find(known => known.kind === kind)
  if (!found) throw new Error(`No kind is called ${kind}`)
  return found
}
