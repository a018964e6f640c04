import { Args, Flags } from '@oclif/core'
import { axfr, type ZoneCopy } from '#bind9'
import { type Bind9Instance, type DNSZone, typeName } from '#crds'
import { BindyCommand, durationFlag, isPage, outputFlag } from '../base.ts'
import { type Cluster, printedName } from '../cluster.ts'
import { compareZone } from '../diff/compare.ts'
import { copyOf } from '../diff/file.ts'
import { type DiffLine, diffLines, printLines } from '../diff/print.ts'
import { type DiffReport, envelope } from '../envelope.ts'
import { EXIT, usageFailure } from '../failure.ts'
import { readFile, type Source } from '../import/source.ts'
import { counted } from '../screen/count.ts'
import { printData } from '../screen/data.ts'
import { harmless } from '../screen/harmless.ts'
import { shownLength } from '../screen/table.ts'
import type { Terminal } from '../screen/terminal.ts'
import { wrap } from '../screen/wrap.ts'
import { Reach, STRAIGHT } from '../server/reach.ts'
import { findZone, shownName } from '../zone/find.ts'
import type { ObjectZone } from '../zonefile/objectzone.ts'
import { ZoneReader } from '../zonefile/readzone.ts'

export default class Diff extends BindyCommand {
  static override summary = 'Compare what objects give with what the servers serve, or a zone file says'
  static override description =
    'Every server of the zone is asked for all of it (AXFR). + is missing there, - is served and no object gives it, ~ is served otherwise. It ends as kubectl diff does: with 0 where nothing differs, with 1 where something does, with more where a server could not be asked. With -f the zone is compared with a file, and no server is asked.'
  static override args = {
    zone: Args.string({ ignoreStdin: true, description: 'its name, or that of its object; all zones if absent' }),
  }
  static override examples = [
    '<%= config.bin %> diff example.com',
    '<%= config.bin %> diff example.com -f example.com.zone',
  ]
  static override flags = {
    file: Flags.string({
      char: 'f',
      helpValue: 'FILE',
      summary: 'a zone file in place of the servers; "-" is standard input',
    }),
    'all-namespaces': Flags.boolean({ char: 'A', summary: 'zones of all namespaces' }),
    timeout: durationFlag({ default: 10_000, summary: 'how long to wait for a server' }),
    output: outputFlag(),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Diff)
    if (flags.file !== undefined && args.zone === undefined)
      throw usageFailure('A file is compared with one zone', { fix: 'name it: diff ZONE -f FILE' })
    const cluster = await this.connect(flags)
    const others = flags.file === undefined ? this.#servers(cluster, flags.timeout) : inFile(flags.file, this.signal)
    const scope = cluster.scope(flags['all-namespaces'])
    const zones = args.zone === undefined ? await cluster.zones(scope) : [await findZone(cluster, scope, args.zone)]
    const reader = new ZoneReader(cluster)
    const { output } = flags
    const reports: DiffReport[] = []
    for (const zone of zones) {
      const ofZone: DiffReport[] = []
      for await (const report of others(zone, reader)) {
        ofZone.push(report)
        if (isPage(output)) this.print(this.#page(report, flags.file, this.terminalFor(output)))
      }
      reports.push(...ofZone)
      if (output === 'name') this.#name(zone, ofZone)
    }
    if (isPage(output)) this.print(wrap('', summaryOf(reports, flags.file), this.terminalFor(output)))
    else if (output === 'json' || output === 'yaml')
      this.print(await printData(envelope('ZoneDiff', { items: reports }), output))
    process.exitCode = exitOf(reports)
  }

  /** Names a zone that differs; of servers that could not be asked people are told beside. */
  #name(zone: DNSZone, reports: readonly DiffReport[]): void {
    if (reports.some(({ lines }) => lines.length > 0)) this.printAll([printedName(zone)])
    const unasked = reports.filter(({ fault }) => fault !== undefined)
    const lines = unasked.flatMap(report => this.#page(report, undefined, this.errorTerminal))
    for (const line of lines) process.stderr.write(`${line}\n`)
  }

  #servers(cluster: Cluster, timeoutMs: number): Others {
    const reach = new Reach(cluster, { timeoutMs })
    this.later(() => reach.close())
    return (zone, reader) => ask(zone, reader, reach)
  }

  #page(report: DiffReport, file: string | undefined, terminal: Terminal): string[] {
    const { zone, server, serial, lines, others, fault } = report
    const head = `${terminal.paint('bold', shownName(zone))}   `
    if (fault !== undefined) {
      const unasked = terminal.marked('unknown', 'could not be asked')
      return wrap(head, `${harmless(server)}: ${unasked}: ${harmless(fault)}`, terminal)
    }
    const rest = others > 0 ? `, beside ${counted(others, 'record', 'records')} of others` : ''
    const verdict =
      lines.length === 0 ? terminal.marked('good', 'no difference') : counted(lines.length, 'difference', 'differences')
    const told = `${head}${harmless(server)} serial ${serial}:`
    const isNarrow = shownLength(`${told} ${verdict}${rest}`) > terminal.width
    return [
      ...(isNarrow ? [told, `${' '.repeat(shownLength(head))}${verdict}${rest}`] : [`${told} ${verdict}${rest}`]),
      ...printLines(lines, terminal, file === undefined ? 'served' : 'in the file'),
    ]
  }
}

