import { Hosts } from '../hosts.ts'
import { NameTree } from '../nametree.ts'
import { RRTYPE } from '../records.ts'
import type { ClaimedRecord, ZoneRecords } from './others.ts'

const NOTHING: readonly ClaimedRecord[] = []

/** The records that name one zone, by owner name. */
export class IndexedZone implements ZoneRecords {
  readonly #apex: string
  readonly #nodes = new Map<string, ClaimedRecord[]>()
  readonly #names: NameTree
  readonly hosts: Hosts
  #delegations = 0
  #size = 0

  constructor(apex: string) {
    this.#apex = apex
    this.#names = new NameTree(apex, () => this.#nodes.keys())
    this.hosts = new Hosts(apex)
  }

  get size(): number {
    return this.#size
  }

  get delegates(): boolean {
    return this.#delegations > 0
  }

  at(owner: string): readonly ClaimedRecord[] {
    return this.#nodes.get(owner) ?? NOTHING
  }

  below(name: string): Iterable<string> {
    return name === this.#apex ? this.#belowApex() : this.#names.below(name)
  }

  *all(): Generator<ClaimedRecord> {
    for (const node of this.#nodes.values()) yield* node
  }

  put(owner: string, record: ClaimedRecord): void {
    if (!this.#nodes.has(owner)) this.#names.add(owner)
    include(this.#nodes, owner, record)
    for (const host of record.claim.targets ?? []) this.hosts.relate(owner, host, true)
    if (this.#isDelegation(owner, record)) this.#delegations++
    this.#size++
  }

  /** Takes out a record that was put in. */
  drop(owner: string, record: ClaimedRecord): void {
    exclude(this.#nodes, owner, record)
    if (!this.#nodes.has(owner)) this.#names.delete(owner)
    const left = this.at(owner).flatMap(({ claim }) => claim.targets ?? [])
    for (const host of record.claim.targets ?? []) this.hosts.relate(owner, host, left.includes(host))
    if (this.#isDelegation(owner, record)) this.#delegations--
    this.#size--
  }

  *#belowApex(): Generator<string> {
    for (const owner of this.#nodes.keys()) if (owner !== this.#apex) yield owner
  }

  #isDelegation(owner: string, { claim }: ClaimedRecord): boolean {
    return claim.type === RRTYPE.NS && owner !== this.#apex
  }
}

// Nearly every name has one record: a Map for each would be most of the memory of an index.
function include<V>(lists: Map<string, V[]>, key: string, value: V): void {
  const list = lists.get(key)
  if (list) list.push(value)
  else lists.set(key, [value])
}

function exclude<V>(lists: Map<string, V[]>, key: string, value: V): void {
  const left = (lists.get(key) ?? []).filter(one => one !== value)
  if (left.length > 0) lists.set(key, left)
  else lists.delete(key)
}
