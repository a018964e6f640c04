import { encodeRdata, octetsOf, type Soa } from '#bind9'
import { canonicalName, type DNSZone, type OwnNodes, ownNodes, rname } from '#crds'
import type { ZoneClaims } from './claims.ts'
import { contentOf } from './content.ts'

/** What a zone serves of itself, before any record: its SOA, its NS and the addresses of name servers inside it. */
export interface OwnData extends OwnNodes {
  readonly soa: Omit<Soa, 'serial'>
}

/** The zone's own data; see `ownNodes()`. */
export function ownData(zone: DNSZone, serverAddresses: readonly string[], claims: ZoneClaims): OwnData {
  const own = ownNodes(zone, serverAddresses, {
    content: nodes => contentOf(zone, claims, nodes),
    encode: (entry, values) => octetsOf(encodeRdata(entry, values)),
  })
  return { soa: soaOf(zone), ...own }
}

/** Whether a served SOA says what the zone's object does, the serial aside. */
export function sameSoa(desired: Omit<Soa, 'serial'>, served: Soa): boolean {
  const fields = ['mname', 'rname', 'refresh', 'retry', 'expire', 'minimum'] as const
  return fields.every(field => desired[field] === served[field])
}

function soaOf(zone: DNSZone): Omit<Soa, 'serial'> {
  const { primaryNs, adminEmail, refresh, retry, expire, negativeTtl } = zone.spec.soaRecord
  return { mname: canonicalName(primaryNs), rname: rname(adminEmail), refresh, retry, expire, minimum: negativeTtl }
}
