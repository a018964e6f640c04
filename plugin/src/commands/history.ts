import { Args, Flags } from '@oclif/core'
import { type DNSZone, zoneKind } from '#crds'
import { resourcePath } from '#kube'
import { anywhereFlag, BindyCommand, isPage, outputFlag } from '../base.ts'
import { type Cluster, printedName } from '../cluster.ts'
import { envelope } from '../envelope.ts'
import { EXIT } from '../failure.ts'
import { isEvent, isSerial, type Moment, timeline, type ZoneEvent } from '../history/timeline.ts'
import { rightTo } from '../readable.ts'
import { missingRights, reading, readValue } from '../reading.ts'
import { printDuration } from '../screen/duration.ts'
import { harmless } from '../screen/harmless.ts'
import { printKeyed } from '../screen/keyed.ts'
import { type Column, table } from '../screen/table.ts'
import { findZone, shownName } from '../zone/find.ts'

const events = { group: 'events.k8s.io', version: 'v1', plural: 'events' }

export default class History extends BindyCommand {
  static override summary = 'Show what has happened to a zone and its serial'
  static override description =
    'Its object keeps the last ten serials that were seen on a primary; Kubernetes keeps Events for an hour, unless it is told otherwise. It ends with 0 where all could be read, and with 3 where the right to list events was missing.'
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
    const told = await reading(rightTo(events.plural), () => eventsOf(cluster, zone))
    const needs = missingRights([told])
    const moments = timeline(zone, readValue(told) ?? []).slice(0, flags.limit)
    process.exitCode = needs.length === 0 ? EXIT.ok : EXIT.unknown
    const { zoneName } = zone.spec
    if (moments.length === 0 && isPage(flags.output)) {
      this.hint(`Nothing is known of ${shownName(zoneName)}: no serial was seen, and it has no Events`)
    } else {
      const data = () => {
        const serials = moments.filter(isSerial)
        const data = { zone: zoneName, serial: zone.status?.serial, serials, events: moments.filter(isEvent), needs }
        return envelope('History', data)
      }
      const page = () => this.#page(zone, moments, flags.output === 'wide')
      await this.show({ page, line: () => '', data, names: () => [printedName(zone)] }, flags.output)
    }
    this.tellNeeds(needs)
  }

  #page(zone: DNSZone, moments: readonly Moment[], wide: boolean): string[] {
    const { terminal } = this
    const { spec, status } = zone
    const nowMs = Date.now()
    const columns: Column<Moment>[] = [
      { head: 'AGE', cell: ({ time }) => printDuration(nowMs - Date.parse(time)) },
      { head: 'SERIAL', cell: ({ serial }) => serial },
      {
        head: 'REASON',
        cell: one => {
          if (!isEvent(one)) return undefined
          return terminal.marked(one.type === 'Normal' ? 'good' : 'warning', harmless(one.reason ?? '-'))
        },
        isPainted: true,
      },
      { head: 'COUNT', cell: one => (isEvent(one) ? one.count : undefined) },
      { head: 'WHAT', cell: one => (isEvent(one) ? one.note : 'A primary serves it'), atLeast: 20 },
    ]
    const name = `${shownName(spec.zoneName)} (${printKeyed(zone)})`
    const serial = status?.serial === undefined ? '' : `, serial ${status.serial} now`
    return [terminal.paint('bold', harmless(`${name}${serial}`)), '', ...table(moments, columns, terminal, { wide })]
  }
}

async function eventsOf({ client, signal }: Cluster, { metadata }: DNSZone): Promise<readonly ZoneEvent[]> {
  const { namespace, name } = metadata
  const query = { fieldSelector: `regarding.kind=${zoneKind.kind},regarding.name=${name}` }
  return (await client.list<ZoneEvent>(resourcePath(events, { namespace }), { query, signal })).items
}
