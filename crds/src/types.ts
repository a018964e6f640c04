import { RRTYPE, recordTypes } from './records.ts'

// Types of the field that Bindy has no object for (RFC 6895 section 3.1): known by name, so that a zone file that has
// them is told from one that is misspelt.
const FOREIGN = `MD 3 MF 4 MB 7 MG 8 MR 9 NULL 10 WKS 11 HINFO 13 MINFO 14 RP 17 AFSDB 18 X25 19 ISDN 20 RT 21 NSAP 22
  NSAP-PTR 23 SIG 24 KEY 25 PX 26 GPOS 27 LOC 29 EID 31 NIMLOC 32 ATMA 34 NAPTR 35 KX 36 CERT 37 A6 38 DNAME 39
  SINK 40 APL 42 DS 43 IPSECKEY 45 RRSIG 46 NSEC 47 DNSKEY 48 DHCID 49 NSEC3 50 NSEC3PARAM 51 SMIMEA 53
  HIP 55 NINFO 56 RKEY 57 TALINK 58 CDS 59 CDNSKEY 60 OPENPGPKEY 61 CSYNC 62 ZONEMD 63 SVCB 64 HTTPS 65 SPF 99 UINFO 100
  UID 101 GID 102 UNSPEC 103 NID 104 L32 105 L64 106 LP 107 EUI48 108 EUI64 109 URI 256 AVC 258 DOA 259 AMTRELAY 260
  RESINFO 261 WALLET 262 TA 32768 DLV 32769`

const codes = new Map<string, number>([
  ...FOREIGN.split(/\s+(?=[A-Z])/).map((pair): [string, number] => {
    const [name = '', code] = pair.split(' ')
    return [name, Number(code)]
  }),
  ['SOA', RRTYPE.SOA],
  ...recordTypes.map(({ type, code }): [string, number] => [type, code]),
])

const names = new Map([...codes].map(([name, code]) => [code, name]))

/** The code of a type as a zone file names it, in any case: its mnemonic, or "TYPE65" (RFC 3597 section 5). */
export function codeOfType(text: string): number | undefined {
  const upper = text.toUpperCase()
  const number = /^TYPE(\d{1,5})$/.exec(upper)?.[1]
  if (number === undefined) return codes.get(upper)
  return Number(number) <= 0xffff ? Number(number) : undefined
}

/** The mnemonic of a type, of those that Bindy has no object for too; "TYPE65400" where it has none. */
export function typeName(code: number): string {
  return names.get(code) ?? `TYPE${code}`
}
