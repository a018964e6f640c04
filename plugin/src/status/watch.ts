import { setTimeout as pause } from 'node:timers/promises'
import { clusterKind, instanceKind, type Kind, kinds, recordKinds, zoneKind } from '#crds'
import { type ApiObject, Informer, resourcePath } from '#kube'
import { type Cluster, resourceOf, type Scope } from '../cluster.ts'
import { isPartlyRead, isUnread, readWorld, type World } from './world.ts'

// Changes that come so close after each other are shown together.
const SETTLE_MS = 100
// What no watch tells of, such as a Lease that is no longer renewed, is seen so soon.
const TICK_MS = 5000

/** All objects of a scope, at once, after each change and every few seconds, until the signal is aborted. */
export async function* watchWorld(cluster: Cluster, scope: Scope, signal: AbortSignal): AsyncGenerator<World> {
  const first = await readWorld(cluster, scope)
  yield first
  const readable = kinds.filter(({ plural }) => !isUnread(first, plural))
  const scopeOf = ({ plural }: Kind) => (isPartlyRead(first, plural) ? cluster.scope(false) : scope)
  const informers = new Map(readable.map(kind => [kind, informerOf(cluster, kind, scopeOf(kind))]))
  let wake: () => void = () => {}
  let hasChanged = false
  const changed = () => {
    hasChanged = true
    wake()
  }
  signal.addEventListener('abort', changed)
  try {
    for (const informer of informers.values()) informer.start()
    await Promise.all([...informers.values()].map(informer => informer.synced({ signal })))
    for (const informer of informers.values()) informer.onChange(changed)
    while (!signal.aborted) {
      const tick = setTimeout(() => wake(), TICK_MS)
      await new Promise<void>(resolve => {
        wake = resolve
        if (hasChanged) resolve()
      })
      clearTimeout(tick)
      if (hasChanged) await pause(SETTLE_MS)
      hasChanged = false
      if (!signal.aborted) yield worldOf(informers, first.needs)
    }
  } finally {
    signal.removeEventListener('abort', changed)
    await Promise.all([...informers.values()].map(informer => informer.stop()))
  }
}

function informerOf(cluster: Cluster, kind: Kind, scope: Scope): Informer<ApiObject> {
  const path = resourcePath(resourceOf(kind), { namespace: scope === 'all' ? undefined : scope.namespace })
  return new Informer<ApiObject>({ client: cluster.client, path })
}

function worldOf(informers: ReadonlyMap<Kind, Informer<ApiObject>>, needs: readonly string[]): World {
  const all = <T>(kind: Kind) => [...(informers.get(kind)?.values() ?? [])] as T[]
  return {
    clusters: all(clusterKind),
    instances: all(instanceKind),
    zones: all(zoneKind),
    records: recordKinds.flatMap(kind => all<World['records'][number]>(kind)),
    needs,
  }
}
