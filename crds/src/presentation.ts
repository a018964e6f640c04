import type { RdataForm, RdataValues, Wire } from './records.ts'
import { typeName } from './types.ts'

/** One record's rdata as a zone file has it (RFC 1035 section 5.1), fields in wire order. */
export function printRdata(form: RdataForm, values: RdataValues): string {
  return form.fields.map(({ name, wire }) => printField(wire, values[name] ?? '')).join(' ')
}

/** Rdata of a type that Bindy has no object for (RFC 3597 section 5); octets as a string of one character each. */
export function printUnknownRdata(octets: string): string {
  const hex = Array.from(octets, char => char.charCodeAt(0).toString(16).padStart(2, '0')).join('')
  return `\\# ${octets.length} ${hex}`.trimEnd()
}

/** A record in one line of a zone file, its rdata in presentation form; without a TTL where that does not matter. */
export function printRecord(owner: string, ttl: number | undefined, type: number, rdata: string): string {
  return [owner, ttl, 'IN', typeName(type), rdata].filter(part => part !== undefined).join(' ')
}

function printField(wire: Wire, value: RdataValues[string]): string {
  switch (wire) {
    case 'strings':
      return [value]
        .flat()
        .map(text => quoted(String(text)))
        .join(' ')
    case 'text':
      // To the end of the rdata, in one string however long (RFC 8659 section 4.1.1).
      return `"${Array.from(new TextEncoder().encode(String(value)), printOctet).join('')}"`
    case 'hex':
      return String(value).toUpperCase()
    default:
      return String(value)
  }
}

const MAX_STRING = 255

// A character-string holds at most 255 octets, and a longer text is several. What is not printable ASCII is written as
// \DDD, each octet of its UTF-8.
function quoted(text: string): string {
  const octets = new TextEncoder().encode(text)
  const strings: string[] = []
  for (let at = 0; at < octets.length || at === 0; at += MAX_STRING) {
    strings.push(`"${Array.from(octets.subarray(at, at + MAX_STRING), printOctet).join('')}"`)
  }
  return strings.join(' ')
}

function printOctet(octet: number): string {
  const char = String.fromCharCode(octet)
  if (char === '"' || char === '\\') return `\\${char}`
  return octet < 32 || octet > 126 ? `\\${String(octet).padStart(3, '0')}` : char
}
