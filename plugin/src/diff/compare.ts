import { encodeSoa, octetsOf, type Soa, type ZoneCopy } from '#bind9'
import { isSigning, type Node, type Octets, type RRset, RRTYPE } from '#crds'
import { type ObjectZone, soaOf } from '../zonefile/objectzone.ts'
import { byText, sortKey } from '../zonefile/rrset.ts'

/** What objects and a server do not say alike of one RRset. */
export interface Difference {
  /** In an RRset that is only in the objects, only on the server, or on both. */
  readonly kind: 'missing' | 'unowned' | 'changed'
  readonly owner: string
  readonly type: number
  /** What the objects want, and what is served; the values that both have are left out. */
  readonly wanted: RRset | undefined
  readonly served: RRset | undefined
}

/** All that a server has otherwise than the objects, and how many records of others it has beside. */
export interface Comparison {
  readonly serial: number
  readonly differences: readonly Difference[]
  readonly others: number
}

/** Compares what a zone's objects give with a server's copy; the serial, and what named signs, are the server's own. */
export function compareZone(zone: ObjectZone, copy: ZoneCopy): Comparison {
  const served = nodesOf(copy)
  const owners = [...new Set([...zone.owners(), ...served.keys()])].map(owner => ({ owner, key: sortKey(owner) }))
  const comparer = new Comparer(zone)
  const found = owners
    .sort((a, b) => byText(a.key, b.key))
    .flatMap(({ owner }) => comparer.node(owner, served.get(owner) ?? NOTHING))
  return { serial: copy.soa.serial, differences: [...compareSoa(zone, copy), ...found], others: comparer.others }
}

const NOTHING: Node = new Map()

class Comparer {
  others = 0
  readonly #zone: ObjectZone

  constructor(zone: ObjectZone) {
    this.#zone = zone
  }

  node(owner: string, served: Node): Difference[] {
    const wanted = this.#zone.node(owner)
    const types = [...new Set([...wanted.keys(), ...served.keys()])]
      .filter(type => !isSigning(type))
      .sort((a, b) => a - b)
    return types.flatMap(type => this.#rrset(owner, type, wanted.get(type), served.get(type)) ?? [])
  }

  #rrset(owner: string, type: number, wanted: RRset | undefined, served: RRset | undefined): Difference | undefined {
    const extra = served?.rdata.filter(octets => !wanted?.rdata.includes(octets)) ?? []
    const missing = wanted?.rdata.filter(octets => !served?.rdata.includes(octets)) ?? []
    const isOthers = this.#zone.leftToOthers(owner, type) !== undefined
    if (isOthers) this.others += extra.length
    const left = isOthers ? [] : extra
    const hasOtherTtl = wanted !== undefined && served !== undefined && wanted.ttl !== served.ttl
    if (left.length === 0 && missing.length === 0 && !hasOtherTtl) return undefined
    return {
      kind: !served ? 'missing' : wanted ? 'changed' : 'unowned',
      owner,
      type,
      wanted: wanted && { ttl: wanted.ttl, rdata: missing },
      served: served && { ttl: served.ttl, rdata: left },
    }
  }
}

function compareSoa({ apex, zone }: ObjectZone, { soa, soaTtl }: ZoneCopy): Difference[] {
  const wanted = { ...(soaOf(zone) as unknown as Soa), serial: soa.serial }
  const [a, b] = [octetsOf(encodeSoa(wanted)), octetsOf(encodeSoa(soa))]
  const { ttl } = zone.spec
  if (a === b && ttl === soaTtl) return []
  const values = (octets: Octets) => (a === b ? [] : [octets])
  return [
    {
      kind: 'changed',
      owner: apex,
      type: RRTYPE.SOA,
      wanted: { ttl, rdata: values(a) },
      served: { ttl: soaTtl, rdata: values(b) },
    },
  ]
}

function nodesOf({ records }: ZoneCopy): Map<string, Map<number, { ttl: number; rdata: Octets[] }>> {
  const nodes = new Map<string, Map<number, { ttl: number; rdata: Octets[] }>>()
  for (const { name, type, ttl, rdata } of records) {
    const node = nodes.get(name) ?? new Map<number, { ttl: number; rdata: Octets[] }>()
    nodes.set(name, node)
    const rrset = node.get(type)
    if (rrset) rrset.rdata.push(octetsOf(rdata))
    else node.set(type, { ttl, rdata: [octetsOf(rdata)] })
  }
  return nodes
}
