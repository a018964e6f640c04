import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../cluster/index.ts'
import { nowMs } from './clock.ts'
import { type Figure, type Section, seconds, times } from './figure.ts'
import { addressesOf, type Setting } from './setting.ts'

const RECORDS = 10_000
const ZONE = 'import.example'
const RIVAL_ZONE = 'rival-import.example'

/** zone import of very many records into a real API server, beside a process that does nothing but create them. */
export async function benchImport(
  setting: Setting,
  bindy: (...words: string[]) => string[],
  { env, tell }: { readonly env: Record<string, string>; readonly tell: (step: string) => void },
): Promise<Omit<Section, 'title'>> {
  tell(`importing ${RECORDS} records`)
  const file = join(setting.directory, 'import.zone')
  const records = addressesOf(ZONE, RECORDS).map(([owner, address]) => `${owner} 300 A ${address}\n`)
  writeFileSync(
    file,
    `$TTL 1h\n@ SOA ns1.example.net. admin.example.net. 1 1h 10m 2w 5m\n@ NS ns1.example.net.\n${records.join('')}`,
  )
  const beganMs = nowMs()
  const words = bindy('zone', 'import', ZONE, '-f', file, '--cluster-ref', 'bench', '--yes')
  const { code, stdout, stderr } = await run(process.execPath, words, { env })
  const importedMs = nowMs()
  if (code !== 0 || !stdout.includes(`${(RECORDS + 1).toLocaleString('en')} objects written`))
    throw new Error(`Cannot measure zone import: it ended with ${code}: ${stderr}`)
  await setting.createRecords(RIVAL_ZONE, addressesOf(RIVAL_ZONE, RECORDS))
  const [tookMs, createdMs] = [importedMs - beganMs, nowMs() - importedMs]
  const figure: Figure = {
    what: `zone import: ${RECORDS} records into the API server`,
    value: seconds(tookMs),
    rival: seconds(createdMs),
    ratio: times(tookMs / createdMs),
  }
  const notes = [
    'zone import has the API server check every object before it writes any: two requests for each. Its rival, a process ' +
      'that runs, creates as many ARecords with one request each. Measured once.',
  ]
  return { figures: [figure], notes }
}
