import { isIPv4, isIPv6 } from 'node:net'
import dnsPacket from 'dns-packet'
import {
  canonicalName,
  NameError,
  type RdataField,
  type RdataForm,
  type RdataValues,
  type Wire,
  wireLength,
  writeName,
} from '#crds'
import { BindyError, type Reason } from './errors.ts'
import { WireReader } from './reader.ts'

/** Values that no rdata of the type can hold, or rdata that the fields of the type cannot say. */
export class RdataError extends BindyError {
  constructor(message: string, options: { cause?: unknown; reason?: Reason } = {}) {
    super(message, { reason: 'InvalidRdata', retry: 'never', ...options })
  }
}

/** The longest rdata (RFC 1035 section 3.2.1). */
const MAX_RDATA = 65_535
const MAX_STRING = 255

/** The fault of one value, for the error that names its field. */
class Fault extends Error {}

class TooLong extends Fault {
  constructor(size: number) {
    super(`${size} octets of rdata, ${MAX_RDATA} allowed`)
  }
}

interface FieldCodec<Value> {
  /** The octets of a value; throws Fault or NameError. */
  encode(value: unknown): Buffer
  /** Takes the value from the reader; throws MessageError or Fault. */
  decode(reader: WireReader): Value
}

/**
 * The rdata that says `values`, in canonical form: names in lower case. Fields of `values` that the type does not have
 * are not looked at.
 *
 * @throws RdataError that names the type and the field.
 */
export function encodeRdata(entry: RdataForm, values: RdataValues): Uint8Array {
  const parts = entry.fields.map(field => encodeField(entry, field, values[field.name]))
  const rdata = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
  if (rdata.length > MAX_RDATA) throw unencodable(entry.type, new TooLong(rdata.length))
  return rdata
}

/**
 * What rdata of the type says, by field. Encoding it again gives the same octets where the rdata is in canonical form.
 *
 * @throws MessageError on rdata that ends early or late, RdataError on octets that the fields cannot say.
 */
export function decodeRdata(entry: RdataForm, rdata: Uint8Array): RdataValues {
  const reader = new WireReader(rdata, { pointers: false })
  const values: { [field: string]: string | number | readonly string[] } = {}
  for (const field of entry.fields) values[field.name] = decodeField(entry, field, reader)
  reader.end(`${entry.type} rdata`)
  return values
}

function encodeField(entry: RdataForm, field: RdataField, value: unknown): Buffer {
  try {
    return codecs[field.wire].encode(value)
  } catch (cause) {
    if (!(cause instanceof Fault || cause instanceof NameError)) throw cause
    throw unencodable(`${entry.type} ${field.name}`, cause)
  }
}

function decodeField(entry: RdataForm, field: RdataField, reader: WireReader): string | number | readonly string[] {
  try {
    return codecs[field.wire].decode(reader)
  } catch (cause) {
    if (!(cause instanceof Fault)) throw cause
    throw new RdataError(`Cannot read ${entry.type} ${field.name}: ${cause.message}`, { cause })
  }
}

const codecs: { readonly [W in Wire]: FieldCodec<string | number | readonly string[]> } = {
  ipv4: {
    encode: value => withoutLength(dnsPacket.a.encode(checked(value, isIPv4, 'an IPv4 address'))),
    decode: reader => dnsPacket.a.decode(withLength(reader.octets(4, 'IPv4 address'))),
  },
  ipv6: {
    encode: value => withoutLength(dnsPacket.aaaa.encode(checked(value, isPlainIPv6, 'an IPv6 address'))),
    // dns-packet shortens the first run of zeros; RFC 5952 section 4.2.3 wants the longest.
    decode: reader => printIPv6(reader.octets(16, 'IPv6 address')),
  },
  name: {
    encode: value => encodeName(text(value)),
    decode: reader => reader.name('name'),
  },
  u8: number(1),
  u16: number(2),
  u32: number(4),
  strings: {
    encode: encodeStrings,
    decode: reader => joined(readStrings(reader)).map(utf8),
  },
  tag: {
    encode: value => {
      const tag = checked(value, candidate => /^[a-zA-Z0-9]{1,255}$/.test(candidate), '1 to 255 letters and digits')
      return Buffer.concat([Uint8Array.of(tag.length), Buffer.from(tag, 'latin1')])
    },
    decode: reader => reader.octets(reader.u8('tag length'), 'tag').toString('latin1'),
  },
  text: {
    encode: value => Buffer.from(wellFormed(value)),
    decode: reader => utf8(reader.octets(reader.left, 'text')),
  },
  hex: {
    encode: value => {
      const digits = checked(value, candidate => /^(?:[0-9a-f]{2})+$/i.test(candidate), 'pairs of hexadecimal digits')
      return Buffer.from(digits, 'hex')
    },
    decode: reader => reader.octets(reader.left, 'octets').toString('hex'),
  },
}

