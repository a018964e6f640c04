import { cut } from './table.ts'
import type { Terminal } from './terminal.ts'

const MIN_MS = 200

/**
 * Lines that a terminal shows again and again in their place. Where nobody looks on, nothing is drawn: there the caller
 * prints what has changed, a line each.
 */
export class LiveLines {
  readonly #terminal: Terminal
  readonly #write: (text: string) => void
  #shown = 0
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

  /** Shows the last lines as they are to stay. */
  end(lines: readonly string[] = this.#last): void {
    this.#last = lines
    this.#draw()
    this.#shown = 0
  }

  /** Takes the lines off again. */
  clear(): void {
    this.end([])
  }

  #draw(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#drawnAtMs = performance.now()
    if (!this.#terminal.isTerminal) return
    const { width, height } = this.#terminal
    const fitting = this.#last.slice(0, height - 1).map(line => cut(line, width, this.#terminal))
    const back = this.#shown > 0 ? `\x1b[${this.#shown}A\r` : '\r'
    this.#write(`${back}\x1b[J${fitting.map(line => `${line}\n`).join('')}`)
    this.#shown = fitting.length
  }
}
