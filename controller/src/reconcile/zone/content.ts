import { type DNSZone, type Node, type ZoneContent, zoneContent } from '#crds'
import { admitted, type ZoneClaims } from './claims.ts'

/** What a zone's object, its records and the zones around it say of its content. */
export function contentOf(
  zone: DNSZone,
  claims: ZoneClaims,
  own: ReadonlyMap<string, Node>,
  unread?: ReadonlySet<number>,
): ZoneContent {
  const { delegates, hosts, children } = claims
  const at = (owner: string) => admitted(zone, claims.at(owner))
  const around = { below: (name: string) => claims.below(name), delegates, hosts, children }
  return zoneContent(zone, { claims: at, ...around, unread }, own)
}
