import { canDelegate, type ZoneContent } from './content.ts'
import { isAtOrBelow, lineage } from './name.ts'
import { type Claim, isAddress, objectOf, type Remark } from './node.ts'
import { Nodes } from './nodes.ts'
import { bySeniority, printSeniority } from './object.ts'
import { RRTYPE } from './records.ts'
import { faultOfGlue, faultOfTarget, isInside } from './target.ts'
import { sentence, toldIn } from './told.ts'

const { NS, DS } = RRTYPE

/** A zone cut that hides names: of a delegation, or of a child zone that the same servers serve. */
export interface Cut {
  /** The name at and below which it hides. */
  readonly name: string
  /** The object that made it, as "Kind namespace/name". */
  readonly object: string
  /** Whether the zone delegates the name to servers, by NS records that are served. */
  readonly isDelegated: boolean
  readonly isChild: boolean
  /** Targets of its NS records that lie at or below it: their addresses are served with them. */
  readonly glue: ReadonlySet<string>
}

/** The NS claims at a name below the apex, the oldest first, with those whose servers cannot be found. */
interface Delegation {
  readonly claims: readonly Claim[]
  readonly refused: ReadonlyMap<Claim, Remark>
  readonly glue: ReadonlySet<string>
}

/** A claim that a cut would hide. */
interface Hidden {
  readonly owner: string
  readonly claim: Claim
}

const NO_GLUE: ReadonlySet<string> = new Set()
const NONE: ReadonlyMap<Claim, Remark> = new Map()

/**
 * The cuts of a zone. A delegation is as old as its NS claims and the addresses of their servers: where something below it
 * was there before, it does not come about. That depends on each node by itself and on what lies below, never on other
 * cuts, so there is no circle in it.
 */
export class Cuts {
  readonly #nodes: Nodes
  readonly #delegations = new Map<string, Delegation | undefined>()
  readonly #conflicts = new Map<string, Hidden | undefined>()

  constructor(nodes: Nodes) {
    this.#nodes = nodes
  }

  /** The topmost cut at or above a name: what lies below it is hidden, other cuts too. */
  above(owner: string): Cut | undefined {
    const { apex, children, delegates } = this.#nodes.content
    if (!delegates && children.size === 0) return undefined
    for (const name of lineage(owner, apex)) {
      const cut = this.#at(name)
      if (cut) return cut
    }
    return undefined
  }

  /** The NS claims at an owner name that make no delegation. */
  refused(owner: string): ReadonlyMap<Claim, Remark> {
    const delegation = this.#delegation(owner)
    const conflict = this.#conflict(owner)
    if (!delegation) return NONE
    if (!conflict) return delegation.refused
    return new Map([...delegation.refused, ...delegation.claims.map(claim => [claim, hides(claim, conflict)] as const)])
  }

