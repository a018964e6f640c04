import { canonicalName, labelsOf } from '#crds'
import { BindyError } from '../errors.ts'

/** The text is not the name of a zone that we hand to named. */
export class ZoneNameError extends BindyError {
  constructor(text: string, why: string, options: { cause?: unknown } = {}) {
    super(`Cannot use ${JSON.stringify(text.slice(0, 300))} as the name of a zone: ${why}`, {
      reason: 'InvalidName',
      retry: 'never',
      ...options,
    })
  }
}

// Absolute; without a backslash only letters, digits, "-", "_" and "/" (RFC 2317); the rest as \DDD or \ and the character.
const grammar = /^(?:(?:[a-z0-9_/-]|\\[0-9]{3}|\\[!-/:-~])+\.)+$/i

/**
 * The one spelling in which a zone's name reaches named, as command or as configuration text: absolute, lower case,
 * every octet but letters, digits, `-`, `_` and `/` as `\DDD`. So no octet with a meaning in named.conf ever does (named
 * reads the name given to addzone as configuration: FACTS M6).
 *
 * @param text absolute, in presentation format: `example.com.`, `0/25.2.0.192.in-addr.arpa.`, `a\.b.example.`
 * @throws ZoneNameError for all else, for the root and for a wildcard.
 */
export function zoneName(text: string): string {
  const labels = labelsOfZone(text)
  if (labels[0] === '*') throw new ZoneNameError(text, 'a wildcard is no zone')
  return `${labels.map(printStrictly).join('.')}.`
}

/** Whether two spellings, ours or named's own (no final dot, more characters without a backslash), are one zone's. */
export function isSameZone(a: string, b: string): boolean {
  return canonicalName(a, '.') === canonicalName(b, '.')
}

function labelsOfZone(text: string): readonly string[] {
  if (text === '.') throw new ZoneNameError(text, 'the root zone is not ours to serve')
  if (text.length > 1100) throw new ZoneNameError(text, 'more than 255 octets')
  if (!text.endsWith('.')) throw new ZoneNameError(text, 'it should end in a dot')
  if (!grammar.test(text))
    throw new ZoneNameError(text, 'letters, digits, "-", "_", "/", escapes and single dots between labels are allowed')
  try {
    return labelsOf(canonicalName(text))
  } catch (cause) {
    throw new ZoneNameError(text, cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

function printStrictly(label: string): string {
  return label.replace(/[^a-z0-9_/-]/g, char => `\\${String(char.charCodeAt(0)).padStart(3, '0')}`)
}