/** What a zone is compared with, one after the other. */
type Others = (zone: DNSZone, reader: ZoneReader) => AsyncGenerator<DiffReport>

/** Asks all servers of a zone at the same time, and tells of them in their order. */
async function* ask(zone: DNSZone, reader: ZoneReader, reach: Reach): AsyncGenerator<DiffReport> {
  const [wanted, servers] = await Promise.all([reader.read(zone), reader.serversOf(zone)])
  const copies = servers.map(instance => transfer(instance, wanted.apex, reach))
  // One that fails before its turn fails in its turn.
  for (const copy of copies) copy.catch(() => {})
  for (const [i, instance] of servers.entries()) {
    const { role, external } = instance.spec
    const answer = await (copies[i] as ReturnType<typeof transfer>)
    const by = 'value' in answer && answer.way !== STRAIGHT ? ` by ${answer.way}` : ''
    const server = `${role} ${instance.metadata.name} (${external.address} port ${external.dnsPort}${by})`
    yield reportOf(wanted, server, answer)
  }
  if (servers.length === 0) yield { ...blank(wanted), fault: 'no instance is to serve the zone', server: 'no server' }
}

function inFile(file: string, signal: AbortSignal): Others {
  return async function* (zone, reader) {
    const wanted = await reader.read(zone)
    const source = await readFile(file, wanted.apex, signal)
    yield reportOf(wanted, source.name, { value: copyOf(source, wanted.apex) }, inWords(source))
  }
}

// What stands in a form that Bindy does not read has no rdata to be printed.
function inWords({ records }: Source) {
  const unread = new Set(
    records.filter(({ rdata }) => rdata === undefined).map(({ owner, type }) => `${owner} ${typeName(type)}`),
  )
  return (line: DiffLine): DiffLine =>
    unread.has(`${line.owner} ${line.type}`) ? { ...line, value: 'in a form that Bindy does not read' } : line
}

// Signed with the key of the instance; where that may not be read, many a server answers without.
async function transfer(instance: Bind9Instance, apex: string, reach: Reach) {
  const signed = await reach.signed(instance, server => axfr(server, apex))
  if ('value' in signed || signed.reason !== 'SecretForbidden') return signed
  const plain = await reach.plain(instance, server => axfr(server, apex))
  return 'value' in plain ? plain : { ...plain, fault: `${plain.fault}; to ask with its key needs ${signed.needs}` }
}

function reportOf(
  wanted: ObjectZone,
  server: string,
  answer: { readonly value: ZoneCopy } | { readonly fault: string },
  said = (line: DiffLine) => line,
): DiffReport {
  if (!('value' in answer)) return { ...blank(wanted), server, fault: answer.fault }
  const found = compareZone(wanted, answer.value)
  const lines = diffLines(wanted, found).map(said)
  return { ...blank(wanted), server, serial: found.serial, lines, others: found.others }
}

function blank({ apex }: ObjectZone): DiffReport {
  return { zone: apex, server: '', serial: undefined, lines: [], others: 0, fault: undefined }
}

function exitOf(reports: readonly DiffReport[]): number {
  if (reports.some(({ fault }) => fault !== undefined)) return EXIT.unknown
  return reports.some(({ lines }) => lines.length > 0) ? EXIT.no : EXIT.ok
}

function summaryOf(reports: readonly DiffReport[], file: string | undefined): string {
  const lines = reports.flatMap(report => report.lines)
  const count = (sign: DiffLine['sign']) => lines.filter(line => line.sign === sign).length
  const parts = [`${count('+')} missing`, `${count('~')} changed`, `${count('-')} unowned`]
  const silent = reports.filter(({ fault }) => fault !== undefined).length
  const asked = new Set(reports.filter(({ fault }) => fault === undefined).map(({ server }) => server)).size
  const unasked = silent > 0 ? ` ${counted(silent, 'server', 'servers')} could not be asked.` : ''
  const where = file === undefined ? `on ${counted(asked, 'server', 'servers')}` : 'in the file'
  const found =
    lines.length === 0
      ? 'No differences'
      : `${counted(lines.length, 'difference', 'differences')} ${where}: ${parts.join(', ')}`
  return `${found}.${unasked} Nothing was changed.`
}
