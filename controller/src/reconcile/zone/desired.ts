import { canonicalName, type Decision, type DNSZone, decideNode, type Node, sameRRset } from '#crds'
import { admitted, type ZoneClaims } from './claims.ts'
import { type OwnData, ownData } from './own.ts'

const NOTHING: Node = new Map()

/** What a zone should hold as its objects stand now, decided name by name when asked. Good for one pass. */
export class DesiredZone {
  readonly zone: DNSZone
  readonly name: string
  readonly own: OwnData
  readonly #claims: ZoneClaims
  readonly #decided = new Map<string, Decision>()

  constructor(zone: DNSZone, claims: ZoneClaims, serverAddresses: readonly string[]) {
    this.zone = zone
    this.name = canonicalName(zone.spec.zoneName)
    this.own = ownData(zone, serverAddresses, claims)
    this.#claims = claims
  }

  /** Every owner name that should hold data. */
  owners(): Set<string> {
    return new Set([...this.own.nodes.keys(), ...this.#claims.owners()])
  }

  /** Owner names whose data may differ from an earlier state of the zone's own object; its records aside. */
  ownersUnlike(before: DesiredZone): Iterable<string> {
    if (before.zone.spec.ttl !== this.zone.spec.ttl) return this.owners()
    const owners = new Set([...before.own.nodes.keys(), ...this.own.nodes.keys()])
    return [...owners].filter(owner => !sameNode(before.own.nodes.get(owner), this.own.nodes.get(owner)))
  }

  /** Every owner name with what it should hold. */
  *nodes(): Generator<readonly [string, Node]> {
    for (const owner of this.owners()) yield [owner, this.node(owner)]
  }

  node(owner: string): Node {
    return this.decide(owner).node
  }

  decide(owner: string): Decision {
    const known = this.#decided.get(owner)
    if (known) return known
    const claims = admitted(this.zone, this.#claims.at(owner))
    const decision = decideNode(claims, this.own.nodes.get(owner) ?? NOTHING, {
      apex: owner === this.name,
      ttl: this.zone.spec.ttl,
    })
    this.#decided.set(owner, decision)
    return decision
  }
}

function sameNode(a: Node = NOTHING, b: Node = NOTHING): boolean {
  return [...new Set([...a.keys(), ...b.keys()])].every(type => sameRRset(a.get(type), b.get(type)))
}
