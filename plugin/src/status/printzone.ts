import type { LoadedZone } from '#bind9'
import { readiness } from '../condition.ts'
import { printDuration } from '../screen/duration.ts'
import { harmless } from '../screen/harmless.ts'
import { printKeyed } from '../screen/keyed.ts'
import { type Column, hasRoom, table } from '../screen/table.ts'
import type { Terminal } from '../screen/terminal.ts'
import { wrap } from '../screen/wrap.ts'
import { type Answered, detours } from '../server/reach.ts'
import { shownName } from '../zone/find.ts'
import { ofRecords } from './attention.ts'
import { type Depth, printLevel } from './level.ts'
import { pipeline, type Step } from './pipeline.ts'
import { printAttention } from './printattention.ts'
import type { ServerReport, ZoneReport } from './zonereport.ts'

export interface ZonePageOptions extends Depth {
  readonly wide: boolean
  /** Records that need attention, at most. */
  readonly limit: number
  readonly nowMs: number
}

/** A zone as a page: its way to the servers, each server, and the records that are not served. */
export function printZone(report: ZoneReport, terminal: Terminal, options: ZonePageOptions): string[] {
  const { zone, servers } = report
  const where = zone.spec.clusterRef ? `, cluster ${zone.spec.clusterRef}` : ''
  return [
    terminal.paint('bold', harmless(`Zone ${shownName(zone.spec.zoneName)} (${printKeyed(zone)}${where})`)),
    ...pipeline(report, options.nowMs).flatMap(step => stepLines(step, terminal)),
    '',
    ...(servers.length > 0
      ? serverTables(report, terminal, options)
      : report.needs.includes('list bind9instances')
        ? []
        : ['No server is to serve it.']),
    ...faults(servers).map(fault => terminal.paint('yellow', `  ${harmless(fault)}`)),
    ...detours(waysOf(servers)).map(line => terminal.paint('dim', `  ${harmless(line)}`)),
    ...refusedLines(report, terminal, options),
    ...needs(report).map(right => terminal.paint('yellow', `? needs ${right}`)),
    terminal.paint('dim', level(servers, options)),
  ]
}

function refusedLines({ zone, health, records }: ZoneReport, terminal: Terminal, options: ZonePageOptions): string[] {
  const judged = records.unserved.map(record => ({ record, verdict: readiness(record) }))
  const attention = ofRecords(judged, [{ zone, health }])
  if (attention.length === 0) return []
  return ['', ...printAttention(attention, terminal, { ...options, more: `add --limit ${attention.length}` })]
}

function stepLines({ name, mark, text, help }: Step, terminal: Terminal): string[] {
  const symbol = terminal.mark(mark) + ' '.repeat((terminal.isAscii ? 2 : 1) - terminal.symbol(mark).length)
  const helped = help === undefined || mark === 'good' ? [] : wrap('      ', harmless(help), terminal)
  return [
    ...wrap(`${symbol} ${name.padEnd(12)} `, harmless(text), terminal),
    ...helped.map(line => terminal.paint('cyan', line)),
  ]
}

/** The servers in lines; where a line has no room for all that they were asked, with zonestatus in lines below. */
function serverTables(report: ZoneReport, terminal: Terminal, options: ZonePageOptions): string[] {
  const { servers } = report
  const { rndc, wide } = options
  const all = columns(report, terminal, options)
  if (wide || !rndc || hasRoom(servers, all, terminal)) return table(servers, all, terminal, options)
  const answers = columns(report, terminal, { ...options, rndc: false })
  return [
    ...table(servers, answers, terminal),
    '',
    ...table(servers, [SERVER, ...zonestatusColumns(options.nowMs)], terminal),
  ]
}

const SERVER: Column<ServerReport> = { head: 'SERVER', cell: ({ instance }) => instance, atLeast: 8 }

function zonestatusColumns(nowMs: number): Column<ServerReport>[] {
  return [
    { head: 'SERIAL NOW', cell: one => loadedCell(one, ({ serial, signedSerial = serial }) => signedSerial) },
    { head: 'REFRESH IN', cell: one => loadedCell(one, zone => untilText(zone.nextRefresh, nowMs)) },
    { head: 'EXPIRES IN', cell: one => loadedCell(one, zone => untilText(zone.expires, nowMs)) },
    { head: 'NOTE', cell: one => loadedCell(one, noteOf) },
  ]
}

