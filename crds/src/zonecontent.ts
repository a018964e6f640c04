import type { ZoneContent } from './content.ts'
import { canonicalName, isAtOrBelow } from './name.ts'
import type { Node } from './node.ts'
import { recordPolicy, unmanagedBy } from './policy.ts'
import { DEFAULT_TTL, type DNSZone } from './zone.ts'

/** What records, and the zones around, say of a zone's content. */
export type ClaimedContent = Pick<ZoneContent, 'claims' | 'below' | 'delegates' | 'hosts' | 'children' | 'unread'>

/** The content of a zone by its object, by what is claimed of it, and by the data of its own. Throws NameError. */
export function zoneContent(zone: DNSZone, claimed: ClaimedContent, own: ReadonlyMap<string, Node>): ZoneContent {
  return {
    apex: canonicalName(zone.spec.zoneName),
    ttl: zone.spec.ttl ?? DEFAULT_TTL,
    claims: owner => claimed.claims(owner),
    own: owner => own.get(owner),
    *below(name) {
      yield* claimed.below(name)
      for (const owner of own.keys()) if (owner !== name && isAtOrBelow(owner, name)) yield owner
    },
    delegates: claimed.delegates,
    hosts: claimed.hosts,
    children: claimed.children,
    isUnmanaged: unmanagedBy(zone),
    isShared: recordPolicy(zone) === 'owned',
    unread: claimed.unread,
  }
}
