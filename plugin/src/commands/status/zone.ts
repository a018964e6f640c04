import { Args, Flags } from '@oclif/core'
import type { ZoneStatus } from '#bind9'
import { type DNSZone, zoneKind } from '#crds'
import { anywhereFlag, BindyCommand, durationFlag, watchFlags } from '../../base.ts'
import { type Cluster, printedName } from '../../cluster.ts'
import { envelope } from '../../envelope.ts'
import { EXIT } from '../../failure.ts'
import { follow } from '../../follow.ts'
import type { View } from '../../screen/viewer.ts'
import { type Answered, Reach } from '../../server/reach.ts'
import type { Depth } from '../../status/level.ts'
import { pipeline } from '../../status/pipeline.ts'
import { printZone } from '../../status/printzone.ts'
import { readZoneReport, type ServerReport, type ZoneReport } from '../../status/zonereport.ts'
import { findZone } from '../../zone/find.ts'
import { lineOf, waitForZone } from '../../zone/wait.ts'

export default class StatusZone extends BindyCommand {
  static override summary = "Show a zone's way to its servers, and what each of them has of it"
  static override description =
    'It ends with 0 where every server serves all of it, with 1 where one does not, and with 3 where a server that was to be asked could not be.'
  static override args = {
    zone: Args.string({ ignoreStdin: true, required: true, description: 'its name, or that of its object' }),
  }
  static override flags = {
    live: Flags.boolean({ summary: 'ask the servers over DNS: their SOA, and a transfer to count records' }),
    rndc: Flags.boolean({ summary: 'ask their control channels for zonestatus' }),
    timeout: durationFlag({ default: 10_000, summary: 'how long to wait for a server' }),
    limit: Flags.integer({
      default: 5,
      min: 1,
      helpValue: 'COUNT',
      summary: 'how many of the records to list that are not served',
    }),
    'all-namespaces': anywhereFlag,
    ...watchFlags,
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(StatusZone)
    const cluster = await this.connect(flags)
    const reach = new Reach(cluster, { timeoutMs: flags.timeout })
    this.later(() => reach.close())
    const zone = await findZone(cluster, cluster.scope(flags['all-namespaces']), args.zone)
    const look = (now: DNSZone) => readZoneReport(cluster, now, reach, flags)
    const viewOf = (report: ZoneReport) => this.#view(report, flags)
    if (flags.wait !== undefined)
      await waitForZone(cluster, zone, { timeoutMs: flags.wait, ...this.progress(flags.output) })
    if (flags.watch) return this.#watch(cluster, zone, { look, viewOf, output: flags.output })
    const report = await look(
      flags.wait === undefined
        ? zone
        : await findZone(cluster, { namespace: zone.metadata.namespace }, zone.metadata.name),
    )
    await this.show(viewOf(report), flags.output)
    process.exitCode = exitOf(report)
  }

  async #watch(
    cluster: Cluster,
    zone: DNSZone,
    {
      look,
      viewOf,
      output,
    }: {
      readonly look: (zone: DNSZone) => Promise<ZoneReport>
      readonly viewOf: (report: ZoneReport) => View
      readonly output: string
    },
  ): Promise<void> {
    const viewer = await this.viewer(output)
    try {
      const at = { kind: zoneKind, place: zone.metadata }
      const seen = async (now: DNSZone | undefined) => now && look(now)
      for await (const report of follow(cluster, at, { signal: this.signal, look: seen })) {
        if (!report) break
        viewer.show(viewOf(report))
      }
    } finally {
      viewer.end()
    }
  }

  #view(report: ZoneReport, flags: Depth & { readonly limit: number; readonly output: string }): View {
    const nowMs = Date.now()
    return {
      page: () => printZone(report, this.terminal, { ...flags, wide: flags.output === 'wide', nowMs }),
      line: () => lineOf(report.zone, report.health),
      data: () => dataOf(report, nowMs),
      names: () => [printedName(report.zone)],
    }
  }
}

function exitOf({ health, servers }: ZoneReport): number {
  const serials = servers.flatMap(({ soa, zonestatus }) => [
    ...(soa && ('value' in soa || isNo(soa)) ? [readSerial(soa)] : []),
    ...(zonestatus && 'value' in zonestatus ? [serialIn(zonestatus.value)] : []),
  ])
  const areSame = serials.every(serial => serial !== undefined && serial === serials[0])
  if (health.phase !== 'Healthy' || !areSame) return EXIT.no
  return servers.some(isUnasked) ? EXIT.unknown : EXIT.ok
}

// It was asked, and does not serve the zone.
function isNo(answer: Answered<unknown>): boolean {
  return 'fault' in answer && ['ZoneNotServed', 'ZoneNotLoaded', 'ServerRefused'].includes(answer.reason)
}

function readSerial(answer: Answered<number | undefined>): number | undefined {
  return 'value' in answer ? answer.value : undefined
}

function serialIn(status: ZoneStatus | undefined): number | undefined {
  return status?.loaded ? (status.signedSerial ?? status.serial) : undefined
}

// A key that may not be read costs a cell; without the SOA nobody knows what is served.
function isUnasked({ soa, records, zonestatus }: ServerReport): boolean {
  const others = [records, zonestatus].filter(answer => answer !== undefined)
  return (soa && 'fault' in soa) || others.some(answer => 'fault' in answer && !answer.needs)
}

function dataOf(report: ZoneReport, nowMs: number): object {
  const { zone, health, servers, records, needs } = report
  return envelope('ZoneStatus', {
    zone: zone.spec.zoneName,
    object: { namespace: zone.metadata.namespace, name: zone.metadata.name },
    phase: health.phase,
    ready: health.verdict,
    serial: health.serial,
    steps: pipeline(report, nowMs),
    servers,
    records: {
      objects: records.objects,
      unserved: records.unserved.map(({ kind, metadata }) => `${kind}/${metadata.name}`),
    },
    needs,
  })
}
