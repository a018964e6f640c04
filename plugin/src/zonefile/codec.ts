import { bytesOf, decodeRdata, encodeRdata, octetsOf } from '#bind9'
import type { RdataCodec } from '#crds'

/** Rdata as #bind9 writes and reads it, its octets as a string of one character each. */
export const rdataCodec: RdataCodec = {
  encode: (form, values) => octetsOf(encodeRdata(form, values)),
  decode: (form, rdata) => decodeRdata(form, bytesOf(rdata)),
}
