import { type RunningNamed, until } from '../cluster/index.ts'
import { patchStatuses } from './barepatches.ts'
import { nowMs } from './clock.ts'
import { atLeast, atMost, type Figure, perSecond, type Section, seconds, times } from './figure.ts'
import { restingMemory } from './memory.ts'
import { addScript, deleteScript, nsupdate } from './nsupdate.ts'
import { benchResync } from './resync.ts'
import { addressesOf, Setting } from './setting.ts'
import { median } from './statistics.ts'
import { Watch } from './watch.ts'

const RECORDS = 10_000
const BURST = 1_000
const SPEED_ROUNDS = 5
const STATUS_ROUNDS = 2
const ZONE = 'records.example'
const addresses = addressesOf(ZONE, RECORDS)

/** Many new records in one zone that is there: how soon they are served, reported, and at what cost. */
export async function benchRecords(tell: (step: string) => void): Promise<Section> {
  const setting = await Setting.start()
  try {
    tell(`${BURST} objects at once`)
    const burst = await benchBurst(setting)
    tell(`${RECORDS} objects created while the controller runs`)
    const live = await benchLive(setting)
    tell(`their statuses alone, beside a bare loop of patches, ${STATUS_ROUNDS} times`)
    const statuses = await benchStatuses(setting)
    tell(`cached to served, beside nsupdate, ${SPEED_ROUNDS} times`)
    const speed = await benchSpeed(setting)
    tell(`nothing to do, ${SPEED_ROUNDS} times`)
    const resync = await benchResync(setting, SPEED_ROUNDS)
    tell('memory at rest')
    const memory = await restingMemory(setting, RECORDS, { limitMB: 150 })
    return {
      title: `${RECORDS} new A records in one zone that is there`,
      figures: [...speed, ...resync, ...live, ...statuses, ...burst, memory],
      notes,
    }
  } finally {
    await setting.stop()
  }
}

const notes = [
  'Cached to served: the objects are there and the zone is on both servers without the records. The controller is ' +
    'started; the time is from the moment when it has read all objects to the one when the primary was first seen at the ' +
    'serial where it serves them all. It connects to the servers and reads the zone within that time. Rival: the nsupdate ' +
    'process from start to end, over TCP, signed, 1,300 records a message, into a new zone on the same servers.',
  'Nothing to do: the records are served and their objects say so. From the moment when the controller has read all ' +
    'objects to the one when it has met the servers, read the zone and compared it; no request writes.',
  'First create to all Ready: the controller runs while the bench creates the objects, 24 at a time.',
  'Status writes at one go: all objects say something else, the controller is started; from its first status write to its ' +
    'last. Rival: the bench patches the same objects in the same way, also 24 at a time, while no controller runs.',
  'At once: 64 creates at a time; served as above, counted from the last acknowledgement. Records sent are counted in the ' +
    'log of named, which also names those that were there already; API requests are all that the controller makes.',
  'Resident memory: of the bundled main program, 20 s after it has read all objects.',
]

/** The controller runs and the zone is there; 1,000 objects are created as fast as the API server takes them. */
async function benchBurst(setting: Setting): Promise<Figure[]> {
  const zone = 'burst.example'
  const burst = addressesOf(zone, BURST)
  const controller = setting.startController()
  const watch = await Watch.of(setting.primary, zone, 'SOA')
  try {
    await setting.createZone(zone)
    await setting.untilZoneReady(zone)
    await controller.untilQuiet()
    await controller.sent({ reset: true })
    const logged = setting.primary.log().length
    await setting.createRecords(zone, burst, { writers: 64 })
    const createdMs = nowMs()
    await controller.untilStatuses(BURST)
    const { requests } = await controller.untilQuiet()
    await setting.mustServe(setting.primary, zone, burst, watch)
    const sent = additions(setting.primary, logged) / BURST
    const asked = Object.values(requests).reduce((sum, count) => sum + count, 0) / BURST
    const waitMs = Math.max(watch.sinceMs - createdMs, 0)
    await setting.deleteZone(zone)
    await setting.deleteRecords(zone, burst)
    await controller.untilQuiet()
    return [
      {
        what: `${BURST} objects at once: last create to last served`,
        value: seconds(waitMs),
        ...atMost(1_000, waitMs, seconds),
      },
      { what: '  times each was sent to the primary', value: sent.toFixed(3), ...atMost(1, sent, String) },
      { what: '  API requests for each', value: asked.toFixed(3), ...atMost(1.1, asked, String) },
    ]
  } finally {
    await watch.stop()
    await controller.stop()
  }
}

