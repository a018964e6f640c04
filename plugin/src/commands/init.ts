import { Args, Flags } from '@oclif/core'
import { BindyCommand } from '../base.ts'
import { type ScaffoldName, scaffold, scaffolds } from '../scaffold.ts'

export default class Init extends BindyCommand {
  static override summary = 'Print commented YAML to begin with'
  static override description = 'Nothing is written anywhere: send it to a file, edit it, and apply it with kubectl.'
  static override args = {
    what: Args.string({
      ignoreStdin: true,
      options: [...scaffolds],
      description: 'server, zone or record; all of them if absent',
    }),
  }
  static override flags = {
    zone: Flags.string({ default: 'example.com', helpValue: 'ZONE', summary: 'the name of the zone' }),
    'cluster-ref': Flags.string({
      default: 'production-dns',
      helpValue: 'NAME',
      summary: 'the Bind9Cluster of the server and the zone',
    }),
    address: Flags.string({ default: '192.0.2.53', helpValue: 'ADDRESS', summary: 'where the server is' }),
  }
  static override examples = ['<%= config.bin %> init zone --zone example.org > zone.yaml']

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Init)
    const names = args.what === undefined ? scaffolds : [args.what as ScaffoldName]
    const values = {
      zone: flags.zone,
      cluster: flags['cluster-ref'],
      address: flags.address,
      namespace: flags.namespace,
    }
    this.print(names.map(name => scaffold(name, values)).join('\n---\n'))
  }
}
