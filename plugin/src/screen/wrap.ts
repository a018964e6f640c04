import { shownLength } from './table.ts'
import type { Terminal } from './terminal.ts'

// What a text ends in where it says what to type.
const COMMAND = /(?<=^|: )kubectl .*$/s
const LEAST_ROOM = 20

/**
 * A text behind a head, in lines of the terminal's width, broken at blanks; further lines begin where the text does. A word
 * that is longer stands whole in a line of its own, and so does a command that the text ends in: it is there to be copied.
 */
export function wrap(head: string, text: string, terminal: Terminal): string[] {
  const indent = shownLength(head)
  const room = Math.max(LEAST_ROOM, terminal.width - indent)
  const lines: string[] = []
  let line = ''
  for (const word of wordsOf(text)) {
    const longer = line === '' ? word : `${line} ${word}`
    if (shownLength(longer) <= room) line = longer
    else {
      if (line !== '') lines.push(line)
      line = word
    }
  }
  return [...lines, line].map((one, i) => `${i === 0 ? head : ' '.repeat(indent)}${one}`)
}

function wordsOf(text: string): string[] {
  const [command] = COMMAND.exec(text) ?? []
  if (command === undefined) return text.split(' ')
  return [...text.slice(0, -command.length).split(' ').slice(0, -1), command]
}
