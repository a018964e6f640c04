import type { CallOptions } from './channel.ts'
import { CLASS, FLAG, RCODE, type ResourceRecord, rcodeOf, TYPE } from './protocol.ts'
import { rcodeError } from './rcode.ts'
import type { DnsServer } from './server.ts'
import { decodeSoa, type Soa } from './soa.ts'

export interface Answer {
  readonly rcode: number
  /** Whether the server has authority over the name. */
  readonly aa: boolean
  readonly answers: readonly ResourceRecord[]
  readonly authorities: readonly ResourceRecord[]
}

/** Asks for the records of a name and type, no recursion desired. Any rcode is an answer. */
export async function query(server: DnsServer, name: string, type: number, options: CallOptions = {}): Promise<Answer> {
  const request = {
    flags: 0,
    questions: [{ name, type, class: CLASS.IN }],
    answers: [],
    authorities: [],
    additionals: [],
  }
  const reply = await server.ask(request, { readOnly: true, ...options })
  const { answers, authorities } = reply
  return { rcode: rcodeOf(reply), aa: (reply.flags & FLAG.AA) !== 0, answers, authorities }
}

/**
 * The SOA of a zone as the server serves it, or undefined where it answers and has no authority over a zone of this name.
 *
 * @throws RcodeError: ZoneNotServed (REFUSED, NOTAUTH), ZoneNotLoaded (SERVFAIL).
 */
export async function querySoa(server: DnsServer, zone: string, options: CallOptions = {}): Promise<Soa | undefined> {
  const { rcode, aa, answers } = await query(server, zone, TYPE.SOA, options)
  if (rcode === RCODE.NXDOMAIN) return undefined
  if (rcode !== RCODE.NOERROR) throw rcodeError(`read the SOA of ${zone} at ${server.label}`, rcode)
  const soa = answers.find(record => record.type === TYPE.SOA && record.name === zone)
  return aa && soa ? decodeSoa(soa.rdata) : undefined
}
