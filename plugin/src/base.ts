import { Command, type Config, Flags } from '@oclif/core'
import { KubeClient, loadConnection } from '#kube'
import { Cluster } from './cluster.ts'
import { EXIT, Interrupted, usageFailure } from './failure.ts'
import { FIELD_MANAGER, version } from './name.ts'
import { printData } from './screen/data.ts'
import { parseDurationMs, printDuration } from './screen/duration.ts'
import { harmless } from './screen/harmless.ts'
import { Progress } from './screen/progress.ts'
import { type ColourChoice, colourChoiceIn, colourChoices, type Environment, Terminal } from './screen/terminal.ts'
import { type View, Viewer, viewPrinter } from './screen/viewer.ts'
import { wrap } from './screen/wrap.ts'

// A handshake takes longer than most answers, so that a few connections are used again; but a watch holds one for good.
const CONNECTIONS = 4
const CONNECTIONS_WATCHING = 64

// A timer of more would end at once.
const LONGEST_MS = 2 ** 31 - 1

/** Forms of output; see kubectl's own -o. */
export const outputForms = ['table', 'wide', 'json', 'yaml', 'name'] as const
type OutputForm = (typeof outputForms)[number]

/** Whether a form is laid out for people. */
export function isPage(form: string): boolean {
  return form === 'table' || form === 'wide'
}

/** A duration on the command line, in milliseconds. Help shows its default as it would be typed. */
export const durationFlag = Flags.custom<number>({
  helpValue: 'DURATION',
  defaultHelp: async ({ options }) =>
    typeof options.default === 'number' ? printDuration(options.default) : undefined,
  parse: async text => {
    const ms = parseDurationMs(text)
    if (ms === undefined)
      throw usageFailure(`${JSON.stringify(text)} is not a duration`, { fix: 'write it as 30s, 5m or 1h30m' })
    return Math.min(ms, LONGEST_MS)
  },
})

/** Seconds on the command line, as a number or as a duration: "300", "5m". */
export const secondsFlag = Flags.custom<number>({
  helpValue: 'SECONDS',
  parse: async text => {
    const ms = parseDurationMs(text)
    if (ms === undefined)
      throw usageFailure(`${JSON.stringify(text)} is no time to live`, { fix: 'write seconds, or 5m, or 1h' })
    return Math.round(ms / 1000)
  },
})

/** -o with all of them. */
export const outputFlag = () => formFlag(outputForms)

/** What is to be said of forms: a word on one that is printed, and why one of kubectl's is not. */
interface FormTexts<Form extends string> {
  readonly notes?: { readonly [form in Form]?: string }
  readonly without?: { readonly [form in OutputForm]?: string }
}

/** -o with the forms of a command, the first by default. */
export function formFlag<const Form extends string>(
  forms: readonly [Form, ...Form[]],
  { notes = {}, without = {} }: FormTexts<Form> = {},
) {
  const noted = forms.map(form => (notes[form] === undefined ? form : `${form} (${notes[form]})`))
  // With `options` the parser would refuse the others before it asks, and say no reason.
  const { options: _, ...flag } = Flags.option({
    char: 'o',
    options: forms as readonly Form[],
    default: forms[0],
    helpValue: 'FORM',
    summary: `${noted.slice(0, -1).join(', ')} or ${noted.at(-1)}`,
  })()
  const parse = async (text: string) => {
    const form = forms.find(one => one === text)
    if (form !== undefined) return form
    const why = without[text as OutputForm] ?? 'is none of its forms'
    throw usageFailure(`${text} ${why}`, { fix: `one of ${forms.join(', ')}` })
  }
  return { ...flag, parse, forms }
}

/** -A of commands that are about one zone. */
export const anywhereFlag = Flags.boolean({ char: 'A', summary: 'look for the zone in all namespaces' })

/** Flags of commands that show how things are, and may go on showing it. */
export const watchFlags = {
  watch: Flags.boolean({ char: 'w', summary: 'go on, and show what changes', exclusive: ['wait'] }),
  wait: durationFlag({ summary: 'until all is well; for so long at most, 2m if absent' }),
  output: outputFlag(),
}

/** Flags of commands that write objects. */
export const writeFlags = {
  'dry-run': Flags.option({
    options: ['none', 'client', 'server'] as const,
    default: 'none',
    helpValue: 'HOW',
    summary: 'client: show what would be sent; server: send it, to be checked and not kept',
  })(),
  output: outputFlag(),
  'field-manager': Flags.string({ default: FIELD_MANAGER, helpValue: 'NAME', summary: 'who owns the fields written' }),
  'force-conflicts': Flags.boolean({ summary: 'take fields over that another manager owns' }),
}

