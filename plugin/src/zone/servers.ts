import { type Bind9Instance, type DNSZone, placement } from '#crds'

/** The instances that a zone is to be served by. */
export function serversOf(zone: DNSZone, instances: readonly Bind9Instance[]): Bind9Instance[] {
  return placement(zone, instances)
}
