import type { ZoneContent } from './content.ts'
import { type Cut, Cuts, isShown, occluded } from './cut.ts'
import type { Claim, Decision, Remark } from './node.ts'
import { Nodes } from './nodes.ts'
import { RRTYPE } from './records.ts'
import { faultOfTarget, isInside, undelegated } from './target.ts'

/*
 * Which claims of a zone are served, in layers, so that the outcome is a function of the objects alone:
 *
 *   1. the node by itself: what is unmanaged, CNAMEs, the limit of an RRset                (nodes.ts, node.ts)
 *      and what would take the address from a host that an older MX or NS relies on        (reliance.ts)
 *   2. delegations: NS whose servers can be found, with nothing older to hide              (cut.ts)
 *   3. what lies below the topmost delegation, or in a child zone of the same servers      (cut.ts)
 *   4. targets of MX, and of NS at the apex, as the layers before left the zone            (target.ts)
 *
 * A claim that a later layer refuses keeps its place in the earlier ones: when it is mended, nothing has to go for it.
 * The zone's own data is served whatever comes, and stands in the way of nothing but a CNAME at its name.
 */

/** Decides on the claims of a zone, name by name, when asked; as the content is at its making. */
export class ZoneDecider {
  readonly #nodes: Nodes
  readonly #cuts: Cuts
  readonly #decided = new Map<string, Decision>()

  constructor(content: ZoneContent) {
    this.#nodes = new Nodes(content)
    this.#cuts = new Cuts(this.#nodes)
  }

  decide(owner: string): Decision {
    const known = this.#decided.get(owner)
    if (known) return known
    const decision = this.#decide(owner)
    this.#decided.set(owner, decision)
    return decision
  }

  #decide(owner: string): Decision {
    const alone = this.#nodes.once(owner)
    const cut = this.#cuts.above(owner)
    const accepted = this.#nodes.accepted(owner, alone)
    if (!cut && accepted.every(({ targets }) => !targets)) return alone
    const refused = new Map<Claim, Remark>()
    for (const claim of accepted) {
      const remark = this.#obstacleTo(claim, owner, cut)
      if (remark) refused.set(claim, remark)
    }
    if (refused.size === 0) return alone
    const kept = accepted.filter(claim => !refused.has(claim))
    const { node, adjusted } = this.#nodes.merge(owner, kept)
    return { node, adjusted, refused: new Map([...alone.refused, ...refused]) }
  }

  #obstacleTo(claim: Claim, owner: string, cut: Cut | undefined): Remark | undefined {
    if (cut && !isShown(owner, claim.type, cut)) return occluded(claim, owner, cut)
    if (!claim.targets) return undefined
    if (claim.type === RRTYPE.NS && owner !== this.#nodes.content.apex) return this.#cuts.refused(owner).get(claim)
    for (const target of claim.targets) {
      const fault = this.#faultOf(target, claim)
      if (fault) return fault
    }
    return undefined
  }

  #faultOf(target: string, claim: Claim): Remark | undefined {
    if (!isInside(target, this.#nodes.content.apex)) return undefined
    const cut = this.#cuts.above(target)
    // The address of a host beyond a delegation is not the zone's to give, and named does not ask for it.
    if (cut?.isDelegated) return undefined
    return cut ? undelegated(target, claim, cut.object, this.#nodes) : faultOfTarget(target, claim.type, this.#nodes)
  }
}
