import type { Hosts } from './hosts.ts'
import { isWildcard, parentOf } from './name.ts'
import type { Claim, Node } from './node.ts'
import { RRTYPE } from './records.ts'

const ADDRESSES = [RRTYPE.A, RRTYPE.AAAA]

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
  /** Types of which not every claim is known; absent where all are. */
  readonly unread?: ReadonlySet<number> | undefined
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

/** Whether a host may have an address that no claim tells of: of others, or of an object that is not known. */
export function mayHaveAddress(host: string, { isShared, isUnmanaged, unread }: ZoneContent): boolean {
  return isShared || ADDRESSES.some(type => isUnmanaged(host, type) || unread?.has(type))
}
