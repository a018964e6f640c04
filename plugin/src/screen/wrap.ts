import { cut } from './table.ts'
import type { Terminal } from './terminal.ts'

/** A text in lines of at most so many columns, broken at blanks; a longer word is cut where it must be. */
export function wrap(text: string, width: number, terminal: Terminal, indent = ''): string[] {
  const lines: string[] = []
  const room = Math.max(20, width - indent.length)
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (longer.length <= room) line = longer
    else {
      if (line !== '') lines.push(line)
      line = cut(word, room, terminal)
    }
  }
  return [...lines, line].map(one => `${indent}${one}`)
}
