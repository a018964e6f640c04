import { BindyError, formOf, type Octets, printRdata, printUnknownRdata } from '#crds'
import { rdataCodec } from './codec.ts'

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
