import { usageFailure } from './failure.ts'
import { BIN } from './name.ts'
import { type CommandShape, commandOf, type FlagShape, topicsOf } from './shape.ts'

/*
 * oclif reads flags in ways that differ from kubectl's. What a user typed is put into the form that it reads as kubectl
 * would have: the command first, `--watch=false` as `--no-watch`, `--dry-run` as `--dry-run=client`.
 */

/** What is to be run: a command and its arguments, or the help of some words. */
export type Call =
  | {
      readonly kind: 'run'
      readonly id: string
      readonly argv: readonly string[]
      /** What the user should write in another way. */
      readonly warnings: readonly string[]
    }
  | { readonly kind: 'help'; readonly words: readonly string[] }

// Flags with a value that may be left out. As with kubectl's own only "=" gives one, but what looks like a duration is
// the value of --wait behind a blank, too.
const implied: Readonly<Record<string, string>> = { 'dry-run': 'client', wait: '2m' }
const DURATION = /^(\d+(ms|s|m|h|d|w))+$/

const DRY_RUN = '--dry-run is deprecated and can be replaced with --dry-run=client.'

/** Reads what stands behind `kubectl bindy`. @throws Failure for a command that is none, with the nearest that is one */
export function readArguments(typed: readonly string[], commands: readonly CommandShape[]): Call {
  const topics = topicsOf(commands)
  const { flags, words, places, rest } = split(
    typed,
    commands.flatMap(command => command.flags),
  )
  const command = commandOf(words, commands)
  const wantsHelp = [...flags, ...rest].some((arg, i, all) => isHelp(arg) && !all.slice(0, i).includes('--'))
  const name = words.join(' ')
  if (words[0] === 'help') return { kind: 'help', words: helpWords(words.slice(1), commands, topics) }
  if (words.length === 0 || (wantsHelp && !command)) return { kind: 'help', words: helpWords(words, commands, topics) }
  if (!command) {
    if (topics.includes(words[0] ?? '') && words.length === 1) return { kind: 'help', words }
    throw unknownCommand(name, commands)
  }
  const depth = command.id.split(':').length
  if (wantsHelp) return { kind: 'help', words: words.slice(0, depth) }
  refuseForm(flags, command)
  const behind = typed.filter((_, i) => !places.slice(0, depth).includes(i))
  const isBare = flags.includes('--dry-run') && command.flags.some(({ name }) => name === 'dry-run')
  return {
    kind: 'run',
    id: command.id,
    argv: normalised(behind, command.flags),
    warnings: isBare ? [DRY_RUN] : [],
  }
}

// Nobody who has -o in the fingers is to guess what it would be called here.
function refuseForm(flags: readonly string[], command: CommandShape): void {
  if (command.flags.some(({ name }) => name === 'output') || !flags.some(flag => /^(-o|--output(=|$))/.test(flag)))
    return
  const words = command.id.replaceAll(':', ' ')
  throw usageFailure(`${words} has no -o: it prints in one form alone`, { fix: 'leave it out' })
}

/** The arguments of a command in the form that oclif reads as kubectl would have read them. */
function normalised(argv: readonly string[], flags: readonly FlagShape[]): string[] {
  const end = argv.indexOf('--')
  const [before, after] = end < 0 ? [argv, []] : [argv.slice(0, end), argv.slice(end)]
  const joined = before.flatMap((arg, i) => {
    if (isWaitOf(before[i - 1], arg)) return []
    return isWaitOf(arg, before[i + 1]) ? [`${arg}=${before[i + 1]}`] : [arg]
  })
  return [...joined.flatMap(arg => normalisedOne(arg, flags)), ...after]
}

function isWaitOf(flag: string | undefined, value: string | undefined): boolean {
  return flag === '--wait' && value !== undefined && DURATION.test(value)
}

