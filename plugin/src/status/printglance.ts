import { version } from '../name.ts'
import { printDuration } from '../screen/duration.ts'
import { fold } from '../screen/fold.ts'
import { harmless } from '../screen/harmless.ts'
import { type Column, table } from '../screen/table.ts'
import type { Terminal } from '../screen/terminal.ts'
import type { Attention } from './attention.ts'
import type { ClusterRow, Glance, InstanceRow } from './glance.ts'
import { type Depth, printLevel } from './level.ts'
import { printAttention } from './printattention.ts'
import { isPartlyRead, isPlacementUnread, isUnread, isWhollyRead } from './world.ts'

const MAX_ATTENTION = 10

export interface GlanceOptions {
  readonly wide: boolean
  /** Whether objects of several namespaces stand beside each other. */
  readonly all: boolean
  readonly where: string
  /** Whether it is of one cluster alone. */
  readonly isPart: boolean
  readonly nowMs: number
  readonly depth: Depth
}

/** A glance as a page: who runs, the clusters, the servers, and what needs attention. */
export function printGlance(glance: Glance, terminal: Terminal, options: GlanceOptions): string[] {
  const { clusters, instances, attention, detours, needs } = glance
  return [
    ...headLines(glance, terminal, options),
    '',
    ...(clusters.length > 0
      ? [...table(clusters, clusterColumns(glance, terminal, options), terminal, options), '']
      : []),
    ...(instances.length > 0
      ? [...table(instances, instanceColumns(glance, terminal, options), terminal, options), '']
      : []),
    ...(instances.length === 0 && isWhollyRead(glance, 'bind9instances')
      ? ['No Bind9Instance here: the README shows how one is described.', '']
      : []),
    ...(attention.length === 0 && needs.length > 0
      ? [terminal.marked('unknown', 'Nothing that could be read needs attention')]
      : attentionLines(attention, terminal, options)),
    ...detours.map(line => terminal.paint('dim', `  ${harmless(line)}`)),
    ...needs.map(right => terminal.paint('yellow', `? needs ${right}`)),
    ...(instances.length > 0 ? [terminal.paint('dim', level(instances, options.depth))] : []),
  ]
}

function level(instances: readonly InstanceRow[], depth: Depth): string {
  const asked = instances.filter(({ hasSerials, isUnasked, rndc }) => hasSerials || isUnasked || rndc)
  const bySoa = instances.filter(({ hasSerials }) => hasSerials)
  const byRndc = instances.filter(({ rndc }) => rndc && 'value' in rndc)
  // The control channel tells of one zone at a time: the glance leaves that to DNS, and to the status of one zone.
  const status = depth.live ? 'status over RNDC' : 'status over RNDC; BEHIND by the objects'
  const what = [bySoa.length > 0 ? 'SOA of each zone over DNS' : '', byRndc.length > 0 ? status : '']
  return printLevel(
    depth,
    {
      servers: asked.length,
      answered: new Set([...bySoa, ...byRndc]).size,
      what: what.filter(part => part !== ''),
    },
    '--live and --rndc ask the servers',
  )
}

/** How many zones are healthy and how many records are served, of how many, as far as that is known. */
export function printCounts(glance: Glance, { isPart }: { readonly isPart: boolean }): string[] {
  const { zones, records, needs } = glance
  const isUnplaced = isPart && isPlacementUnread(glance)
  return [
    isUnplaced || isUnread(glance, 'dnszones')
      ? 'zones ?'
      : `zones ${zones.healthy}/${zones.all}${isPartlyRead(glance, 'dnszones') ? '?' : ''}`,
    isUnplaced ? 'records ?' : `records ${records.served}/${records.all}${doubtOf(needs)}`,
  ]
}

function headLines(glance: Glance, terminal: Terminal, { where, isPart }: GlanceOptions): string[] {
  const { controller, webhook } = glance.controlPlane
  const parts = [
    `Bindy ${version}`,
    `controller ${controllerText(controller, terminal)}`,
    'needs' in webhook
      ? `webhook ${terminal.mark('unknown')}`
      : webhook.value
        ? // Whether it answers is for check to find out: who looks at a glance may not be allowed to ask.
          'webhook registered'
        : 'webhook -',
    ...printCounts(glance, { isPart }),
    harmless(where),
  ]
  return fold(parts, terminal.width)
}

function controllerText(controller: Glance['controlPlane']['controller'], terminal: Terminal): string {
  if ('needs' in controller) return terminal.mark('unknown')
  return terminal.mark(controller.value?.isAlive ? 'good' : 'bad')
}

function clusterColumns(glance: Glance, terminal: Terminal, { all }: GlanceOptions): Column<ClusterRow>[] {
  const doubt = doubtOf(glance.needs)
  const known = isPlacementUnread(glance) ? () => '?' : (text: string | number) => text
  return [
    ...(all ? [{ head: 'NAMESPACE', cell: ({ namespace }: ClusterRow) => namespace, atLeast: 9 }] : []),
    { head: 'CLUSTER', cell: ({ name }) => name || '-', atLeast: 10 },
    {
      head: 'INSTANCES',
      cell: ({ readyInstances, instances }) =>
        isUnread(glance, 'bind9instances') ? '?' : `${readyInstances}/${instances}`,
    },
    { head: 'ZONES', cell: ({ zones }) => known(zones) },
    { head: 'RECORDS', cell: ({ records, servedRecords }) => known(`${servedRecords}/${records}${doubt}`) },
    { head: 'STATUS', cell: ({ mark, state }) => terminal.marked(mark, state), isPainted: true },
  ]
}

// Where some records may not be read, their number is not known.
function doubtOf(needs: readonly string[]): string {
  return needs.some(right => right.includes('records')) ? '?' : ''
}

function instanceColumns(
  glance: Glance,
  terminal: Terminal,
  { all, depth, nowMs }: GlanceOptions,
): Column<InstanceRow>[] {
  const known = isUnread(glance, 'dnszones') ? () => '?' : (text: string | number) => text
  return [
    ...(all ? [{ head: 'NAMESPACE', cell: ({ namespace }: InstanceRow) => namespace, atLeast: 9 }] : []),
    { head: 'INSTANCE', cell: ({ name }) => name, atLeast: 8 },
    { head: 'ROLE', cell: ({ role }) => role },
    { head: 'ADDRESS', cell: ({ address }) => address, atLeast: 9 },
    { head: 'BIND', cell: ({ version: bind, rndc }) => (rndc && 'value' in rndc ? rndc.value.version : bind) },
    ...(depth.rndc ? [{ head: 'UP', cell: ({ rndc }: InstanceRow) => upText(rndc, nowMs) }] : []),
    { head: 'ZONES', cell: ({ zones }) => known(zones) },
    { head: 'BEHIND', cell: ({ behind, isUnasked }) => known(`${behind || '-'}${isUnasked ? '?' : ''}`) },
    { head: 'STATUS', cell: ({ mark, state }) => terminal.marked(mark, harmless(state)), isPainted: true },
  ]
}

function upText(answer: InstanceRow['rndc'], nowMs: number): string | undefined {
  if (!answer) return undefined
  if ('fault' in answer) return answer.needs ? '?' : answer.reason
  const { bootTime } = answer.value
  return bootTime && printDuration(nowMs - bootTime.getTime())
}

function attentionLines(attention: readonly Attention[], terminal: Terminal, { wide, nowMs }: GlanceOptions): string[] {
  if (attention.length === 0) return [terminal.marked('good', 'Nothing needs attention')]
  const limit = wide ? attention.length : MAX_ATTENTION
  return printAttention(attention, terminal, { limit, more: 'add -o wide', nowMs })
}
