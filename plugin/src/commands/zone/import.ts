import { Args, Flags } from '@oclif/core'
import { type DNSZone, type RecordObject, recordPolicy } from '#crds'
import { KubeApiError } from '#kube'
import { askToGoOn } from '../../ask.ts'
import { BindyCommand, type ConnectionFlags, isPage, writeFlags } from '../../base.ts'
import type { Cluster, NewObject } from '../../cluster.ts'
import { readiness } from '../../condition.ts'
import { EXIT, Failure, usageFailure } from '../../failure.ts'
import { type ImportPlan, planImport, type Standing } from '../../import/plan.ts'
import { previewOf, SHOWN_NOTES } from '../../import/preview.ts'
import { FEW_RECORDS, refuseToEmpty } from '../../import/prune.ts'
import { checkAll, writeAll } from '../../import/run.ts'
import { faulty, readFile, readServer, type Source } from '../../import/source.ts'
import { importStages, type Stages } from '../../import/stages.ts'
import { kubectlFor } from '../../kubectl.ts'
import { BIN } from '../../name.ts'
import { counted } from '../../screen/count.ts'
import { printWritten, type WriteChoice } from '../../writing.ts'
import { apexOf, objectNameOf, oneZone, shownName, typedName } from '../../zone/find.ts'
import { ZoneReader } from '../../zonefile/readzone.ts'

export default class ZoneImport extends BindyCommand {
  static override summary = 'Make objects of a zone file, or of a zone that a server has'
  static override description =
    'It shows what it will do, has the API server check every object, asks, and only then writes them: the records first, so that a new zone is served whole. When one cannot be written, or at Ctrl-C, all that was is taken back, but in a zone that others have data in. It creates objects and changes none but the DNSZone; what objects give already is left as it is, so that a second run goes on where the first one ended. With --prune objects of the namespace give afterwards what was found, and nothing else.'
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
    prune: Flags.boolean({ summary: 'rewrite or delete objects of the zone that give what was not found' }),
    'max-delete-percent': Flags.integer({
      min: 0,
      max: 100,
      default: 30,
      helpValue: 'N',
      summary: `how much of a zone of ${FEW_RECORDS} records or more --prune may take away`,
    }),
    yes: Flags.boolean({ char: 'y', summary: 'do not ask' }),
    'all-namespaces': Flags.boolean({ char: 'A', summary: 'into the namespace that has the zone, whichever it is' }),
    ...writeFlags,
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ZoneImport)
    const apex = typedName(args.zone)
    if (flags.prune && flags['dry-run'] === 'client')
      throw usageFailure('--prune looks at what stands, and --dry-run=client asks nobody', { fix: '--dry-run=server' })
    if (flags['all-namespaces'] && flags['dry-run'] === 'client')
      throw usageFailure('-A looks for the zone, and --dry-run=client asks nobody', {
        fix: ['-n NAMESPACE', '--dry-run=server'],
      })
    const notes: string[] = []
    const isExpected = (warning: string) => saysZoneIsMissing(warning) || notes.some(note => tells(note, warning))
    const connected = await this.connect(flags, { isExpected })
    const cluster = flags['all-namespaces'] ? await whereZoneIs(apex, connected) : connected
    const source = await this.#source(flags, apex, cluster)
    const standing = flags['dry-run'] === 'client' ? NOTHING : await standingIn(cluster, apex)
    if (flags['cluster-ref'] === undefined && !standing.zone)
      throw usageFailure('Nothing says where the zone is to be served', {
        fix: [
          '--cluster-ref NAME, a Bind9Cluster or a Bind9Instance',
          ...(flags['dry-run'] === 'client' ? ['--dry-run=server, which looks whether the zone says so already'] : []),
        ],
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
        prunes: flags.prune ? authorOf(flags) : undefined,
      },
      standing,
    )
    if (plan.faults.length > 0) throw faulty(`${shownName(apex)} cannot be imported from ${source.name}`, plan.faults)
    notes.push(...plan.notes.slice(0, SHOWN_NOTES))
    const going = { plan, stages: importStages(plan, apex, standing), source, keeps: whyKept(standing.zone) }
    await this.#go(going, cluster, flags)
  }

  async #go({ plan, stages, source, keeps }: Going, cluster: Cluster, flags: ImportFlags): Promise<void> {
    const isData = !isPage(flags.output)
    const [stream, terminal] = isData ? [process.stderr, this.errorTerminal] : [process.stdout, this.terminal]
    const preview = previewOf(plan, { name: source.name, count: source.records.length }, terminal)
    stream.write(`${preview.join('\n')}\n`)
    refuseToEmpty(plan, flags['max-delete-percent'])
    const changes = stages.flat()
    if (changes.length === 0 && !isData) return this.print('Nothing to write')
    const made = changes.filter(({ verb }) => verb !== 'deleted').map(({ object }) => object)
    if (flags['dry-run'] === 'client') return this.#show(made, plan, flags)
    const writing = authorOf(flags)
    const checked = await checkAll(cluster, stages, { ...writing, ...this.progress(flags.output) })
    if (flags['dry-run'] === 'server') return this.#show(checked, plan, flags)
    if (!flags.yes && changes.length > 0)
      await askToGoOn(questionOf(made.length, changes.length - made.length), this.signal)
    const written = await writeAll(cluster, stages, {
      ...writing,
      ...this.progress(flags.output),
      lastSignal: this.lastSignal,
      keeps,
      kubectl: kubectlFor(flags),
    })
    await this.#show(written, plan, flags)
  }

  async #source(flags: ImportFlags, apex: string, cluster: Cluster): Promise<Source> {
    if (flags.file !== undefined) return readFile(flags.file, apex, this.signal)
    if (flags.from !== undefined) return readServer(cluster, { server: flags.from, secret: flags['tsig-secret'] }, apex)
    throw usageFailure('Nothing says where the records come from', {
      fix: ['-f FILE, or -f - for standard input', '--from HOST, a server that has the zone'],
    })
  }

  async #show(objects: readonly NewObject[], { zone, pruned }: ImportPlan, flags: ImportFlags): Promise<void> {
    if (!isPage(flags.output)) return this.print(await printWritten([], objects, flags))
    const { written, gone, checked } = outcomes[flags['dry-run']]
    const deleted = pruned.filter(({ change }) => change.verb === 'deleted').length
    const less = deleted > 0 ? `, ${deleted.toLocaleString('en')} ${gone}` : ''
    this.print(`${counted(objects.length, 'object', 'objects')} ${written}${less}${checked}`)
    if (flags['dry-run'] === 'none' && zone)
      this.hint(`Next: ${BIN} status zone ${zone.metadata.name} -n ${zone.metadata.namespace} --wait`)
  }
}

