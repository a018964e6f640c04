import { canonicalName, wireLength, writeName } from '#crds'
import { WireReader } from './reader.ts'

/** The rdata of a start of authority (RFC 1035 section 3.3.13). Times are in seconds. */
export interface Soa {
  /** The primary's name, canonical. */
  readonly mname: string
  /** The mailbox of the person in charge as a name, canonical. */
  readonly rname: string
  readonly serial: number
  readonly refresh: number
  readonly retry: number
  readonly expire: number
  /** How long a negative answer may be kept (RFC 2308 section 4). */
  readonly minimum: number
}

const numbers = ['serial', 'refresh', 'retry', 'expire', 'minimum'] as const

/** The canonical rdata of a SOA record. */
export function encodeSoa(soa: Soa): Buffer {
  const mname = canonicalName(soa.mname)
  const rname = canonicalName(soa.rname)
  const rdata = Buffer.alloc(wireLength(mname) + wireLength(rname) + 20)
  let at = writeName(rname, rdata, writeName(mname, rdata, 0))
  for (const field of numbers) at = rdata.writeUInt32BE(soa[field], at)
  return rdata
}

/**
 * Reads the rdata of a SOA record, names uncompressed as in a decoded message.
 *
 * @throws MessageError
 */
export function decodeSoa(rdata: Uint8Array): Soa {
  const reader = new WireReader(rdata, { pointers: false })
  const soa = {
    mname: reader.name('MNAME'),
    rname: reader.name('RNAME'),
    serial: reader.u32('serial'),
    refresh: reader.u32('refresh'),
    retry: reader.u32('retry'),
    expire: reader.u32('expire'),
    minimum: reader.u32('minimum'),
  }
  reader.end('SOA rdata')
  return soa
}

/** The serial `by` steps later (RFC 1982 section 3.1, at most 2^31 - 1); never 0, which named skips too. */
export function serialIncrement(serial: number, by = 1): number {
  if (!(by >= 0 && by < 0x8000_0000)) throw new RangeError(`A serial grows by 0 to 2147483647, not by ${by}`)
  return (serial + by) >>> 0 || 1
}
