import type { Kind } from '#crds'
import { type ApiObject, isNotFound, KubeApiError, KubeUnreachableError, resourcePath } from '#kube'
import { type Cluster, resourceOf } from './cluster.ts'

/** An object's place in the API. */
export interface Place {
  readonly namespace: string
  readonly name: string
}

/**
 * One object as it is and as it becomes, undefined while it is not there. It goes on until the signal is aborted or the
 * caller has seen enough; a watch that ends is begun again.
 */
export async function* follow<T extends ApiObject>(
  cluster: Cluster,
  kind: Kind,
  { namespace, name }: Place,
  signal: AbortSignal,
): AsyncGenerator<T | undefined> {
  const path = resourcePath(resourceOf(kind), { namespace })
  const query = { fieldSelector: `metadata.name=${name}` }
  for (;;) {
    const { items, resourceVersion } = await cluster.client.list<T>(path, { query, signal })
    yield items[0]
    try {
      for await (const { type, object } of cluster.client.watch<T>(path, { query, resourceVersion, signal })) {
        if (type !== 'BOOKMARK') yield type === 'DELETED' ? undefined : object
      }
    } catch (error) {
      if (!isPassing(error)) throw error
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
    for await (const object of follow<T>(cluster, at.kind, at.place, signal)) if (look(object)) return object
    return 'timeout'
  } catch (error) {
    if (timeout.aborted && !cluster.signal.aborted) return 'timeout'
    throw error
  }
}

// The server ended the watch, or forgot what it began from.
function isPassing(error: unknown): boolean {
  if (isNotFound(error)) return false
  return error instanceof KubeUnreachableError || (error instanceof KubeApiError && error.status === 410)
}
