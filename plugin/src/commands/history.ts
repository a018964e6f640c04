import { Args, Flags } from '@oclif/core'
import { zoneKind } from '#crds'
import { type ApiObject, resourcePath } from '#kube'
import { BindyCommand, viewFlag } from '../base.ts'
import { DATA_VERSION } from '../name.ts'
import { printDuration } from '../screen/duration.ts'
import { table } from '../screen/table.ts'
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
  static override summary = 'Show what has happened to a zone, as its Events tell it'
  static override description = 'Kubernetes keeps Events for an hour, unless it is told otherwise.'
  static override args = {
    zone: Args.string({ ignoreStdin: true, required: true, description: 'its name, or that of its object' }),
  }
  static override flags = {
    limit: Flags.integer({ default: 20, min: 1, helpValue: 'COUNT', summary: 'the newest alone' }),
    output: viewFlag(),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(History)
    const cluster = await this.connect(flags)
    const zone = await findZone(cluster, cluster.scope(false), args.zone)
    const { namespace, name } = zone.metadata
    const query = { fieldSelector: `regarding.kind=${zoneKind.kind},regarding.name=${name}` }
    const path = resourcePath(events, { namespace })
    const { items } = await cluster.client.list<Happened>(path, { query, signal: cluster.signal })
    const newest = items.sort((a, b) => timeOf(b).localeCompare(timeOf(a))).slice(0, flags.limit)
    const data = () => ({
      apiVersion: DATA_VERSION,
      kind: 'History',
      zone: zone.spec.zoneName,
      events: newest.map(entryOf),
    })
    if (newest.length === 0 && flags.output === 'table') {
      return this.hint(`No Events of ${shownName(zone.spec.zoneName)}: nothing has happened lately`)
    }
    await this.show({ page: () => this.#page(newest, flags.output === 'wide'), line: () => '', data }, flags.output)
  }

  #page(newest: readonly Happened[], wide: boolean): string[] {
    const nowMs = Date.now()
    const columns = [
      { head: 'AGE', cell: (one: Happened) => printDuration(nowMs - Date.parse(timeOf(one))) },
      { head: 'TYPE', cell: (one: Happened) => one.type },
      { head: 'REASON', cell: (one: Happened) => one.reason },
      { head: 'COUNT', cell: (one: Happened) => one.series?.count ?? 1 },
      { head: 'WHAT', cell: (one: Happened) => one.note, atLeast: 20 },
    ]
    return table(newest, columns, this.terminal, { wide })
  }
}

function timeOf({ series, eventTime, deprecatedLastTimestamp, metadata }: Happened): string {
  return series?.lastObservedTime ?? eventTime ?? deprecatedLastTimestamp ?? metadata.creationTimestamp ?? ''
}

function entryOf(event: Happened): object {
  const { type, reason, note, series } = event
  return { time: timeOf(event), type, reason, note, count: series?.count ?? 1 }
}
