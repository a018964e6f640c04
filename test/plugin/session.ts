import type { Pty } from './pty.ts'

/** What a person types in a terminal, command after command, and what is to be seen of it. */
export class Session {
  readonly #begin: (words: readonly string[]) => Pty
  #text = ''

  /** `begin` starts the plugin in the terminal. */
  constructor(begin: (words: readonly string[]) => Pty) {
    this.#begin = begin
  }

  /** Gives a command, and answers its question if it has one; what was seen before, and of this. */
  async give(words: string | readonly string[], { answer }: { readonly answer?: string } = {}): Promise<void> {
    const typed = typeof words === 'string' ? words.split(' ') : words
    const pty = this.#begin(typed)
    if (answer !== undefined) await pty.type(`${answer}\n`, { after: '[y/N]' })
    const code = await pty.end()
    const ended = code === 0 ? [] : [`(ends with ${code})`]
    const lines = [`$ kubectl bindy ${typed.map(shown).join(' ')}`, ...(await pty.lines()), ...ended]
    this.#text += `${lines.join('\n')}\n`
  }

  get text(): string {
    return this.#text
  }
}

function shown(word: string): string {
  return word.includes(' ') ? `"${word}"` : word
}
