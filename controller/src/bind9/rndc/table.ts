import { RndcMessageError } from './errors.ts'

/** What a control-channel message is made of: octets (numbers are decimal text), tables and lists. */
export type Value = Uint8Array | Table | List
export interface Table extends ReadonlyMap<string, Value> {}
export interface List extends ReadonlyArray<Value> {}

/** Entries in the order in which they are sent; text stands for its octets in UTF-8. */
export function table(entries: Readonly<Record<string, Value | string>>): Table {
  return new Map(
    Object.entries(entries).map(([key, value]) => [key, typeof value === 'string' ? Buffer.from(value) : value]),
  )
}

/** The text of an entry, read as UTF-8; `undefined` when it is absent or no octets. */
export function textOf(from: Table | undefined, key: string): string | undefined {
  const value = from?.get(key)
  return value instanceof Uint8Array ? Buffer.from(value).toString() : undefined
}

/** The table in an entry; `undefined` when it is absent or something else. */
export function tableOf(from: Table | undefined, key: string): Table | undefined {
  const value = from?.get(key)
  return value instanceof Map ? value : undefined
}

// Types of a value. named's headers know 0, a string, and its reader refuses it.
const binary = 1
const tableType = 2
const listType = 3

// named stops at 10 as well (CCMSG_MAXDEPTH).
const maxDepth = 10

/** The octets of a table's entries: key length (1), key, type (1), value length (4), value. */
export function encodeTable(from: Table): Buffer {
  return Buffer.concat([...from].flatMap(([key, value]) => [encodeKey(key), ...encodeValue(value)]))
}

/**
 * Reads what `encodeTable` writes, within the octets given: no more memory than a small multiple of them.
 *
 * @throws RndcMessageError that says at which offset: truncated, an unknown type, a key twice, nested deeper than 10.
 */
export function decodeTable(octets: Uint8Array): Table {
  const reader = new Reader(octets)
  return readTable(reader, { end: octets.length, depth: 1 })
}

function encodeKey(key: string): Buffer {
  const octets = Buffer.from(key, 'latin1')
  if (octets.length === 0 || octets.length > 255 || octets.toString('latin1') !== key)
    throw new RndcMessageError(`Cannot encode key ${JSON.stringify(key.slice(0, 300))}: 1 to 255 octets are wanted`)
  return Buffer.concat([Buffer.of(octets.length), octets])
}

function encodeValue(value: Value): readonly Uint8Array[] {
  if (value instanceof Uint8Array) return [head(binary, value.length), value]
  const content = Array.isArray(value) ? Buffer.concat(value.flatMap(encodeValue)) : encodeTable(value as Table)
  return [head(Array.isArray(value) ? listType : tableType, content.length), content]
}

function head(type: number, length: number): Buffer {
  const octets = Buffer.allocUnsafe(5)
  octets.writeUInt8(type)
  octets.writeUInt32BE(length, 1)
  return octets
}

interface Extent {
  readonly end: number
  readonly depth: number
}

function readTable(reader: Reader, { end, depth }: Extent): Table {
  const entries = new Map<string, Value>()
  while (reader.offset < end) {
    const at = reader.offset
    const key = reader.take(reader.uint8(end), end).toString('latin1')
    if (key === '') throw new RndcMessageError(`Cannot read the key at offset ${at}: it is empty`)
    if (entries.has(key)) throw new RndcMessageError(`Cannot read the key at offset ${at}: it is there already`)
    entries.set(key, readValue(reader, { end, depth }))
  }
  return entries
}

function readList(reader: Reader, { end, depth }: Extent): List {
  const values: Value[] = []
  while (reader.offset < end) values.push(readValue(reader, { end, depth }))
  return values
}

function readValue(reader: Reader, { end, depth }: Extent): Value {
  const at = reader.offset
  const type = reader.uint8(end)
  const length = reader.uint32(end)
  if (type === binary) return reader.take(length, end)
  if (type !== tableType && type !== listType)
    throw new RndcMessageError(`Cannot read the value at offset ${at}: type ${type} is unknown`)
  if (depth === maxDepth) throw new RndcMessageError(`Cannot read the value at offset ${at}: nested deeper than 10`)
  const inner = { end: reader.need(length, end), depth: depth + 1 }
  return type === tableType ? readTable(reader, inner) : readList(reader, inner)
}

class Reader {
  offset = 0
  readonly #octets: Buffer

  constructor(octets: Uint8Array) {
    this.#octets = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)
  }

  /** The offset after `length` more octets, which must be there before `end`. */
  need(length: number, end: number): number {
    if (length > end - this.offset)
      throw new RndcMessageError(
        `Cannot read the message at offset ${this.offset}: ${length} octets wanted, ${end - this.offset} left`,
      )
    return this.offset + length
  }

  take(length: number, end: number): Buffer {
    const until = this.need(length, end)
    const octets = this.#octets.subarray(this.offset, until)
    this.offset = until
    return octets
  }

  uint8(end: number): number {
    return this.take(1, end).readUInt8()
  }

  uint32(end: number): number {
    return this.take(4, end).readUInt32BE()
  }
}
