import { answererOf, type ZoneContent } from './content.ts'
import { type Claim, type Decision, decideNode, type Node, type Remark } from './node.ts'
import { Reliances } from './reliance.ts'
import { typeName } from './types.ts'

const NOTHING: Node = new Map()

/** The nodes of a zone as each would be if it stood alone, but for what others rely on. */
export class Nodes {
  readonly content: ZoneContent
  readonly #reliances: Reliances
  readonly #decided = new Map<string, Decision>()

  constructor(content: ZoneContent) {
    this.content = content
    this.#reliances = new Reliances(content, owner => this.#alone(owner))
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

  /** The data that answers for a name. */
  answering(name: string): Node {
    return this.node(answererOf(name, this.content, owner => this.node(owner).size > 0))
  }

  #decide(owner: string): Decision {
    const alone = this.#alone(owner)
    const against = this.#reliances.refused(owner)
    if (!against) return alone
    const claims = this.content.claims(owner).filter(claim => !against.has(claim))
    const { node, adjusted, refused } = this.#managed(owner, claims)
    return { node, adjusted, refused: new Map([...refused, ...against]) }
  }

  #alone(owner: string): Decision {
    return this.#managed(owner, this.content.claims(owner))
  }

  #managed(owner: string, claims: readonly Claim[]): Decision {
    const { content } = this
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
