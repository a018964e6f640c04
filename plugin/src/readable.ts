import type { Kind } from '#crds'
import { type ApiObject, KubeApiError } from '#kube'
import type { Cluster, Scope } from './cluster.ts'
import { reading } from './reading.ts'

/** Objects as far as they may be read, and the rights that the others need. */
export interface Readable<T> {
  readonly items: readonly T[]
  readonly needs: readonly string[]
}

/** Objects of a kind, as far as they may be read. */
export async function readable<T extends ApiObject>(
  cluster: Cluster,
  kind: Kind,
  scope: Scope,
  selector?: string | undefined,
): Promise<Readable<T>> {
  const found = await reading(rightTo(kind.plural), () => listNearby<T>(cluster, kind, scope, selector))
  return 'value' in found ? found.value : { items: [], needs: [found.needs] }
}

/** The same for whoever may look somewhere: not in all namespaces, but in the command's own. @throws KubeApiError */
export async function listNearby<T extends ApiObject>(
  cluster: Cluster,
  kind: Kind,
  scope: Scope,
  selector?: string | undefined,
): Promise<Readable<T>> {
  try {
    return { items: await cluster.list<T>(kind, scope, selector), needs: [] }
  } catch (error) {
    if (scope !== 'all' || !(error instanceof KubeApiError && error.status === 403)) throw error
    const items = await cluster.list<T>(kind, cluster.scope(false), selector)
    return { items, needs: [rightTo(kind.plural, scope)] }
  }
}

/** The right to list a kind, as it is named where it is missing: in all namespaces, or at all. */
export function rightTo(plural: string, scope?: 'all'): string {
  return `list ${plural}${scope === 'all' ? ' in all namespaces' : ''}`
}