function normalisedOne(arg: string, flags: readonly FlagShape[]): string[] {
  const [, name, value] = /^--([a-z][a-z-]*)(?:=(.*))?$/s.exec(arg) ?? []
  const [, char, given] = /^-([a-zA-Z])=(.*)$/s.exec(arg) ?? []
  const flag = flags.find(flag => flag.name === name || (char !== undefined && flag.char === char))
  if (!flag) return [arg]
  const isValued = value ?? given
  if (flag.type === 'option') {
    const standIn = implied[flag.name]
    return name !== undefined && value === undefined && standIn !== undefined ? [`--${flag.name}=${standIn}`] : [arg]
  }
  if (isValued === undefined) return [arg]
  if (!/^(true|false|1|0|t|f)$/i.test(isValued)) {
    throw usageFailure(`--${flag.name} is either true or false, not ${JSON.stringify(isValued)}`)
  }
  // A flag that is false is a flag that was not given.
  return /^(true|1|t)$/i.test(isValued) ? [`--${flag.name}`] : []
}

/** The words before and between the flags, up to "--", and their places: values of flags are no words. */
export function split(typed: readonly string[], flags: readonly FlagShape[]) {
  const words: string[] = []
  const places: number[] = []
  const seen: string[] = []
  const end = typed.indexOf('--')
  const before = end < 0 ? typed : typed.slice(0, end)
  for (let i = 0; i < before.length; i++) {
    const arg = before[i] as string
    if (!arg.startsWith('-') || arg === '-') {
      words.push(arg)
      places.push(i)
      continue
    }
    seen.push(arg)
    if (takesNext(arg, flags) || isWaitOf(arg, before[i + 1])) i++
  }
  return { flags: seen, words, places, rest: end < 0 ? [] : typed.slice(end) }
}

function takesNext(arg: string, flags: readonly FlagShape[]): boolean {
  if (arg.includes('=')) return false
  const name = /^--(.+)$/.exec(arg)?.[1]
  if (name !== undefined) return flags.some(flag => flag.name === name && flag.type === 'option' && !(name in implied))
  // "-n dns", but not "-ndns".
  const char = /^-(.)$/.exec(arg)?.[1] ?? lastOfBooleans(arg, flags)
  return char !== undefined && flags.some(flag => flag.char === char && flag.type === 'option')
}

// "-wA" is two flags, "-wo json" two and a value.
function lastOfBooleans(arg: string, flags: readonly FlagShape[]): string | undefined {
  const chars = arg.slice(1)
  const isBoolean = (char: string) => flags.some(flag => flag.char === char && flag.type === 'boolean')
  return [...chars.slice(0, -1)].every(isBoolean) ? chars.at(-1) : undefined
}

function helpWords(words: readonly string[], commands: readonly CommandShape[], topics: readonly string[]): string[] {
  const command = commandOf(words, commands)
  if (command) return command.id.split(':')
  if (words.length > 0 && !topics.includes(words[0] ?? '')) throw unknownCommand(words.join(' '), commands)
  return words.slice(0, 1)
}

function unknownCommand(name: string, commands: readonly CommandShape[]) {
  const typed = name.split(' ').slice(0, 2).join(' ')
  const names = commands.filter(({ isHidden }) => !isHidden).map(({ id }) => id.replaceAll(':', ' '))
  const near = names
    .map(candidate => ({
      candidate,
      steps: Math.min(distance(typed, candidate), distance(typed.split(' ')[0] ?? '', candidate)),
    }))
    .sort((a, b) => a.steps - b.steps)
    .filter(({ steps }, _, [best]) => steps <= 3 && steps === best?.steps)
    .slice(0, 3)
  const fix = near.length > 0 ? near.map(({ candidate }) => `${BIN} ${candidate}`) : [`${BIN} --help`]
  return usageFailure(`${JSON.stringify(typed)} is not a command`, { fix })
}

/** Letters to add, drop, change or swap to come from one word to the other (optimal string alignment). */
export function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i, ...Array<number>(b.length).fill(0)])
  const at = (i: number, j: number) => rows[i]?.[j] ?? 0
  for (let j = 0; j <= b.length; j++) (rows[0] as number[])[j] = j
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : Infinity
      ;(rows[i] as number[])[j] = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + same, swapped)
    }
  }
  return at(a.length, b.length)
}

function isHelp(arg: string): boolean {
  return arg === '-h' || arg === '--help'
}
