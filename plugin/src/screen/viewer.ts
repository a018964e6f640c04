import { LiveLines } from './live.ts'
import type { Terminal } from './terminal.ts'

/** One thing to look at, in every form that it may be shown in. */
export interface View {
  /** A page, for people. */
  readonly page: () => readonly string[]
  /** A line of a log. */
  readonly line: () => string
  /** An object, for programs. */
  readonly data: () => object
}

/**
 * Shows a view again and again as it changes: on a terminal in its place, in a log a dated line for each change, for a
 * program a line of JSON.
 */
export class Viewer {
  readonly #terminal: Terminal
  readonly #write: (text: string) => void
  readonly #asJson: boolean
  readonly #live: LiveLines
  #last = ''

  constructor(terminal: Terminal, write: (text: string) => void, options: { readonly asJson: boolean }) {
    this.#terminal = terminal
    this.#write = write
    this.#asJson = options.asJson
    this.#live = new LiveLines(terminal, write)
  }

  show(view: View): void {
    if (this.#asJson) this.#changed(JSON.stringify(view.data()), '')
    else if (this.#terminal.isTerminal) this.#live.show(view.page())
    else this.#changed(view.line(), `${new Date().toISOString().slice(11, 19)}Z `)
  }

  /** Leaves what was shown last as it is. */
  end(): void {
    if (this.#terminal.isTerminal && !this.#asJson) this.#live.end()
  }

  #changed(text: string, date: string): void {
    if (text === this.#last) return
    this.#last = text
    this.#write(`${date}${text}\n`)
  }
}
