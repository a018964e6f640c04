import { nowMs } from './clock.ts'
import { untilServed, type Zone, zonesOf } from './manyzones.ts'
import { addScript, nsupdate } from './nsupdate.ts'
import { Setting } from './setting.ts'

/** What the plain programs need for many zones, until all is served. */
export interface Rivals {
  /** From the first zone file until both servers serve all. */
  readonly createdMs: number
  /** From the start of nsupdate until the secondary serves all. */
  readonly changedMs: number
}

/** Creates many zones with rndc and changes all of their records with nsupdate, on servers of their own. */
export async function benchRivals(): Promise<Rivals> {
  const setting = await Setting.start()
  try {
    return { createdMs: await create(setting), changedMs: await change(setting) }
  } finally {
    await setting.stop()
  }
}

async function create(setting: Setting): Promise<number> {
  const { primary, secondary } = setting
  const zones = zonesOf(0)
  const startMs = nowMs()
  const { atMs } = await untilServed([primary, secondary], zones, async () => {
    for (const { name, addresses } of zones) setting.writeRivalFile(name, addresses)
    // A secondary that asks before its primary has the zone tries again minutes later.
    for (const { name } of zones) await setting.addRivalZoneTo(primary, name)
    for (const { name } of zones) await setting.addRivalZoneTo(secondary, name)
  })
  return atMs - startMs
}

async function change({ primary, secondary }: Setting): Promise<number> {
  const zones = zonesOf(1)
  const script = zones.map(changeScript).join('')
  let startMs = Number.NaN
  const { atMs } = await untilServed([secondary], zones, async () => {
    startMs = (await nsupdate(primary, zones[0]?.name as string, script)).startMs
  })
  return atMs - startMs
}

function changeScript({ name, addresses }: Zone): string {
  const deletions = addresses.map(([owner]) => `update delete ${owner} A\n`).join('')
  return `zone ${name}\n${deletions}${addScript(addresses)}`
}
