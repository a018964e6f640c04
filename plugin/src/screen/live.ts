import { counted } from './count.ts'
import { cut, shownLength } from './table.ts'
import type { Terminal } from './terminal.ts'

const MIN_MS = 200

// This row, then those below: tmux takes what is cleared from the top of the screen in one for a page to scroll back to.
const CLEAR = '\x1b[K\x1b[B\x1b[J\x1b[A'

/**
 * Lines that a terminal shows again and again in their place. Where nobody looks on, nothing is drawn: there the caller
 * prints what has changed, a line each.
 */
export class LiveLines {
  readonly #terminal: Terminal
  readonly #write: (text: string) => void
  #drawn: readonly string[] = []
  #drawnAtMs = Number.NEGATIVE_INFINITY
  #last: readonly string[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(terminal: Terminal, write: (text: string) => void) {
    this.#terminal = terminal
    this.#write = write
  }

  /** Shows the lines in place of those before, at most five times a second. */
  show(lines: readonly string[]): void {
    this.#last = lines
    const waitMs = this.#drawnAtMs + MIN_MS - performance.now()
    if (waitMs <= 0) this.#draw()
    else this.#timer ??= setTimeout(() => this.#draw(), waitMs)
  }

  /** Shows the last lines as they are to stay, however many they are and however long. */
  end(lines: readonly string[] = this.#last): void {
    this.#draw(lines)
    this.#drawn = []
  }

  /** Has something written above the lines, which are shown again below it. */
  above(write: () => void): void {
    const drawn = this.#drawn
    if (drawn.length > 0) this.#draw([])
    write()
    if (drawn.length > 0) this.#draw(drawn)
  }

  #draw(lines: readonly string[] = this.#fitting()): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#drawnAtMs = performance.now()
    if (!this.#terminal.isTerminal) return
    const above = this.#drawn.reduce((sum, line) => sum + rowsOf(line, this.#terminal.width), 0)
    const clear = above > 0 ? `\x1b[${above}A\r${CLEAR}` : '\r\x1b[J'
    this.#write(`${clear}${lines.map(line => `${line}\n`).join('')}`)
    this.#drawn = lines
  }

  // The cursor needs a row too.
  #fitting(): string[] {
    const { width, height, ellipsis } = this.#terminal
    const room = Math.max(1, height - 1)
    const kept = this.#last.length > room ? this.#last.slice(0, room - 1) : this.#last
    const more = this.#last.length - kept.length
    const lines = more === 0 ? kept : [...kept, `${ellipsis} ${counted(more, 'more line', 'more lines')}`]
    return lines.map(line => cut(line, width, this.#terminal))
  }
}

// A terminal that became narrower shows a line of before in several rows.
function rowsOf(line: string, width: number): number {
  return Math.max(1, Math.ceil(shownLength(line) / width))
}
