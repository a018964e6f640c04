import { bytesOf, decodeSoa, type ZoneCopy } from '#bind9'
import { isAtOrBelow, RRTYPE } from '#crds'
import { faulty, type Source } from '../import/source.ts'
import { shownName } from '../zone/find.ts'
import { type RRset, rrsetsOf } from '../zonefile/rrset.ts'

/** The records of a zone file as a server would give them. @throws Failure where they make no zone */
export function copyOf({ name, records }: Source, apex: string): ZoneCopy {
  const rrsets = rrsetsOf(records)
  const faults = faultsOf(rrsets, apex)
  if (faults.length > 0) throw faulty(`${name} cannot be compared with ${shownName(apex)}`, faults)
  const [soa, ...rest] = rrsets as [RRset, ...RRset[]]
  const found = rest.flatMap(({ owner, type, ttl, records }) =>
    records.map(({ rdata = '' }) => ({ name: owner, type, class: 1, ttl, rdata: bytesOf(rdata) })),
  )
  return { soa: decodeSoa(bytesOf(soa.records[0]?.rdata ?? '')), soaTtl: soa.ttl, records: found }
}

// The SOA of the apex comes before all else, if there is one.
function faultsOf(rrsets: readonly RRset[], apex: string): string[] {
  const [first] = rrsets
  const hasSoa = first?.type === RRTYPE.SOA && first.owner === apex && first.records.length === 1
  const outside = new Set(rrsets.filter(({ owner }) => !isAtOrBelow(owner, apex)).map(({ owner }) => owner))
  return [
    ...(hasSoa ? [] : [`${shownName(apex)} has no SOA, or several: one is wanted at the apex`]),
    ...[...outside].map(owner => `${owner} does not lie in the zone`),
  ]
}
