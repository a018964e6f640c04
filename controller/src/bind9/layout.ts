/** A piece of rdata: so many octets, a character-string, a domain name, or all up to the end. */
export type CompressedPart = number | 'string' | 'name' | 'rest'

/**
 * The layouts of the types whose names a server may compress, or whose case does not count: those of RFC 1035 (section
 * 4.1.4), and those that RFC 3597 section 4 and RFC 4034 section 6.2 add to them. Every type not listed is opaque.
 */
export const compressedRdata: ReadonlyMap<number, readonly CompressedPart[]> = new Map<
  number,
  readonly CompressedPart[]
>([
  [2, ['name']], // NS
  [3, ['name']], // MD
  [4, ['name']], // MF
  [5, ['name']], // CNAME
  [6, ['name', 'name', 20]], // SOA
  [7, ['name']], // MB
  [8, ['name']], // MG
  [9, ['name']], // MR
  [12, ['name']], // PTR
  [14, ['name', 'name']], // MINFO
  [15, [2, 'name']], // MX
  [17, ['name', 'name']], // RP
  [18, [2, 'name']], // AFSDB
  [21, [2, 'name']], // RT
  [24, [18, 'name', 'rest']], // SIG
  [26, [2, 'name', 'name']], // PX
  [30, ['name', 'rest']], // NXT
  [33, [6, 'name']], // SRV
  [35, [4, 'string', 'string', 'string', 'name']], // NAPTR
  [36, [2, 'name']], // KX
  [39, ['name']], // DNAME
])
