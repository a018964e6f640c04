import { shownLength } from './table.ts'

const GAP = '   '

/** Parts side by side, in lines of at most so many columns: broken between parts, and within one that is longer. */
export function fold(parts: readonly string[], width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const part of parts) {
    const longer = line === '' ? part : `${line}${GAP}${part}`
    if (shownLength(longer) <= width) line = longer
    else {
      const [last = '', ...pieces] = broken(part, width).reverse()
      lines.push(...(line === '' ? [] : [line]), ...pieces.reverse())
      line = last
    }
  }
  return line === '' ? lines : [...lines, line]
}

// Colour takes no column, and goes on in the next line.
function broken(text: string, width: number): string[] {
  const pieces = ['']
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour begins with one.
  for (const char of text.match(/\x1b\[[\d;]*m|./gsu) ?? []) {
    const longer = pieces.at(-1) + char
    if (shownLength(longer) <= width) pieces[pieces.length - 1] = longer
    else pieces.push(char)
  }
  return pieces
}
