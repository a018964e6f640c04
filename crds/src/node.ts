import { bySeniority, type ObjectMeta, printSeniority } from './object.ts'
import type { Reason } from './reasons.ts'
import { RRTYPE } from './records.ts'
import { toldIn } from './told.ts'
import { typeName } from './types.ts'

/*
 * A node is an owner name with all its RRsets. Several objects may claim data at one node; here is decided, by DNS's
 * rules and the objects' seniority alone, which of them are served.
 */

const { A, AAAA, CNAME } = RRTYPE
/** BIND's max-records-per-type. */
const MAX_RECORDS = 100
/** Octets: a message of 65,535 has to hold the record beside its owner name, the zone's and a signature. */
export const MAX_RDATA = 64_000

/** Octets as a string of one character each: compares, and is a key. */
export type Octets = string

/** Records of one owner name and type; `rdata` in canonical wire form, sorted, without duplicates. */
export interface RRset {
  readonly ttl: number
  readonly rdata: readonly Octets[]
}

/** The RRsets of one owner name, by type code. */
export type Node = ReadonlyMap<number, RRset>

/** What one object wants served at one owner name. */
export interface Claim {
  readonly kind: string
  readonly metadata: ObjectMeta
  readonly type: number
  /** Seconds; the zone's when absent. */
  readonly ttl?: number
  readonly rdata: readonly Octets[]
  /** Hosts that must have an address: what an MX or NS record names, in canonical form. */
  readonly targets?: readonly string[]
}

/** Why an object's claim is not served, or not in full as it stands. */
export interface Remark {
  readonly reason: Reason
  readonly message: string
  /** The object that stands against it, as "Kind namespace/name"; the message does not name one of another namespace. */
  readonly by?: string
}

export interface Decision {
  readonly node: Node
  /** Claims that are left out. */
  readonly refused: ReadonlyMap<Claim, Remark>
  /** Claims that are served, but not with all that they say. */
  readonly adjusted: ReadonlyMap<Claim, Remark>
}

/**
 * Merges the claims at one owner name with the zone's own RRsets there. Claims of one type are one RRset: its rdata is
 * the union, its TTL the oldest claim's (RFC 2181 section 5.2). Where CNAME and other data meet, or two CNAMEs, the
 * oldest claim wins (RFC 1034 section 3.6.2); the zone's own data is older than any claim.
 */
export function decideNode(
  claims: readonly Claim[],
  own: Node,
  zone: { readonly apex: boolean; readonly ttl: number },
): Decision {
  const [only] = claims
  if (claims.length < 2 && own.size === 0) return only ? undisputed(only, zone) : NOTHING
  const refused = new Map<Claim, Remark>()
  const adjusted = new Map<Claim, Remark>()
  const merged = new Map<number, { ttl: number; rdata: ReadonlySet<Octets>; first?: Claim }>()
  for (const [type, { ttl, rdata }] of own) merged.set(type, { ttl, rdata: new Set(rdata) })

  for (const claim of [...claims].sort(bySeniority)) {
    const obstacle = obstacleTo(claim, merged, zone.apex)
    if (obstacle) {
      refused.set(claim, obstacle)
      continue
    }
    const ttl = claim.ttl ?? zone.ttl
    const rrset = merged.get(claim.type)
    if (!rrset) {
      merged.set(claim.type, { ttl, rdata: new Set(claim.rdata), first: claim })
      continue
    }
    const union = new Set([...rrset.rdata, ...claim.rdata])
    if (union.size > MAX_RECORDS) {
      refused.set(claim, tooMany(claim.type, rrset.rdata.size))
      continue
    }
    rrset.rdata = union
    if (rrset.ttl !== ttl) adjusted.set(claim, otherTtl(claim, ttl, rrset))
  }
  const node = new Map<number, RRset>()
  for (const [type, { ttl, rdata }] of merged) node.set(type, { ttl, rdata: sortedSet([...rdata]) })
  return { node, refused, adjusted }
}

const NONE: ReadonlyMap<Claim, Remark> = new Map()
const NOTHING: Decision = { node: new Map(), refused: NONE, adjusted: NONE }

// Nearly every owner name has one claim and nothing else.
function undisputed(claim: Claim, zone: { readonly apex: boolean; readonly ttl: number }): Decision {
  const obstacle = obstacleTo(claim, new Map(), zone.apex)
  if (obstacle) return { ...NOTHING, refused: new Map([[claim, obstacle]]) }
  const rrset = { ttl: claim.ttl ?? zone.ttl, rdata: sortedSet(claim.rdata) }
  return { node: new Map([[claim.type, rrset]]), refused: NONE, adjusted: NONE }
}

/** Whether records of a type are addresses. */
export function isAddress(type: number): boolean {
  return type === A || type === AAAA
}

/** Octet strings in order, each once. */
export function sortedSet(octets: readonly Octets[]): readonly Octets[] {
  return octets.length < 2 ? octets : [...new Set(octets)].sort()
}

/** Whether two RRsets say the same. */
export function sameRRset(a: RRset | undefined, b: RRset | undefined): boolean {
  if (!a || !b) return a === b
  return a.ttl === b.ttl && a.rdata.length === b.rdata.length && a.rdata.every((octets, i) => octets === b.rdata[i])
}

function obstacleTo(
  claim: Claim,
  merged: ReadonlyMap<number, { readonly rdata: ReadonlySet<Octets>; readonly first?: Claim }>,
  apex: boolean,
): Remark | undefined {
  if (claim.type === CNAME && apex) {
    return {
      reason: 'CNAMEAtApex',
      message: 'A CNAME cannot stand at the apex of a zone, beside its SOA and NS: use A and AAAA records there',
    }
  }
  for (const [type, rrset] of merged) {
    if (type !== CNAME && claim.type !== CNAME) continue
    if (type === claim.type && claim.rdata.every(octets => rrset.rdata.has(octets))) continue
    return {
      reason: 'CNAMEConflict',
      message: `A CNAME cannot share its name with other data, and ${told(claim, type, rrset.first)}: delete one of the two, or give it another name`,
      ...by(rrset.first),
    }
  }
  return undefined
}

function tooMany(type: number, records: number): Remark {
  return {
    reason: 'TooManyRecords',
    message: `BIND serves at most ${MAX_RECORDS} ${typeName(type)} records at one name, and objects that come first give ${records} of them already`,
  }
}

function otherTtl(
  claim: Claim,
  wanted: number,
  { ttl, first }: { readonly ttl: number; readonly first?: Claim },
): Remark {
  return {
    reason: 'TTLConflict',
    message: `Served with TTL ${ttl} in place of ${wanted}: the records of one name and type have one TTL, and ${told(claim, claim.type, first)}`,
    ...by(first),
  }
}

function by(claim: Claim | undefined): Pick<Remark, 'by'> {
  return claim ? { by: objectOf(claim) } : {}
}

// What the object of a claim hears of data that goes before its own.
function told(claim: Claim, type: number, by: Claim | undefined): string {
  if (!by) return `the zone's own ${typeName(type)} comes first`
  return `${toldIn(claim.metadata.namespace, objectOf(by))} ${printSeniority(by, claim)}`
}

/** The object of a claim, as "Kind namespace/name". */
export function objectOf({ kind, metadata }: Claim): string {
  return `${kind} ${metadata.namespace}/${metadata.name}`
}
