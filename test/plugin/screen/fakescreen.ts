import type { Output } from '../../../plugin/src/screen/terminal.ts'

interface Row {
  readonly text: string
  readonly endsLine: boolean
}

/**
 * The screen of a terminal, as far as lines drawn again need one: it wraps what is too long, anew after a resize, and
 * scrolls. It takes rows away when the cursor goes up over them: whoever goes up clears what is below. As in tmux, what is
 * cleared from the top of the screen can be scrolled back to.
 */
export class FakeScreen implements Output {
  readonly isTTY = true
  columns: number
  rows: number
  #lines = ['']
  #scrolled: string[] = []

  constructor(columns: number, rows: number) {
    this.columns = columns
    this.rows = rows
  }

  readonly write = (text: string): void => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what a terminal reads.
    for (const [token, up] of text.matchAll(/\x1b\[(\d+)A|\x1b\[[ABJK]|./gsu)) {
      if (up) this.#goUp(Number(up))
      else if (token === '\n') this.#lines.push('')
      else if (token === '\x1b[J') this.#lines.splice(-1, 0, ...this.#scrolled.splice(0))
      else if (token === '\x1b[B') this.#scrolled = []
      else if (!token.startsWith('\x1b') && token !== '\r') this.#lines.push(this.#lines.pop() + token)
    }
  }

  /** The rows that are to be seen, without the one of the cursor. */
  get shown(): string[] {
    const texts = this.#rows().map(({ text }) => text)
    return texts.slice(-this.rows, -1)
  }

  /** All lines, also those that have left the screen at the top. */
  get all(): string[] {
    return this.#lines.slice(0, -1)
  }

  #goUp(count: number): void {
    const rows = this.#rows()
    const top = Math.max(0, rows.length - this.rows)
    const left = rows.slice(0, Math.max(top, rows.length - 1 - count))
    this.#scrolled = left.length === top ? rows.slice(top, -1).map(({ text }) => text) : []
    this.#lines = left
      .map(({ text, endsLine }) => text + (endsLine ? '\n' : ''))
      .join('')
      .split('\n')
  }

  #rows(): Row[] {
    return this.#lines.flatMap(line => {
      const count = Math.max(1, Math.ceil(line.length / this.columns))
      return Array.from({ length: count }, (_, i) => ({
        text: line.slice(i * this.columns, (i + 1) * this.columns),
        endsLine: i === count - 1,
      }))
    })
  }
}
