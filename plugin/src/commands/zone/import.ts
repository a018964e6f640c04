import { createInterface } from 'node:readline/promises'
import { Args, Flags } from '@oclif/core'
import { BindyCommand, writeFlags } from '../../base.ts'
import type { Cluster, NewObject } from '../../cluster.ts'
import { EXIT, Failure, usageFailure } from '../../failure.ts'
import { applyAll, printRefusal, type Refusal } from '../../import/apply.ts'
import { type ImportPlan, planImport, type Standing } from '../../import/plan.ts'
import { counted, previewOf } from '../../import/preview.ts'
import { faulty, readFile, readServer, type Source } from '../../import/source.ts'
import { BIN } from '../../name.ts'
import { bar } from '../../screen/bar.ts'
import type { Progress } from '../../screen/progress.ts'
import { writeLines } from '../../screen/stream.ts'
import { printWritten, type WriteChoice } from '../../writing.ts'
import { apexOf, shownName, typedName } from '../../zone/find.ts'
import { ZoneReader } from '../../zonefile/readzone.ts'

const REFUSALS_SHOWN = 10

export default class ZoneImport extends BindyCommand {
  static override summary = 'Make objects of a zone file, or of a zone that a server has'
  static override description =
    'It shows what it will do, has the API server check every object, and only then writes them: the records first, so that a new zone is served whole. It creates objects and changes none but the DNSZone; what objects give already is left as it is, so that a second run goes on where the first one ended.'
  static override args = { zone: Args.string({ required: true, description: 'its name, such as example.com' }) }
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
        name: flags.name ?? shownName(apex).replace(/[^a-z0-9-]+/g, '-'),
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
    const objects = objectsOf(plan)
    if (objects.length === 0 && !isData) return this.print('Nothing to write')
    if (flags['dry-run'] === 'client') return this.#show(objects, objects, flags)
    const { progress } = this.progress(flags.output)
    const checked = await this.#check(objects, cluster, flags, progress)
    if (flags['dry-run'] === 'server') return this.#show(objects, checked, flags)
    if (!flags.yes && !(await this.#agree(objects.length))) throw new Failure('Nothing was changed', { exit: EXIT.no })
    await this.#show(objects, await this.#apply(objects, cluster, flags, progress), flags)
  }

  async #source(flags: ImportFlags, apex: string, cluster: Cluster): Promise<Source> {
    if (flags.file !== undefined) return readFile(flags.file, apex)
    if (flags.from !== undefined) return readServer(cluster, { server: flags.from, secret: flags['tsig-secret'] }, apex)
    throw usageFailure('Nothing says where the records come from', {
      fix: ['-f FILE, or -f - for standard input', '--from HOST, a server that has the zone'],
    })
  }

  async #check(objects: readonly NewObject[], cluster: Cluster, flags: ImportFlags, progress: Progress) {
    const what = `checking ${counted(objects.length, 'object', 'objects')}`
    const onDone = step(progress, what, 'checking', objects.length)
    const { written, refusals } = await applyAll(cluster, objects, {
      ...writing(flags),
      isDryRun: true,
      refusals: 100,
      onDone,
    })
    this.signal.throwIfAborted()
    if (refusals.length > 0)
      throw refused(
        `The API server refuses ${counted(refusals.length, 'object', 'objects')}, nothing was changed`,
        refusals,
      )
    progress.end()
    return written
  }

  async #apply(objects: readonly NewObject[], cluster: Cluster, flags: ImportFlags, progress: Progress) {
    const what = `writing ${counted(objects.length, 'object', 'objects')}`
    const onDone = step(progress, what, 'writing', objects.length)
    const { written, refusals } = await applyAll(cluster, objects, { ...writing(flags), refusals: 1, onDone })
    const done = `${written.length.toLocaleString('en')} of ${counted(objects.length, 'object', 'objects')} written`
    if (this.signal.aborted) process.stderr.write(`${done}; run the same command again to go on\n`)
    this.signal.throwIfAborted()
    if (refusals.length > 0)
      throw refused(done, refusals, 'run the same command again to go on: what stands is left as it is')
    progress.end()
    return written
  }

  async #agree(count: number): Promise<boolean> {
    if (!process.stdin.isTTY || !process.stderr.isTTY) return true
    const prompt = createInterface({ input: process.stdin, output: process.stderr })
    try {
      const answer = await prompt.question(`Write ${counted(count, 'object', 'objects')}? [y/N] `, {
        signal: this.signal,
      })
      return /^y(es)?$/i.test(answer.trim())
    } finally {
      prompt.close()
    }
  }

  async #show(objects: readonly NewObject[], written: readonly NewObject[], flags: ImportFlags): Promise<void> {
    if (flags.output === 'table' || flags.output === 'wide') {
      const dry = {
        none: 'written',
        client: 'would be written',
        server: 'would be written (the API server has checked them)',
      }
      this.print(`${counted(objects.length, 'object', 'objects')} ${dry[flags['dry-run']]}`)
      if (flags['dry-run'] === 'none')
        this.hint(`Next: ${BIN} status zone ${objects.at(-1)?.metadata.name ?? ''} --wait`)
      return
    }
    await writeLines(process.stdout, [await printWritten([], written, flags)])
  }
}

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
function objectsOf({ zone, zoneVerb, records }: ImportPlan): NewObject[] {
  return zone && zoneVerb !== 'unchanged' ? [...records, zone] : [...records]
}

function writing(flags: ImportFlags) {
  return { fieldManager: flags['field-manager'], force: flags['force-conflicts'] ?? false }
}

function step(progress: Progress, line: string, verb: string, all: number): (done: number) => void {
  const show = (done: number) => progress.show(`${verb} ${bar(done, all, progress.terminal)}`, () => line)
  show(0)
  return show
}

function refused(message: string, refusals: readonly Refusal[], fix?: string): Failure {
  const more = refusals.length > REFUSALS_SHOWN ? [`... and ${refusals.length - REFUSALS_SHOWN} more`] : []
  const lines = refusals.slice(0, REFUSALS_SHOWN).map(printRefusal)
  return new Failure([`${message}:`, ...lines, ...more].join('\n'), { exit: EXIT.rejected, fix })
}
