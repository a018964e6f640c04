import { typeName } from '#crds'
import type { CallOptions } from './channel.ts'
import type { Request } from './conversation.ts'
import type { Reason } from './errors.ts'
import { CLASS, OPCODE, RCODE, type ResourceRecord, rcodeName, rcodeOf, TYPE } from './protocol.ts'
import { RcodeError } from './rcode.ts'
import type { DnsServer } from './server.ts'

/** The records that named takes fastest in one message: it is as fast from 200 to 1,000, and one bad one is found sooner. */
export const UPDATE_BATCH = 500

/** One change of a zone (RFC 2136 section 2.5). Names are canonical. */
export type Change =
  | {
      readonly kind: 'add'
      readonly name: string
      readonly type: number
      /** Seconds. */
      readonly ttl: number
      readonly rdata: Uint8Array
    }
  | { readonly kind: 'delete'; readonly name: string; readonly type: number; readonly rdata: Uint8Array }
  | { readonly kind: 'deleteRRset'; readonly name: string; readonly type: number }

export interface Update {
  /** Canonical. */
  readonly zone: string
  readonly updates: readonly Change[]
}

/** The server took nothing of an update: all of a message happens, or nothing. */
export class UpdateError extends RcodeError {}

/**
 * Sends one UPDATE and resolves when the server said NOERROR. That is no proof: named drops some changes in silence, such
 * as a CNAME beside other data; read back what matters.
 *
 * @throws UpdateError with the rcode and a reason, TsigPeerError, MessageError (MessageTooBig, nothing sent), Unreachable
 * (nothing sent), OutcomeUnknown.
 */
export async function update(server: DnsServer, change: Update, options: CallOptions = {}): Promise<void> {
  const rcode = rcodeOf(await server.ask(updateMessage(change), options))
  if (rcode !== RCODE.NOERROR) throw updateError(server.label, change, rcode)
}

/** The message of an update (RFC 2136 section 2): zone, no prerequisites, updates. */
export function updateMessage({ zone, updates }: Update): Request {
  return {
    flags: OPCODE.UPDATE << 11,
    questions: [{ name: zone, type: TYPE.SOA, class: CLASS.IN }],
    answers: [],
    authorities: updates.map(changeRecord),
    additionals: [],
  }
}

const empty = new Uint8Array()

// RFC 2136 section 2.5: the zone's class adds, NONE deletes one record, ANY an RRset
function changeRecord(change: Change): ResourceRecord {
  const { name } = change
  switch (change.kind) {
    case 'add':
      return { name, type: change.type, class: CLASS.IN, ttl: change.ttl, rdata: change.rdata }
    case 'delete':
      return { name, type: change.type, class: CLASS.NONE, ttl: 0, rdata: change.rdata }
    case 'deleteRRset':
      return { name, type: change.type, class: CLASS.ANY, ttl: 0, rdata: empty }
  }
}

interface Meaning {
  readonly reason: Reason
  readonly why: string
}

const meanings: ReadonlyMap<number, Meaning> = new Map([
  [RCODE.FORMERR, { reason: 'RequestMalformed', why: 'the server cannot read it' }],
  [
    RCODE.SERVFAIL,
    {
      reason: 'ServerFailed',
      why: 'the zone is not loaded, its journal cannot be written, or an RRset would have more than 100 records; the log of named says which',
    },
  ],
  [RCODE.NOTIMP, { reason: 'NotImplemented', why: 'the server takes no updates' }],
  [
    RCODE.REFUSED,
    {
      reason: 'UpdateRefused',
      why: 'the zone is frozen, a secondary or not open to this key, or one record breaks a rule of named; its log says which',
    },
  ],
  [RCODE.NOTAUTH, { reason: 'ZoneNotServed', why: 'the server has no zone of this name' }],
  [RCODE.NOTZONE, { reason: 'OutOfZone', why: 'a name of it is not in the zone' }],
])

function updateError(server: string, change: Update, rcode: number): UpdateError {
  const meaning = meanings.get(rcode) ?? { reason: 'ServerRefused', why: 'the server says no more' }
  const message = `Cannot update ${printUpdate(change)} at ${server}: ${meaning.why} (${rcodeName(rcode)})`
  return new UpdateError(message, { rcode, reason: meaning.reason })
}

/** `"www.example.com." A`, or `500 records of example.com.` */
function printUpdate({ zone, updates }: Update): string {
  const [first] = updates
  if (!first || updates.length > 1) return `${updates.length} records of ${zone}`
  return `"${first.name}" ${typeName(first.type)}`
}
