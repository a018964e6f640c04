// Controls (C0, C1, DEL); formats, which turn, hide or join text; separators of lines.
const HARMFUL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** Text of others in one line that a terminal can do nothing with but show: "\x1b", "\n", "\u202e". */
export function harmless(text: string): string {
  return text.replace(HARMFUL, escaped)
}

/** The same, with its line breaks left as they are. */
export function harmlessLines(text: string): string {
  return text
    .split(/\r?\n/)
    .map(line => harmless(line))
    .join('\n')
}

function escaped(char: string): string {
  const code = char.codePointAt(0) ?? 0
  const hex = code.toString(16)
  return (
    named[char] ??
    (code < 256 ? `\\x${hex.padStart(2, '0')}` : code > 0xffff ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`)
  )
}
