import { decodeRdata, decodeSoa, type ResourceRecord, TYPE } from '#bind9'
import { printRdata, printUnknownRdata, recordTypeOfCode } from '#crds'

/** The rdata of a record as a zone file has it; octets of a type that Bindy does not know (RFC 3597 section 5). */
export function rdataText({ type, rdata }: ResourceRecord): string {
  const entry = recordTypeOfCode(type)
  if (entry) return printRdata(entry, decodeRdata(entry, rdata))
  if (type !== TYPE.SOA) return printUnknownRdata(Buffer.from(rdata).toString('latin1'))
  const { mname, rname, serial, refresh, retry, expire, minimum } = decodeSoa(rdata)
  return [mname, rname, serial, refresh, retry, expire, minimum].join(' ')
}

// RFC 4034, RFC 5155, RFC 7344: what a signed zone holds on its own account; and the type that BIND keeps its state in.
const ofSigning = new Set([43, 46, 47, 48, 50, 51, 59, 60, 65534])

/** Whether a type is of DNSSEC's own records, which no object gives. */
export function isOfSigning(type: number): boolean {
  return ofSigning.has(type)
}