  #at(name: string): Cut | undefined {
    const child = this.#nodes.content.children.get(name)
    const delegation = this.#delegation(name)
    const [maker] = delegation?.claims ?? []
    const isDelegated = this.#isDelegated(name)
    const glue = delegation?.glue ?? NO_GLUE
    if (child) return { name, object: child, isDelegated, isChild: true, glue }
    return isDelegated && maker ? { name, object: objectOf(maker), isDelegated, isChild: false, glue } : undefined
  }

  #delegation(name: string): Delegation | undefined {
    if (!canDelegate(name, this.#nodes.content)) return undefined
    return remembered(this.#delegations, name, () => this.#findDelegation(name))
  }

  #findDelegation(name: string): Delegation | undefined {
    const all = this.#nodes.accepted(name).filter(({ type }) => type === NS)
    if (all.length === 0) return undefined
    const refused = new Map<Claim, Remark>()
    for (const claim of all) {
      const fault = firstOf(claim.targets ?? [], target => this.#faultOfServer(target, name))
      if (fault) refused.set(claim, fault)
    }
    const claims = all.filter(claim => !refused.has(claim)).sort(bySeniority)
    const targets = claims.flatMap(claim => claim.targets ?? [])
    return { claims, refused, glue: new Set(targets.filter(target => isAtOrBelow(target, name))) }
  }

  // named takes a delegation to anything; one whose servers nobody can find serves nobody.
  #faultOfServer(target: string, cut: string): Remark | undefined {
    const { apex, children } = this.#nodes.content
    if (!isInside(target, apex)) return undefined
    if (isAtOrBelow(target, cut)) return faultOfGlue(target, NS, this.#nodes)
    const isElsewhere = lineage(target, apex).some(name => children.has(name) || this.#claimsCut(name))
    return isElsewhere ? undefined : faultOfTarget(target, NS, this.#nodes)
  }

  #claimsCut(name: string): boolean {
    return canDelegate(name, this.#nodes.content) && this.#nodes.node(name).has(NS)
  }

  /** What was there before the delegation at a name, which therefore does not come about. */
  #conflict(name: string): Hidden | undefined {
    const delegation = this.#delegation(name)
    if (!delegation || delegation.claims.length === 0) return undefined
    return remembered(this.#conflicts, name, () => {
      const oldest = this.#oldestHidden(name, delegation.glue)
      return oldest && !this.#wasDelegated(name, delegation, oldest.claim) ? oldest : undefined
    })
  }

  /** Whether a name was delegated when a claim came: by NS that are older, to servers that could be found by then. */
  #wasDelegated(name: string, { claims, glue }: Delegation, later: Claim): boolean {
    const older = claims.filter(claim => bySeniority(claim, later) < 0)
    const { content } = this.#nodes
    const isOutside = ({ targets = [] }: Claim) => !targets.some(target => isInside(target, content.apex))
    // Most delegations are to servers outside the zone, which need nothing of it.
    if (older.length === 0 || (glue.size === 0 && older.some(isOutside))) return older.length > 0
    return new Cuts(new Nodes(contentBefore(later, content))).#isDelegated(name)
  }

  #isDelegated(name: string): boolean {
    return (this.#delegation(name)?.claims ?? []).length > 0 && !this.#conflict(name)
  }

  /** The oldest claim that a cut would hide. */
  #oldestHidden(cut: string, glue: ReadonlySet<string>): Hidden | undefined {
    let oldest: Hidden | undefined
    for (const owner of [cut, ...this.#nodes.content.below(cut)]) {
      for (const claim of this.#nodes.accepted(owner)) {
        if (oldest && bySeniority(oldest.claim, claim) <= 0) continue
        if (!isShown(owner, claim.type, { name: cut, glue }) && !this.#isInChild(owner, claim.type))
          oldest = { owner, claim }
      }
    }
    return oldest
  }

  // What a child zone hides is no longer there to be hidden.
  #isInChild(owner: string, type: number): boolean {
    const { apex, children } = this.#nodes.content
    if (children.size === 0) return false
    const name = lineage(owner, apex).find(name => children.has(name))
    return name !== undefined && !isShown(owner, type, { name, glue: this.#delegation(name)?.glue ?? NO_GLUE })
  }
}

/** Whether data at or below a cut is served all the same: its NS and DS, and their glue (RFC 1034 section 4.2.1). */
export function isShown(owner: string, type: number, { name, glue }: Pick<Cut, 'name' | 'glue'>): boolean {
  if (owner === name && (type === NS || type === DS)) return true
  return isAddress(type) && glue.has(owner)
}

/** The content of a zone without a claim and all that came after it. */
function contentBefore(later: Claim, content: ZoneContent): ZoneContent {
  return { ...content, claims: owner => content.claims(owner).filter(claim => bySeniority(claim, later) < 0) }
}

function hides(delegation: Claim, { owner, claim }: Hidden): Remark {
  const by = objectOf(claim)
  const told = sentence(toldIn(delegation.metadata.namespace, by))
  const isOlder = bySeniority(claim, delegation) < 0
  const before = isOlder
    ? printSeniority(claim, delegation)
    : 'was there before servers of the delegation could be found'
  const message = `${told} at ${owner} ${before} and would be hidden by the delegation: delete it first, or move it into the zone that is delegated`
  return { reason: 'DelegationConflict', message, by }
}

/** Why a claim below a cut is left out. */
export function occluded({ metadata }: Claim, owner: string, { name, object, isChild }: Cut): Remark {
  const told = sentence(toldIn(metadata.namespace, object))
  const why = isChild
    ? `${told} serves ${name} on the same servers, and what the zone above holds at ${owner} is never seen: put the record into that zone`
    : `${told} delegates ${name} to other servers, and what this zone holds at ${owner} is never seen: put the record into the zone there, or delete the delegation`
  return { reason: 'Occluded', message: why, by: object }
}

function firstOf<T, R>(values: readonly T[], find: (value: T) => R | undefined): R | undefined {
  for (const value of values) {
    const found = find(value)
    if (found !== undefined) return found
  }
  return undefined
}

function remembered<T>(known: Map<string, T>, name: string, find: () => T): T {
  if (!known.has(name)) known.set(name, find())
  return known.get(name) as T
}
