import { bytesOf, decodeRdata } from '#bind9'
import {
  type ClaimedRecord,
  canonicalName,
  type Decision,
  type DNSZone,
  givesNameServers,
  isAtOrBelow,
  isSigning,
  type Node,
  type Octets,
  RRTYPE,
  recordPolicy,
  recordTypeOfKind,
  sameRRset,
  sortedSet,
  unmanagedBy,
  ZoneDecider,
} from '#crds'
import { isAdmitted, type RecordClaim, type ZoneClaims } from './claims.ts'
import { contentOf } from './content.ts'
import { type OwnData, ownData } from './own.ts'
import type { ServedZone } from './served.ts'

const { NS, A, AAAA } = RRTYPE
const ADDRESSES = [A, AAAA]
const CNAME = recordTypeOfKind('CNAMERecord')
const NOTHING: Node = new Map()

/** Record kinds whose objects are not known, for the API server refuses to list them. */
export interface Unread {
  /** Their type codes: what is served of them is left alone. */
  readonly types: ReadonlySet<number>
  /** The kinds of them that exist, and may not be listed. */
  readonly forbidden: readonly string[]
}

const ALL_READ: Unread = { types: new Set(), forbidden: [] }

/** The addresses of a zone's servers, as far as they are known. */
export interface ServerAddresses {
  readonly known: readonly string[]
  readonly areAll: boolean
}

/** Which values that no object gives are to be left alone. */
export type Others = (owner: string, type: number, rdata: Octets) => boolean

/** What a zone should hold as its objects stand now, decided name by name when asked. Good for one pass. */
export class DesiredZone {
  readonly zone: DNSZone
  readonly name: string
  /** What the zone's own object gives; in an owned zone the name servers only where it lists them. */
  readonly own: OwnData
  /** What a zone that is made anew holds of itself at least. */
  readonly birth: OwnData
  readonly unread: Unread
  readonly #claims: ZoneClaims
  readonly #isUnmanaged: (owner: string, type: number) => boolean
  readonly #decider: ZoneDecider
  readonly #others: Others | undefined
  /** Name servers with addresses of servers that are not all known: what is served there may be right. */
  readonly #openGlue: ReadonlySet<string>

  constructor(zone: DNSZone, claims: ZoneClaims, addresses: ServerAddresses, unread = ALL_READ, others?: Others) {
    this.#others = others
    this.unread = unread
    this.zone = zone
    this.name = canonicalName(zone.spec.zoneName)
    this.birth = ownData(zone, addresses.known, claims)
    this.#openGlue = new Set(addresses.areAll ? [] : this.birth.glueFromServers)
    this.own = givesNameServers(zone) ? this.birth : { soa: this.birth.soa, nodes: new Map(), glueFromServers: [] }
    this.#claims = claims
    this.#isUnmanaged = unmanagedBy(zone)
    this.#decider = new ZoneDecider(contentOf(zone, claims, this.own.nodes, unread.types))
  }

  /** Whether what is others' is drawn in another way than in an earlier state of the zone's object. */
  isSharedUnlike({ zone, unread }: DesiredZone): boolean {
    if (unread !== this.unread) return true
    const terms = ({ spec }: DNSZone) =>
      JSON.stringify([recordPolicy({ ...zone, spec }), spec.unmanaged, spec.nameServers])
    return terms(zone) !== terms(this.zone)
  }

  /** Whether the zone may hold data of others. */
  get isShared(): boolean {
    if (this.isCatalog) return true
    return recordPolicy(this.zone) === 'owned' || (this.zone.spec.unmanaged?.length ?? 0) > 0
  }

  /** Whether it is a catalog of zones: that alone has others by name. */
  get isCatalog(): boolean {
    return this.#others !== undefined
  }

  /** In-zone name servers that stand on the servers' own addresses, for nobody is known to have given one. */
  get glueFromServers(): readonly string[] {
    return this.#isAddressUnread ? [] : this.own.glueFromServers
  }

