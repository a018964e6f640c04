import { isWildcard, parentOf } from './name.ts'
import { type Claim, type Decision, decideNode, type Node, type Remark } from './node.ts'
import { typeName } from './types.ts'

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
  /** Apexes of zones below that the same servers serve, each with the name of its object. */
  readonly children: ReadonlyMap<string, string>
  /** Whether an RRset is left to others. */
  isUnmanaged(owner: string, type: number): boolean
  /** Whether the zone may hold data that no object tells of. */
  readonly isShared: boolean
}

const NOTHING: Node = new Map()

/** The nodes of a zone as each would be if it stood alone. */
export class Nodes {
  readonly content: ZoneContent
  readonly #decided = new Map<string, Decision>()

  constructor(content: ZoneContent) {
    this.content = content
  }

  decide(owner: string): Decision {
    const decision = this.once(owner)
    this.#decided.set(owner, decision)
    return decision
  }

  /** The same, not kept for the next time. */
  once(owner: string): Decision {
    return this.#decided.get(owner) ?? this.#decide(owner)
  }

  node(owner: string): Node {
    return this.decide(owner).node
  }

  /** What is decided of some of the claims at an owner name. */
  merge(owner: string, claims: readonly Claim[]): Decision {
    const { apex, ttl, own } = this.content
    return decideNode(claims, own(owner) ?? NOTHING, { apex: owner === apex, ttl })
  }

  /** The claims at an owner name that nothing there stands against. */
  accepted(owner: string, { refused }: Decision = this.decide(owner)): readonly Claim[] {
    const claims = this.content.claims(owner)
    return refused.size === 0 ? claims : claims.filter(claim => !refused.has(claim))
  }

  /** The data that answers for a name: its own, or that of the wildcard at its closest encloser (RFC 4592 section 3.3.1). */
  answering(name: string): Node {
    const { apex } = this.content
    if (this.#exists(name)) return this.node(name)
    let encloser = parentOf(name)
    while (encloser !== apex && !this.#exists(encloser)) encloser = parentOf(encloser)
    return this.node(`*.${encloser}`)
  }

  // A name exists when it, or a name below it, has data.
  #exists(name: string): boolean {
    if (name === this.content.apex || this.node(name).size > 0) return true
    for (const owner of this.content.below(name)) if (this.node(owner).size > 0) return true
    return false
  }

  #decide(owner: string): Decision {
    const { content } = this
    const claims = content.claims(owner)
    const unmanaged = claims.filter(({ type }) => content.isUnmanaged(owner, type))
    if (unmanaged.length === 0) return this.merge(owner, claims)
    const managed = claims.filter(claim => !unmanaged.includes(claim))
    const { node, adjusted, refused } = this.merge(owner, managed)
    return { node, adjusted, refused: new Map([...refused, ...unmanaged.map(claim => leftToOthers(owner, claim))]) }
  }
}

function leftToOthers(owner: string, claim: Claim): [Claim, Remark] {
  const message = `The zone's unmanaged leaves ${typeName(claim.type)} at ${owner} to others: delete the record, or that entry of the zone`
  return [claim, { reason: 'Unmanaged', message }]
}

/** Whether an owner name can be a delegation: named passes over NS at a wildcard (RFC 4592 section 4.2). */
export function canDelegate(owner: string, { apex, delegates }: ZoneContent): boolean {
  return delegates && owner !== apex && !isWildcard(owner)
}
