import { printDuration } from './duration.ts'
import { fold } from './fold.ts'
import { LiveLines } from './live.ts'
import type { Terminal } from './terminal.ts'

/** Shows how something goes on: in a terminal in one place, elsewhere a dated line for each change. */
export class Progress {
  readonly terminal: Terminal
  readonly #write: (text: string) => void
  readonly #live: LiveLines
  readonly #beganMs = performance.now()
  #last: readonly string[] = []
  #lastLine = ''
  #next: Progress | undefined

  constructor(terminal: Terminal, write: (text: string) => void) {
    this.terminal = terminal
    this.#write = write
    this.#live = new LiveLines(terminal, write)
  }

  /** Shows in the same place what comes after this has ended. */
  next(): Progress {
    this.#next = new Progress(this.terminal, this.#write)
    return this.#next
  }

  /** Has something written that is no part of it, above what is shown. */
  above(write: () => void): void {
    if (this.#next) this.#next.above(write)
    else this.#live.above(write)
  }

  /** How it is now: what a terminal shows of it, step beside step, and what a log says. */
  show(steps: readonly string[], line: () => string): void {
    this.#last = steps
    if (this.terminal.isTerminal) {
      this.#live.show(fold(steps, this.terminal.width))
      return
    }
    const now = line()
    if (now === this.#lastLine) return
    this.#lastLine = now
    this.#write(`${new Date().toISOString().slice(11, 19)}Z ${now}\n`)
  }

  /** How it was at the end, and how long it took; what has ended is left as it is. */
  end(): void {
    if (!this.terminal.isTerminal || this.#last.length === 0) return
    this.#live.end(fold([...this.#last, this.#elapsed()], this.terminal.width))
    this.#last = []
  }

  #elapsed(): string {
    const ms = performance.now() - this.#beganMs
    return ms < 60_000 ? `${(ms / 1000).toFixed(1)}s` : printDuration(ms)
  }
}
