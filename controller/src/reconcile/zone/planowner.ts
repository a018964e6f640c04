import type { Octets } from '#crds'
import type { DesiredZone } from './desired.ts'
import { type NodeChange, planNode } from './plan.ts'
import type { ServedZone } from './served.ts'

/** What takes an owner name of a zone from how it is served to how it is desired; undefined where it is so. */
export function planOwner(owner: string, desired: DesiredZone, served: ServedZone): NodeChange | undefined {
  const node = served.node(owner)
  const isOthers = (type: number, rdata: Octets) => desired.isOthers(owner, type, rdata)
  return planNode(owner, desired.nodeOver(owner, node), node, isOthers)
}