function number(octets: 1 | 2 | 4): FieldCodec<number> {
  const most = 2 ** (8 * octets) - 1
  return {
    encode: value => {
      if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > most)
        throw new Fault(`${print(value)} is no whole number from 0 to ${most}`)
      const field = Buffer.allocUnsafe(octets)
      field.writeUIntBE(value as number, 0, octets)
      return field
    },
    decode: reader => reader.octets(octets, 'number').readUIntBE(0, octets),
  }
}

function encodeName(value: string): Buffer {
  // canonicalName takes "@" for its origin; a name inside rdata has none.
  if (value === '@') throw new Fault('"@" stands for the apex only as the name of a record; write the whole name')
  const name = canonicalName(value)
  const octets = Buffer.allocUnsafe(wireLength(name))
  writeName(name, octets, 0)
  return octets
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Fault(`${print(value)} is no text`)
  return value
}

function checked(value: unknown, isValid: (text: string) => boolean, wanted: string): string {
  const candidate = text(value)
  if (!isValid(candidate)) throw new Fault(`${print(candidate)} is not ${wanted}`)
  return candidate
}

/** net.isIPv6 takes a scope such as "%eth0", which no AAAA record has. */
function isPlainIPv6(address: string): boolean {
  return isIPv6(address) && !address.includes('%')
}

function texts(value: unknown): string[] {
  if (!Array.isArray(value) || value.length === 0) throw new Fault(`${print(value)} is no list of one text or more`)
  return value.map(wellFormed)
}

function wellFormed(value: unknown): string {
  return checked(value, candidate => candidate.isWellFormed(), 'Unicode: it holds half of a surrogate pair')
}

function encodeStrings(value: unknown): Buffer {
  const strings = texts(value).flatMap(split)
  const size = strings.reduce((sum, string) => sum + 1 + string.length, 0)
  if (size > MAX_RDATA) throw new TooLong(size)
  return withoutLength(dnsPacket.txt.encode(strings))
}

/** Character-strings of at most 255 octets; an empty text is one empty character-string. */
function split(value: string): Buffer[] {
  const octets = Buffer.from(value)
  const strings = [octets.subarray(0, MAX_STRING)]
  for (let at = MAX_STRING; at < octets.length; at += MAX_STRING) strings.push(octets.subarray(at, at + MAX_STRING))
  return strings
}

function readStrings(reader: WireReader): Buffer[] {
  const strings: Buffer[] = []
  do strings.push(reader.octets(reader.u8('length of a character-string'), 'character-string'))
  while (reader.left > 0)
  return strings
}

/** Undoes `split`: what follows a full character-string, unless empty, belongs to the same text. */
function joined(strings: readonly Buffer[]): Buffer[] {
  const texts: Buffer[][] = []
  strings.forEach((string, i) => {
    const continues = strings[i - 1]?.length === MAX_STRING && string.length > 0
    if (continues) texts.at(-1)?.push(string)
    else texts.push([string])
  })
  return texts.map(parts => Buffer.concat(parts))
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function utf8(octets: Buffer): string {
  try {
    return decoder.decode(octets)
  } catch {
    throw new Fault(
      `the octets ${octets.subarray(0, 32).toString('hex')}${octets.length > 32 ? '...' : ''} are not UTF-8`,
    )
  }
}

// dns-packet puts RDLENGTH before the rdata, and steps over it when it reads.
function withoutLength(field: Buffer): Buffer {
  return field.subarray(2)
}

function withLength(rdata: Buffer): Buffer {
  return Buffer.concat([Uint8Array.of(0, rdata.length), rdata])
}

function printIPv6(octets: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => octets.readUInt16BE(2 * i).toString(16))
  const runs = [...`:${groups.join(':')}:`.matchAll(/:(?:0:){2,}/g)].map(match => match[0])
  const longest = runs.reduce((most, run) => (run.length > most.length ? run : most), '')
  if (!longest) return groups.join(':')
  const [before = '', ...after] = `:${groups.join(':')}:`.split(longest)
  return `${before.slice(1)}::${after.join(longest).slice(0, -1)}`
}

function unencodable(what: string, cause: Fault | NameError): RdataError {
  const reason = cause instanceof TooLong ? 'RecordTooLong' : 'InvalidRdata'
  return new RdataError(`Cannot encode ${what}: ${cause.message}`, { cause, reason })
}

function print(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 100)
}
