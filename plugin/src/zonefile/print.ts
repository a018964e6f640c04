import { canonicalName, type DNSZone, RRTYPE, soaForm, typeName } from '#crds'
import { BIN } from '../name.ts'
import { rdataCodec } from './codec.ts'
import { type ObjectZone, soaOf, sourceName } from './objectzone.ts'
import { printOctets } from './octets.ts'

/** An owner name in a zone file whose origin is the apex. */
export function relativeOwner(owner: string, apex: string): string {
  if (owner === apex) return '@'
  return apex === '.' ? owner : owner.slice(0, -apex.length - 1)
}

/** The first lines of a zone's file: whose it is, and its SOA. */
export function* printHead(zone: DNSZone): Generator<string> {
  const { metadata, spec } = zone
  const soa = soaOf(zone)
  const rdata = printOctets(RRTYPE.SOA, rdataCodec.encode(soaForm, soa))
  yield `; exported by ${BIN} from ${metadata.namespace}/${metadata.name} serial ${soa.serial}`
  yield `$ORIGIN ${canonicalName(spec.zoneName)}`
  yield `$TTL ${spec.ttl}`
  yield line('@', spec.ttl, RRTYPE.SOA, rdata, [sourceName(zone, metadata.namespace)])
}

/** The other lines: all that the objects give to a zone that is made of them, each record with its objects. */
export function* printRecords(zone: ObjectZone): Generator<string> {
  for (const { owner, ttl, type, rdata, sources } of records(zone))
    yield line(relativeOwner(owner, zone.apex), ttl, type, rdata, sources)
}

/**
 * The same as comma-separated values (RFC 4180), under a line of their names. All of it is printable ASCII, and nothing in
 * it is a formula to a spreadsheet.
 */
export function* printCsv(zone: ObjectZone): Generator<string> {
  yield 'name,ttl,type,value,objects'
  for (const { owner, ttl, type, rdata, sources } of records(zone)) {
    const fields = [noFormula(owner), String(ttl), typeName(type), noFormula(rdata), sources.join(' ')]
    yield fields.map(csvField).join(',')
  }
}

function* records(zone: ObjectZone) {
  const { namespace } = zone.zone.metadata
  for (const owner of zone.owners()) {
    for (const [type, { ttl, rdata }] of [...zone.bornNode(owner)].sort(([a], [b]) => a - b)) {
      for (const octets of rdata) {
        const sources = zone.sources(owner, type, octets).map(object => sourceName(object, namespace))
        yield { owner, ttl, type, rdata: printOctets(type, octets), sources }
      }
    }
  }
}

// Only a name begins so, and in the form \DDD it is the same name (RFC 1035 section 5.1); "@" has a backslash already.
function noFormula(text: string): string {
  return text.replace(/^[=+-]/, char => `\\${String(char.charCodeAt(0)).padStart(3, '0')}`)
}

function csvField(text: string): string {
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function line(owner: string, ttl: number, type: number, rdata: string, sources: readonly string[]): string {
  return `${owner} ${ttl} IN ${typeName(type)} ${rdata} ; ${sources.join(', ')}`
}
