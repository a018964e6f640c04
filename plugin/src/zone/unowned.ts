import type { ZoneCopy } from '#bind9'
import { decodeRdata, octetsOf } from '#bind9'
import { isSigning, RRTYPE, recordTypeOfCode, typeName, unmanagedBy } from '#crds'
import type { RRset } from '../record/rrset.ts'
import type { ObjectZone } from '../zonefile/objectzone.ts'

export interface Unowned {
  /** RRsets that objects can be made for. */
  readonly rrsets: readonly RRset[]
  /** "www.example.com. HTTPS", of types that Bindy has no object for. */
  readonly others: readonly string[]
}

/** What a server has of a zone that neither an object gives, nor the zone itself, nor its signing. */
export function unownedOf(zone: ObjectZone, copy: ZoneCopy): Unowned {
  const given = new Set(givenBy(zone))
  const isOthers = unmanagedBy(zone.zone)
  const rrsets = new Map<string, RRset & { readonly rdatas: RRset['rdatas'][number][] }>()
  const others = new Set<string>()
  for (const { name: owner, type, ttl, rdata } of copy.records) {
    if (isSigning(type) || (owner === zone.apex && type === RRTYPE.NS) || isOthers(owner, type)) continue
    const entry = recordTypeOfCode(type)
    if (!entry) others.add(`${owner} ${typeName(type)}`)
    else if (!given.has(`${owner} ${type} ${octetsOf(rdata)}`)) {
      const key = `${owner} ${type}`
      const known = rrsets.get(key)
      if (known) known.rdatas.push(decodeRdata(entry, rdata))
      else rrsets.set(key, { owner, entry, ttl, rdatas: [decodeRdata(entry, rdata)] })
    }
  }
  return { rrsets: [...rrsets.values()], others: [...others] }
}

// An object that is refused gives its values too: a second one would be refused as it is.
function* givenBy(zone: ObjectZone): Generator<string> {
  for (const { owner, claim } of zone.claims()) for (const rdata of claim.rdata) yield `${owner} ${claim.type} ${rdata}`
  for (const [owner, node] of zone.own)
    for (const [type, { rdata }] of node) for (const octets of rdata) yield `${owner} ${type} ${octets}`
}
