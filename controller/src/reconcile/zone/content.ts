import { canonicalName, type DNSZone, isAtOrBelow, type Node, recordPolicy, unmanagedBy, type ZoneContent } from '#crds'
import { admitted, type ZoneClaims } from './claims.ts'

/** What a zone's object, its records and the zones around it say of its content. */
export function contentOf(zone: DNSZone, claims: ZoneClaims, own: ReadonlyMap<string, Node>): ZoneContent {
  return {
    apex: canonicalName(zone.spec.zoneName),
    ttl: zone.spec.ttl,
    claims: owner => admitted(zone, claims.at(owner)),
    own: owner => own.get(owner),
    *below(name) {
      yield* claims.below(name)
      for (const owner of own.keys()) if (owner !== name && isAtOrBelow(owner, name)) yield owner
    },
    delegates: claims.delegates,
    children: claims.children,
    isUnmanaged: unmanagedBy(zone),
    isShared: recordPolicy(zone) === 'owned',
  }
}
