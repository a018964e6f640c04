/** Classes (RFC 1035 section 3.2.4, RFC 2136 section 1.3). */
export const CLASS = { IN: 1, NONE: 254, ANY: 255 } as const

/** Types that have a part of their own in the protocol. Those of records stand in the table of #crds. */
export const TYPE = { SOA: 6, OPT: 41, TSIG: 250, IXFR: 251, AXFR: 252, ANY: 255 } as const

/** Operation codes. */
export const OPCODE = { QUERY: 0, NOTIFY: 4, UPDATE: 5 } as const

/** Bits of the header's second pair of octets (RFC 1035 section 4.1.1). */
export const FLAG = { QR: 0x8000, AA: 0x0400, TC: 0x0200, RD: 0x0100 } as const

/** Response codes (RFC 1035 section 4.1.1, RFC 2136 section 2.2). */
export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
} as const

/** "REFUSED", "NOTAUTH", ...; "RCODE11" beyond the table. */
export function rcodeName(rcode: number): string {
  return Object.entries(RCODE).find(([, code]) => code === rcode)?.[0] ?? `RCODE${rcode}`
}

export interface Question {
  /** Canonical. */
  readonly name: string
  readonly type: number
  readonly class: number
}

/** A record as it stands in a message. */
export interface ResourceRecord {
  /** Canonical. */
  readonly name: string
  readonly type: number
  readonly class: number
  /** Seconds. */
  readonly ttl: number
  /**
   * Of a decoded record, canonical: names in the rdata of the types that servers compress or fold are decompressed and
   * in lower case, so that equal rdata is equal octets. All other types are as they came.
   */
  readonly rdata: Uint8Array
}

/** A DNS message. In an UPDATE the sections are zone, prerequisites, updates and additional data (RFC 2136 section 2). */
export interface Message {
  readonly id: number
  /** QR, opcode, AA, TC, RD, RA, Z, AD, CD and rcode in 16 bits. */
  readonly flags: number
  readonly questions: readonly Question[]
  readonly answers: readonly ResourceRecord[]
  readonly authorities: readonly ResourceRecord[]
  readonly additionals: readonly ResourceRecord[]
}

export interface DecodedMessage extends Message {
  /** The octets that it was read from. */
  readonly bytes: Buffer
  /** Where the last record begins: a TSIG record stands there, and what it signs ends there. */
  readonly lastRecordAt: number
}

export function opcodeOf(message: { readonly flags: number }): number {
  return (message.flags >>> 11) & 0x0f
}

export function rcodeOf(message: { readonly flags: number }): number {
  return message.flags & 0x0f
}
