import type { LoadedZone } from '#bind9'
import { printDuration } from '../screen/duration.ts'
import { harmless } from '../screen/harmless.ts'
import { printKeyed } from '../screen/keyed.ts'
import { type Column, table } from '../screen/table.ts'
import type { Terminal } from '../screen/terminal.ts'
import { wrap } from '../screen/wrap.ts'
import type { Answered } from '../server/reach.ts'
import { shownName } from '../zone/find.ts'
import { pipeline, type Step } from './pipeline.ts'
import type { Depth, ServerReport, ZoneReport } from './zonereport.ts'

export interface ZonePageOptions extends Depth {
  readonly wide: boolean
  readonly nowMs: number
}

/** A zone as a page: its way to the servers, then each server. */
export function printZone(report: ZoneReport, terminal: Terminal, options: ZonePageOptions): string[] {
  const { zone, servers } = report
  const where = zone.spec.clusterRef ? `, cluster ${zone.spec.clusterRef}` : ''
  return [
    terminal.paint('bold', harmless(`Zone ${shownName(zone.spec.zoneName)} (${printKeyed(zone)}${where})`)),
    ...pipeline(report, options.nowMs).flatMap(step => stepLines(step, terminal)),
    '',
    ...(servers.length > 0
      ? table(servers, columns(report, terminal, options), terminal, options)
      : ['No server is to serve it.']),
    ...faults(servers).map(fault => terminal.paint('yellow', `  ${harmless(fault)}`)),
    ...needs(servers).map(right => terminal.paint('yellow', `? needs ${right}`)),
    terminal.paint('dim', level(options)),
  ]
}

function stepLines({ name, mark, text, help }: Step, terminal: Terminal): string[] {
  const symbol = terminal.symbol(mark).padEnd(terminal.isAscii ? 2 : 1)
  const head = `${symbol} ${name.padEnd(12)} `
  const [first = '', ...others] = wrap(harmless(text), terminal.width - head.length, terminal)
  const rest = others.map(line => `${' '.repeat(head.length)}${line}`)
  const helped = help === undefined || mark === 'good' ? [] : wrap(harmless(help), terminal.width, terminal, '      ')
  return [
    `${head.replace(symbol, terminal.mark(mark).padEnd(symbol.length))}${first}`,
    ...rest,
    ...helped.map(line => terminal.paint('cyan', line)),
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
    { head: 'SERVER', cell: ({ instance }) => instance, atLeast: 8 },
    { head: 'ROLE', cell: ({ role }) => role },
    { head: 'SERIAL', cell: ({ health: server }) => server?.serial },
    { head: 'STATUS', cell: statusOf, isPainted: true },
    ...(live
      ? [
          { head: 'SOA NOW', cell: ({ soa }: ServerReport) => shown(soa, serial => serial ?? 'no zone') },
          { head: 'RECORDS', cell: ({ records }: ServerReport) => shown(records, String) },
        ]
      : []),
    ...(rndc
      ? [
          {
            head: 'REFRESH IN',
            cell: (one: ServerReport) => loadedCell(one, zone => untilText(zone.nextRefresh, nowMs)),
          },
          { head: 'EXPIRES IN', cell: (one: ServerReport) => loadedCell(one, zone => untilText(zone.expires, nowMs)) },
          { head: 'NOTE', cell: (one: ServerReport) => loadedCell(one, noteOf), atLeast: 6 },
        ]
      : []),
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
  print: (zone: LoadedZone) => string | undefined,
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

function needs(servers: readonly ServerReport[]): string[] {
  return [...new Set(servers.flatMap(answersOf).flatMap(one => ('needs' in one && one.needs ? [one.needs] : [])))]
}

function level({ live, rndc }: Depth): string {
  if (!live && !rndc) return 'Level: what the objects say (--live asks the servers, --rndc reads zonestatus)'
  const asked = [live ? 'SOA and AXFR over DNS' : '', rndc ? 'zonestatus over RNDC' : ''].filter(part => part !== '')
  return `Level: live (${asked.join('; ')}).`
}
