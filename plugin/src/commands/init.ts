import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Args, Flags } from '@oclif/core'
import { celHolds, instanceSpecSchema, type Structural, zoneSpecSchema } from '#crds'
import { askFor, isAnyoneThere, type Question } from '../ask.ts'
import { BindyCommand } from '../base.ts'
import { usageFailure } from '../failure.ts'
import { kustomizeTree, type TreeFile } from '../kustomization.ts'
import { type ScaffoldName, scaffold, scaffolds } from '../scaffold.ts'

// The servers come with their cluster.
const ALL = ['cluster', 'zone', 'record'] as const satisfies readonly ScaffoldName[]

/** What nobody but the user knows, and the objects that need it. */
const unknowns = {
  zone: {
    what: 'Name of the zone',
    example: 'example.com',
    faultOf: byRules(zoneSpecSchema.properties.zoneName),
    isIn: ['zone', 'record'],
  },
  address: {
    what: 'Address of the primary',
    example: '192.0.2.53',
    faultOf: byRules(instanceSpecSchema.properties.external.properties.address),
    isIn: ['cluster', 'server'],
  },
} satisfies Record<string, Question & { readonly isIn: readonly ScaffoldName[] }>

type Unknown = keyof typeof unknowns
const unknownNames = Object.keys(unknowns) as Unknown[]

export default class Init extends BindyCommand {
  static override summary = 'Print commented YAML to begin with, or write it as a kustomize tree'
  static override description =
    'It goes to standard output, or with --directory into a file for each object beside a kustomization.yaml, to be edited and applied with kubectl. In a terminal it asks for the zone and the address where no flag gives them; elsewhere examples stand in their place.'
  static override args = {
    what: Args.string({
      ignoreStdin: true,
      options: [...scaffolds],
      description: 'cluster, server, zone or record; a cluster with a zone and a record if absent',
    }),
  }
  static override flags = {
    zone: Flags.string({ helpValue: 'ZONE', summary: 'the name of the zone, such as example.com' }),
    'cluster-ref': Flags.string({
      default: 'production-dns',
      helpValue: 'NAME',
      summary: 'the Bind9Cluster of the servers and the zone',
    }),
    address: Flags.string({ helpValue: 'ADDRESS', summary: 'where the primary is, such as 192.0.2.53' }),
    directory: Flags.string({
      helpValue: 'DIRECTORY',
      summary: 'into files there, for kubectl apply -k; to standard output if absent',
    }),
    overwrite: Flags.boolean({ summary: 'write over files that are there', dependsOn: ['directory'] }),
  }
  static override examples = [
    '<%= config.bin %> init cluster -n dns > cluster.yaml',
    '<%= config.bin %> init zone --zone example.org > zone.yaml',
    '<%= config.bin %> init -n dns --directory dns/',
  ]

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Init)
    const names = args.what === undefined ? ALL : [args.what as ScaffoldName]
    const { zone, address } = await this.#known(names, flags)
    const { directory, namespace } = flags
    const values = { zone, address, cluster: flags['cluster-ref'] }
    const objects = (more: object) => names.flatMap(name => scaffold(name, { ...values, ...more }))
    if (directory === undefined) {
      // So that what is appended to a file stands by itself there.
      return this.print(objects({ namespace }).map(({ text }) => `---\n${text}`))
    }
    await this.#write(kustomizeTree(objects({}), namespace), directory, flags.overwrite)
    this.hint(`Next: edit them, then kubectl apply -k ${directory}`)
  }

  /** What the flags give, or else a person, or else an example. */
  async #known(names: readonly ScaffoldName[], given: { readonly [name in Unknown]?: string | undefined }) {
    const isWanted = (name: Unknown) => unknowns[name].isIn.some(one => names.includes(one))
    const missing = unknownNames.filter(name => given[name] === undefined && isWanted(name))
    for (const name of unknownNames) refuseFault(name, given[name])
    const questions = isAnyoneThere() ? missing.map(name => unknowns[name]) : []
    const answers = questions.length > 0 ? await askFor(questions, this.signal) : []
    const known = (name: Unknown) => given[name] ?? answers[missing.indexOf(name)] ?? unknowns[name].example
    return { zone: known('zone'), address: known('address') }
  }

  async #write(files: readonly TreeFile[], directory: string, overwrites: boolean): Promise<void> {
    const paths = files.map(({ name }) => join(directory, name))
    const standing = overwrites ? [] : paths.filter(path => existsSync(path))
    if (standing.length > 0)
      throw usageFailure(`Nothing was written: ${standing.join(', ')} would be written over`, {
        fix: ['another --directory', 'add --overwrite'],
      })
    await mkdir(directory, { recursive: true })
    for (const { name, text } of files) {
      const path = join(directory, name)
      await writeFile(path, `${text}\n`, { flag: overwrites ? 'w' : 'wx' })
      this.print(path)
    }
  }
}

function byRules(schema: Structural): (text: string) => string | undefined {
  const [rule] = schema['x-kubernetes-validations'] ?? []
  return text => (celHolds(schema, text) ? undefined : rule?.message)
}

function refuseFault(name: Unknown, text: string | undefined): void {
  const fault = text === undefined ? undefined : unknowns[name].faultOf(text)
  if (fault !== undefined) throw usageFailure(`--${name}: ${JSON.stringify(text)} ${fault}`)
}
