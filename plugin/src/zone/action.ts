import { Args, Flags } from '@oclif/core'
import type { RndcClient } from '#bind9'
import { type Bind9Instance, type DNSZone, placement } from '#crds'
import { askToGoOn } from '../ask.ts'
import {
  anywhereFlag,
  BindyCommand,
  type ConnectionFlags,
  durationFlag,
  isPage,
  outputFlag,
  type RunnableCommand,
} from '../base.ts'
import { printedName } from '../cluster.ts'
import { remedyOf } from '../condition.ts'
import { type ActionReport, envelope } from '../envelope.ts'
import { EXIT, Failure } from '../failure.ts'
import { BIN } from '../name.ts'
import { printData } from '../screen/data.ts'
import { harmless } from '../screen/harmless.ts'
import type { Terminal } from '../screen/terminal.ts'
import { wrap } from '../screen/wrap.ts'
import { type Answered, Reach } from '../server/reach.ts'
import { apexOf, findZone, shownName } from './find.ts'

/** Something that named does with a zone at a word over its control channel. */
export interface ZoneAction {
  /** As rndc has it: "freeze". */
  readonly verb: string
  readonly summary: string
  readonly description?: string
  /** The servers that it is for. */
  readonly role: 'primary' | 'secondary'
  readonly run: (client: RndcClient, zone: string) => Promise<void>
  /** What is true afterwards: "takes no updates until it is thawed". */
  readonly done: string
  /** What is asked before it is done; nothing is asked if absent. */
  readonly asks?: string
  /** The command that ends what it began. */
  readonly next?: string
}

/** The command of an action: it tells each server of the zone, and says what each of them said. */
export function zoneActionCommand(action: ZoneAction): RunnableCommand {
  return class extends BindyCommand {
    static override summary = action.summary
    static override description = action.description
    static override args = {
      zone: Args.string({ ignoreStdin: true, required: true, description: 'its name, or that of its object' }),
    }
    static override flags = {
      instance: Flags.string({
        helpValue: 'NAME',
        multiple: true,
        multipleNonGreedy: true,
        summary: `this ${action.role} alone; all of them if absent`,
      }),
      'all-namespaces': anywhereFlag,
      timeout: durationFlag({ default: 10_000, summary: 'how long to wait for a server' }),
      output: outputFlag(),
      ...(action.asks && { yes: Flags.boolean({ char: 'y', summary: 'do not ask' }) }),
    }

    async run(): Promise<void> {
      const { args, flags } = await this.parse(this.ctor as unknown as Parameters<typeof this.parse>[0])
      const cluster = await this.connect(flags as ConnectionFlags)
      const reach = new Reach(cluster, { timeoutMs: flags.timeout as number })
      this.later(() => reach.close())
      const zone = await findZone(cluster, cluster.scope(flags['all-namespaces'] as boolean), args.zone as string)
      const instances = await cluster.instances({ namespace: zone.metadata.namespace })
      const servers = chosen(placement(zone, instances), action.role, flags.instance as string[] | undefined)
      const name = shownName(zone.spec.zoneName)
      if (action.asks && !flags.yes) await askToGoOn(action.asks.replace('ZONE', name), this.signal)
      const apex = apexOf(zone) ?? zone.spec.zoneName
      const said = await Promise.all(
        servers.map(async instance => ({
          instance,
          answer: await reach.rndc(instance, client => action.run(client, apex)),
        })),
      )
      const isDone = said.every(({ answer }) => 'value' in answer)
      if (!isDone) process.exitCode = EXIT.unknown
      const output = flags.output as string
      if (output === 'json' || output === 'yaml')
        return this.print(await printData(dataOf(zone, action.verb, said.map(reportOf)), output))
      const lines = (terminal: Terminal) =>
        said.flatMap(({ instance, answer }) => this.#lines(instance.metadata.name, { name, answer }, terminal))
      if (isPage(output)) {
        this.print(lines(this.terminalFor(output)))
        if (action.next && said.some(({ answer }) => 'value' in answer))
          this.hint(`Next: ${BIN} ${action.next} ${name} -n ${zone.metadata.namespace}`)
      } else if (isDone) this.printAll([printedName(zone)])
      else process.stderr.write(`${lines(this.errorTerminal).join('\n')}\n`)
    }

    #lines(
      server: string,
      { name, answer }: { readonly name: string; readonly answer: Answered<void> },
      terminal: Terminal,
    ): string[] {
      if ('value' in answer) return [terminal.marked('good', harmless(`${server}: ${name} ${action.done}`))]
      const text = answer.needs ? `needs ${answer.needs}` : answer.fault
      const remedy = remedyOf(answer.reason)
      return [
        ...wrap(`${terminal.mark('bad')} `, harmless(`${server}: ${text}`), terminal),
        ...(remedy === undefined ? [] : wrap('    fix: ', remedy, terminal)),
      ]
    }
  } as unknown as RunnableCommand
}

interface Said {
  readonly instance: Bind9Instance
  readonly answer: Answered<void>
}

function dataOf({ metadata: { namespace, name }, spec }: DNSZone, verb: string, servers: readonly ActionReport[]) {
  return envelope('ZoneAction', { verb, zone: spec.zoneName, object: { namespace, name }, servers })
}

function reportOf({ instance: { metadata }, answer }: Said): ActionReport {
  const { name: instance } = metadata
  return 'value' in answer ? { instance, isDone: true, way: answer.way } : { instance, isDone: false, ...answer }
}

function chosen(
  servers: readonly Bind9Instance[],
  role: string,
  names: readonly string[] | undefined,
): Bind9Instance[] {
  const fitting = servers.filter(({ spec }) => spec.role === role)
  const found = names ? fitting.filter(({ metadata }) => names.includes(metadata.name)) : fitting
  const missing = names?.filter(name => !fitting.some(({ metadata }) => metadata.name === name)) ?? []
  if (missing.length > 0 || found.length === 0) {
    const what = missing.length > 0 ? `${missing.join(', ')} is no ${role} of the zone` : `The zone has no ${role}`
    const there = servers.map(({ metadata, spec }) => `${metadata.name} (${spec.role})`).join(', ') || 'none'
    throw new Failure(what, { exit: EXIT.unknown, why: `its servers are: ${there}` })
  }
  return found
}
