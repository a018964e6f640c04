import { isAtOrBelow, serialCompare } from '#crds'
import type { CallOptions } from './channel.ts'
import type { Request } from './conversation.ts'
import { BindyError, type Reason } from './errors.ts'
import { CLASS, type DecodedMessage, RCODE, type ResourceRecord, rcodeOf, TYPE } from './protocol.ts'
import { rcodeError } from './rcode.ts'
import type { DnsServer } from './server.ts'
import { decodeSoa, encodeSoa, type Soa } from './soa.ts'

/** What the server sent is no transfer of the zone, or more than may be. */
export class TransferError extends BindyError {
  constructor(message: string, options: { reason?: Reason } = {}) {
    super(message, { reason: 'MessageInvalid', ...options })
  }
}

/** A whole zone. `records` are all but its SOA, in the order they came. */
export interface ZoneCopy {
  readonly soa: Soa
  /** Seconds. */
  readonly soaTtl: number
  readonly records: readonly ResourceRecord[]
}

/** What one change of a zone took away and put there, but for the SOA. */
export interface Delta {
  readonly from: Soa
  readonly to: Soa
  readonly removed: readonly ResourceRecord[]
  readonly added: readonly ResourceRecord[]
}

/** What became of a zone since a serial. */
export type ZoneChanges =
  /** The server has nothing newer; its serial is older than ours where the zone was made anew. */
  | { readonly kind: 'unchanged'; readonly soa: Soa }
  /** `deltas` in the order they happened; `soa` is the last one's. */
  | { readonly kind: 'incremental'; readonly soa: Soa; readonly soaTtl: number; readonly deltas: readonly Delta[] }
  /** The server no longer knows the steps, or found them longer than the zone. */
  | ({ readonly kind: 'full' } & ZoneCopy)

export interface TransferOptions extends CallOptions {
  /** The records beyond which a transfer is given up; 1,000,000 if absent. */
  readonly maxRecords?: number
}

/**
 * Transfers a whole zone (RFC 5936).
 *
 * @throws RcodeError (ZoneNotServed, ZoneNotLoaded), TransferError, TsigPeerError, TsigVerifyError, Unreachable,
 * OutcomeUnknown.
 */
export async function axfr(server: DnsServer, zone: string, options: TransferOptions = {}): Promise<ZoneCopy> {
  const reader = new TransferReader(zone, server.label, options)
  await transfer(server, axfrRequest(zone), reader, options)
  return reader.copy()
}

/** What changed in a zone since `fromSerial` (RFC 1995); it throws what axfr does. */
export async function ixfr(
  server: DnsServer,
  zone: string,
  fromSerial: number,
  options: TransferOptions = {},
): Promise<ZoneChanges> {
  const reader = new TransferReader(zone, server.label, { ...options, fromSerial })
  await transfer(server, ixfrRequest(zone, fromSerial), reader, options)
  return reader.changes()
}

async function transfer(server: DnsServer, request: Request, reader: TransferReader, options: CallOptions) {
  await server.exchange(request, message => reader.take(message), { readOnly: true, ...options })
  if (reader.rcode !== RCODE.NOERROR) throw rcodeError(`transfer ${reader.what}`, reader.rcode)
}

function axfrRequest(zone: string): Request {
  const questions = [{ name: zone, type: TYPE.AXFR, class: CLASS.IN }]
  return { flags: 0, questions, answers: [], authorities: [], additionals: [] }
}

// RFC 1995 section 3: the SOA that the client has stands in the authority section; only its serial counts.
function ixfrRequest(zone: string, serial: number): Request {
  const questions = [{ name: zone, type: TYPE.IXFR, class: CLASS.IN }]
  const rdata = encodeSoa({ mname: '.', rname: '.', serial, refresh: 0, retry: 0, expire: 0, minimum: 0 })
  const soa = { name: zone, type: TYPE.SOA, class: CLASS.IN, ttl: 0, rdata }
  return { flags: 0, questions, answers: [], authorities: [soa], additionals: [] }
}

interface OpenDelta {
  readonly from: Soa
  to: Soa | undefined
  readonly removed: ResourceRecord[]
  readonly added: ResourceRecord[]
}

type State = 'start' | 'first' | 'whole' | 'removing' | 'adding' | 'done' | 'unchanged'

/*
 * The answers of all messages are one list (RFC 5936 section 2.2, RFC 1995 section 4):
 *
 *   unchanged    SOA(new)                                                   new is not newer than ours
 *   full         SOA(new) record... SOA(new)
 *   incremental  SOA(new) { SOA(from) removed... SOA(to) added... }... SOA(new)
 *
 *   start --SOA--> first --SOA(ours)--> removing --SOA--> adding --SOA(to)--> removing | --SOA(new)--> done
 *                    '---anything else---> whole --SOA(new)--> done
 */