const outcomes = {
  none: { written: 'written', gone: 'deleted', checked: '' },
  client: { written: 'would be written', gone: 'would be deleted', checked: '' },
  server: { written: 'would be written', gone: 'would be deleted', checked: ' (the API server has checked them)' },
} as const

interface Going {
  readonly plan: ImportPlan
  readonly stages: Stages
  readonly source: Source
  readonly keeps: string | undefined
}

interface ImportFlags extends WriteChoice, ConnectionFlags {
  readonly file?: string | undefined
  readonly from?: string | undefined
  readonly 'tsig-secret'?: string | undefined
  readonly yes: boolean
  readonly 'max-delete-percent': number
}

function authorOf(flags: WriteChoice): { readonly fieldManager: string; readonly force: boolean } {
  return { fieldManager: flags['field-manager'], force: flags['force-conflicts'] ?? false }
}

function questionOf(written: number, deleted: number): string {
  const parts = [
    ...(written > 0 ? [`write ${counted(written, 'object', 'objects')}`] : []),
    ...(deleted > 0 ? [`delete ${deleted.toLocaleString('en')}`] : []),
  ]
  return `${parts.join(' and ').replace(/^./, first => first.toUpperCase())}?`
}

// Whoever's records the servers had before are not to lose them with objects that are taken back.
function whyKept(zone: DNSZone | undefined): string | undefined {
  const isShared = zone && (recordPolicy(zone) === 'owned' || readiness(zone).reason === 'MassWithdrawal')
  return isShared ? 'what is taken back would leave its servers, which may have served it before' : undefined
}

// Records are written before their zone, and both by the same command.
const saysZoneIsMissing = (warning: string) => warning.endsWith('[BND-W021]')

// The webhook shortens what the preview says whole.
function tells(note: string, warning: string): boolean {
  return note.includes(`: ${warning.replace(/\.\.\. \[BND-W\d+\]$/, '')}`)
}

/** The cluster as seen from the namespace that has the zone. @throws Failure for none, which nobody can choose, or several */
async function whereZoneIs(apex: string, cluster: Cluster): Promise<Cluster> {
  const zones = await cluster.zones('all')
  if (!zones.some(zone => apexOf(zone) === apex))
    throw usageFailure(`A namespace is needed for ${shownName(apex)}: no namespace has this zone yet`, {
      fix: '-n NAMESPACE in place of -A',
    })
  return cluster.at(oneZone(zones, apex, 'all').metadata.namespace)
}

const NOTHING: Standing = { zone: undefined, records: [], around: { serverAddresses: [], children: new Map() } }

async function standingIn(cluster: Cluster, apex: string): Promise<Standing> {
  const scope = cluster.scope(false)
  const reader = new ZoneReader(cluster)
  const zone = (await cluster.zones(scope)).find(one => apexOf(one) === apex)
  if (!zone) return { ...NOTHING, records: await reader.recordsIn(scope) }
  const [records, around] = await Promise.all([recordsFor(zone, reader), reader.around(zone)])
  return { zone, records, around }
}

// What may not be read would be made once more.
async function recordsFor(zone: DNSZone, reader: ZoneReader): Promise<readonly RecordObject[]> {
  try {
    return await reader.recordsFor(zone)
  } catch (error) {
    const { allowedNamespaces = [] } = zone.spec
    if (allowedNamespaces.length === 0 || !(error instanceof KubeApiError && error.status === 403)) throw error
    const where = allowedNamespaces.includes('*') ? 'all namespaces' : allowedNamespaces.join(', ')
    throw new Failure(`Cannot tell which records of ${zone.spec.zoneName} stand already: ${error.said}`, {
      exit: EXIT.unknown,
      fix: `it needs to list records in ${where}, which the zone lets in`,
      cause: error,
    })
  }
}
