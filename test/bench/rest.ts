import { setTimeout as pause } from 'node:timers/promises'
import type { ControllerProcess } from './controller.ts'
import { atMost, type Figure, ms } from './figure.ts'
import type { Setting } from './setting.ts'

const REST_MS = 120_000
const MINUTES = REST_MS / 60_000

const RNDC_READS = new Set(['null', 'status', 'showzone', 'zonestatus', 'tsig-list'])
const API_READS = new Set(['get', 'list', 'watch'])

/** Counts what a controller does to the servers and the API server while nothing changes. */
export async function benchRest(setting: Setting, controller: ControllerProcess): Promise<Figure[]> {
  const servers = [setting.primary, setting.secondary]
  await controller.sent({ reset: true })
  const beforeMs = controller.cpuMs
  const from = servers.map(named => named.log().length)
  await pause(REST_MS)
  const { requests } = await controller.sent()
  const logged = servers.map((named, i) => named.log().slice(from[i])).join('\n')
  const updates = logged.match(/signer "[^"]*" approved/g)?.length ?? 0
  const commands = tally([...logged.matchAll(/received control channel command '(\S+?)['\s]/g)].map(found => found[1]))
  const api = new Map(Object.entries(requests))
  const isRead = (reads: ReadonlySet<string>) => (kind: string) => reads.has(kind.split(' ')[0] as string)
  return [
    none(`in ${MINUTES} minutes at rest: UPDATEs`, new Map(updates > 0 ? [['UPDATE', updates]] : [])),
    none('  RNDC commands that write', without(commands, isRead(RNDC_READS))),
    none('  API requests that write', without(api, isRead(API_READS))),
    { what: '  all RNDC commands', value: said(commands) },
    { what: '  all API requests', value: said(byVerb(api)) },
    { what: '  CPU time of the controller', value: ms(controller.cpuMs - beforeMs) },
  ]
}

function none(what: string, counts: ReadonlyMap<string, number>): Figure {
  return { what, value: said(counts), ...atMost(0, total(counts), String) }
}

function tally(kinds: readonly (string | undefined)[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const kind of kinds) if (kind !== undefined) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return counts
}

/** Counts of verbs, from those of verbs and kinds: "watch arecords". */
function byVerb(counts: ReadonlyMap<string, number>): Map<string, number> {
  return tally([...counts].flatMap(([kind, count]) => Array<string | undefined>(count).fill(kind.split(' ')[0])))
}

function without(counts: ReadonlyMap<string, number>, isLeftOut: (kind: string) => boolean): Map<string, number> {
  return new Map([...counts].filter(([kind]) => !isLeftOut(kind)))
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0)
}

function said(counts: ReadonlyMap<string, number>): string {
  const kinds = [...counts].sort(([, a], [, b]) => b - a).map(([kind, count]) => `${kind} ${count}`)
  return kinds.length > 0 ? kinds.join(', ') : '0'
}
