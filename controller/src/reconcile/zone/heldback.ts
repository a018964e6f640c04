import { ALLOW_WITHDRAWAL, type Node } from '#crds'
import { Brake } from './brake.ts'
import type { DesiredZone } from './desired.ts'
import { planOwner } from './planowner.ts'
import type { ServedZone } from './served.ts'

/** What a zone that is made anew keeps of how it was: the names whose withdrawal waits to be allowed. */
export function heldBack(
  desired: DesiredZone,
  was: ServedZone,
  { nowMs, strayed }: { readonly nowMs: number; readonly strayed: ReadonlySet<string> },
): ReadonlyMap<string, Node> {
  if (desired.isCatalog) return new Map()
  const owners = new Set([...desired.owners(), ...was.owners])
  const own = [...owners].filter(owner => !strayed.has(owner))
  const changes = own.flatMap(owner => planOwner(owner, desired, was) ?? [])
  const allowed = desired.zone.metadata.annotations?.[ALLOW_WITHDRAWAL]
  const { held } = new Brake().sort(changes, { records: () => was.records, nowMs, allowed })
  return new Map(held?.changes.map(({ owner }) => [owner, was.node(owner)]))
}
