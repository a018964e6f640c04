import { Document, Scalar, visit } from 'yaml'

/** An object as YAML, without a line feed at its end; long lines stay long. Readers of YAML 1.1, as kubectl, and 1.2 agree on it. */
export function printYaml(object: unknown): string {
  const document = new Document(object, { compat: 'yaml-1.1' })
  visit(document, {
    Scalar: (_, scalar) => {
      if (typeof scalar.value === 'string' && isMisread(scalar.value)) scalar.type = Scalar.QUOTE_DOUBLE
    },
  })
  return document.toString({ lineWidth: 0, doubleQuotedAsJSON: true }).replace(unprintable, escaped).replace(/\n$/, '')
}

// Line breaks of YAML 1.1, what it does not print, tabs, which Go takes for indentation, and formats, which turn or hide
// text. They stand in double quotes.
const unprintable = /[\t\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}\ufffe\uffff]/gu

// Beside what YAML 1.1 has: Go's 0o17, 0X1F and 0b-1, with "_" anywhere.
function isMisread(text: string): boolean {
  const plain = text.replaceAll('_', '').replace(/^[-+]/, '')
  const isNumber = plain.startsWith('0b') || !Number.isNaN(Number(plain))
  return isNumber || text === '=' || text === '<<' || text.search(unprintable) >= 0
}

function escaped(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16)
  return hex.length > 4 ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`
}
