import { type RdataForm, RRTYPE } from '../records.ts'
import type { Token } from './lexer.ts'
import { isTtl, ttlSeconds } from './ttl.ts'

/** The rdata of a SOA (RFC 1035 section 3.3.13), which has no object of its own: its zone has it. */
export const soaForm = {
  type: 'SOA',
  code: RRTYPE.SOA,
  fields: [
    { name: 'mname', wire: 'name', description: 'The primary name server.' },
    { name: 'rname', wire: 'name', description: 'The mailbox of the person in charge.' },
    { name: 'serial', wire: 'u32', description: 'The version of the zone.' },
    { name: 'refresh', wire: 'u32', description: 'Seconds between the checks of a secondary.' },
    { name: 'retry', wire: 'u32', description: 'Seconds until a secondary repeats a failed check.' },
    { name: 'expire', wire: 'u32', description: 'Seconds until a secondary that hears nothing gives up.' },
    { name: 'minimum', wire: 'u32', description: 'Seconds that resolvers may keep "no such name".' },
  ],
} as const satisfies RdataForm & { readonly code: number }

const FIRST_TIME = 3

/** The words of a SOA with its times in seconds: "1h30m" is a time in a zone file, and no number. */
export function soaTokens(tokens: readonly Token[]): Token[] {
  return tokens.map((token, i) =>
    i >= FIRST_TIME && isTtl(token.text) ? { ...token, text: String(ttlSeconds(token, 0xffff_ffff)) } : token,
  )
}
