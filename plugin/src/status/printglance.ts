import { version } from '../name.ts'
import { harmless } from '../screen/harmless.ts'
import { type Column, shownLength, table } from '../screen/table.ts'
import type { Terminal } from '../screen/terminal.ts'
import { wrap } from '../screen/wrap.ts'
import type { Attention, ClusterRow, Glance, InstanceRow } from './glance.ts'

const MAX_ATTENTION = 10

export interface GlanceOptions {
  readonly wide: boolean
  /** Whether objects of several namespaces stand beside each other. */
  readonly all: boolean
  readonly where: string
}

/** A glance as a page: who runs, the clusters, the servers, and what needs attention. */
export function printGlance(glance: Glance, terminal: Terminal, options: GlanceOptions): string[] {
  const { clusters, instances, attention, needs } = glance
  return [
    ...headLines(glance, terminal, options),
    '',
    ...(clusters.length > 0
      ? [...table(clusters, clusterColumns(glance, terminal, options), terminal, options), '']
      : []),
    ...(instances.length > 0 ? [...table(instances, instanceColumns(terminal, options), terminal, options), ''] : []),
    ...(instances.length === 0 ? ['No Bind9Instance here: the README shows how one is described.', ''] : []),
    ...attentionLines(attention, terminal, options),
    ...needs.map(right => terminal.paint('yellow', `? needs ${right}`)),
  ]
}

function headLines({ controlPlane, zones, records }: Glance, terminal: Terminal, { where }: GlanceOptions): string[] {
  const { controller, webhook } = controlPlane
  const parts = [
    `Bindy ${version}`,
    `controller ${controllerText(controller, terminal)}`,
    'needs' in webhook
      ? `webhook ${terminal.mark('unknown')}`
      : webhook.value
        ? // Whether it answers is for check to find out: who looks at a glance may not be allowed to ask.
          'webhook registered'
        : 'webhook -',
    `zones ${zones.healthy}/${zones.all}`,
    `records ${records.served}/${records.all}`,
  ]
  const whole = [...parts, harmless(where)].join('   ')
  return shownLength(whole) <= terminal.width ? [whole] : [parts.join('   '), harmless(where)]
}

function controllerText(controller: Glance['controlPlane']['controller'], terminal: Terminal): string {
  if ('needs' in controller) return terminal.mark('unknown')
  return terminal.mark(controller.value?.isAlive ? 'good' : 'bad')
}

function clusterColumns({ needs }: Glance, terminal: Terminal, { all }: GlanceOptions): Column<ClusterRow>[] {
  const doubt = needs.some(right => right.endsWith('records')) ? '?' : ''
  return [
    ...(all ? [{ head: 'NAMESPACE', cell: ({ namespace }: ClusterRow) => namespace, atLeast: 9 }] : []),
    { head: 'CLUSTER', cell: ({ name }) => name || '-', atLeast: 10 },
    { head: 'INSTANCES', cell: ({ readyInstances, instances }) => `${readyInstances}/${instances}` },
    { head: 'ZONES', cell: ({ zones }) => zones },
    { head: 'RECORDS', cell: ({ records, servedRecords }) => `${servedRecords}/${records}${doubt}` },
    { head: 'STATUS', cell: ({ mark, state }) => terminal.marked(mark, state), isPainted: true },
  ]
}

function instanceColumns(terminal: Terminal, { all }: GlanceOptions): Column<InstanceRow>[] {
  return [
    ...(all ? [{ head: 'NAMESPACE', cell: ({ namespace }: InstanceRow) => namespace, atLeast: 9 }] : []),
    { head: 'INSTANCE', cell: ({ name }) => name, atLeast: 8 },
    { head: 'ROLE', cell: ({ role }) => role },
    { head: 'ADDRESS', cell: ({ address }) => address, atLeast: 9 },
    { head: 'BIND', cell: ({ version: bind }) => bind },
    { head: 'ZONES', cell: ({ zones }) => zones },
    { head: 'BEHIND', cell: ({ behind }) => (behind === 0 ? '-' : behind) },
    { head: 'STATUS', cell: ({ mark, state }) => terminal.marked(mark, harmless(state)), isPainted: true },
  ]
}

function attentionLines(attention: readonly Attention[], terminal: Terminal, { wide }: GlanceOptions): string[] {
  if (attention.length === 0) return [terminal.marked('good', 'Nothing needs attention')]
  const worstFirst = [...attention].sort((a, b) => Number(a.mark === 'warning') - Number(b.mark === 'warning'))
  const shown = wide ? worstFirst : worstFirst.slice(0, MAX_ATTENTION)
  const more = attention.length - shown.length
  return [
    terminal.paint('bold', `Attention (${attention.length})`),
    ...shown.flatMap(({ mark, subject, message, command }) => [
      `  ${terminal.mark(mark)} ${harmless(subject)}`,
      ...wrap(harmless(message), terminal.width, terminal, '      '),
      `      ${terminal.paint('cyan', harmless(command))}`,
    ]),
    ...(more > 0 ? [`  and ${more} more: add -o wide`] : []),
  ]
}
