const decoder = new TextDecoder('utf-8', { fatal: true })
const encoder = new TextEncoder()

// Half of a surrogate pair stands for an octet, which no text of UTF-8 has.
const HALF = 0xdc00

/** The text of a zone file, which has octets: UTF-8, or where it is none, ASCII and what octetsOfText() makes octets of. */
export function textOfOctets(octets: Uint8Array): string {
  try {
    return decoder.decode(octets)
  } catch {
    return Array.from(octets, octet => String.fromCharCode(octet < 128 ? octet : HALF + octet)).join('')
  }
}

/** The octets of a text that textOfOctets() gave, or of a part of it. */
export function octetsOfText(text: string): Uint8Array {
  if (!/[\udc80-\udcff]/u.test(text)) return encoder.encode(text)
  return Uint8Array.from(
    Array.from(text).flatMap(char => {
      const octet = char.charCodeAt(0) - HALF
      return octet >= 128 && octet < 256 && char.length === 1 ? [octet] : [...encoder.encode(char)]
    }),
  )
}
