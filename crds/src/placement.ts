import { selects } from './selector.ts'
import type { Bind9Instance } from './server.ts'
import type { DNSZone } from './zone.ts'

/**
 * The instances that should serve a zone, of those in its namespace: the members of the cluster that `clusterRef` names,
 * or else the instance of that name; and those whose labels `instanceSelector` selects.
 */
export function placement(zone: DNSZone, instances: Iterable<Bind9Instance>): Bind9Instance[] {
  const { clusterRef, instanceSelector } = zone.spec
  const near = [...instances].filter(instance => instance.metadata.namespace === zone.metadata.namespace)
  const members = near.filter(instance => clusterRef !== undefined && instance.spec.clusterRef === clusterRef)
  const named = members.length > 0 ? members : near.filter(instance => instance.metadata.name === clusterRef)
  const selected = near.filter(instance => instanceSelector && selects(instanceSelector, instance.metadata.labels))
  return [...new Set([...named, ...selected])].filter(instance => instance.metadata.deletionTimestamp === undefined)
}
