import { isAtOrBelow, isWildcard, lineage, NameTree } from '#crds'

/*
 * What is decided at one owner name may depend on others: on the delegation above it, on all that a delegation would
 * hide, on the hosts that its MX and NS name. Nearly every record has no such ties, and costs nothing here.
 */

/** The owner names of one zone, with what ties them together. */
export class Neighbours {
  readonly #apex: string
  readonly #owners: NameTree
  /** Owner names by the hosts of the zone that their MX and NS name. */
  readonly #byTarget = new Map<string, Set<string>>()
  readonly #targets: NameTree
  /** Names below the apex with NS claims. */
  readonly #cuts = new Set<string>()
  #wildcards = 0

  constructor(apex: string, owners: () => Iterable<string>) {
    this.#apex = apex
    this.#owners = new NameTree(apex, owners)
    this.#targets = new NameTree(apex, () => this.#byTarget.keys())
  }

  get delegates(): boolean {
    return this.#cuts.size > 0
  }

  /** Owner names below a name, itself and the apex excepted. */
  below(name: string): Iterable<string> {
    return this.#owners.below(name)
  }

  add(owner: string): void {
    this.#owners.add(owner)
    if (isWildcard(owner)) this.#wildcards++
  }

  delete(owner: string): void {
    this.#owners.delete(owner)
    if (isWildcard(owner)) this.#wildcards--
  }

  /** Takes in whether any NS is claimed at an owner name. */
  delegate(owner: string, isClaimed: boolean): void {
    if (isClaimed && owner !== this.#apex) this.#cuts.add(owner)
    else this.#cuts.delete(owner)
  }

  /** Takes in whether any MX or NS at an owner name has a target. */
  relate(owner: string, target: string, isNamed: boolean): void {
    if (!isAtOrBelow(target, this.#apex)) return
    const owners = this.#byTarget.get(target)
    if (isNamed && owners) owners.add(owner)
    if (isNamed && !owners) {
      this.#byTarget.set(target, new Set([owner]))
      this.#targets.add(target)
    }
    if (isNamed || !owners) return
    owners.delete(owner)
    if (owners.size > 0) return
    this.#byTarget.delete(target)
    this.#targets.delete(target)
  }

  /** Owner names that changed, and names at and below which all may have, with all others that may depend on them. */
  around(changed: ReadonlySet<string>, uncovered: ReadonlySet<string>): ReadonlySet<string> {
    if (this.#cuts.size === 0 && this.#byTarget.size === 0 && uncovered.size === 0) return changed
    const found = new Set<string>()
    const waiting: string[] = []
    const meet = (owners: Iterable<string>) => {
      for (const owner of owners) {
        if (!found.has(owner)) waiting.push(owner)
        found.add(owner)
      }
    }
    const roots = new Set<string>()
    const uncover = (root: string) => {
      if (roots.has(root)) return
      roots.add(root)
      meet([root])
      meet(this.below(root))
      meet(this.#naming(root))
    }
    meet(changed)
    for (const root of uncovered) uncover(root)
    for (let owner = waiting.pop(); owner !== undefined; owner = waiting.pop()) {
      const cut = this.#cutAbove(owner)
      if (cut !== undefined) uncover(cut)
      meet(this.#dependants(owner))
    }
    return found
  }

  #cutAbove(owner: string): string | undefined {
    if (this.#cuts.size === 0) return undefined
    return lineage(owner, this.#apex).find(name => this.#cuts.has(name))
  }

  // With wildcards about, a name that comes or goes, with all that exist for its sake above it, may change which of them
  // answers for its neighbours.
  #dependants(owner: string): Iterable<string> {
    if (this.#byTarget.size === 0) return []
    const [top] = this.#wildcards > 0 || isWildcard(owner) ? lineage(owner, this.#apex) : []
    if (top === undefined) return this.#byTarget.get(owner) ?? []
    return this.#naming(isWildcard(top) ? this.#apex : top)
  }

  /** Owner names whose targets are at or below a name. */
  *#naming(name: string): Generator<string> {
    const targets = name === this.#apex ? this.#byTarget.keys() : [name, ...this.#targets.below(name)]
    for (const target of targets) yield* this.#byTarget.get(target) ?? []
  }
}
