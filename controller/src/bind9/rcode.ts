import { BindyError, type Reason, type Retry } from './errors.ts'
import { RCODE, rcodeName } from './protocol.ts'

/** The server answered, and said no. */
export class RcodeError extends BindyError {
  readonly rcode: number

  constructor(message: string, options: { rcode: number; reason: Reason; retry?: Retry }) {
    super(message, options)
    this.rcode = options.rcode
  }
}

/** What a rcode says of a zone that was asked for or transferred. */
interface Meaning {
  readonly reason: Reason
  readonly why: string
}

// named refuses what it has no zone for, and says SERVFAIL for a zone whose file it could not load (FACTS C4, D7).
const meanings: ReadonlyMap<number, Meaning> = new Map([
  [RCODE.FORMERR, { reason: 'RequestMalformed', why: 'the server cannot read the request' }],
  [
    RCODE.SERVFAIL,
    { reason: 'ZoneNotLoaded', why: 'the server has the zone, but could not load it; its log says why' },
  ],
  [RCODE.NXDOMAIN, { reason: 'ZoneNotServed', why: 'the server has no zone of this name' }],
  [RCODE.NOTIMP, { reason: 'NotImplemented', why: 'the server does not do this' }],
  [
    RCODE.REFUSED,
    { reason: 'ZoneNotServed', why: 'the server has no such zone, or its allow-query or allow-transfer forbids it' },
  ],
  [RCODE.NOTAUTH, { reason: 'ZoneNotServed', why: 'the server has no zone of this name' }],
])

/** The error of a query or transfer; `what` says what could not be done. */
export function rcodeError(what: string, rcode: number): RcodeError {
  const meaning = meanings.get(rcode) ?? { reason: 'ServerRefused', why: 'the server says no more' }
  return new RcodeError(`Cannot ${what}: ${meaning.why} (${rcodeName(rcode)})`, { rcode, reason: meaning.reason })
}