function columns({ health }: ZoneReport, terminal: Terminal, options: ZonePageOptions): Column<ServerReport>[] {
  const { live, rndc, nowMs } = options
  const statusOf = ({ health: server }: ServerReport) =>
    !server
      ? terminal.marked('waiting', 'Pending')
      : server.isCurrent
        ? terminal.marked('good', 'Served')
        : terminal.marked(
            server.state === 'Served' ? 'busy' : 'bad',
            harmless(server.state === 'Served' ? `behind ${server.lag ?? '?'}` : server.state),
          )
  return [
    SERVER,
    { head: 'ROLE', cell: ({ role }) => role },
    { head: 'SERIAL', cell: ({ health: server }) => server?.serial },
    { head: 'STATUS', cell: statusOf, isPainted: true },
    ...(live
      ? [
          { head: 'SOA NOW', cell: ({ soa }: ServerReport) => shown(soa, serial => serial ?? 'no zone') },
          { head: 'RECORDS', cell: ({ records }: ServerReport) => shown(records, String) },
        ]
      : []),
    ...(rndc ? zonestatusColumns(nowMs) : []),
    {
      head: 'BEHIND FOR',
      cell: ({ health: server }) => server?.behindSince && printDuration(nowMs - Date.parse(server.behindSince)),
      isWide: true,
    },
    { head: 'PRIMARY SERIAL', cell: () => health.serial, isWide: true },
    { head: 'MESSAGE', cell: ({ health: server }) => server?.message, isWide: true },
  ]
}

function shown<T>(
  answered: Answered<T> | undefined,
  print: (value: T) => string | number,
): string | number | undefined {
  if (!answered) return undefined
  if ('value' in answered) return print(answered.value)
  return answered.needs ? '?' : answered.reason
}

function loadedCell(
  { zonestatus }: ServerReport,
  print: (zone: LoadedZone) => string | number | undefined,
): string | number | undefined {
  return shown(zonestatus, zone => (zone?.loaded ? (print(zone) ?? '-') : zone ? 'not loaded' : 'no zone'))
}

function untilText(at: Date | undefined, nowMs: number): string | undefined {
  return at && printDuration(at.getTime() - nowMs)
}

function noteOf({ frozen, dynamic, secure }: LoadedZone): string {
  const notes = [frozen ? 'frozen' : '', dynamic ? 'dynamic' : '', secure ? 'signed' : ''].filter(note => note !== '')
  return notes.join(', ') || '-'
}

function answersOf({ soa, records, zonestatus }: ServerReport): Answered<unknown>[] {
  return [soa, records, zonestatus].filter(one => one !== undefined)
}

function faults(servers: readonly ServerReport[]): string[] {
  const all = servers.flatMap(server =>
    answersOf(server).flatMap(one => ('fault' in one && !one.needs ? [`${server.instance}: ${one.fault}`] : [])),
  )
  return [...new Set(all)]
}

function waysOf(servers: readonly ServerReport[]): { instance: string; way?: string }[] {
  return servers.flatMap(server => answersOf(server).map(answer => ({ ...answer, instance: server.instance })))
}

function needs(report: ZoneReport): string[] {
  const ofServers = report.servers.flatMap(answersOf).flatMap(one => ('needs' in one && one.needs ? [one.needs] : []))
  return [...new Set([...report.needs, ...ofServers])]
}

function level(servers: readonly ServerReport[], depth: Depth): string {
  const got = (answer: (server: ServerReport) => Answered<unknown> | undefined) =>
    servers.some(server => 'value' in (answer(server) ?? {}))
  const dns = [got(({ soa }) => soa) ? 'SOA' : '', got(({ records }) => records) ? 'AXFR' : '']
  const overDns = dns.filter(part => part !== '').join(' and ')
  const what = [overDns && `${overDns} over DNS`, got(({ zonestatus }) => zonestatus) ? 'zonestatus over RNDC' : '']
  return printLevel(
    depth,
    {
      servers: servers.length,
      answered: servers.filter(server => answersOf(server).some(one => 'value' in one)).length,
      what: what.filter(part => part !== ''),
    },
    '--live asks the servers, --rndc reads zonestatus',
  )
}
