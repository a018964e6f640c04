import { spawnChild } from '../cluster/index.ts'
import { nowMs } from './clock.ts'
import { atMost, type Figure, ms, type Section, seconds, times } from './figure.ts'
import { Relay } from './relay.ts'
import { addressesOf, type Setting } from './setting.ts'
import { median } from './statistics.ts'

const RECORDS = 20_000
const ROUNDS = 5
const ZONE = 'export.example'

/** zone export of objects of a real API server, beside a kubectl that gets them: how long, and when it begins to print. */
export async function benchExport(
  setting: Setting,
  bindy: (...words: string[]) => string[],
  { env, tell }: { readonly env: Record<string, string>; readonly tell: (step: string) => void },
): Promise<Omit<Section, 'title'>> {
  tell(`creating ${RECORDS} records`)
  await setting.createZone(ZONE)
  await setting.createRecords(ZONE, addressesOf(ZONE, RECORDS))
  tell(`exporting them, ${ROUNDS} times each way`)
  const relay = await Relay.start(setting.api, setting.directory)
  try {
    const took = { exportMs: [] as number[], listMs: [] as number[], getMs: [] as number[], firstMs: [] as number[] }
    for (let i = 0; i <= ROUNDS; i++) {
      const beganMs = nowMs()
      const exported = await outputOf(bindy('zone', 'export', ZONE), env)
      const exportedMs = nowMs()
      await setting.readyRecords()
      const listedMs = nowMs()
      await getAll(setting)
      const gotMs = nowMs()
      relay.begin()
      const relayed = await outputOf(bindy('zone', 'export', ZONE), { ...env, KUBECONFIG: relay.kubeconfig })
      if (exported.lines < RECORDS || relayed.lines !== exported.lines)
        throw new Error(
          `Cannot measure: ${exported.lines} and ${relayed.lines} lines were exported of ${RECORDS} records`,
        )
      if (i === 0) continue
      took.exportMs.push(exportedMs - beganMs)
      took.listMs.push(listedMs - exportedMs)
      took.getMs.push(gotMs - listedMs)
      took.firstMs.push(relayed.firstMs - relay.firstAnswerMs)
    }
    return { figures: figuresOf(took), notes: NOTES }
  } finally {
    relay.stop()
  }
}

const NOTES = [
  `zone export of ${RECORDS} ARecords is a process, against the API server; its rival is "kubectl get arecords -o json" of ` +
    `the same objects. Medians of ${ROUNDS}, in turns. The API server's own time is that of the same list, read and parsed ` +
    'by a process that runs. The bar is that of 100,000 records, 3 s, for as many as there are here.',
  'The first line is timed from when the first whole answer left a relay before the API server, over plain HTTP.',
]

function figuresOf(took: Readonly<Record<'exportMs' | 'listMs' | 'getMs' | 'firstMs', number[]>>): Figure[] {
  const [exportMs, getMs, firstMs] = [median(took.exportMs), median(took.getMs), median(took.firstMs)]
  const beyondMs = exportMs - median(took.listMs)
  const barMs = (3000 * RECORDS) / 100_000
  return [
    {
      what: `zone export: ${RECORDS} records of the API server`,
      value: seconds(exportMs),
      rival: seconds(getMs),
      ratio: times(exportMs / getMs),
    },
    { what: "  without the API server's own time", value: seconds(beyondMs), ...atMost(barMs, beyondMs, seconds) },
    { what: '  its first line, after the first answer', value: ms(firstMs), ...atMost(100, firstMs, ms) },
  ]
}

async function getAll({ api }: Setting): Promise<void> {
  const { code, stderr } = await api.kubectl(['get', 'arecords', '-o', 'json'])
  if (code !== 0) throw new Error(`Cannot measure kubectl: ${stderr}`)
}

/** How many lines a process wrote, and when it began. */
async function outputOf(words: readonly string[], env: Record<string, string>) {
  const child = spawnChild(process.execPath, words, { env: { ...process.env, ...env } })
  const seen = { lines: 0, firstMs: Number.NaN }
  child.stdout?.on('data', (chunk: Buffer) => {
    if (Number.isNaN(seen.firstMs)) seen.firstMs = nowMs()
    for (const octet of chunk) if (octet === 10) seen.lines++
  })
  const said: Buffer[] = []
  child.stderr?.on('data', chunk => said.push(chunk))
  const code = await new Promise(resolve => child.on('close', resolve))
  if (code !== 0) throw new Error(`Cannot measure zone export: it ended with ${code}: ${Buffer.concat(said)}`)
  return seen
}
