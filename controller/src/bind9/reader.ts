import { nameOfLabels } from '#crds'
import { BindyError, type Reason } from './errors.ts'

/** Octets that are no DNS message, or a message that octets cannot hold. */
export class MessageError extends BindyError {
  constructor(message: string, options: { reason?: Reason; cause?: unknown } = {}) {
    super(message, { reason: 'MessageInvalid', ...options })
  }
}

// A pointer has 14 bits (RFC 1035 section 4.1.4).
const POINTABLE = 0x4000
const MAX_HOPS = 127
const UPPER_A = 0x41
const UPPER_Z = 0x5a

/** A name met in the message, and its octets on the wire, uncompressed. */
interface Met {
  readonly name: string
  readonly octets: number
}

const root: Met = { name: '.', octets: 1 }

/** Whether an octet stands for itself in a canonical name: a to z, 0 to 9, "-" and "_". */
const plain = Uint8Array.from({ length: 256 }, (_, octet) => (/[a-z0-9_-]/.test(String.fromCharCode(octet)) ? 1 : 0))

/** Reads octets from front to back; what is not there is a MessageError that says where, and what was wanted. */
export class WireReader {
  readonly bytes: Buffer
  at: number
  readonly #names = new Map<number, Met>()
  readonly #pointers: boolean

  /** With `pointers: false`, a compressed name is an error. */
  constructor(bytes: Uint8Array, options: { at?: number; pointers?: boolean } = {}) {
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = options.at ?? 0
    this.#pointers = options.pointers ?? true
  }

  get left(): number {
    return this.bytes.length - this.at
  }

  u8(what: string): number {
    return this.bytes[this.take(1, what)] as number
  }

  u16(what: string): number {
    return this.bytes.readUInt16BE(this.take(2, what))
  }

  u32(what: string): number {
    return this.bytes.readUInt32BE(this.take(4, what))
  }

  u48(what: string): number {
    return this.bytes.readUIntBE(this.take(6, what), 6)
  }

  /** A view of the next octets. */
  octets(length: number, what: string): Buffer {
    const start = this.take(length, what)
    return this.bytes.subarray(start, start + length)
  }

  /** Steps over octets that must be there; returns where they begin. */
  take(length: number, what: string): number {
    const start = this.at
    if (start + length > this.bytes.length) throw this.#short(length, what)
    this.at = start + length
    return start
  }

  /** Refuses octets after the last field. */
  end(what: string): void {
    if (this.left > 0)
      throw new MessageError(
        `Cannot read ${what}: ${this.left} octet${this.left === 1 ? '' : 's'} after its last field`,
      )
  }

  /**
   * A domain name in canonical form (RFC 1035 section 4.1.4). Pointers lead strictly backwards, so that no chain of them
   * comes back; every name met on the way is remembered, so that it is decoded once.
   */
  name(what: string): string {
    const start = this.at
    const labels: string[] = []
    const positions: number[] = []
    let position = start
    let floor = start
    let end = 0
    let tail: Met | undefined
    let length = 1
    for (let hops = 0; tail === undefined; ) {
      const octet = this.bytes[position]
      if (octet === undefined) throw this.#truncated(what, position)
      if (octet === 0) {
        end ||= position + 1
        tail = root
      } else if (octet < 0x40) {
        length += octet + 1
        if (length > 255) throw this.#wrong(what, 'a name of more than 255 octets')
        labels.push(this.#label(position, octet, what))
        positions.push(position)
        position += octet + 1
      } else {
        position = this.#pointer(position, floor, what)
        end ||= this.at
        floor = position
        if (++hops > MAX_HOPS) throw this.#wrong(what, `more than ${MAX_HOPS} compression pointers in a row`)
        tail = this.#names.get(position)
      }
    }
    this.at = end
    return this.#join(labels, positions, tail, what)
  }

  /**
   * Copies a domain name's octets to `out` at `to`, decompressed and in lower case; returns the end. The name, up to
   * its first pointer, must end by `limit`.
   */
  copyName(out: Uint8Array, to: number, limit: number, what: string): number {
    let position = this.at
    let floor = position
    let end = 0
    let put = to
    for (let hops = 0; ; ) {
      const octet = this.bytes[position]
      if (octet === undefined || (end === 0 && position >= limit)) throw this.#truncated(what, position)
      if (octet >= 0x40) {
        position = this.#pointer(position, floor, what)
        end ||= this.at
        floor = position
        if (++hops > MAX_HOPS) throw this.#wrong(what, `more than ${MAX_HOPS} compression pointers in a row`)
        continue
      }
      const next = position + 1 + octet
      if (next > this.bytes.length) throw this.#truncated(what, position)
      if (put + 1 + octet - to > 255) throw this.#wrong(what, 'a name of more than 255 octets')
      out[put++] = octet
      for (position++; position < next; position++) {
        const char = this.bytes[position] as number
        out[put++] = char >= UPPER_A && char <= UPPER_Z ? char + 32 : char
      }
      if (octet !== 0) continue
      this.at = end || next
      if (this.at > limit) throw this.#truncated(what, limit)
      return put
    }
  }

  #label(position: number, length: number, what: string): string {
    const from = position + 1
    const to = from + length
    if (to > this.bytes.length) throw this.#truncated(what, position)
    for (let i = from; i < to; i++)
      if (plain[this.bytes[i] as number] === 0)
        return nameOfLabels([this.bytes.toString('latin1', from, to)]).slice(0, -1)
    return this.bytes.toString('latin1', from, to)
  }

  #pointer(position: number, floor: number, what: string): number {
    const high = this.bytes[position] as number
    const low = this.bytes[position + 1]
    if (high < 0xc0) throw this.#wrong(what, `a label of the unknown type ${high >> 6}`)
    if (!this.#pointers) throw this.#wrong(what, 'a compression pointer where none may stand')
    if (low === undefined) throw this.#truncated(what, position)
    const target = ((high & 0x3f) << 8) | low
    if (target >= floor) throw this.#wrong(what, `a compression pointer to offset ${target}, which is not before it`)
    this.at = position + 2
    return target
  }

  #join(labels: readonly string[], positions: readonly number[], tail: Met, what: string): string {
    let { name, octets } = tail
    for (let i = labels.length - 1; i >= 0; i--) {
      const position = positions[i] as number
      name = name === '.' ? `${labels[i]}.` : `${labels[i]}.${name}`
      octets += 1 + (this.bytes[position] as number)
      if (position < POINTABLE) this.#names.set(position, { name, octets })
    }
    if (octets > 255) throw this.#wrong(what, 'a name of more than 255 octets')
    return name
  }

  #short(wanted: number, what: string): MessageError {
    return new MessageError(
      `Cannot read ${what} at offset ${this.at}: ${wanted} octet${wanted === 1 ? '' : 's'} wanted, ${Math.max(this.left, 0)} left`,
    )
  }

  #truncated(what: string, position: number): MessageError {
    return new MessageError(`Cannot read ${what} at offset ${this.at}: it runs past its end at offset ${position}`)
  }

  #wrong(what: string, why: string): MessageError {
    return new MessageError(`Cannot read ${what} at offset ${this.at}: ${why}`)
  }
}
