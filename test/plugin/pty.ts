import { once } from 'node:events'
import xterm from '@xterm/headless'
import { type RunOptions, spawnChild, until } from '../cluster/index.ts'

// DECTCEM, a mode that programs set and reset (CSI ? 25 h, CSI ? 25 l).
const SHOW_CURSOR = 25
const PATIENCE_MS = 30_000

export interface PtyOptions {
  readonly env?: RunOptions['env']
  readonly cwd?: string
  readonly columns?: number
  readonly rows?: number
}

/** A command in a terminal: a pseudoterminal of the kernel, and the screen that xterm.js makes of what comes out. */
export class Pty {
  readonly #child: ReturnType<typeof spawnChild>
  readonly #screen: xterm.Terminal
  readonly #ended: Promise<unknown[]>
  #isCursorShown = true

  constructor(command: readonly string[], { env = {}, cwd, columns = 80, rows = 24 }: PtyOptions = {}) {
    const line = `stty cols ${columns} rows ${rows}; exec ${command.map(quoted).join(' ')}`
    this.#child = spawnChild('script', ['-qec', line, '/dev/null'], {
      env: { ...process.env, ...env },
      stdio: 'pipe',
      ...(cwd && { cwd }),
    })
    this.#screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true })
    for (const final of ['h', 'l'])
      this.#screen.parser.registerCsiHandler({ prefix: '?', final }, ([mode]) => {
        if (mode === SHOW_CURSOR) this.#isCursorShown = final === 'h'
        return false
      })
    this.#child.stdout?.on('data', chunk => this.#screen.write(chunk))
    this.#ended = once(this.#child, 'close')
  }

  /** Presses keys, once the screen ends in a text, such as a question. */
  async type(keys: string, { after = '' } = {}): Promise<void> {
    await this.#until(`ends in "${after}"`, text => text.endsWith(after))
    this.#child.stdin?.write(keys)
  }

  /** Waits until the screen holds a text. */
  async shows(text: string): Promise<void> {
    await this.#until(`shows "${text}"`, now => now.includes(text))
  }

  /** Waits for the command to end; its exit code. */
  async end(): Promise<number> {
    const [code] = await this.#ended
    return code as number
  }

  /**
   * The lines of the screen, with those that have left it at the top, and without the empty ones below. One that is wider
   * than the screen, and goes on in its next row, is one line.
   */
  async lines(): Promise<string[]> {
    return (await this.#text()).split('\n')
  }

  /** The same once they are these, or as they are when that takes too long. */
  async linesOnce(lines: readonly string[]): Promise<string[]> {
    await this.#until('is as expected', text => text === lines.join('\n')).catch(() => {})
    return this.lines()
  }

  /** Where the cursor is, from the left and from the top; undefined where it is hidden. */
  async cursor(): Promise<{ readonly column: number; readonly row: number } | undefined> {
    await this.#written()
    const { cursorX, cursorY, baseY } = this.#screen.buffer.active
    return this.#isCursorShown ? { column: cursorX, row: baseY + cursorY } : undefined
  }

  /** In which of the 16 colours a text is shown that the screen holds; undefined in none. */
  async colourOf(text: string): Promise<number | undefined> {
    await this.#written()
    const row = this.#rows().find(row => row.translateToString().includes(text))
    const cell = row?.getCell(row.translateToString().indexOf(text))
    return cell?.isFgPalette() ? cell.getFgColor() : undefined
  }

  async #until(what: string, isSo: (text: string) => boolean): Promise<void> {
    const look = async () => isSo(await this.#text())
    await until(`the screen ${what}`, look, { timeoutMs: PATIENCE_MS }).catch(async error => {
      throw new Error(`${error.message}; it shows\n${await this.#text()}`, { cause: error })
    })
  }

  async #text(): Promise<string> {
    await this.#written()
    const rows = this.#rows()
    const texts = rows.map((row, i) => {
      const goesOn = rows[i + 1]?.isWrapped === true
      return `${row.translateToString(!goesOn)}${goesOn ? '' : '\n'}`
    })
    return texts.join('').trimEnd()
  }

  #rows(): xterm.IBufferLine[] {
    const { active } = this.#screen.buffer
    return Array.from({ length: active.length }, (_, i) => active.getLine(i)).filter(row => row !== undefined)
  }

  #written(): Promise<void> {
    return new Promise(resolve => this.#screen.write('', resolve))
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`
}