  get #isAddressUnread(): boolean {
    return ADDRESSES.some(type => this.unread.types.has(type))
  }

  /** Whether a record that is served and that no object gives is others', and to be left alone. */
  isOthers(owner: string, type: number, rdata: Octets): boolean {
    if (this.#isUnmanaged(owner, type) || this.unread.types.has(type)) return true
    if (this.#others) return this.#others(owner, type, rdata)
    if (recordPolicy(this.zone) === 'exclusive') return false
    for (const trace of this.#claims.tracesAt(owner)) {
      // An RRset is an object's as a whole, but for the name servers, which are others' too.
      const isWhole = !(type === NS && owner === this.name)
      if (trace.type === type && (isWhole || trace.rdata.includes(rdata))) return false
    }
    // What an object gives, and may not give any more, was its before.
    return ![...this.decide(owner).refused.keys()].some(claim => claim.type === type && claim.rdata.includes(rdata))
  }

  /**
   * What an owner name should hold where it holds this now: name servers of others stay beside ours, and what objects may
   * give that are not known.
   */
  nodeOver(owner: string, served: Node): Node {
    const node = this.#withUnknown(owner, served)
    const theirs = served.get(NS)
    const isShared = owner === this.name && this.own !== this.birth && theirs
    if (!isShared) return node
    const rdata = [...theirs.rdata.filter(octets => this.isOthers(owner, NS, octets)), ...(node.get(NS)?.rdata ?? [])]
    return new Map([...node, [NS, { ttl: theirs.ttl, rdata: sortedSet(rdata) }]])
  }

  #withUnknown(owner: string, served: Node): Node {
    const { types } = this.unread
    const isStandIn = this.#isAddressUnread && this.own.glueFromServers.includes(owner)
    const hasAddress = ADDRESSES.some(type => served.has(type))
    const node = isStandIn && hasAddress ? without(ADDRESSES, this.node(owner)) : this.node(owner)
    if (types.size === 0 && !this.#openGlue.has(owner)) return node
    return beside(node, served, this.#openGlue.has(owner) ? new Set([...types, ...ADDRESSES]) : types)
  }

  /** How many records of a served zone are others'. */
  othersIn(served: ServedZone): number {
    let count = 0
    for (const owner of served.owners) {
      for (const [type, { rdata }] of served.node(owner)) {
        if (isSigning(type)) continue
        const ours = [this.node(owner), this.birth.nodes.get(owner)].flatMap(node => node?.get(type)?.rdata ?? [])
        count += rdata.filter(octets => !ours.includes(octets) && this.isOthers(owner, type, octets)).length
      }
    }
    return count
  }

  /** Every owner name with what it should hold beside what a copy of the zone has there of others. */
  *nodesBeside(copy: ServedZone | undefined): Generator<readonly [string, Node]> {
    const birth = copy ? this.own : this.birth
    for (const owner of new Set([...this.owners(), ...birth.nodes.keys(), ...(copy?.owners ?? [])])) {
      const node = new Map([
        ...(birth.nodes.get(owner) ?? NOTHING),
        ...this.nodeOver(owner, copy?.node(owner) ?? NOTHING),
      ])
      for (const [type, { ttl, rdata }] of copy?.node(owner) ?? []) {
        const others = rdata.filter(octets => this.isOthers(owner, type, octets))
        if (!isSigning(type) && !node.has(type) && others.length > 0) node.set(type, { ttl, rdata: others })
      }
      yield [owner, node]
    }
  }

  /** Every owner name that should hold data. */
  owners(): Set<string> {
    return new Set([...this.own.nodes.keys(), ...this.#claims.owners()])
  }

  /** Owner names whose data may differ from an earlier state of the zone's own object; its records aside. */
  ownersUnlike(before: DesiredZone): Iterable<string> {
    if (rulesOf(before.zone) !== rulesOf(this.zone)) return this.owners()
    const owners = new Set([...before.own.nodes.keys(), ...this.own.nodes.keys()])
    const changed = [...owners].filter(owner => !sameNode(before.own.nodes.get(owner), this.own.nodes.get(owner)))
    return this.#claims.around(new Set([...changed, ...before.#openGlue]))
  }

  node(owner: string): Node {
    return this.decide(owner).node
  }

  /** The other records at a record's owner name that should be served. */
  servedBeside({ owner, claim }: RecordClaim): ClaimedRecord[] {
    if (owner === undefined) return []
    const { refused } = this.decide(owner)
    const isBeside = (other: RecordClaim): other is RecordClaim & ClaimedRecord =>
      other.claim !== undefined && other.claim !== claim && !refused.has(other.claim)
    return this.#claims.at(owner).filter(isAdmitted(this.zone)).filter(isBeside)
  }

  /** What the CNAME at a name leads to. */
  aliasAt(owner: string): string | undefined {
    const [rdata] = isAtOrBelow(owner, this.name) ? (this.node(owner).get(CNAME.code)?.rdata ?? []) : []
    return rdata && canonicalName(decodeRdata(CNAME, bytesOf(rdata)).target as string)
  }

  decide(owner: string): Decision {
    return this.#decider.decide(owner)
  }
}

/** A node with what is served of some types beside its own. */
function beside(node: Node, served: Node, types: Iterable<number>): Node {
  const both = new Map(node)
  for (const type of types) {
    const theirs = served.get(type)
    const ours = node.get(type)
    if (theirs)
      both.set(type, { ttl: ours?.ttl ?? theirs.ttl, rdata: sortedSet([...(ours?.rdata ?? []), ...theirs.rdata]) })
  }
  return both
}

function without(types: readonly number[], node: Node): Node {
  return new Map([...node].filter(([type]) => !types.includes(type)))
}

/** What a zone's object says of all its records. */
function rulesOf({ spec }: DNSZone): string {
  const { ttl, allowedNamespaces, unmanaged, recordPolicy, adopt } = spec
  return JSON.stringify([ttl, allowedNamespaces, unmanaged, recordPolicy, adopt])
}

function sameNode(a: Node = NOTHING, b: Node = NOTHING): boolean {
  return [...new Set([...a.keys(), ...b.keys()])].every(type => sameRRset(a.get(type), b.get(type)))
}
