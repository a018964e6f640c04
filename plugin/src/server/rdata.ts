import { octetsOf, type ResourceRecord } from '#bind9'
import { printOctets } from '../zonefile/octets.ts'

/** The rdata of a record as a zone file has it; octets of a type that Bindy does not know (RFC 3597 section 5). */
export function rdataText({ type, rdata }: Pick<ResourceRecord, 'type' | 'rdata'>): string {
  return printOctets(type, octetsOf(rdata))
}
