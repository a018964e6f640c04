import { BindyError, formOf, mnemonic, type Octets, printRdata, printUnknownRdata } from '#crds'
import { rdataCodec } from './codec.ts'
import { type ObjectZone, sourceName } from './objectzone.ts'

const SOA = 6

/** Rdata as a zone file has it; in the form of RFC 3597 where Bindy does not know the type, or cannot say the octets. */
export function printOctets(type: number, rdata: Octets): string {
  const form = formOf(type)
  if (!form) return printUnknownRdata(rdata)
  try {
    return printRdata(form, rdataCodec.decode(form, rdata))
  } catch (error) {
    if (error instanceof BindyError) return printUnknownRdata(rdata)
    throw error
  }
}

/** An owner name in a zone file whose origin is the apex. */
export function relativeOwner(owner: string, apex: string): string {
  if (owner === apex) return '@'
  return apex === '.' ? owner : owner.slice(0, -apex.length - 1)
}

/** The lines of a zone file that says what a zone's objects give, each with the object that gives it. */
export function* printZone(zone: ObjectZone): Generator<string> {
  const { apex } = zone
  const { metadata, spec } = zone.zone
  const { namespace } = metadata
  const soa = zone.soa()
  yield `; exported by kubectl bindy from ${namespace}/${metadata.name} serial ${soa.serial}`
  yield `$ORIGIN ${apex}`
  yield `$TTL ${spec.ttl}`
  yield line('@', spec.ttl, SOA, printOctets(SOA, rdataCodec.encode(soaForm(), soa)), [
    sourceName(zone.zone, namespace),
  ])
  for (const owner of zone.owners()) {
    const name = relativeOwner(owner, apex)
    for (const [type, { ttl, rdata }] of [...zone.node(owner)].sort(([a], [b]) => a - b)) {
      for (const octets of rdata) {
        const given = zone.sources(owner, type, octets)
        const sources = given.length > 0 ? given : [zone.zone]
        yield line(
          name,
          ttl,
          type,
          printOctets(type, octets),
          sources.map(object => sourceName(object, namespace)),
        )
      }
    }
  }
}

function line(owner: string, ttl: number, type: number, rdata: string, sources: readonly string[]): string {
  return `${owner} ${ttl} IN ${mnemonic(type)} ${rdata} ; ${sources.join(', ')}`
}

function soaForm() {
  const form = formOf(SOA)
  if (!form) throw new Error('The SOA has a form')
  return form
}
