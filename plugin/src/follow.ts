import { setTimeout as pause } from 'node:timers/promises'
import type { Kind } from '#crds'
import { type ApiObject, KubeApiError, KubeUnreachableError, resourcePath } from '#kube'
import { type Cluster, resourceOf } from './cluster.ts'

// So soon an API server is asked again that is away, or has too much to do.
const PAUSE_MS = 1000

/** An object's place in the API. */
export interface Place {
  readonly namespace: string
  readonly name: string
}

/**
 * What is to be seen of one object as it is and as it becomes, undefined while it is not there. It goes on until the signal
 * is aborted or the caller has seen enough; a watch that ends is begun again, and an API server that was there once is
 * waited for.
 */
export async function* follow<T extends ApiObject, Seen>(
  cluster: Cluster,
  { kind, place: { namespace, name } }: { readonly kind: Kind; readonly place: Place },
  { signal, look }: { readonly signal: AbortSignal; readonly look: (object: T | undefined) => Seen | Promise<Seen> },
): AsyncGenerator<Seen> {
  const path = resourcePath(resourceOf(kind), { namespace })
  const query = { fieldSelector: `metadata.name=${name}` }
  for (let hasSeen = false; ; ) {
    try {
      const { items, resourceVersion } = await cluster.client.list<T>(path, { query, signal })
      yield await look(items[0])
      hasSeen = true
      for await (const { type, object } of cluster.client.watch<T>(path, { query, resourceVersion, signal })) {
        if (type !== 'BOOKMARK') yield await look(type === 'DELETED' ? undefined : object)
      }
    } catch (error) {
      if (!hasSeen || !isPassing(error)) throw error
      await pause(PAUSE_MS, undefined, { signal })
    }
  }
}

/**
 * Follows an object until `isDone` says so of it; each state is shown to `show` first. Undefined where the time ran out.
 */
export async function waitFor<T extends ApiObject>(
  cluster: Cluster,
  at: { readonly kind: Kind; readonly place: Place; readonly timeoutMs: number },
  look: (object: T | undefined) => boolean,
): Promise<T | undefined | 'timeout'> {
  const timeout = AbortSignal.timeout(at.timeoutMs)
  const signal = AbortSignal.any([cluster.signal, timeout])
  try {
    const seen = (object: T | undefined) => ({ object, isEnough: look(object) })
    for await (const { object, isEnough } of follow(cluster, at, { signal, look: seen })) if (isEnough) return object
    return 'timeout'
  } catch (error) {
    if (timeout.aborted && !cluster.signal.aborted) return 'timeout'
    throw error
  }
}

// The server is away, starts, has too much to do, or forgot what the watch began from.
function isPassing(error: unknown): boolean {
  if (error instanceof KubeUnreachableError) return true
  return error instanceof KubeApiError && (error.status === 410 || error.status === 429 || error.status >= 500)
}
