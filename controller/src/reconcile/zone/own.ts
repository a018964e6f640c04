import { isIPv4 } from 'node:net'
import { encodeRdata, type Soa } from '#bind9'
import {
  canonicalName,
  type DNSZone,
  isAtOrBelow,
  type Node,
  type Octets,
  type RdataValues,
  type RRset,
  recordTypeOfKind,
  rname,
  sortedSet,
  ZoneDecider,
} from '#crds'
import { octetsOf, type ZoneClaims } from './claims.ts'
import { contentOf } from './content.ts'

const A = recordTypeOfKind('ARecord')
const AAAA = recordTypeOfKind('AAAARecord')
const NS = recordTypeOfKind('NSRecord')

/** What a zone serves of itself, before any record: its SOA, its NS and the addresses of name servers inside it. */
export interface OwnData {
  readonly soa: Omit<Soa, 'serial'>
  readonly nodes: ReadonlyMap<string, Node>
  /** In-zone name servers that stand on the servers' own addresses, for nobody gave one. */
  readonly glueFromServers: readonly string[]
}

/**
 * The zone's own data. A name server inside the zone that has no address, neither in `nameServers` nor of a record,
 * gets `serverAddresses`: BIND loads no zone without them.
 */
export function ownData(zone: DNSZone, serverAddresses: readonly string[], claims: ZoneClaims): OwnData {
  const apex = canonicalName(zone.spec.zoneName)
  const ttl = zone.spec.ttl
  const servers = nameServers(zone)
  const nodes = new Map<string, Map<number, RRset>>([
    [apex, new Map([[NS.code, { ttl, rdata: rdata(NS, 'nameserver', [...servers.keys()]) }]])],
  ])
  const glueFromServers: string[] = []
  const records = new ZoneDecider(contentOf(zone, claims, nodes))
  for (const [hostname, given] of servers) {
    if (!isAtOrBelow(hostname, apex)) continue
    let addresses: readonly string[] = given
    if (addresses.length === 0 && !hasAddress(records.decide(hostname).node)) {
      addresses = serverAddresses
      glueFromServers.push(hostname)
    }
    const node = nodes.get(hostname) ?? new Map<number, RRset>()
    const v4 = addresses.filter(isIPv4)
    const v6 = addresses.filter(address => !isIPv4(address))
    if (v4.length > 0) node.set(A.code, { ttl, rdata: rdata(A, 'ipv4Address', v4) })
    if (v6.length > 0) node.set(AAAA.code, { ttl, rdata: rdata(AAAA, 'ipv6Address', v6) })
    nodes.set(hostname, node)
  }
  return { soa: soaOf(zone), nodes, glueFromServers }
}

/** Whether a served SOA says what the zone's object does, the serial aside. */
export function sameSoa(desired: Omit<Soa, 'serial'>, served: Soa): boolean {
  return (Object.keys(desired) as (keyof typeof desired)[]).every(field => desired[field] === served[field])
}

function nameServers(zone: DNSZone): Map<string, readonly string[]> {
  const listed = zone.spec.nameServers ?? []
  if (listed.length === 0) return new Map([[canonicalName(zone.spec.soaRecord.primaryNs), []]])
  return new Map(
    listed.map(({ hostname, ipv4Address, ipv6Address }) => [
      canonicalName(hostname),
      [ipv4Address, ipv6Address].filter(address => address !== undefined),
    ]),
  )
}

function soaOf(zone: DNSZone): Omit<Soa, 'serial'> {
  const { primaryNs, adminEmail, refresh, retry, expire, negativeTtl } = zone.spec.soaRecord
  return { mname: canonicalName(primaryNs), rname: rname(adminEmail), refresh, retry, expire, minimum: negativeTtl }
}

// Only an address that will be served counts: one that loses to an older CNAME, or stands elsewhere, does not.
function hasAddress(node: Node): boolean {
  return node.has(A.code) || node.has(AAAA.code)
}

function rdata(entry: typeof A, field: string, values: readonly string[]): readonly Octets[] {
  return sortedSet(values.map(value => octetsOf(encodeRdata(entry, { [field]: value } as RdataValues))))
}
