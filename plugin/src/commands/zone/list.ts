import { Flags } from '@oclif/core'
import { type DNSZone, zoneKind } from '#crds'
import { BindyCommand, isPage, outputFlag } from '../../base.ts'
import { printedName } from '../../cluster.ts'
import { EXIT } from '../../failure.ts'
import { listNearby } from '../../readable.ts'
import { printData } from '../../screen/data.ts'
import { printDuration } from '../../screen/duration.ts'
import { table } from '../../screen/table.ts'
import type { Terminal } from '../../screen/terminal.ts'
import { withoutManagedFields } from '../../writing.ts'
import { shownName } from '../../zone/find.ts'
import { phaseMarks, zoneHealth } from '../../zone/health.ts'

export default class ZoneList extends BindyCommand {
  static override summary = 'List zones, and how they are served'
  static override description = 'It ends with 0 where all could be read, and with 3 where a right was missing.'
  static override flags = {
    'all-namespaces': Flags.boolean({ char: 'A', summary: 'of all namespaces' }),
    selector: Flags.string({ char: 'l', helpValue: 'LABELS', summary: 'those with these labels alone' }),
    output: outputFlag(),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(ZoneList)
    const cluster = await this.connect(flags)
    const all = flags['all-namespaces']
    const { items: zones, needs } = await listNearby<DNSZone>(cluster, zoneKind, cluster.scope(all), flags.selector)
    await this.#print(zones, flags.output, { all })
    if (isPage(flags.output) && zones.length === 0 && needs.length === 0)
      this.hint(all ? 'No zones' : `No zones in namespace ${cluster.namespace}`)
    this.tellNeeds(needs)
    process.exitCode = needs.length === 0 ? EXIT.ok : EXIT.unknown
  }

  async #print(zones: readonly DNSZone[], output: string, { all }: { readonly all: boolean }): Promise<void> {
    if (output === 'json' || output === 'yaml') {
      const items = zones.map(withoutManagedFields)
      return this.print(await printData({ apiVersion: 'v1', kind: 'List', items }, output))
    }
    if (output === 'name') return this.printAll(zones.map(printedName))
    if (zones.length === 0) return
    this.print(zoneTable(zones, this.terminal, { all, wide: output === 'wide', nowMs: Date.now() }))
  }
}

/** Zones, a line each. */
function zoneTable(
  zones: readonly DNSZone[],
  terminal: Terminal,
  { all, wide, nowMs }: { readonly all: boolean; readonly wide: boolean; readonly nowMs: number },
): string[] {
  const rows = zones.map(zone => ({ zone, health: zoneHealth(zone) }))
  return table(
    rows,
    [
      ...(all
        ? [{ head: 'NAMESPACE', cell: ({ zone }: (typeof rows)[0]) => zone.metadata.namespace, atLeast: 9 }]
        : []),
      { head: 'NAME', cell: ({ zone }) => zone.metadata.name, atLeast: 9 },
      { head: 'ZONE', cell: ({ zone }) => shownName(zone.spec.zoneName), atLeast: 11 },
      { head: 'RECORDS', cell: ({ zone }) => zone.status?.records },
      { head: 'SERIAL', cell: ({ health }) => health.serial },
      { head: 'SERVED BY', cell: ({ health }) => servedBy(health.servers) },
      {
        head: 'STATUS',
        cell: ({ health }) => terminal.marked(phaseMarks[health.phase], health.phase),
        isPainted: true,
      },
      { head: 'REASON', cell: ({ health }) => health.verdict.reason, isWide: true },
      {
        head: 'AGE',
        cell: ({ zone }) => printDuration(nowMs - Date.parse(zone.metadata.creationTimestamp)),
        isWide: true,
      },
      { head: 'MESSAGE', cell: ({ health }) => health.verdict.message, isWide: true },
    ],
    terminal,
    { wide },
  )
}

function servedBy(servers: readonly { readonly isCurrent: boolean }[]): string | undefined {
  return servers.length === 0 ? undefined : `${servers.filter(({ isCurrent }) => isCurrent).length}/${servers.length}`
}
