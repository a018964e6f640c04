import { isIPv4, isIPv6 } from 'node:net'
import {
  type RdataField,
  type RdataValues,
  type ReadLine,
  type RecordType,
  readName,
  readTexts,
  readWords,
  recordTypes,
  type Wire,
} from '#crds'
import { usageFailure } from '../failure.ts'

/** The entry of a type that a user typed, in any case. @throws Failure that lists the types */
export function typedType(text: string): RecordType {
  const found = recordTypes.find(({ type }) => type === text.toUpperCase())
  if (found) return found
  throw usageFailure(`${JSON.stringify(text)} is not a type of record that Bindy keeps`, {
    fix: `one of ${recordTypes.map(({ type }) => type).join(', ')}`,
  })
}

/**
 * The rdata that a user typed: of a type with one field each word is a record, of another as many words as it has
 * fields, in the order of a zone file. A text is a TXT record of its own, unless it is written as quoted strings.
 *
 * @throws Failure that names the value, the rule and what is allowed
 */
export function typedRdatas(entry: RecordType, words: readonly string[]): RdataValues[] {
  if (words.length === 0)
    throw usageFailure(`A value is wanted: ${formOf(entry)}`, { fix: `for example ${entry.example.text}` })
  const parts = partsOf(entry, words)
  const count = entry.fields.length
  if (parts.length % count !== 0) {
    throw usageFailure(`${entry.type} takes ${count} words a record, ${formOf(entry)}; given: ${parts.length}`, {
      fix: `for example ${entry.example.text}`,
    })
  }
  return chunks(parts, count).map(chunk =>
    Object.fromEntries(entry.fields.map((field, i) => [field.name, typedValue(entry, field, chunk[i] ?? '')])),
  )
}

/** Targets that were typed without their final dot, and are taken as whole names. */
export function completedNames(entry: RecordType, words: readonly string[]): string[] {
  const at = entry.fields.findIndex(({ wire }) => wire === 'name')
  if (at < 0) return []
  const parts = partsOf(entry, words)
  return parts.filter((part, i) => i % entry.fields.length === at && !part.endsWith('.'))
}

/** How the rdata of a type is typed: "PRIORITY MAILSERVER". */
function formOf({ fields }: RecordType): string {
  return fields.map(({ name }) => name.toUpperCase()).join(' ')
}

type Read = (text: string) => string | number | readonly string[] | undefined

const readers: Record<Wire, { readonly read: Read; readonly wanted: string }> = {
  ipv4: { read: text => (isIPv4(text) ? text : undefined), wanted: 'an IPv4 address, such as 192.0.2.10' },
  ipv6: { read: text => (isIPv6(text) ? text : undefined), wanted: 'an IPv6 address, such as 2001:db8::10' },
  name: { read: typedTarget, wanted: 'a whole name, such as www.example.com.' },
  u8: { read: text => numberUpTo(text, 0xff), wanted: 'a number from 0 to 255' },
  u16: { read: text => numberUpTo(text, 0xffff), wanted: 'a number from 0 to 65535' },
  u32: { read: text => numberUpTo(text, 0xffff_ffff), wanted: 'a number from 0 to 4294967295' },
  strings: { read: text => (text.startsWith('"') ? quotedIn(text, readTexts) : [text]), wanted: 'a text' },
  tag: {
    read: text => (/^[a-zA-Z0-9]{1,15}$/.test(text) ? text : undefined),
    wanted: '1 to 15 letters or digits, such as issue',
  },
  text: { read: text => text, wanted: 'a text' },
  hex: {
    read: text => (/^([0-9a-f]{2})+$/i.test(text) ? text : undefined),
    wanted: 'pairs of hexadecimal digits',
  },
}

function typedValue(entry: RecordType, field: RdataField, text: string) {
  const { read, wanted } = readers[field.wire]
  const value = read(text)
  if (value !== undefined) return value
  throw usageFailure(`${entry.type} ${field.name}: ${JSON.stringify(text)} is not ${wanted}`)
}

function typedTarget(text: string): string | undefined {
  if (readName(text).name === undefined) return undefined
  return text.endsWith('.') ? text : `${text}.`
}

function numberUpTo(text: string, most: number): number | undefined {
  const value = Number(text)
  return /^\d{1,10}$/.test(text) && value <= most ? value : undefined
}

/** What was typed for each field, record after record: the words of an argument, or all of it where there is one field. */
function partsOf({ fields }: RecordType, words: readonly string[]): readonly string[] {
  return fields.length === 1 ? words : words.flatMap(wordsOf)
}

// ";" and parentheses are what they are where nothing is quoted: CAA 0 issue ;
function wordsOf(text: string): readonly string[] {
  return text.includes('"') ? quotedIn(text, readWords) : (text.match(/\S+/g) ?? [])
}

function quotedIn(text: string, read: (text: string) => ReadLine): readonly string[] {
  const line = read(text)
  if ('words' in line) return line.words
  throw usageFailure(`Cannot read ${JSON.stringify(text)}: ${line.fault}`, {
    fix: 'write quoted strings as a zone file has them, such as "v=spf1 mx -all", or leave the quotes out',
  })
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: items.length / size }, (_, i) => items.slice(i * size, (i + 1) * size))
}
