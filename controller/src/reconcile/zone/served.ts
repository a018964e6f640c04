import { type Delta, octetsOf, type ResourceRecord, type Soa, TYPE, type ZoneCopy } from '#bind9'
import { isSigning, type Node, type Octets, type RRset, sortedSet } from '#crds'
import { entryOf } from './claims.ts'

const EMPTY: Node = new Map()

interface Growing {
  ttl: number
  rdata: readonly Octets[]
}

/** What a primary was last seen serving of a zone: read whole by AXFR, kept up to date by IXFR. */
export class ServedZone {
  #soa: Soa
  #soaTtl: number
  readonly #nodes = new Map<string, Map<number, Growing>>()

  constructor({ soa, soaTtl, records }: ZoneCopy) {
    this.#soa = soa
    this.#soaTtl = soaTtl
    const lists = new Map<Growing, Octets[]>()
    for (const record of records) {
      if (record.type === TYPE.SOA) continue
      const rrset = this.#rrset(record)
      const list = lists.get(rrset)
      if (list) list.push(octetsOf(record.rdata))
      else lists.set(rrset, [octetsOf(record.rdata)])
    }
    for (const [rrset, list] of lists) rrset.rdata = sortedSet(list)
  }

  get soa(): Soa {
    return this.#soa
  }

  /** Seconds. */
  get soaTtl(): number {
    return this.#soaTtl
  }

  get owners(): IterableIterator<string> {
    return this.#nodes.keys()
  }

  /** How many records there are, the SOA and those of signing aside. */
  get records(): number {
    return recordsIn(this.#nodes)
  }

  node(owner: string): ReadonlyMap<number, RRset> {
    return this.#nodes.get(owner) ?? EMPTY
  }

  /** Takes in the changes that lead to a new SOA; returns the owner names that they touch. */
  apply({ deltas, soaTtl }: { readonly deltas: readonly Delta[]; readonly soaTtl: number }): Set<string> {
    const touched = new Set<string>()
    for (const { removed, added, to } of deltas) {
      for (const record of removed) this.#remove(record, touched)
      for (const record of added) this.#add(record, touched)
      this.#soa = to
    }
    this.#soaTtl = soaTtl
    return touched
  }

  #remove(record: ResourceRecord, touched: Set<string>): void {
    if (record.type === TYPE.SOA) return
    touched.add(record.name)
    const node = this.#nodes.get(record.name)
    const rrset = node?.get(record.type)
    if (!node || !rrset) return
    const octets = octetsOf(record.rdata)
    rrset.rdata = rrset.rdata.filter(other => other !== octets)
    if (rrset.rdata.length === 0) node.delete(record.type)
    if (node.size === 0) this.#nodes.delete(record.name)
  }

  #add(record: ResourceRecord, touched: Set<string>): void {
    if (record.type === TYPE.SOA) return
    touched.add(record.name)
    const rrset = this.#rrset(record)
    rrset.ttl = record.ttl
    rrset.rdata = sortedSet([...rrset.rdata, octetsOf(record.rdata)])
  }

  #rrset(record: ResourceRecord): Growing {
    const node = entryOf(this.#nodes, record.name, () => new Map<number, Growing>())
    return entryOf(node, record.type, () => ({ ttl: record.ttl, rdata: [] }))
  }
}

/** How many records nodes have, those of signing aside. */
export function recordsIn(nodes: Iterable<readonly [string, ReadonlyMap<number, RRset>]>): number {
  let count = 0
  for (const [, node] of nodes) {
    for (const [type, { rdata }] of node) if (!isSigning(type)) count += rdata.length
  }
  return count
}
