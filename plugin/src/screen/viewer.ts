import { printerOf } from './data.ts'
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
  /** The names of the objects that it is about, as kubectl prints them. */
  readonly names: () => readonly string[]
}

/** What prints a view for programs; undefined for a form for people. */
export async function viewPrinter(form: string): Promise<((view: View) => string) | undefined> {
  if (form === 'name') return view => view.names().join('\n')
  const print = await printerOf(form)
  return print && (view => print(view.data()))
}

/**
 * Shows a view again and again as it changes: on a terminal in its place, in a log a dated line for each change, for a
 * program a line of JSON, a document of YAML or the names of the objects.
 */
export class Viewer {
  readonly #terminal: Terminal
  readonly #write: (text: string) => void
  readonly #print: ((view: View) => string) | undefined
  readonly #live: LiveLines
  #last = ''

  constructor(terminal: Terminal, write: (text: string) => void, print?: (view: View) => string) {
    this.#terminal = terminal
    this.#write = write
    this.#print = print
    this.#live = new LiveLines(terminal, write)
  }

  show(view: View): void {
    if (this.#print) this.#changed(this.#print(view), '')
    else if (this.#terminal.isTerminal) this.#live.show(view.page())
    else this.#changed(view.line(), `${new Date().toISOString().slice(11, 19)}Z `)
  }

  /** Leaves what was shown last as it is. */
  end(): void {
    if (this.#terminal.isTerminal && !this.#print) this.#live.end()
  }

  #changed(text: string, date: string): void {
    if (text === this.#last) return
    this.#last = text
    this.#write(`${date}${text}\n`)
  }
}
