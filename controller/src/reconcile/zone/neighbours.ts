import { Hosts, isWildcard, lineage, NameTree } from '#crds'

/*
 * What is decided at one owner name may depend on others: on the delegation above it, on all that a delegation would
 * hide, on the hosts that its MX and NS name, on what others name that a wildcard answers for. Nearly every record has
 * no such ties, and costs nothing here.
 */

/** The owner names of one zone, with what ties them together. */
export class Neighbours {
  readonly #apex: string
  readonly #owners: NameTree
  /** The hosts that MX and NS name. */
  readonly hosts: Hosts
  /** Names below the apex with NS claims. */
  readonly #cuts = new Set<string>()
  #wildcards = 0

  constructor(apex: string, owners: () => Iterable<string>) {
    this.#apex = apex
    this.#owners = new NameTree(apex, owners)
    this.hosts = new Hosts(apex)
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

  /** Takes in whether any MX or NS at an owner name names a host. */
  relate(owner: string, host: string, isNamed: boolean): void {
    this.hosts.relate(owner, host, isNamed)
  }

  /**
   * Owner names that changed, names at and below which all may have, and hosts of the zone without an address of their
   * own that are named anew or no more, with all others that may depend on them.
   */
  around({ changed, uncovered, hosts }: Changed): ReadonlySet<string> {
    if (this.#cuts.size === 0 && this.hosts.size === 0 && hosts.size === 0 && uncovered.size === 0) return changed
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
    const named = new Set<string>()
    meet(changed)
    meet(hosts)
    for (const root of uncovered) uncover(root)
    for (const top of this.#gaps(changed, hosts)) uncover(top)
    for (let owner = waiting.pop(); owner !== undefined; owner = waiting.pop()) {
      const cut = this.#cutAbove(owner)
      if (cut !== undefined) uncover(cut)
      meet(this.#dependants(owner, named))
    }
    return found
  }

  #cutAbove(owner: string): string | undefined {
    if (this.#cuts.size === 0) return undefined
    return lineage(owner, this.#apex).find(name => this.#cuts.has(name))
  }

  /** The topmost names at and below which claims may now hide a wildcard from a host, or no longer do. */
  #gaps(changed: ReadonlySet<string>, hosts: ReadonlySet<string>): ReadonlySet<string> {
    const tops = new Set<string>()
    if (this.#wildcards === 0 && ![...changed].some(isWildcard)) return tops
    const add = (name: string) => {
      const [top] = lineage(name, this.#apex)
      if (top !== undefined) tops.add(top)
    }
    for (const host of hosts) add(host)
    for (const owner of changed) {
      const [top = owner] = lineage(owner, this.#apex)
      if (isWildcard(top)) for (const host of this.hosts.under(this.#apex)) add(host)
      else if (!this.hosts.under(top).next().done) add(top)
    }
    return tops
  }

  // With wildcards about, a name that comes or goes, with all that exist for its sake above it, may change which of them
  // answers for its neighbours.
  #dependants(owner: string, named: Set<string>): Iterable<string> {
    if (this.hosts.size === 0) return []
    const [top] = this.#wildcards > 0 || isWildcard(owner) ? lineage(owner, this.#apex) : []
    if (top === undefined) return this.hosts.naming(owner)
    const root = isWildcard(top) ? this.#apex : top
    if (named.has(root)) return []
    named.add(root)
    return this.#naming(root)
  }

  /** Owner names whose targets are at or below a name. */
  *#naming(name: string): Generator<string> {
    for (const host of this.hosts.under(name)) yield* this.hosts.naming(host)
  }
}

interface Changed {
  readonly changed: ReadonlySet<string>
  readonly uncovered: ReadonlySet<string>
  readonly hosts: ReadonlySet<string>
}
