import { isAtOrBelow } from './name.ts'
import { NameTree } from './nametree.ts'

/** The hosts inside a zone that MX and NS claims name, each with the owner names of those claims. */
export class Hosts {
  readonly #apex: string
  readonly #naming = new Map<string, Set<string>>()
  readonly #tree: NameTree

  constructor(apex: string) {
    this.#apex = apex
    this.#tree = new NameTree(apex, () => this.#naming.keys())
  }

  get size(): number {
    return this.#naming.size
  }

  /** Owner names of the claims that name a host. */
  naming(host: string): ReadonlySet<string> {
    return this.#naming.get(host) ?? NOBODY
  }

  /** The hosts at or below a name. */
  *under(name: string): Generator<string> {
    if (name === this.#apex) {
      yield* this.#naming.keys()
      return
    }
    if (this.#naming.has(name)) yield name
    yield* this.#tree.below(name)
  }

  /** Takes in whether any claim at an owner name names a host; hosts outside the zone are passed over. */
  relate(owner: string, host: string, isNamed: boolean): void {
    if (!isAtOrBelow(host, this.#apex)) return
    const owners = this.#naming.get(host)
    if (isNamed && owners) owners.add(owner)
    if (isNamed && !owners) {
      this.#naming.set(host, new Set([owner]))
      this.#tree.add(host)
    }
    if (isNamed || !owners) return
    owners.delete(owner)
    if (owners.size > 0) return
    this.#naming.delete(host)
    this.#tree.delete(host)
  }
}

const NOBODY: ReadonlySet<string> = new Set()
