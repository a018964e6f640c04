/** A flag of a command, as far as its place in the arguments depends on it. */
export interface FlagShape {
  readonly name: string
  readonly char?: string | undefined
  readonly type: 'boolean' | 'option'
  readonly summary?: string
  /** The values that it takes, where it does not take any. */
  readonly options?: readonly string[]
}

export interface CommandShape {
  readonly id: string
  readonly summary: string
  readonly flags: readonly FlagShape[]
  /** Names of its arguments, in order. */
  readonly args: readonly string[]
  readonly isHidden: boolean
}

/** All commands, and the help of each: what reads arguments and completes words, without loading a command. */
export interface Outline {
  readonly commands: readonly CommandShape[]
  /** By its words; the help of everything by none. */
  readonly help: Readonly<Record<string, string>>
}

/** The first words of commands of two. */
export function topicsOf(commands: readonly CommandShape[]): string[] {
  return [...new Set(commands.flatMap(({ id }) => (id.includes(':') ? [id.split(':')[0] as string] : [])))]
}

/** The command that words begin with; undefined where they begin with none. */
export function commandOf(words: readonly string[], commands: readonly CommandShape[]): CommandShape | undefined {
  const starting = (count: number) => commands.find(({ id }) => id === words.slice(0, count).join(':'))
  return words.length === 0 ? undefined : (starting(2) ?? starting(1))
}

/** Whether a word is this flag, as "--namespace" or "-n". */
export function isFlag(word: string, { name, char }: FlagShape): boolean {
  return word === `--${name}` || (char !== undefined && word === `-${char}`)
}
