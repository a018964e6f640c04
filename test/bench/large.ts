import type { ControllerProcess } from './controller.ts'
import { atMost, type Figure, type Section, seconds, times } from './figure.ts'
import { megabytes, restingMemory } from './memory.ts'
import { addScript, deleteScript, nsupdate } from './nsupdate.ts'
import { benchOneChange, oneChangeNote } from './onechange.ts'
import { mostResidentMB } from './process.ts'
import { addressesOf, Setting } from './setting.ts'
import { median } from './statistics.ts'
import { Watch } from './watch.ts'

const RECORDS = 100_000
const ROUNDS = 3
const ZONE = 'large.example'
const RIVAL = 'nsupdate.example'
const LOAD_MS = 5_000
const LIMIT_MB = 500
/** The API server takes some hundred writes a second. */
const STATUS_MS = 1_800_000
const addresses = addressesOf(ZONE, RECORDS)

/** One very large zone: its first load, single changes in it, and the memory that it costs. */
export async function benchLarge(tell: (step: string) => void): Promise<Section> {
  const setting = await Setting.start()
  try {
    tell(`${RECORDS} objects, for which the API server needs some minutes`)
    await setting.createRecords(ZONE, addresses, { writers: 64 })
    await setting.createZone(ZONE)
    const loaded = await benchFirstLoad(setting, tell)
    tell(`cached to served by updates, beside nsupdate, ${ROUNDS} times`)
    const updated = await benchUpdates(setting)
    tell('one change at a time')
    const changed = await benchChanges(setting)
    tell('memory at rest')
    const memory = await restingMemory(setting, RECORDS, { limitMB: LIMIT_MB })
    return { title: `${RECORDS} A records in one zone`, figures: [...loaded, ...updated, ...changed, memory], notes }
  } finally {
    await setting.stop()
  }
}

const notes = [
  'First load: all objects are there, the zone is on no server. The controller is started; from the moment when it has read ' +
    'all objects to the one when the server was first seen at the serial where it serves them all.',
  'By updates: the same where the zone is on both servers without the records. Rival: the nsupdate process from start to ' +
    'end, over TCP, signed, 1,300 records a message, into a new zone on the same servers.',
  oneChangeNote,
  'Memory at rest: of the bundled main program, 20 s after it has read all objects. At most: of the one, bundled too, that has done ' +
    'the first load and written the status of each object.',
]

async function benchFirstLoad(setting: Setting, tell: (step: string) => void): Promise<Figure[]> {
  tell('first load')
  const controller = setting.startController()
  try {
    const { primaryMs, secondaryMs } = await cachedToBoth(setting, controller)
    tell(`${RECORDS} statuses, for which the API server needs some minutes`)
    await controller.untilStatuses(RECORDS, { timeoutMs: STATUS_MS })
    await controller.untilQuiet()
    const mostMB = mostResidentMB(controller.pid)
    return [
      {
        what: 'first load: cached to served by the primary',
        value: seconds(primaryMs),
        ...atMost(LOAD_MS, primaryMs, seconds),
      },
      { what: '  by the secondary', value: seconds(secondaryMs) },
      { what: '  resident memory at most', value: megabytes(mostMB), ...atMost(LIMIT_MB, mostMB, megabytes) },
    ]
  } finally {
    await controller.stop()
  }
}

async function benchUpdates(setting: Setting): Promise<Figure[]> {
  const ours: number[] = []
  const rivals: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const rival = `nsupdate-${round}.example`
    await setting.addRivalZone(rival)
    rivals.push((await nsupdate(setting.primary, rival, addScript(addressesOf(rival, RECORDS)))).tookMs)
    await setting.untilLevel(rival)
    await nsupdate(setting.primary, ZONE, deleteScript(addresses))
    await setting.untilLevel(ZONE)
    ours.push(await cachedToServed(setting))
  }
  const [value, rival] = [median(ours), median(rivals)]
  return [
    {
      what: `by updates: cached to served by the primary, p50 of ${ROUNDS}`,
      value: seconds(value),
      rival: seconds(rival),
      ratio: times(value / rival),
      ...atMost(LOAD_MS, value, seconds),
    },
  ]
}

async function cachedToServed(setting: Setting): Promise<number> {
  const watch = await Watch.of(setting.primary, ZONE, 'SOA')
  const controller = setting.startController()
  try {
    const cachedMs = await controller.cachedMs()
    await controller.untilLogged('Zone read')
    await setting.mustServe(setting.primary, ZONE, addresses, watch)
    return watch.sinceMs - cachedMs
  } finally {
    await controller.stop()
    await watch.stop()
  }
}

async function benchChanges(setting: Setting): Promise<Figure[]> {
  const controller = setting.startController()
  try {
    await setting.addRivalZone(RIVAL, addressesOf(RIVAL, RECORDS))
    await controller.untilLogged('Zone read')
    await controller.untilQuiet()
    const place = { zone: ZONE, rival: RIVAL, records: RECORDS, changes: 200, rivalChanges: 50 }
    return await benchOneChange(setting, place, { p95: 100, secondaryP95: 100 })
  } finally {
    await controller.stop()
  }
}

/** From all objects read until each server was first seen at the serial where it has all records. */
async function cachedToBoth(
  setting: Setting,
  controller: ControllerProcess,
): Promise<{ primaryMs: number; secondaryMs: number }> {
  const { primary, secondary } = setting
  const watches = await Promise.all([Watch.of(primary, ZONE, 'SOA'), Watch.of(secondary, ZONE, 'SOA')])
  try {
    const cachedMs = await controller.cachedMs()
    await Promise.all(watches.map(watch => watch.until(said => /^\d+$/.test(said), { timeoutMs: 300_000 })))
    await setting.mustServe(primary, ZONE, addresses, watches[0])
    await setting.mustServe(secondary, ZONE, addresses, watches[1])
    return { primaryMs: watches[0].sinceMs - cachedMs, secondaryMs: watches[1].sinceMs - cachedMs }
  } finally {
    await Promise.all(watches.map(watch => watch.stop()))
  }
}
