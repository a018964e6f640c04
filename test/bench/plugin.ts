import { join } from 'node:path'
import { kinds } from '#crds'
import { buildPlugin } from '../../plugin/build.ts'
import { run, temporaryDirectory } from '../cluster/index.ts'
import { nowMs } from './clock.ts'
import { benchExport } from './export.ts'
import { atMost, type Figure, ms, type Section, times } from './figure.ts'
import { benchImport } from './import.ts'
import { addressesOf, Setting } from './setting.ts'
import { median } from './statistics.ts'
import { benchZonefile } from './zonefile.ts'

const RUNS = 15
const RECORDS = 100
const ZONE = 'plugin.example'

/** How long the plugin takes to answer, beside a Node that does nothing. */
export async function benchPlugin(tell: (step: string) => void): Promise<Section> {
  const place = temporaryDirectory()
  const setting = await Setting.start()
  try {
    tell('building the plugin, creating a zone')
    await buildPlugin(place.path)
    await setting.createZone(ZONE)
    await setting.createRecords(ZONE, addressesOf(ZONE, RECORDS))
    const env = { KUBECONFIG: setting.api.kubeconfig, XDG_CACHE_HOME: place.path, LANG: 'C.UTF-8', NO_COLOR: '1' }
    const bindy = (...words: string[]) => [join(place.path, 'kubectl-bindy.mjs'), ...words]
    const complete = [join(place.path, 'kubectl_complete-bindy.mjs'), 'zone', 'l']
    tell(`${RUNS} runs of each`)
    const variants = {
      node: ['-e', '0'],
      help: bindy('--help'),
      complete,
      version: bindy('version', '--client'),
      status: bindy('status'),
    }
    const took = await inTurns(variants, env)
    const apiMs = median(await repeat(RUNS, () => readAll(setting)))
    const beyond = took.status - apiMs
    const exported = await benchExport(setting, bindy, { env, tell })
    const imported = await benchImport(setting, bindy, { env, tell })
    const zonefile = benchZonefile(tell)
    return {
      title: `the plugin, a process each time (${RECORDS} records)`,
      figures: [
        figure('--help', took.help, took.node, 2.5),
        figure('a word completed', took.complete, took.node),
        figure('version --client', took.version, took.node),
        {
          ...figure("status, without the API server's own time", beyond, took.node, 4),
          value: `${ms(beyond)} (of ${ms(took.status)})`,
        },
        ...exported.figures,
        ...imported.figures,
        ...zonefile.figures,
      ],
      notes: [
        `The rival is "node -e 0". Medians of ${RUNS} runs, taken in turns, after one that fills the compile cache.`,
        "The API server's own time is that of the same reads, at once, over the connections of a process that runs.",
        ...exported.notes,
        ...imported.notes,
        ...zonefile.notes,
      ],
    }
  } finally {
    await setting.stop()
    await place.remove()
  }
}

function figure(what: string, valueMs: number, nodeMs: number, bar?: number): Figure {
  const ratio = valueMs / nodeMs
  return {
    what,
    value: ms(valueMs),
    rival: ms(nodeMs),
    ratio: times(ratio),
    ...(bar !== undefined && atMost(bar, ratio, times)),
  }
}

async function inTurns<Name extends string>(
  variants: Readonly<Record<Name, string[]>>,
  env: Record<string, string>,
): Promise<Record<Name, number>> {
  const names = Object.keys(variants) as Name[]
  const seen = new Map<Name, number[]>(names.map(name => [name, []]))
  for (let i = 0; i <= RUNS; i++) {
    for (const name of names) {
      const beganMs = nowMs()
      const { code, stderr } = await run(process.execPath, variants[name], { env })
      // status ends with 1, since nobody serves the zone here.
      if (code > 1 || stderr !== '') throw new Error(`Cannot measure ${name}: it ended with ${code}: ${stderr}`)
      if (i > 0) seen.get(name)?.push(nowMs() - beganMs)
    }
  }
  return Object.fromEntries([...seen].map(([name, all]) => [name, median(all)])) as Record<Name, number>
}

async function repeat(count: number, work: () => Promise<unknown>): Promise<number[]> {
  const took: number[] = []
  for (let i = 0; i <= count; i++) {
    const beganMs = nowMs()
    await work()
    if (i > 0) took.push(nowMs() - beganMs)
  }
  return took
}

function readAll({ client }: Setting): Promise<unknown> {
  return Promise.all(
    kinds.map(({ plural }) => client.list(`/apis/bindy.firestoned.io/v1alpha1/namespaces/default/${plural}`)),
  )
}
