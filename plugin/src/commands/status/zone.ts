import { Args, Flags } from '@oclif/core'
import { type DNSZone, zoneKind } from '#crds'
import { BindyCommand, durationFlag, watchFlags } from '../../base.ts'
import type { Cluster } from '../../cluster.ts'
import { EXIT } from '../../failure.ts'
import { follow } from '../../follow.ts'
import { DATA_VERSION } from '../../name.ts'
import type { View } from '../../screen/viewer.ts'
import { Reach } from '../../server/reach.ts'
import { pipeline } from '../../status/pipeline.ts'
import { printZone } from '../../status/printzone.ts'
import { readZoneReport, type ZoneReport } from '../../status/zonereport.ts'
import { findZone } from '../../zone/find.ts'
import { lineOf, waitForZone } from '../../zone/wait.ts'

export default class StatusZone extends BindyCommand {
  static override summary = "Show a zone's way to its servers, and what each of them has of it"
  static override description = 'It ends with 0 where every server serves all of it, and with 1 where one does not.'
  static override args = {
    zone: Args.string({ ignoreStdin: true, required: true, description: 'its name, or that of its object' }),
  }
  static override flags = {
    live: Flags.boolean({ summary: 'ask the servers over DNS: their SOA, and a transfer to count records' }),
    rndc: Flags.boolean({ summary: 'ask their control channels for zonestatus' }),
    timeout: durationFlag({ default: 10_000, summary: 'how long to wait for a server' }),
    'all-namespaces': Flags.boolean({ char: 'A', summary: 'look for it in all namespaces' }),
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
    process.exitCode = isWell(report) ? EXIT.ok : EXIT.no
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
    const viewer = this.viewer(output)
    for await (const now of follow<DNSZone>(cluster, zoneKind, zone.metadata, this.signal)) {
      if (!now) break
      viewer.show(viewOf(await look(now)))
    }
    viewer.end()
  }

  #view(report: ZoneReport, flags: { readonly live: boolean; readonly rndc: boolean; readonly output: string }): View {
    const nowMs = Date.now()
    return {
      page: () => printZone(report, this.terminal, { ...flags, wide: flags.output === 'wide', nowMs }),
      line: () => lineOf(report.zone, report.health),
      data: () => dataOf(report, nowMs),
    }
  }
}

function isWell({ health, servers }: ZoneReport): boolean {
  const serials = servers.flatMap(({ soa }) => (soa ? ['value' in soa ? soa.value : undefined] : []))
  return health.phase === 'Healthy' && serials.every(serial => serial !== undefined && serial === serials[0])
}

function dataOf(report: ZoneReport, nowMs: number): object {
  const { zone, health, servers, records } = report
  return {
    apiVersion: DATA_VERSION,
    kind: 'ZoneStatus',
    zone: zone.spec.zoneName,
    object: { namespace: zone.metadata.namespace, name: zone.metadata.name },
    phase: health.phase,
    ready: health.verdict,
    serial: health.serial,
    steps: pipeline(report, nowMs),
    servers,
    records: {
      objects: records.objects,
      refused: records.refused.map(({ kind, metadata }) => `${kind}/${metadata.name}`),
    },
  }
}
