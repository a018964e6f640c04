import { nowMs } from './clock.ts'
import type { ControllerProcess } from './controller.ts'
import { atMost, ms, type Section, times } from './figure.ts'
import { type Address, addScript, nsupdate } from './nsupdate.ts'
import { addressesOf, Setting } from './setting.ts'
import { median, quantile } from './statistics.ts'
import { Watch } from './watch.ts'

const ZONES = 20
const RECORDS = 100

/** New zones whose records are there already: how soon both servers have all of each. */
export async function benchZone(tell: (step: string) => void): Promise<Section> {
  const setting = await Setting.start()
  const controller = setting.startController()
  try {
    tell(`${ZONES * RECORDS} records whose zones do not exist yet`)
    for (const zone of zones) await setting.createRecords(zone, addressesOf(zone, RECORDS))
    await controller.untilQuiet()
    tell(`${ZONES} zones, one after the other, each beside nsupdate`)
    const ours: number[] = []
    const rivals: Spans[] = []
    for (const [i, zone] of zones.entries()) {
      ours.push(await zoneToComplete(setting, controller, zone))
      rivals.push(await nsupdateToComplete(setting, `nsupdate-${i}.example`))
    }
    return sectionOf(ours, rivals)
  } finally {
    await controller.stop()
    await setting.stop()
  }
}

const zones = Array.from({ length: ZONES }, (_, i) => `zone-${i}.example`)

function sectionOf(ours: readonly number[], rivals: readonly Spans[]): Section {
  const value = median(ours)
  const rival = median(rivals.map(({ completeMs }) => completeMs))
  const figures = [
    {
      what: `acknowledged to complete on both servers, p50 of ${ZONES}`,
      value: ms(value),
      rival: ms(rival),
      ratio: times(value / rival),
      ...atMost(200, value, ms),
    },
    {
      what: '  p95',
      value: ms(quantile(ours, 0.95)),
      rival: ms(
        quantile(
          rivals.map(r => r.completeMs),
          0.95,
        ),
      ),
    },
    { what: '  the nsupdate process from start to end, p50', rival: ms(median(rivals.map(r => r.processMs))) },
  ]
  return { title: `a new zone of ${RECORDS} records`, figures, notes }
}

const notes = [
  'The records are there; the DNSZone is created. From the acknowledgement of the API server to the moment when the later ' +
    'of both servers was first seen at the serial that it stays at, where it has all records: both are asked for the SOA ' +
    'about every millisecond. Rival: nsupdate adds as many records to a zone that is on both servers, from the start of ' +
    'the process to the moment when both have them.',
]

/** From the acknowledgement of the zone's object until both servers have its SOA for good, with all records beside it. */
async function zoneToComplete(setting: Setting, controller: ControllerProcess, zone: string): Promise<number> {
  const watches = await watchBoth(setting, zone)
  try {
    await setting.createZone(zone)
    const acknowledgedMs = nowMs()
    await setting.untilZoneReady(zone)
    await controller.untilQuiet()
    return (await completeMs(setting, zone, addressesOf(zone, RECORDS), watches)) - acknowledgedMs
  } finally {
    await Promise.all(watches.map(watch => watch.stop()))
  }
}

interface Spans {
  readonly processMs: number
  readonly completeMs: number
}

async function nsupdateToComplete(setting: Setting, zone: string): Promise<Spans> {
  const addresses = addressesOf(zone, RECORDS)
  await setting.addRivalZone(zone)
  const watches = await watchBoth(setting, zone)
  try {
    const { startMs, tookMs } = await nsupdate(setting.primary, zone, addScript(addresses))
    await setting.untilLevel(zone)
    return { processMs: tookMs, completeMs: (await completeMs(setting, zone, addresses, watches)) - startMs }
  } finally {
    await Promise.all(watches.map(watch => watch.stop()))
  }
}

function watchBoth({ primary, secondary }: Setting, zone: string): Promise<[Watch, Watch]> {
  return Promise.all([Watch.of(primary, zone, 'SOA'), Watch.of(secondary, zone, 'SOA')])
}

/** When the later of both servers began to say what it says now, which is all. */
async function completeMs(
  setting: Setting,
  zone: string,
  addresses: readonly Address[],
  [first, second]: readonly [Watch, Watch],
): Promise<number> {
  await setting.mustServe(setting.primary, zone, addresses, first)
  await setting.mustServe(setting.secondary, zone, addresses, second)
  return Math.max(first.sinceMs, second.sinceMs)
}
