import { Args, Flags } from '@oclif/core'
import { type DNSZone, SERIAL, zoneKind } from '#crds'
import { type ApiObject, resourcePath } from '#kube'
import { anywhereFlag, BindyCommand, isPage, outputFlag } from '../base.ts'
import { printedName } from '../cluster.ts'
import { envelope, type HistoryEvent } from '../envelope.ts'
import { printDuration } from '../screen/duration.ts'
import { harmless } from '../screen/harmless.ts'
import { printKeyed } from '../screen/keyed.ts'
import { type Column, table } from '../screen/table.ts'
import { findZone, shownName } from '../zone/find.ts'

interface Happened extends ApiObject {
  readonly type?: string
  readonly reason?: string
  readonly note?: string
  readonly eventTime?: string | null
  readonly deprecatedLastTimestamp?: string | null
  readonly series?: { readonly count: number; readonly lastObservedTime: string } | null
  readonly regarding?: { readonly kind?: string; readonly name?: string }
}

const events = { group: 'events.k8s.io', version: 'v1', plural: 'events' }

export default class History extends BindyCommand {
  static override summary = 'Show what has happened to a zone and its serial, as its Events tell it'
  static override description =
    'Kubernetes keeps Events for an hour, unless it is told otherwise. A change of records that is served at once has none, and raises the serial all the same.'
  static override args = {
    zone: Args.string({ ignoreStdin: true, required: true, description: 'its name, or that of its object' }),
  }
  static override flags = {
    'all-namespaces': anywhereFlag,
    limit: Flags.integer({ default: 20, min: 1, helpValue: 'COUNT', summary: 'the newest alone' }),
    output: outputFlag(),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(History)
    const cluster = await this.connect(flags)
    const zone = await findZone(cluster, cluster.scope(flags['all-namespaces']), args.zone)
    const { namespace, name } = zone.metadata
    const query = { fieldSelector: `regarding.kind=${zoneKind.kind},regarding.name=${name}` }
    const path = resourcePath(events, { namespace })
    const { items } = await cluster.client.list<Happened>(path, { query, signal: cluster.signal })
    const newest = items.sort((a, b) => timeOf(b).localeCompare(timeOf(a))).slice(0, flags.limit)
    const data = () =>
      envelope('History', {
        zone: zone.spec.zoneName,
        serial: zone.status?.serial,
        events: newest.map(entryOf),
      })
    if (newest.length === 0 && isPage(flags.output)) {
      return this.hint(`No Events of ${shownName(zone.spec.zoneName)}: nothing has happened lately`)
    }
    const page = () => this.#page(zone, newest, flags.output === 'wide')
    await this.show({ page, line: () => '', data, names: () => [printedName(zone)] }, flags.output)
  }

  #page(zone: DNSZone, newest: readonly Happened[], wide: boolean): string[] {
    const { terminal } = this
    const { spec, status } = zone
    const nowMs = Date.now()
    const columns: Column<Happened>[] = [
      { head: 'AGE', cell: one => printDuration(nowMs - Date.parse(timeOf(one))) },
      { head: 'SERIAL', cell: serialOf },
      {
        head: 'REASON',
        cell: ({ type, reason = '-' }) => terminal.marked(type === 'Normal' ? 'good' : 'warning', harmless(reason)),
        isPainted: true,
      },
      { head: 'COUNT', cell: ({ series }) => series?.count ?? 1 },
      { head: 'WHAT', cell: ({ note }) => note, atLeast: 20 },
    ]
    const name = `${shownName(spec.zoneName)} (${printKeyed(zone)})`
    const serial = status?.serial === undefined ? '' : `, serial ${status.serial} now`
    return [terminal.paint('bold', harmless(`${name}${serial}`)), '', ...table(newest, columns, terminal, { wide })]
  }
}

function timeOf({ series, eventTime, deprecatedLastTimestamp, metadata }: Happened): string {
  return series?.lastObservedTime ?? eventTime ?? deprecatedLastTimestamp ?? metadata.creationTimestamp ?? ''
}

function serialOf({ metadata }: Happened): number | undefined {
  const text = metadata.annotations?.[SERIAL] ?? ''
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined
}

function entryOf(event: Happened): HistoryEvent {
  const { type, reason, note, series } = event
  const serial = serialOf(event)
  return { time: timeOf(event), ...(serial !== undefined && { serial }), type, reason, note, count: series?.count ?? 1 }
}
