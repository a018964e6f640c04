import { NameTree } from '../nametree.ts'
import type { ClaimedRecord, ZoneRecords } from './others.ts'

const NS = 2
const NOTHING: readonly ClaimedRecord[] = []

/** The records that name one zone, by owner name, and by the hosts that they name. */
export class IndexedZone implements ZoneRecords {
  readonly #apex: string
  readonly #nodes = new Map<string, Map<string, ClaimedRecord>>()
  readonly #names: NameTree
  readonly #byTarget = new Map<string, Map<string, ClaimedRecord>>()
  #delegations = 0
  #size = 0

  constructor(apex: string) {
    this.#apex = apex
    this.#names = new NameTree(apex, () => this.#nodes.keys())
  }

  get size(): number {
    return this.#size
  }

  get delegates(): boolean {
    return this.#delegations > 0
  }

  at(owner: string): readonly ClaimedRecord[] {
    const node = this.#nodes.get(owner)
    return node ? [...node.values()] : NOTHING
  }

  below(name: string): Iterable<string> {
    return name === this.#apex ? this.#belowApex() : this.#names.below(name)
  }

  *all(): Generator<ClaimedRecord> {
    for (const node of this.#nodes.values()) yield* node.values()
  }

  naming(target: string): readonly ClaimedRecord[] {
    return [...(this.#byTarget.get(target)?.values() ?? [])]
  }

  put(id: string, owner: string, record: ClaimedRecord): void {
    const node = this.#nodes.get(owner)
    if (!node) this.#names.add(owner)
    include(this.#nodes, owner, id, record)
    for (const target of record.claim.targets ?? []) include(this.#byTarget, target, id, record)
    if (this.#isDelegation(owner, record)) this.#delegations++
    this.#size++
  }

  drop(id: string, owner: string): void {
    const record = this.#nodes.get(owner)?.get(id)
    if (!record) return
    exclude(this.#nodes, owner, id)
    if (!this.#nodes.has(owner)) this.#names.delete(owner)
    for (const target of record.claim.targets ?? []) exclude(this.#byTarget, target, id)
    if (this.#isDelegation(owner, record)) this.#delegations--
    this.#size--
  }

  *#belowApex(): Generator<string> {
    for (const owner of this.#nodes.keys()) if (owner !== this.#apex) yield owner
  }

  #isDelegation(owner: string, { claim }: ClaimedRecord): boolean {
    return claim.type === NS && owner !== this.#apex
  }
}

function include<V>(maps: Map<string, Map<string, V>>, key: string, id: string, value: V): void {
  const map = maps.get(key)
  if (map) map.set(id, value)
  else maps.set(key, new Map([[id, value]]))
}

function exclude<V>(maps: Map<string, Map<string, V>>, key: string, id: string): void {
  const map = maps.get(key)
  map?.delete(id)
  if (map?.size === 0) maps.delete(key)
}