/** A command as its class. */
export type RunnableCommand = Command.Class & {
  execute(argv: readonly string[], config: Config): Promise<unknown>
}

/** What every command has: kubectl's own flags, the way to the cluster, and what the terminal can show. */
export abstract class BindyCommand extends Command {
  static override baseFlags = {
    namespace: Flags.string({
      char: 'n',
      helpGroup: 'KUBECTL',
      helpValue: 'NAME',
      summary: 'the namespace; that of the context if absent',
    }),
    kubeconfig: Flags.string({
      helpGroup: 'KUBECTL',
      helpValue: 'FILE',
      summary: 'in place of KUBECONFIG and ~/.kube/config',
    }),
    context: Flags.string({ helpGroup: 'KUBECTL', helpValue: 'NAME', summary: 'the context of the kubeconfig' }),
    cluster: Flags.string({
      helpGroup: 'KUBECTL',
      helpValue: 'NAME',
      summary: "the kubeconfig's cluster, not the context's",
    }),
    user: Flags.string({
      helpGroup: 'KUBECTL',
      helpValue: 'NAME',
      summary: "the kubeconfig's user, not the context's",
    }),
    as: Flags.string({ helpGroup: 'KUBECTL', helpValue: 'USER', summary: 'the user to act as' }),
    'as-group': Flags.string({
      helpGroup: 'KUBECTL',
      helpValue: 'GROUP',
      multiple: true,
      multipleNonGreedy: true,
      summary: 'a group to act as; may be given again',
    }),
    'request-timeout': durationFlag({
      helpGroup: 'KUBECTL',
      summary: 'how long to wait for one answer; 0 is for ever',
    }),
    color: Flags.option({
      options: colourChoices,
      default: 'auto' as const,
      helpGroup: 'KUBECTL',
      helpValue: 'WHEN',
      summary: 'always, auto or never; NO_COLOR is heeded',
    })(),
    ascii: Flags.boolean({
      helpGroup: 'KUBECTL',
      summary: 'no symbols beyond ASCII; so where the locale is not UTF-8',
    }),
  }

  /** Runs a command of these arguments to its end. */
  static execute(argv: readonly string[], config: Config): Promise<unknown> {
    // biome-ignore lint/complexity/noThisInStatic: it is the command's own class, which is not abstract.
    const Runnable = this as unknown as new (argv: string[], config: Config) => BindyCommand
    return new Runnable([...argv], config)._run()
  }

  readonly #stop = new AbortController()
  #lastStop: AbortController | undefined
  readonly #closing: (() => unknown)[] = []
  readonly #warned = new Set<string>()
  /** What is shown of how the command goes on; a warning must not stand within it. */
  #progress: Progress | undefined
  #terminal: Terminal | undefined

  /** Aborted by Ctrl-C: whatever is under way gives up. */
  get signal(): AbortSignal {
    return this.#stop.signal
  }

  /** Aborted by a second Ctrl-C, for what puts things in order after the first; unless it is asked for, that ends the process. */
  protected get lastSignal(): AbortSignal {
    this.#lastStop ??= new AbortController()
    return this.#lastStop.signal
  }

  /** What standard output can show. */
  get terminal(): Terminal {
    this.#terminal ??= new Terminal(process.stdout, this.#environment(), this.#colour())
    return this.#terminal
  }

