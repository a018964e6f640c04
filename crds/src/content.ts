import type { Hosts } from './hosts.ts'
import { isWildcard, parentOf } from './name.ts'
import type { Claim, Node } from './node.ts'
import { RRTYPE } from './records.ts'

/** What the objects claim of a zone and what surrounds it: all that decides which claims are served. */
export interface ZoneContent {
  /** The zone's canonical name. */
  readonly apex: string
  /** Seconds, of claims that give none. */
  readonly ttl: number
  /** Claims at an owner name, of objects that the zone takes. */
  claims(owner: string): readonly Claim[]
  /** The zone's own data at an owner name. */
  own(owner: string): Node | undefined
  /** Owner names of claims and own data below a name. */
  below(name: string): Iterable<string>
  /** Whether any NS is claimed below the apex: if not, no name is looked at for the sake of another. */
  readonly delegates: boolean
  /** The hosts of the zone that claims name. */
  readonly hosts: Pick<Hosts, 'naming' | 'under'>
  /** Apexes of zones below that the same servers serve, each with the name of its object. */
  readonly children: ReadonlyMap<string, string>
  /** Whether an RRset is left to others. */
  isUnmanaged(owner: string, type: number): boolean
  /** Whether the zone may hold data that no object tells of. */
  readonly isShared: boolean
}

/** Whether an owner name can be a delegation: named passes over NS at a wildcard (RFC 4592 section 4.2). */
export function canDelegate(owner: string, { apex, delegates }: ZoneContent): boolean {
  return delegates && owner !== apex && !isWildcard(owner)
}

/** The owner name whose data answers for a name: its own, or the wildcard's at its closest encloser (RFC 4592 section 3.3.1). */
export function answererOf(name: string, { apex, below }: ZoneContent, hasData: (owner: string) => boolean): string {
  const exists = (one: string) => {
    if (one === apex || hasData(one)) return true
    for (const owner of below(one)) if (hasData(owner)) return true
    return false
  }
  let encloser = name
  while (!exists(encloser)) encloser = parentOf(encloser)
  return encloser === name ? name : `*.${encloser}`
}

/** Whether others may have given a host its address. */
export function mayBeOthers(host: string, { isShared, isUnmanaged }: ZoneContent): boolean {
  return isShared || isUnmanaged(host, RRTYPE.A) || isUnmanaged(host, RRTYPE.AAAA)
}
