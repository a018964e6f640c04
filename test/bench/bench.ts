import { parseArgs } from 'node:util'
import { benchCatalog } from './catalog.ts'
import { benchChange } from './change.ts'
import { nowMs } from './clock.ts'
import { print, type Section } from './figure.ts'
import { benchLarge } from './large.ts'
import { describeMachine } from './machine.ts'
import { benchPlugin } from './plugin.ts'
import { benchRecords } from './records.ts'
import { benchWebhook } from './webhook.ts'
import { benchZone } from './zone.ts'
import { benchZones } from './zones.ts'

// npm run bench -- [NAME]... [--json]: measures Bindy beside what else does the work, on real servers of its own. It exits
// with 0 when it could measure, whatever the figures say.
const benches = {
  records: benchRecords,
  zone: benchZone,
  change: benchChange,
  zones: benchZones,
  large: benchLarge,
  catalog: benchCatalog,
  plugin: benchPlugin,
  webhook: benchWebhook,
} as const satisfies Record<string, (tell: (step: string) => void) => Promise<Section>>

type Name = keyof typeof benches

function chosen(names: readonly string[]): Name[] {
  const unknown = names.filter(name => !(name in benches))
  if (unknown.length > 0) throw new Error(`Cannot measure ${unknown.join(', ')}: choose of ${Object.keys(benches)}`)
  return (names.length > 0 ? names : Object.keys(benches)) as Name[]
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options: { json: { type: 'boolean' } }, allowPositionals: true })
  const say = (text: string) => values.json || process.stdout.write(`${text}\n`)
  const machine = await describeMachine()
  say(machine)
  const sections: Section[] = []
  for (const name of chosen(positionals)) {
    const startMs = nowMs()
    const section = await benches[name](step => process.stderr.write(`${name}: ${step}\n`))
    sections.push(section)
    say(`\n${name}: ${print(section)}\n  (it took ${((nowMs() - startMs) / 1000).toFixed(0)} s)`)
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ machine: machine.split('\n'), sections }, null, 2)}\n`)
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
