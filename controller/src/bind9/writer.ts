import { canonicalName, writeName } from '#crds'
import type { Question, ResourceRecord } from './protocol.ts'
import { MessageError } from './reader.ts'

/** The most that the two octets of length before a message on TCP can say (RFC 1035 section 4.2.2). */
export const MAX_MESSAGE = 65_535

// Room for one record beyond the limit, which is then taken back.
const ROOM = 2 * 65_536 + 1_024
const POINTABLE = 0x4000
const COUNTS_AT = 4

let spare: Buffer | undefined

/** The sections of a message, in wire order. */
export type Section = 0 | 1 | 2 | 3

/** Writes one message, owner names compressed (RFC 1035 section 4.1.4), rdata as it is. */
export class MessageWriter {
  readonly #out: Buffer
  readonly #names = new Map<string, number>()
  readonly #counts = [0, 0, 0, 0]
  readonly #limit: number
  #at = 12

  /** `limit`: the octets that the finished message may have. */
  constructor(header: { readonly id: number; readonly flags: number }, limit = MAX_MESSAGE) {
    this.#out = spare ?? Buffer.allocUnsafeSlow(ROOM)
    spare = undefined
    this.#limit = limit
    this.#out.writeUInt16BE(header.id, 0)
    this.#out.writeUInt16BE(header.flags, 2)
  }

  get size(): number {
    return this.#at
  }

  /** Adds a question, or returns false where it does not fit. */
  question(question: Question): boolean {
    const start = this.#at
    this.#name(question.name)
    this.#u16(question.type)
    this.#u16(question.class)
    return this.#keep(0, start)
  }

  /** Adds a record, or returns false, nothing added, where it does not fit. */
  record(section: Section, record: ResourceRecord): boolean {
    // RFC 1035 section 4.1.3: name, type, class, TTL, RDLENGTH, RDATA
    const start = this.#at
    const { rdata } = record
    if (rdata.length > MAX_MESSAGE) return false
    this.#name(record.name)
    this.#u16(record.type)
    this.#u16(record.class)
    this.#u16(record.ttl >>> 16)
    this.#u16(record.ttl & 0xffff)
    this.#u16(rdata.length)
    this.#out.set(rdata, this.#at)
    this.#at += rdata.length
    return this.#keep(section, start)
  }

  /** The finished message in a buffer of its own; the writer must not be used after it. */
  finish(): Buffer {
    this.#counts.forEach((count, section) => {
      this.#out.writeUInt16BE(count, COUNTS_AT + 2 * section)
    })
    const message = Buffer.allocUnsafe(this.#at)
    this.#out.copy(message, 0, 0, this.#at)
    spare = this.#out
    return message
  }

  #keep(section: Section, start: number): boolean {
    const count = this.#counts[section] as number
    if (this.#at <= this.#limit && count < 65_535) {
      this.#counts[section] = count + 1
      return true
    }
    this.#at = start
    for (const [name, offset] of this.#names) if (offset >= start) this.#names.delete(name)
    return false
  }

  #name(name: string): void {
    let rest = name
    for (let first = true; rest !== '.'; first = false) {
      const seen = this.#names.get(rest)
      if (seen !== undefined) {
        this.#u16(0xc000 | seen)
        return
      }
      if (first) {
        rest = canonicalName(rest)
        if (rest.includes('\\')) {
          this.#at = writeName(rest, this.#out, this.#at)
          return
        }
      }
      if (this.#at < POINTABLE) this.#names.set(rest, this.#at)
      const dot = rest.indexOf('.')
      this.#label(rest, dot)
      rest = dot === rest.length - 1 ? '.' : rest.slice(dot + 1)
    }
    this.#out[this.#at++] = 0
  }

  #label(name: string, length: number): void {
    this.#out[this.#at++] = length
    for (let i = 0; i < length; i++) this.#out[this.#at++] = name.charCodeAt(i)
  }

  #u16(value: number): void {
    this.#out[this.#at++] = value >>> 8
    this.#out[this.#at++] = value & 0xff
  }
}

/** The error of a message that would be longer than `limit`. */
export function messageTooBig(limit: number, records: number): MessageError {
  return new MessageError(
    `Cannot write a message of ${records} records: it would have more than ${limit} octets; send fewer at a time`,
    { reason: 'MessageTooBig' },
  )
}
