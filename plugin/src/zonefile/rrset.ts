import { labelsOf, type Octets, RRTYPE } from '#crds'

/** One record of a zone, wherever it came from. */
export interface ZoneRecord {
  /** Canonical. */
  readonly owner: string
  /** Seconds. */
  readonly ttl: number
  readonly type: number
  /** Canonical; absent where a zone file has it in a form that Bindy does not read. */
  readonly rdata?: Octets
}

/** Records of one owner name and type, without doubles, in the order of their octets. */
export interface RRset<R extends ZoneRecord = ZoneRecord> {
  readonly owner: string
  readonly type: number
  /** Of the first record, as BIND has it (RFC 2181 section 5.2). */
  readonly ttl: number
  readonly records: readonly R[]
  /** TTLs of other records of it, which are not heeded. */
  readonly otherTtls: readonly number[]
}

/** The RRsets of records, the apex first, in the order of RFC 4034 section 6.1. */
export function rrsetsOf<R extends ZoneRecord>(records: Iterable<R>): RRset<R>[] {
  const groups = Map.groupBy(records, ({ owner, type }) => `${owner} ${type}`)
  const rrsets = [...groups.values()].map(rrsetOf)
  const keys = new Map(rrsets.map(({ owner }) => [owner, sortKey(owner)]))
  const key = ({ owner }: RRset) => keys.get(owner) ?? ''
  return rrsets.sort((a, b) => byText(key(a), key(b)) || rank(a.type) - rank(b.type))
}

/** A text by which names sort as RFC 4034 section 6.1 has them: by their labels, the last first. */
export function sortKey(name: string): string {
  return labelsOf(name)
    .reverse()
    .map(label => `${label}\0`)
    .join('')
}

export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function rrsetOf<R extends ZoneRecord>(group: readonly R[]): RRset<R> {
  const [{ owner, type, ttl }] = group as readonly [R]
  const distinct = [...new Map(group.map(record => [record.rdata, record])).values()]
  const records = distinct.sort((a, b) => byText(a.rdata ?? '', b.rdata ?? ''))
  const otherTtls = [...new Set(group.map(record => record.ttl))].filter(other => other !== ttl)
  return { owner, type, ttl, records, otherTtls }
}

const { SOA, NS } = RRTYPE

// As one writes them: the SOA, the name servers, then by code.
function rank(type: number): number {
  return type === SOA ? -2 : type === NS ? -1 : type
}
