import { lineage } from './name.ts'

/** Which names lie below a name: kept from the first question on, for names two labels or more below the apex. */
export class NameTree {
  readonly #apex: string
  readonly #names: () => Iterable<string>
  #below: Map<string, Set<string>> | undefined

  constructor(apex: string, names: () => Iterable<string>) {
    this.#apex = apex
    this.#names = names
  }

  below(name: string): Iterable<string> {
    if (!this.#below) {
      this.#below = new Map()
      for (const each of this.#names()) this.add(each)
    }
    return this.#below.get(name) ?? []
  }

  add(name: string): void {
    if (!this.#below) return
    for (const ancestor of lineage(name, this.#apex).slice(0, -1)) {
      const names = this.#below.get(ancestor)
      if (names) names.add(name)
      else this.#below.set(ancestor, new Set([name]))
    }
  }

  delete(name: string): void {
    if (!this.#below) return
    for (const ancestor of lineage(name, this.#apex).slice(0, -1)) {
      const names = this.#below.get(ancestor)
      names?.delete(name)
      if (names?.size === 0) this.#below.delete(ancestor)
    }
  }
}
