import { Args } from '@oclif/core'
import { type Bind9Instance, instanceKind } from '#crds'
import { BindyCommand, durationFlag } from '../base.ts'
import { EXIT, Failure, usageFailure } from '../failure.ts'
import { BIN } from '../name.ts'
import { harmlessLines } from '../screen/harmless.ts'
import { Reach } from '../server/reach.ts'
import { typedName } from '../zone/find.ts'

// Verbs that read. What changes a server is the controller's, or has a command of its own.
const ofServer = ['null', 'status']
const ofZone = ['zonestatus', 'showzone']

export default class Rndc extends BindyCommand {
  static override summary = 'Ask a server over its control channel'
  static override description =
    `Only what reads may be asked: ${[...ofServer, ...ofZone.map(verb => `${verb} ZONE`)].join(', ')}.`
  static override args = {
    instance: Args.string({ ignoreStdin: true, required: true, description: 'the Bind9Instance' }),
    verb: Args.string({ ignoreStdin: true, required: true, description: [...ofServer, ...ofZone].join(', ') }),
    zone: Args.string({ ignoreStdin: true, description: 'the zone that it is about' }),
  }
  static override examples = ['<%= config.bin %> rndc ns1 zonestatus example.com']
  static override flags = {
    timeout: durationFlag({ default: 10_000, summary: 'how long to wait for it' }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Rndc)
    const line = commandLine(args.verb, args.zone)
    const cluster = await this.connect(flags)
    const instance = await cluster.find<Bind9Instance>(instanceKind, {
      namespace: cluster.namespace,
      name: args.instance,
    })
    if (!instance) {
      const fix = `${BIN} status -n ${cluster.namespace}`
      throw new Failure(
        `No Bind9Instance of namespace ${cluster.namespace} is called ${JSON.stringify(args.instance)}`,
        { exit: EXIT.unknown, fix },
      )
    }
    const reach = new Reach(cluster, { timeoutMs: flags.timeout })
    this.later(() => reach.close())
    const answer = await reach.rndc(instance, client => client.connection.send(line, { readsOnly: true }))
    if (!('value' in answer))
      throw new Failure(answer.fault, { exit: EXIT.unknown, ...(answer.needs && { fix: `it needs ${answer.needs}` }) })
    const { result, err, text } = answer.value
    if (result !== 0) throw new Failure(`named answered: ${err}${text ? `: ${text}` : ''}`, { exit: EXIT.unknown })
    this.print(harmlessLines(text || 'ok'))
  }
}

function commandLine(verb: string, zone: string | undefined): string {
  if (ofServer.includes(verb)) {
    if (zone !== undefined) throw usageFailure(`${verb} is about the server, not about a zone`)
    return verb
  }
  if (!ofZone.includes(verb)) {
    throw usageFailure(`${JSON.stringify(verb)} is not a verb that only reads`, {
      fix: `one of ${[...ofServer, ...ofZone].join(', ')}`,
    })
  }
  if (zone === undefined)
    throw usageFailure(`${verb} wants a zone`, { fix: `${BIN} rndc INSTANCE ${verb} example.com` })
  return `${verb} "${typedName(zone)}"`
}
