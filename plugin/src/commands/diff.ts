import { Args, Flags } from '@oclif/core'
import { axfr } from '#bind9'
import type { Bind9Instance, DNSZone } from '#crds'
import { BindyCommand, durationFlag } from '../base.ts'
import { compareZone } from '../diff/compare.ts'
import { type DiffLine, diffLines, printLines } from '../diff/print.ts'
import { EXIT } from '../failure.ts'
import { DATA_VERSION } from '../name.ts'
import { counted } from '../screen/count.ts'
import { printData } from '../screen/data.ts'
import { type Answered, Reach } from '../server/reach.ts'
import { findZone, shownName } from '../zone/find.ts'
import type { ObjectZone } from '../zonefile/objectzone.ts'
import { ZoneReader } from '../zonefile/readzone.ts'

export default class Diff extends BindyCommand {
  static override summary = 'Compare what objects give with what the servers serve'
  static override description =
    'Every server of the zone is asked for all of it (AXFR). + is missing there, - is served and no object gives it, ~ is served otherwise. It ends as kubectl diff does: with 0 where nothing differs, with 1 where something does, with more where a server could not be asked.'
  static override args = {
    zone: Args.string({ ignoreStdin: true, description: 'its name, or that of its object; all zones if absent' }),
  }
  static override flags = {
    'all-namespaces': Flags.boolean({ char: 'A', summary: 'zones of all namespaces' }),
    timeout: durationFlag({ default: 10_000, summary: 'how long to wait for a server' }),
    output: Flags.option({
      char: 'o',
      options: ['table', 'json', 'yaml'] as const,
      default: 'table',
      helpValue: 'FORM',
      summary: 'table, json or yaml',
    })(),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Diff)
    const cluster = await this.connect(flags)
    const reach = new Reach(cluster, { timeoutMs: flags.timeout })
    this.later(() => reach.close())
    const scope = cluster.scope(flags['all-namespaces'])
    const zones = args.zone === undefined ? await cluster.zones(scope) : [await findZone(cluster, scope, args.zone)]
    const reader = new ZoneReader(cluster)
    const reports: ServerReport[] = []
    for (const zone of zones) {
      for await (const report of ask(zone, reader, reach)) {
        reports.push(report)
        if (flags.output === 'table') this.print(this.#page(report))
      }
    }
    if (flags.output !== 'table') this.print(await printData(dataOf(reports), flags.output))
    else this.print(summaryOf(reports))
    process.exitCode = exitOf(reports)
  }

  #page(report: ServerReport): string[] {
    const { terminal } = this
    const { zone, server, serial, lines, others, fault } = report
    const name = terminal.paint('bold', shownName(zone))
    if (fault !== undefined)
      return [`${name}   ${server}: ${terminal.marked('unknown', 'could not be asked')}: ${fault}`]
    const rest = others > 0 ? `, beside ${counted(others, 'record', 'records')} of others` : ''
    const verdict =
      lines.length === 0 ? terminal.marked('good', 'no difference') : counted(lines.length, 'difference', 'differences')
    return [`${name}   ${server} serial ${serial}: ${verdict}${rest}`, ...printLines(lines, terminal)]
  }
}

/** What one server has of a zone. */
interface ServerReport {
  readonly zone: string
  readonly server: string
  readonly serial: number | undefined
  readonly lines: readonly DiffLine[]
  /** Records that are left to others. */
  readonly others: number
  /** Why it could not be asked. */
  readonly fault: string | undefined
}

/** Asks all servers of a zone at the same time, and tells of them in their order. */
async function* ask(zone: DNSZone, reader: ZoneReader, reach: Reach): AsyncGenerator<ServerReport> {
  const [wanted, servers] = await Promise.all([reader.read(zone), reader.serversOf(zone)])
  const copies = servers.map(instance => transfer(instance, wanted.apex, reach))
  for (const [i, instance] of servers.entries()) {
    const { role, external } = instance.spec
    const server = `${role} ${instance.metadata.name} (${external.address} port ${external.dnsPort})`
    yield reportOf(wanted, server, await (copies[i] as ReturnType<typeof transfer>))
  }
  if (servers.length === 0) yield { ...blank(wanted), fault: 'no instance is to serve the zone', server: 'no server' }
}

// Signed with the key of the instance; where that may not be read, many a server answers without.
async function transfer(instance: Bind9Instance, apex: string, reach: Reach) {
  const signed = await reach.signed(instance, server => axfr(server, apex))
  if ('value' in signed || signed.needs === undefined) return signed
  const plain = await reach.plain(instance, server => axfr(server, apex))
  return 'value' in plain ? plain : { ...plain, fault: `${plain.fault}; to ask with its key needs ${signed.needs}` }
}

function reportOf(
  wanted: ObjectZone,
  server: string,
  answer: Answered<Parameters<typeof compareZone>[1]>,
): ServerReport {
  if (!('value' in answer)) return { ...blank(wanted), server, fault: answer.fault }
  const found = compareZone(wanted, answer.value)
  const lines = diffLines(wanted, found)
  return { ...blank(wanted), server, serial: found.serial, lines, others: found.others }
}

function blank({ apex }: ObjectZone): ServerReport {
  return { zone: apex, server: '', serial: undefined, lines: [], others: 0, fault: undefined }
}

function exitOf(reports: readonly ServerReport[]): number {
  if (reports.some(({ fault }) => fault !== undefined)) return EXIT.unknown
  return reports.some(({ lines }) => lines.length > 0) ? EXIT.no : EXIT.ok
}

function summaryOf(reports: readonly ServerReport[]): string {
  const lines = reports.flatMap(report => report.lines)
  const count = (sign: DiffLine['sign']) => lines.filter(line => line.sign === sign).length
  const parts = [`${count('+')} missing`, `${count('~')} changed`, `${count('-')} unowned`]
  const silent = reports.filter(({ fault }) => fault !== undefined).length
  const asked = new Set(reports.filter(({ fault }) => fault === undefined).map(({ server }) => server)).size
  const unasked = silent > 0 ? ` ${counted(silent, 'server', 'servers')} could not be asked.` : ''
  const found =
    lines.length === 0
      ? 'No differences'
      : `${counted(lines.length, 'difference', 'differences')} on ${counted(asked, 'server', 'servers')}: ${parts.join(', ')}`
  return `${found}.${unasked} Nothing was changed.`
}

function dataOf(reports: readonly ServerReport[]): object {
  return { apiVersion: DATA_VERSION, kind: 'ZoneDiff', items: reports }
}
