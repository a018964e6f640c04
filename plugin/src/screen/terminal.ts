import { styleText } from 'node:util'

/** When colour is wanted: always, never, or where the output is a terminal that shows it. */
export const colourChoices = ['always', 'auto', 'never'] as const
export type ColourChoice = (typeof colourChoices)[number]

/** What arguments say of colour, `--color=always` or `--color always`, before anything else of them is understood. */
export function colourChoiceIn(argv: readonly string[]): ColourChoice {
  const at = argv.findLastIndex(arg => arg === '--color' || arg.startsWith('--color='))
  const said = argv[at] === '--color' ? argv[at + 1] : argv[at]?.slice('--color='.length)
  return colourChoices.find(choice => choice === said) ?? 'auto'
}

/** What a mark says; its word always stands beside it, so that neither colour nor symbol is needed to read it. */
export type Mark = 'good' | 'warning' | 'bad' | 'busy' | 'waiting' | 'unknown'

type Style = Parameters<typeof styleText>[0]

const symbols = { good: '✔', warning: '⚠', bad: '✖', busy: '●', waiting: '○', unknown: '?' } as const
const asciiSymbols = { good: 'ok', warning: '!', bad: 'x', busy: '..', waiting: '-', unknown: '?' } as const
const styles = {
  good: 'green',
  warning: 'yellow',
  bad: 'red',
  busy: 'cyan',
  waiting: 'dim',
  unknown: 'yellow',
} as const satisfies Record<Mark, Style>

/** A stream of output, as far as what may be written to it depends on it. */
export interface Output {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

export interface Environment {
  readonly [name: string]: string | undefined
}

/** What an output can show: how wide, in colour or not, in UTF-8 or ASCII alone. */
export class Terminal {
  readonly #output: Output
  readonly #columns: number
  /** Whether a person looks on: lines may be drawn again. */
  readonly isTerminal: boolean
  readonly hasColour: boolean
  readonly isAscii: boolean

  constructor(output: Output, env: Environment, choice: ColourChoice = 'auto') {
    this.#output = output
    this.#columns = Number(env.COLUMNS)
    this.isTerminal = output.isTTY === true && env.TERM !== 'dumb'
    this.hasColour = colourOf(output, env, choice)
    this.isAscii = !/utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || '')
  }

  /** Columns that a line may take now; infinite where nobody said, such as in a pipe. */
  get width(): number {
    const { isTTY, columns } = this.#output
    return this.#columns || (isTTY && columns) || Number.POSITIVE_INFINITY
  }

  /** Lines that it shows at a time, now. */
  get height(): number {
    const { isTTY, rows } = this.#output
    return (isTTY && rows) || Number.POSITIVE_INFINITY
  }

  paint(style: Style, text: string): string {
    return this.hasColour ? styleText(style, text, { validateStream: false }) : text
  }

  mark(mark: Mark): string {
    return this.paint(styles[mark], this.symbol(mark))
  }

  /** A mark and its word: "✔ Ready". */
  marked(mark: Mark, word: string): string {
    return this.paint(styles[mark], `${this.symbol(mark)} ${word}`)
  }

  symbol(mark: Mark): string {
    return (this.isAscii ? asciiSymbols : symbols)[mark]
  }

  get ellipsis(): string {
    return this.isAscii ? '..' : '…'
  }
}

// no-color.org: what the user says in NO_COLOR goes before all but an explicit --color=always.
function colourOf(output: Output, env: Environment, choice: ColourChoice): boolean {
  if (choice !== 'auto') return choice === 'always'
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0'
  return output.isTTY === true && env.TERM !== 'dumb'
}