/** named logs each record that an UPDATE adds, also when it is there already. */
function additions(named: RunningNamed, from: number): number {
  return (
    named
      .log()
      .slice(from)
      .match(/adding an RR at '/g)?.length ?? 0
  )
}

/** The controller runs and the zone is there; 10,000 objects are created, and in the end all say Ready. */
async function benchLive(setting: Setting): Promise<Figure[]> {
  const controller = setting.startController()
  try {
    await setting.createZone(ZONE)
    await setting.untilZoneReady(ZONE)
    await controller.untilQuiet()
    await controller.sent({ reset: true })
    const startMs = nowMs()
    await setting.createRecords(ZONE, addresses)
    const createdMs = nowMs()
    const { lastStatusMs = Number.NaN } = await controller.untilStatuses(RECORDS)
    const { requests } = await controller.untilQuiet()
    await mustBeReady(setting)
    const written = (requests['patch arecords/status'] ?? 0) / RECORDS
    return [
      { what: 'first create to all Ready', value: seconds(lastStatusMs - startMs) },
      { what: '  last create to all Ready', value: seconds(lastStatusMs - createdMs) },
      { what: '  status writes for each record', value: written.toFixed(3), ...atMost(1, written, String) },
    ]
  } finally {
    await controller.stop()
  }
}

/** All objects are there with a status that the bench wrote; the controller, started anew, writes them all again. */
async function benchStatuses(setting: Setting): Promise<Figure[]> {
  const names = addresses.map(([owner]) => owner.slice(0, -1))
  const bare: number[] = []
  const ours: number[] = []
  for (let round = 0; round < STATUS_ROUNDS; round++) {
    bare.push(await patchStatuses(setting.api, names, `Bench${round}`))
    const controller = setting.startController()
    try {
      const { firstStatusMs = 0, lastStatusMs = 0 } = await controller.untilStatuses(RECORDS)
      await controller.untilQuiet()
      await mustBeReady(setting)
      ours.push((RECORDS / (lastStatusMs - firstStatusMs)) * 1000)
    } finally {
      await controller.stop()
    }
  }
  bare.push(await patchStatuses(setting.api, names, 'BenchLast'))
  const [rate, rival] = [median(ours), median(bare)]
  return [
    {
      what: `  status writes at one go; rival: a bare loop`,
      value: perSecond(rate),
      rival: perSecond(rival),
      ratio: times(rate / rival),
      ...atLeast(0.7, rate / rival, times),
    },
  ]
}

async function benchSpeed(setting: Setting): Promise<Figure[]> {
  const ours: number[] = []
  const rivals: number[] = []
  for (let round = 0; round < SPEED_ROUNDS; round++) {
    const zone = `nsupdate-${round}.example`
    await setting.addRivalZone(zone)
    rivals.push((await nsupdate(setting.primary, zone, addScript(addressesOf(zone, RECORDS)))).tookMs)
    await setting.untilLevel(zone)
    await nsupdate(setting.primary, ZONE, deleteScript(addresses))
    await setting.untilLevel(ZONE)
    ours.push(await cachedToServed(setting))
  }
  const [value, rival] = [median(ours), median(rivals)]
  const all = (list: readonly number[]) => `${seconds(Math.min(...list))}-${seconds(Math.max(...list))}`
  return [
    {
      what: `cached to served, p50 of ${SPEED_ROUNDS}; rival: nsupdate`,
      value: seconds(value),
      rival: seconds(rival),
      ratio: times(value / rival),
      ...atMost(2, value / rival, times),
    },
    { what: '  least and most', value: all(ours), rival: all(rivals) },
  ]
}

async function cachedToServed(setting: Setting): Promise<number> {
  const watch = await Watch.of(setting.primary, ZONE, 'SOA')
  const controller = setting.startController()
  try {
    const cachedMs = await controller.cachedMs()
    // On a busy machine it may be quiet before it has begun.
    const isDone = async () => {
      await controller.untilQuiet()
      return (await setting.served(setting.primary, ZONE)).addresses.size >= RECORDS
    }
    await until('the primary serves all records', isDone, { timeoutMs: 60_000 })
    await setting.mustServe(setting.primary, ZONE, addresses, watch)
    return watch.sinceMs - cachedMs
  } finally {
    await controller.stop()
    await watch.stop()
  }
}

async function mustBeReady(setting: Setting): Promise<void> {
  const ready = await setting.readyRecords()
  if (ready < RECORDS) throw new Error(`Cannot measure: only ${ready} of ${RECORDS} records say Ready`)
}
