import type { ZoneCopy } from '#bind9'
import { decodeRdata } from '#bind9'
import { type DNSZone, isSigning, RRTYPE, recordPolicy, recordTypeOfCode, typeName, unmanagedBy } from '#crds'
import type { FoundRecord } from '../record/find.ts'
import { isOfZone } from '../record/find.ts'
import { ownerOf, type RRset, textsOf } from '../record/rrset.ts'
import { rdataText } from '../server/rdata.ts'
import { typedName } from './find.ts'

export interface Unowned {
  /** RRsets that objects can be made for. */
  readonly rrsets: readonly RRset[]
  /** "www.example.com. HTTPS", of types that Bindy has no object for. */
  readonly others: readonly string[]
}

/** What a server has of a zone that neither an object gives, nor the zone itself, nor its signing. */
export function unownedOf(zone: DNSZone, apex: string, copy: ZoneCopy, records: readonly FoundRecord[]): Unowned {
  const given = new Set(records.flatMap(one => keysOf(one, apex)))
  const isOthers = unmanagedBy(zone)
  const rrsets = new Map<string, RRset & { readonly rdatas: RRset['rdatas'][number][] }>()
  const others = new Set<string>()
  for (const record of copy.records) {
    const { name: owner, type, ttl, rdata } = record
    if (isSigning(type) || (owner === apex && type === RRTYPE.NS)) continue
    if (isOthers(owner, type) || isOwnAddress(zone, owner, type)) continue
    const entry = recordTypeOfCode(type)
    if (!entry) others.add(`${owner} ${typeName(type)}`)
    else if (!given.has(`${owner} ${type} ${rdataText(record)}`)) {
      const key = `${owner} ${type}`
      const known = rrsets.get(key)
      if (known) known.rdatas.push(decodeRdata(entry, rdata))
      else rrsets.set(key, { owner, entry, ttl, rdatas: [decodeRdata(entry, rdata)] })
    }
  }
  return { rrsets: [...rrsets.values()], others: [...others] }
}

/**
 * Whether an address is the zone's own: that of a name server of it. In a zone that is shared it may be anybody's, so that
 * there it is not.
 */
export function isOwnAddress(zone: DNSZone, owner: string, type: number): boolean {
  if (!/^A(AAA)?$/.test(typeName(type)) || recordPolicy(zone) !== 'exclusive') return false
  const { soaRecord, nameServers = [] } = zone.spec
  return [soaRecord.primaryNs, ...nameServers.map(({ hostname }) => hostname)].some(name => typedName(name) === owner)
}

function keysOf({ entry, object }: FoundRecord, apex: string): string[] {
  if (!isOfZone(object, apex)) return []
  const owner = ownerOf(object, apex)
  return textsOf(entry, object.spec).map(text => `${owner} ${entry.code} ${text}`)
}
