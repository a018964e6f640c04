import { decodeRdata, encodeRdata } from '#bind9'
import type { Octets, RdataCodec } from '#crds'

/** Rdata as #bind9 writes and reads it, its octets as a string of one character each. */
export const rdataCodec: RdataCodec = {
  encode: (form, values) => octetsOf(encodeRdata(form, values)),
  decode: (form, rdata) => decodeRdata(form, bytesOf(rdata)),
}

/** Octets in the form that compares, and is a key. */
export function octetsOf(bytes: Uint8Array): Octets {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

export function bytesOf(octets: Octets): Uint8Array {
  return Buffer.from(octets, 'latin1')
}
