import { isIPv4 } from './address.ts'
import type { EncodeRdata } from './claim.ts'
import type { ZoneContent } from './content.ts'
import { ZoneDecider } from './decider.ts'
import { canonicalName, isAtOrBelow } from './name.ts'
import { type Node, type Octets, type RRset, sortedSet } from './node.ts'
import { recordPolicy } from './policy.ts'
import { type RecordType, recordTypeOfKind } from './records.ts'
import { DEFAULT_TTL, type DNSZone } from './zone.ts'

const A = recordTypeOfKind('ARecord')
const AAAA = recordTypeOfKind('AAAARecord')
const NS = recordTypeOfKind('NSRecord')

/** What a zone's object gives beside its SOA: its NS and the addresses of name servers inside it, by owner name. */
export interface OwnNodes {
  readonly nodes: ReadonlyMap<string, Node>
  /** In-zone name servers that stand on the servers' own addresses, for nobody gave one. */
  readonly glueFromServers: readonly string[]
}

interface Means {
  /** The zone's content beside the nodes of its own. */
  content(own: ReadonlyMap<string, Node>): ZoneContent
  readonly encode: EncodeRdata
}

/** Whether a zone's object gives its NS: one that holds others' data does only where it lists them. */
export function givesNameServers(zone: DNSZone): boolean {
  return recordPolicy(zone) === 'exclusive' || (zone.spec.nameServers?.length ?? 0) > 0
}

/**
 * The zone's own data. A name server inside the zone that has no address, neither in `nameServers` nor of a record,
 * gets `serverAddresses`: BIND loads no zone without them. Throws NameError.
 */
export function ownNodes(zone: DNSZone, serverAddresses: readonly string[], { content, encode }: Means): OwnNodes {
  const apex = canonicalName(zone.spec.zoneName)
  const ttl = zone.spec.ttl ?? DEFAULT_TTL
  const servers = nameServers(zone)
  const rdata = (entry: RecordType, field: string, values: readonly string[]): readonly Octets[] =>
    sortedSet(values.map(value => encode(entry, { [field]: value })))
  const nodes = new Map<string, Map<number, RRset>>([
    [apex, new Map([[NS.code, { ttl, rdata: rdata(NS, 'nameserver', [...servers.keys()]) }]])],
  ])
  const glueFromServers: string[] = []
  const records = new ZoneDecider(content(nodes))
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
  return { nodes, glueFromServers }
}

/** The name servers of a zone in canonical form, each with the addresses that its object gives. Throws NameError. */
export function nameServers({ spec }: DNSZone): Map<string, readonly string[]> {
  const listed = spec.nameServers ?? []
  if (listed.length === 0) return new Map([[canonicalName(spec.soaRecord.primaryNs), []]])
  return new Map(
    listed.map(({ hostname, ipv4Address, ipv6Address }) => [
      canonicalName(hostname),
      [ipv4Address, ipv6Address].filter(address => address !== undefined),
    ]),
  )
}

// Only an address that will be served counts: one that loses to an older CNAME, or stands elsewhere, does not.
function hasAddress(node: Node): boolean {
  return node.has(A.code) || node.has(AAAA.code)
}
