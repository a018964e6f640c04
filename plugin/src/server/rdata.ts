import type { ResourceRecord } from '#bind9'
import { octetsOf } from '../zonefile/codec.ts'
import { printOctets } from '../zonefile/octets.ts'

/** The rdata of a record as a zone file has it; octets of a type that Bindy does not know (RFC 3597 section 5). */
export function rdataText({ type, rdata }: Pick<ResourceRecord, 'type' | 'rdata'>): string {
  return printOctets(type, octetsOf(rdata))
}

// RFC 4034, RFC 5155, RFC 7344: what a signed zone holds on its own account; and the type that BIND keeps its state in.
const ofSigning = new Set([43, 46, 47, 48, 50, 51, 59, 60, 65534])

/** Whether a type is of DNSSEC's own records, which no object gives. */
export function isOfSigning(type: number): boolean {
  return ofSigning.has(type)
}