  /** What a page is laid out for: one that is wide may have lines of any length. */
  protected terminalFor(output: string): Terminal {
    if (output !== 'wide') return this.terminal
    return new Terminal(process.stdout, { ...this.#environment(), COLUMNS: 'Infinity' }, this.#colour())
  }

  /** What standard error can show, where progress and hints go. */
  get errorTerminal(): Terminal {
    return new Terminal(process.stderr, this.#environment(), this.#colour())
  }

  /** Connects, as the flags say. Nothing is sent yet. Warnings of the API server are shown, but for those that are expected. */
  protected async connect(
    flags: ConnectionFlags,
    { isExpected = () => false }: { readonly isExpected?: (warning: string) => boolean } = {},
  ): Promise<Cluster> {
    const {
      kubeconfig,
      context,
      cluster,
      user,
      as,
      namespace,
      'as-group': asGroups,
      'request-timeout': timeoutMs,
    } = flags
    const connections = flags.watch || flags.wait !== undefined ? CONNECTIONS_WATCHING : CONNECTIONS
    const connection = await loadConnection({ kubeconfig, context, cluster, user, as, asGroups, connections })
    this.later(() => connection.close())
    const userAgent = `${FIELD_MANAGER}/${version}`
    const onWarning = (text: string) => isExpected(text) || this.#warn(text)
    const client = new KubeClient(connection, {
      onWarning,
      userAgent,
      retries: 2,
      ...(timeoutMs !== undefined && { timeoutMs }),
    })
    return new Cluster(client, { namespace: namespace ?? connection.namespace, signal: this.signal })
  }

  /** Does this when the command ends, whichever way. */
  protected later(close: () => unknown): void {
    this.#closing.push(close)
  }

  /** Lines for standard output. */
  protected print(lines: string | readonly string[]): void {
    process.stdout.write(`${[lines].flat().join('\n')}\n`)
  }

  /** A line each; nothing where there is none. */
  protected printAll(lines: readonly string[]): void {
    if (lines.length > 0) this.print(lines.map(harmless))
  }

  /** A hint for a person: to standard error, and only where a person looks on. */
  protected hint(lines: string | readonly string[]): void {
    const { errorTerminal } = this
    if (!errorTerminal.isTerminal) return
    const wrapped = [lines].flat().flatMap(line => wrap('', line, errorTerminal))
    process.stderr.write(`${wrapped.join('\n')}\n`)
  }

  /** The rights that are missing to show all of it: to standard error, whoever reads it. */
  protected tellNeeds(needs: readonly string[]): void {
    for (const right of needs) process.stderr.write(`${this.errorTerminal.paint('yellow', `? needs ${right}`)}\n`)
  }

  /** Where progress is shown: beside the result, unless that is for a program to read. */
  protected progress(output: string): { readonly progress: Progress } {
    const isRead = output === 'json' || output === 'yaml' || output === 'name'
    const [stream, terminal] = isRead ? [process.stderr, this.errorTerminal] : [process.stdout, this.terminal]
    const progress = new Progress(terminal, text => void stream.write(text))
    this.#progress = progress
    // Ctrl-C leaves the line as it was then, and the cursor below it.
    this.later(() => progress.end())
    return { progress }
  }

  /** Shows a view once, in the form asked for. */
  protected async show(view: View, output: string): Promise<void> {
    if (output === 'name') return this.printAll(view.names())
    if (output === 'json' || output === 'yaml') return this.print(await printData(view.data(), output))
    this.print(view.page())
  }

  /** Shows a view again and again. */
  protected async viewer(output: string): Promise<Viewer> {
    return new Viewer(this.terminal, text => void process.stdout.write(text), await viewPrinter(output))
  }

  protected override async init(): Promise<void> {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, this.#interrupt)
  }

  protected override async catch(error: unknown): Promise<void> {
    throw this.signal.aborted && !(error instanceof Interrupted) ? this.signal.reason : error
  }

  protected override async finally(): Promise<void> {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.removeListener(name, this.#interrupt)
    await Promise.allSettled(this.#closing.map(close => close()))
  }

  // As kubectl shows them, each text once.
  #warn(text: string): void {
    if (this.#warned.has(text)) return
    this.#warned.add(text)
    const { errorTerminal } = this
    const lines = wrap(`${errorTerminal.paint('yellow', 'Warning:')} `, harmless(text), errorTerminal)
    const write = () => void process.stderr.write(`${lines.join('\n')}\n`)
    if (this.#progress) this.#progress.above(write)
    else write()
  }

  readonly #interrupt = () => {
    const next = this.signal.aborted ? this.#lastStop : this.#stop
    if (!next || next.signal.aborted) process.exit(EXIT.interrupted)
    next.abort(new Interrupted())
  }

  #environment(): Environment {
    return this.argv.includes('--ascii') ? { ...process.env, LC_ALL: 'C' } : process.env
  }

  // Known before the flags are parsed, whose faults are shown in colour too.
  #colour(): ColourChoice {
    return colourChoiceIn(this.argv)
  }
}

export interface ConnectionFlags {
  readonly namespace?: string | undefined
  readonly kubeconfig?: string | undefined
  readonly context?: string | undefined
  readonly cluster?: string | undefined
  readonly user?: string | undefined
  readonly as?: string | undefined
  readonly 'as-group'?: readonly string[] | undefined
  readonly 'request-timeout'?: number | undefined
  readonly watch?: boolean
  readonly wait?: number | undefined
}