class TransferReader {
  readonly what: string
  rcode: number = RCODE.NOERROR
  readonly #zone: string
  readonly #fromSerial: number | undefined
  readonly #maxRecords: number
  #state: State = 'start'
  #count = 0
  #soa: Soa | undefined
  #soaTtl = 0
  readonly #records: ResourceRecord[] = []
  readonly #deltas: OpenDelta[] = []

  constructor(zone: string, server: string, options: { maxRecords?: number; fromSerial?: number }) {
    this.what = `${zone} from ${server}`
    this.#zone = zone
    this.#fromSerial = options.fromSerial
    this.#maxRecords = options.maxRecords ?? 1_000_000
  }

  /** Takes the next message; returns whether the transfer is at its end. */
  take(message: DecodedMessage): boolean {
    this.rcode = rcodeOf(message)
    if (this.rcode !== RCODE.NOERROR) return true
    // An empty message counts too, or they could come forever.
    this.#count += Math.max(1, message.answers.length)
    if (this.#count > this.#maxRecords)
      throw this.#wrong(`it has more than ${this.#maxRecords} records`, 'TransferTooLarge')
    for (const record of message.answers) this.#next(record)
    if (this.#state === 'start') throw this.#wrong('it begins without a SOA')
    if (this.#state === 'first' && this.#isUpToDate()) this.#state = 'unchanged'
    return this.#state === 'done' || this.#state === 'unchanged'
  }

  copy(): ZoneCopy {
    return { soa: this.#newest(), soaTtl: this.#soaTtl, records: this.#records }
  }

  changes(): ZoneChanges {
    const soa = this.#newest()
    if (this.#state === 'unchanged') return { kind: 'unchanged', soa }
    if (this.#deltas.length === 0) return { kind: 'full', ...this.copy() }
    return { kind: 'incremental', soa, soaTtl: this.#soaTtl, deltas: this.#deltas as Delta[] }
  }

  #next(record: ResourceRecord): void {
    if (record.class !== CLASS.IN) throw this.#wrong(`it has a record of class ${record.class}`)
    if (!isAtOrBelow(record.name, this.#zone)) throw this.#wrong(`${record.name} is not in the zone`)
    if (record.type === TYPE.SOA && record.name === this.#zone)
      this.#state = this.#nextSoa(decodeSoa(record.rdata), record.ttl)
    else this.#nextRecord(record)
  }

  #nextSoa(soa: Soa, ttl: number): State {
    const isNewest = soa.serial === this.#soa?.serial
    const open = this.#deltas.at(-1)
    switch (this.#state) {
      case 'start':
        this.#soa = soa
        this.#soaTtl = ttl
        return 'first'
      case 'first':
        return soa.serial === this.#fromSerial ? this.#openDelta(soa) : this.#end(isNewest)
      case 'whole':
        return this.#end(isNewest)
      case 'removing':
        if (open) open.to = soa
        return 'adding'
      case 'adding':
        if (soa.serial !== open?.to?.serial) throw this.#wrong('one of its steps begins where none ended')
        return isNewest ? 'done' : this.#openDelta(soa)
      default:
        throw this.#wrong('it goes on after its last SOA')
    }
  }

  #nextRecord(record: ResourceRecord): void {
    if (this.#state === 'first') this.#state = 'whole'
    this.#openList().push(record)
  }

  #openList(): ResourceRecord[] {
    const open = this.#deltas.at(-1)
    if (this.#state === 'whole') return this.#records
    if (this.#state === 'removing' && open) return open.removed
    if (this.#state === 'adding' && open) return open.added
    throw this.#wrong(this.#state === 'start' ? 'it begins without a SOA' : 'it goes on after its last SOA')
  }

  #openDelta(from: Soa): State {
    this.#deltas.push({ from, to: undefined, removed: [], added: [] })
    return 'removing'
  }

  #end(isNewest: boolean): State {
    if (!isNewest) throw this.#wrong('its last SOA is not its first')
    return 'done'
  }

  // A server with nothing newer answers with its SOA alone (RFC 1995 section 2).
  #isUpToDate(): boolean {
    return this.#fromSerial !== undefined && !(serialCompare(this.#newest().serial, this.#fromSerial) > 0)
  }

  #newest(): Soa {
    if (!this.#soa) throw this.#wrong('it begins without a SOA')
    return this.#soa
  }

  #wrong(why: string, reason?: Reason): TransferError {
    return new TransferError(`Cannot transfer ${this.what}: ${why}`, reason ? { reason } : {})
  }
}
