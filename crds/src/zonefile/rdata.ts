import { BindyError } from '../error.ts'
import { canonicalName } from '../name.ts'
import type { Octets } from '../node.ts'
import { type RdataField, type RdataForm, type RdataValues, recordTypeOfCode, type Wire } from '../records.ts'
import type { Token } from './lexer.ts'
import { Misread, type Place } from './place.ts'
import { soaForm, soaTokens } from './soa.ts'
import { nameText, octetsOfToken, quote, Words } from './words.ts'

/** Rdata on the wire: what the parser is given, for the codec of rdata is another's. Both throw BindyError. */
export interface RdataCodec {
  /** Canonical rdata of values. */
  encode(form: RdataForm, values: RdataValues): Octets
  decode(form: RdataForm, rdata: Octets): RdataValues
}

type Value = RdataValues[string]

const MAX_STRING = 255
const MAX_RDATA = 65_535

/**
 * Reads the rdata that is left of an entry (RFC 1035 section 5.1, RFC 3597 section 5); undefined where it stands in the
 * presentation form of a type that Bindy has no object for.
 *
 * @throws Misread at the word that is wrong.
 */
export function readRdata(words: Words, type: number, origin: string, codec: RdataCodec): Octets | undefined {
  const form = formOf(type)
  const isGeneric = words.peek()?.text === '\\#' && !words.peek()?.isQuoted
  if (isGeneric) return readGeneric(words, form, codec)
  if (form) return readForm(words, form, origin, codec)
  words.rest()
  return undefined
}

/** The fields of a type's rdata, of the SOA too; undefined where Bindy does not know them. */
export function formOf(type: number): RdataForm | undefined {
  return type === soaForm.code ? soaForm : recordTypeOfCode(type)
}

function readForm(words: Words, form: RdataForm, origin: string, codec: RdataCodec): Octets {
  const start = words.place
  const fields = form === soaForm ? new Words(soaTokens(words.rest()), start) : words
  const values: { [field: string]: Value } = {}
  const places = new Map<string, Place>()
  for (const { name, wire } of form.fields) {
    const { place } = fields
    places.set(name, place)
    values[name] = placed(place, () => readers[wire](fields, `the ${name} of ${form.type}`, origin))
  }
  fields.end()
  try {
    return codec.encode(form, values)
  } catch (error) {
    if (!(error instanceof BindyError)) throw error
    throw new Misread(places.get(faultyField(form, values, codec) ?? '') ?? start, error.message)
  }
}

/** The first field whose value has no place on the wire. */
function faultyField(form: RdataForm, values: RdataValues, codec: RdataCodec): string | undefined {
  const isFaulty = (field: RdataField) => {
    try {
      codec.encode({ ...form, fields: [field] }, values)
      return false
    } catch {
      return true
    }
  }
  return form.fields.find(isFaulty)?.name
}

// RFC 3597 section 5: "\#", the number of octets, and their hexadecimal digits in as many words as one likes.
function readGeneric(words: Words, form: RdataForm | undefined, codec: RdataCodec): Octets {
  words.next('"\\#"')
  const count = words.next('the number of octets')
  const digits = words.rest()
  const hex = digits.map(({ text }) => text).join('')
  if (!/^\d{1,5}$/.test(count.text)) throw new Misread(count, `${quote(count.text)} is no number of octets`)
  const first = digits[0] ?? count
  if (hex.length !== 2 * Number(count.text))
    throw new Misread(first, `${hex.length / 2} octets stand here: ${Number(count.text)} are announced`)
  if (!isHex(hex)) throw new Misread(first, `${quote(hex)} is no row of pairs of hexadecimal digits`)
  let octets = ''
  for (let at = 0; at < hex.length; at += 2) octets += String.fromCharCode(Number.parseInt(hex.slice(at, at + 2), 16))
  return form ? placed(first, () => codec.encode(form, codec.decode(form, octets))) : octets
}

/** How a field stands in a zone file, as `Wire` says how it stands on the wire. */
const readers: { readonly [W in Wire]: (words: Words, wanted: string, origin: string) => Value } = {
  ipv4: plain,
  ipv6: plain,
  name: (words, wanted, origin) => canonicalName(nameText(words.next(wanted)), origin),
  u8: number,
  u16: number,
  u32: number,
  strings: (words, wanted) => texts([words.next(wanted), ...words.rest()]),
  tag: plain,
  text: (words, wanted) => textOf(words.next(wanted)),
  hex,
}

function plain(words: Words, wanted: string): string {
  return words.next(wanted).text
}

function number(words: Words, wanted: string): number {
  const token = words.next(wanted)
  if (!/^\d{1,10}$/.test(token.text)) throw new Misread(token, `${quote(token.text)} is no number: ${wanted} is wanted`)
  return Number(token.text)
}

// Digits may stand in several words.
function hex(words: Words, wanted: string): string {
  const first = words.next(wanted)
  const digits = [first, ...words.rest()].map(({ text }) => text).join('')
  if (digits.length > 2 * MAX_RDATA || !isHex(digits))
    throw new Misread(first, `${quote(digits)} is no row of at most ${MAX_RDATA} pairs of hexadecimal digits`)
  return digits
}

function isHex(text: string): boolean {
  return text.length % 2 === 0 && !/[^0-9a-f]/i.test(text)
}

/**
 * The texts of strings of at most so many octets. What follows a full character-string continues its text, as an object has
 * it in one piece.
 */
export function texts(tokens: readonly Token[], longest = MAX_STRING): string[] {
  const runs: { readonly token: Token; readonly parts: Uint8Array[] }[] = []
  let size = 0
  for (const token of tokens) {
    const octets = octetsOfToken(token)
    size += 1 + octets.length
    if (size > MAX_RDATA) throw new Misread(token, `more than ${MAX_RDATA} octets of rdata: no record holds more`)
    if (octets.length > longest)
      throw new Misread(token, `a string of ${octets.length} octets: ${longest} are allowed, write it as several`)
    const run = runs.at(-1)
    if (run?.parts.at(-1)?.length === MAX_STRING && octets.length > 0) run.parts.push(octets)
    else runs.push({ token, parts: [octets] })
  }
  return runs.map(({ token, parts }) => utf8(joined(parts), token))
}

/** What a word or a quoted string stands for. */
export function textOf(token: Token): string {
  return utf8(octetsOfToken(token), token)
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function utf8(octets: Uint8Array, token: Token): string {
  try {
    return decoder.decode(octets)
  } catch {
    throw new Misread(token, `${quote(token.text)} is not UTF-8, which the text of an object is`)
  }
}

function placed<T>(place: Place, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof BindyError) throw new Misread(place, error.message)
    throw error
  }
}
