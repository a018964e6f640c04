import { Args, Flags } from '@oclif/core'
import { askToGoOn } from '../../ask.ts'
import { BindyCommand, writeFlags } from '../../base.ts'
import type { Cluster, NewObject } from '../../cluster.ts'
import { usageFailure } from '../../failure.ts'
import { type ImportPlan, planImport, type Standing } from '../../import/plan.ts'
import { previewOf } from '../../import/preview.ts'
import { checkAll, type Stages, writeAll } from '../../import/run.ts'
import { faulty, readFile, readServer, type Source } from '../../import/source.ts'
import { BIN } from '../../name.ts'
import { counted } from '../../screen/count.ts'
import { writeLines } from '../../screen/stream.ts'
import { printWritten, type WriteChoice } from '../../writing.ts'
import { apexOf, objectNameOf, shownName, typedName } from '../../zone/find.ts'
import { ZoneReader } from '../../zonefile/readzone.ts'

export default class ZoneImport extends BindyCommand {
  static override summary = 'Make objects of a zone file, or of a zone that a server has'
  static override description =
    'It shows what it will do, has the API server check every object, asks, and only then writes them: the records first, so that a new zone is served whole. It creates objects and changes none but the DNSZone; what objects give already is left as it is, so that a second run goes on where the first one ended.'
  static override args = {
    zone: Args.string({ required: true, ignoreStdin: true, description: 'its name, such as example.com' }),
  }
  static override examples = [
    '<%= config.bin %> zone import example.com -f example.com.zone --cluster-ref production-dns',
    '<%= config.bin %> zone import example.com --from 192.0.2.53 --cluster-ref production-dns --serial-at-least 2026112101',
    '<%= config.bin %> zone import example.com -f example.com.zone --cluster-ref production-dns --dry-run=client -o yaml',
  ]
  static override flags = {
    file: Flags.string({
      char: 'f',
      helpValue: 'FILE',
      summary: 'a zone file; "-" is standard input',
      exclusive: ['from'],
    }),
    from: Flags.string({ helpValue: 'HOST[:PORT]', summary: 'a server that gives the whole zone (AXFR)' }),
    'tsig-secret': Flags.string({
      helpValue: 'NAME',
      summary: 'the Secret with the key that the server wants',
      dependsOn: ['from'],
    }),
    'cluster-ref': Flags.string({
      helpValue: 'NAME',
      summary: 'the Bind9Cluster, or one Bind9Instance, that is to serve it',
    }),
    'serial-at-least': Flags.integer({
      min: 0,
      max: 4_294_967_295,
      helpValue: 'N',
      summary: 'start from this serial, where that of the file is older',
    }),
    name: Flags.string({ helpValue: 'NAME', summary: "the DNSZone's name; made from the zone's if absent" }),
    'skip-foreign': Flags.boolean({ summary: 'leave out records of types that Bindy has no object for' }),
    yes: Flags.boolean({ char: 'y', summary: 'do not ask' }),
    ...writeFlags,
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ZoneImport)
    const apex = typedName(args.zone)
    const cluster = await this.connect(flags)
    const source = await this.#source(flags, apex, cluster)
    const standing = flags['dry-run'] === 'client' ? NOTHING : await standingIn(cluster, apex)
    if (flags['cluster-ref'] === undefined && !standing.zone)
      throw usageFailure('Nothing says where the zone is to be served', {
        fix: '--cluster-ref NAME, a Bind9Cluster or a Bind9Instance',
      })
    const plan = planImport(
      source.records,
      {
        apex,
        namespace: cluster.namespace,
        name: flags.name ?? objectNameOf(apex),
        clusterRef: flags['cluster-ref'],
        serialAtLeast: flags['serial-at-least'],
        skipsForeign: flags['skip-foreign'],
      },
      standing,
    )
    if (plan.faults.length > 0) throw faulty(`${shownName(apex)} cannot be imported from ${source.name}`, plan.faults)
    await this.#go(plan, source, cluster, flags)
  }

  async #go(plan: ImportPlan, source: Source, cluster: Cluster, flags: ImportFlags): Promise<void> {
    const isData = flags.output !== 'table' && flags.output !== 'wide'
    const [stream, terminal] = isData ? [process.stderr, this.errorTerminal] : [process.stdout, this.terminal]
    const preview = previewOf(plan, { name: source.name, count: source.records.length }, terminal)
    stream.write(`${preview.join('\n')}\n`)
    const stages = stagesOf(plan)
    const objects = stages.flat()
    if (objects.length === 0 && !isData) return this.print('Nothing to write')
    if (flags['dry-run'] === 'client') return this.#show(objects, flags)
    const writing = { fieldManager: flags['field-manager'], force: flags['force-conflicts'] ?? false }
    const checked = await checkAll(cluster, stages, { ...writing, ...this.progress(flags.output) })
    if (flags['dry-run'] === 'server') return this.#show(checked, flags)
    if (!flags.yes) await askToGoOn(`Write ${counted(objects.length, 'object', 'objects')}?`, this.signal)
    await this.#show(await writeAll(cluster, stages, { ...writing, ...this.progress(flags.output) }), flags)
  }

  async #source(flags: ImportFlags, apex: string, cluster: Cluster): Promise<Source> {
    if (flags.file !== undefined) return readFile(flags.file, apex)
    if (flags.from !== undefined) return readServer(cluster, { server: flags.from, secret: flags['tsig-secret'] }, apex)
    throw usageFailure('Nothing says where the records come from', {
      fix: ['-f FILE, or -f - for standard input', '--from HOST, a server that has the zone'],
    })
  }

  async #show(objects: readonly NewObject[], flags: ImportFlags): Promise<void> {
    if (flags.output !== 'table' && flags.output !== 'wide')
      return writeLines(process.stdout, [await printWritten([], objects, flags)])
    this.print(`${counted(objects.length, 'object', 'objects')} ${outcomes[flags['dry-run']]}`)
    if (flags['dry-run'] === 'none') this.hint(`Next: ${BIN} status zone ${objects.at(-1)?.metadata.name ?? ''} --wait`)
  }
}

const outcomes = {
  none: 'written',
  client: 'would be written',
  server: 'would be written (the API server has checked them)',
} as const

interface ImportFlags extends WriteChoice {
  readonly file?: string | undefined
  readonly from?: string | undefined
  readonly 'tsig-secret'?: string | undefined
  readonly yes: boolean
}

const NOTHING: Standing = { zone: undefined, records: [], around: { serverAddresses: [], children: new Map() } }

async function standingIn(cluster: Cluster, apex: string): Promise<Standing> {
  const scope = cluster.scope(false)
  const [zones, records] = await Promise.all([cluster.zones(scope), cluster.records(scope)])
  const zone = zones.find(one => apexOf(one) === apex)
  return { zone, records, around: zone ? await new ZoneReader(cluster).around(zone) : NOTHING.around }
}

// A zone whose records are there is served whole from the beginning.
function stagesOf({ zone, zoneVerb, records }: ImportPlan): Stages {
  return zone && zoneVerb !== 'unchanged' ? [records, [zone]] : [records]
}
