import { type Bind9Instance, type DNSZone, selects } from '#crds'

/** The instances that a zone is to be served by. */
export function serversOf(zone: DNSZone, instances: readonly Bind9Instance[]): Bind9Instance[] {
  const { clusterRef, instanceSelector } = zone.spec
  const near = instances.filter(({ metadata }) => metadata.namespace === zone.metadata.namespace)
  const members = near.filter(({ spec }) => clusterRef !== undefined && spec.clusterRef === clusterRef)
  const named = members.length > 0 ? members : near.filter(({ metadata }) => metadata.name === clusterRef)
  const selected = near.filter(({ metadata }) => instanceSelector && selects(instanceSelector, metadata.labels))
  return [...new Set([...named, ...selected])]
}
