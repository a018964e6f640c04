import type { Thing } from './namespace.ts'

/** What servers should serve, as lines of transfers by zone; and the objects that should be Ready, in order. */
export interface World {
  readonly zones: ReadonlyMap<string, readonly string[]>
  readonly ready: readonly string[]
}

interface RRset {
  readonly zone: string
  readonly owner: string
  readonly type: string
  readonly ttl: unknown
  rdata: readonly string[]
}

/** The world that objects describe: their union, the oldest first. A CNAME shuts other data at its name out, and they it. */
export function model(objects: readonly Thing[]): World {
  const bySeniority = objects.toSorted((a, b) => (seniority(a) < seniority(b) ? -1 : 1))
  const zones = new Map(
    bySeniority
      .filter(isZone)
      .toReversed()
      .map(zone => [zoneOf(zone), zone]),
  )
  const rrsets = [...zones.values()].flatMap(ownRRsets)
  const ready = [...zones.values()]
  for (const record of bySeniority.filter(one => !isZone(one) && zones.has(zoneOf(one)))) {
    const claim = claimOf(record, zones.get(zoneOf(record)) as Thing)
    const there = rrsets.filter(({ owner }) => owner === claim.owner)
    if (there.some(other => isOpposed(claim, other))) continue
    const same = there.find(({ type }) => type === claim.type)
    if (same) same.rdata = [...new Set([...same.rdata, ...claim.rdata])]
    else rrsets.push(claim)
    ready.push(record)
  }
  const lines = [...zones.keys()].map(zone => [zone, linesOf(rrsets.filter(rrset => rrset.zone === zone))] as const)
  return { zones: new Map(lines), ready: ready.map(idOf).sort() }
}

export function idOf({ kind, metadata }: Thing): string {
  return `${kind} ${metadata.name}`
}

const isZone = ({ spec }: Thing) => spec.zoneName !== undefined
const zoneOf = ({ spec }: Thing) => (spec.zoneName ?? spec.zone) as string

// Of two DNSZones made in one second, the one that is served already keeps the name.
function seniority({ metadata }: Thing): string {
  return `${metadata.creationTimestamp} ${metadata.finalizers ? 'served' : 'waits'} ${metadata.uid}`
}

function isOpposed(one: RRset, other: RRset): boolean {
  if (one.type === other.type) return one.type === 'CNAME' && one.rdata[0] !== other.rdata[0]
  return one.type === 'CNAME' || other.type === 'CNAME'
}

function linesOf(rrsets: readonly RRset[]): string[] {
  return rrsets.flatMap(({ owner, ttl, type, rdata }) => rdata.map(one => `${owner} ${ttl} ${type} ${one}`)).sort()
}

function ownRRsets(zone: Thing): RRset[] {
  const { primaryNs, refresh, retry, expire, negativeTtl } = zone.spec.soaRecord as Record<string, unknown>
  const apex = { zone: zoneOf(zone), owner: `${zoneOf(zone)}.`, ttl: zone.spec.ttl }
  const soa = [primaryNs, 'admin.example.net.', refresh, retry, expire, negativeTtl].join(' ')
  return [
    { ...apex, type: 'SOA', rdata: [soa] },
    { ...apex, type: 'NS', rdata: [`${primaryNs}`] },
  ]
}

function claimOf(record: Thing, { spec: { ttl } }: Thing): RRset {
  const zone = zoneOf(record)
  const name = String(record.spec.name).toLowerCase()
  const owner = name === '@' ? `${zone}.` : `${name}.${zone}.`
  return { zone, owner, ttl: record.spec.ttl ?? ttl, ...dataOf(record.spec as Data) }
}

interface Data {
  readonly ipv4Addresses?: readonly string[]
  readonly ipv6Addresses?: readonly string[]
  readonly text?: readonly string[]
  readonly priority?: number
  readonly mailServer?: string
  readonly target?: string
}

function dataOf({ ipv4Addresses, ipv6Addresses, text, priority, mailServer, target }: Data) {
  if (ipv4Addresses) return { type: 'A', rdata: ipv4Addresses }
  if (ipv6Addresses) return { type: 'AAAA', rdata: ipv6Addresses }
  if (text) return { type: 'TXT', rdata: [text.map(string => `"${string}"`).join(' ')] }
  return mailServer ? { type: 'MX', rdata: [`${priority} ${mailServer}`] } : { type: 'CNAME', rdata: [`${target}`] }
}
