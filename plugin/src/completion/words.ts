import { split } from '../argv.ts'
import { type CommandShape, commandOf, type FlagShape, isFlag, type Outline } from '../shape.ts'

/** A word that may be typed, and what it is. */
export interface Candidate {
  readonly word: string
  readonly about?: string | undefined
}

/** What of the cluster may stand where the cursor is. */
export type Dynamic = 'zone' | 'name' | 'type' | 'namespace' | 'context' | 'instance' | 'cluster' | 'cluster|zone'

export interface Completion {
  /** What they are to begin with: the word typed, of --flag=value the value alone. kubectl's shells put the flag before. */
  readonly typed: string
  readonly words: readonly Candidate[]
  /** What is to be looked up in the cluster, beside the words. */
  readonly dynamic?: Dynamic
}

/** Which cluster, and where in it, as the words before say. */
export interface Where {
  readonly namespace?: string | undefined
  /** Whether all namespaces are meant. */
  readonly all?: boolean
  readonly context?: string | undefined
  readonly kubeconfig?: string | undefined
  readonly cluster?: string | undefined
  readonly user?: string | undefined
  readonly as?: string | undefined
  readonly asGroups?: readonly string[] | undefined
}

const ofFlag: Readonly<Record<string, Dynamic>> = {
  namespace: 'namespace',
  context: 'context',
  zone: 'zone',
  instance: 'instance',
  'cluster-ref': 'cluster',
}

const ofArgument: Readonly<Record<string, Dynamic>> = {
  zone: 'zone',
  name: 'name',
  type: 'type',
  instance: 'instance',
  cluster: 'cluster',
  'cluster|zone': 'cluster|zone',
}

/** What may stand in place of the last of these words, which may be empty. */
export function complete(typed: readonly string[], { commands }: Outline): Completion {
  const current = typed.at(-1) ?? ''
  const before = typed.slice(0, -1)
  const { words } = split(
    before,
    commands.flatMap(one => one.flags),
  )
  const command = commandOf(words, commands)
  const flags = command?.flags ?? commands.flatMap(one => one.flags)
  const valued = valuedFlag(before.at(-1), current, flags)
  if (valued) return ofValue(valued.flag, valued.typed)
  if (current.startsWith('-')) return { typed: current, words: flagWords(command?.flags ?? []) }
  if (!command) return { typed: current, words: commandWords(words, commands) }
  const depth = command.id.split(':').length
  const at = words.length - depth
  const more = commandWords(words, commands)
  const argument = command.args[Math.min(at, command.args.length - 1)]
  const dynamic = argument === undefined || at < 0 ? undefined : ofArgument[argument]
  return { typed: current, words: at === 0 ? more : [], ...(dynamic && { dynamic }) }
}

function commandWords(words: readonly string[], commands: readonly CommandShape[]): Candidate[] {
  const shown = commands.filter(({ id, isHidden }) => !isHidden && id.split(':').length > words.length)
  const under = shown.filter(({ id }) => words.every((word, i) => id.split(':')[i] === word))
  const next = new Map<string, string | undefined>()
  for (const { id, summary } of under) {
    const parts = id.split(':')
    const word = parts[words.length] as string
    const isWhole = parts.length === words.length + 1
    if (isWhole || !next.has(word)) next.set(word, isWhole ? summary : undefined)
  }
  return [...next].map(([word, about]) => ({ word, about }))
}

function flagWords(flags: readonly FlagShape[]): Candidate[] {
  return flags.map(({ name, summary }) => ({ word: `--${name}`, about: summary }))
}

function valuedFlag(last: string | undefined, current: string, flags: readonly FlagShape[]) {
  const [, name, value] = /^(--[a-z-]+|-[a-zA-Z])=(.*)$/s.exec(current) ?? []
  const flag = flags.find(one => one.type === 'option' && isFlag(name ?? last ?? '', one))
  return flag && { flag, typed: value ?? current }
}

function ofValue({ name, options }: FlagShape, typed: string): Completion {
  const words = (options ?? []).map(word => ({ word }))
  const dynamic = ofFlag[name]
  return { typed, words, ...(dynamic && { dynamic }) }
}
