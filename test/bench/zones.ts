import type { RunningNamed } from '../cluster/index.ts'
import { nowMs } from './clock.ts'
import type { ControllerProcess } from './controller.ts'
import { atMost, type Figure, type Section, seconds, times } from './figure.ts'
import { RECORDS, untilServed, ZONES, zonesOf } from './manyzones.ts'
import { inParallel } from './parallel.ts'
import { benchRest } from './rest.ts'
import { benchRivals, type Rivals } from './rivalzones.ts'
import { Setting, WRITERS } from './setting.ts'

const ALL = ZONES * RECORDS

/** Many zones: created, at rest, changed all at once, and made anew on a server that lost its disk. */
export async function benchZones(tell: (step: string) => void): Promise<Section> {
  tell('rndc and nsupdate, on servers of their own')
  const rivals = await benchRivals()
  const setting = await Setting.start()
  try {
    tell(`${ZONES} zones and ${ALL} records as objects`)
    await createObjects(setting)
    const created = await benchCreation(setting, rivals, tell)
    const changed = await benchChange(setting, rivals, tell)
    const lost = await benchLosses(setting, tell)
    return { title: `${ZONES} zones of ${RECORDS} A records`, figures: [...created, ...changed, ...lost], notes }
  } finally {
    await setting.stop()
  }
}

const notes = [
  'Served: each record was seen with its new address on the server that is named. The zones are asked about side by side, ' +
    'the records of a zone one after the other: 250 questions a second and server about what is not served yet.',
  'Created: all objects are there, no zone is. The controller is started; from the moment when it has read all objects. ' +
    'Rival: an rndc process for each zone and server, the primary first, one after the other, the zone files written first; ' +
    'from the first file.',
  'At rest: no status is left to write; UPDATEs and RNDC commands are counted in the logs of both servers, API requests by ' +
    'the controller as it sends them, its lease aside.',
  'Changed: each record gets another address while no controller runs; from the moment when it has read all objects. ' +
    'Rival: one nsupdate process, a message for each zone, from its start. While it runs: from the last acknowledgement of ' +
    'the API server, which takes most of the time.',
  'Lost: named is killed, its directory emptied, and it is started again while the controller runs; from the moment when ' +
    'it answers at all. Wrong answers: NXDOMAIN and NODATA, where it has the zone and not the record.',
]

async function createObjects(setting: Setting): Promise<void> {
  await inParallel(zonesOf(0), WRITERS, async ({ name, addresses }) => {
    await setting.createRecords(name, addresses, { writers: 1 })
    await setting.createZone(name)
  })
}

async function benchCreation(setting: Setting, rivals: Rivals, tell: (step: string) => void): Promise<Figure[]> {
  tell('created')
  const controller = setting.startController()
  try {
    const tookMs = await cachedToServed([setting.primary, setting.secondary], 0, controller)
    tell('their statuses')
    await controller.untilStatuses(ALL)
    await controller.untilQuiet()
    tell('two minutes at rest')
    const rest = await benchRest(setting, controller)
    return [beside('created: cached to served by both servers', tookMs, rivals.createdMs, 20_000), ...rest]
  } finally {
    await controller.stop()
  }
}

async function benchChange(setting: Setting, rivals: Rivals, tell: (step: string) => void): Promise<Figure[]> {
  tell(`${ALL} records changed while no controller runs`)
  await changeObjects(setting, 1)
  const controller = setting.startController()
  try {
    const stoppedMs = await cachedToServed([setting.secondary], 1, controller)
    await controller.untilStatuses(ALL)
    await controller.untilQuiet()
    tell(`${ALL} records changed while it runs`)
    let patchedMs = Number.NaN
    const { atMs } = await untilServed([setting.secondary], zonesOf(2), async () => {
      await changeObjects(setting, 2)
      patchedMs = nowMs()
    })
    await controller.untilQuiet()
    return [
      beside(`${ALL} records changed: cached to served by the secondary`, stoppedMs, rivals.changedMs, 10_000),
      { what: '  while it runs: last patch to served by the secondary', value: seconds(Math.max(atMs - patchedMs, 0)) },
    ]
  } finally {
    await controller.stop()
  }
}

async function changeObjects(setting: Setting, round: number): Promise<void> {
  await inParallel(zonesOf(round), WRITERS, async ({ name, addresses }) => {
    for (const [owner, address] of addresses) await setting.changeRecord(name, owner, address)
  })
}

async function benchLosses(setting: Setting, tell: (step: string) => void): Promise<Figure[]> {
  const controller = setting.startController()
  try {
    await controller.untilQuiet()
    const figures: Figure[] = []
    for (const named of [setting.primary, setting.secondary]) {
      tell(`the ${named.name} loses its disk`)
      figures.push(...(await benchLoss(named)))
      await controller.untilQuiet()
    }
    return figures
  } finally {
    await controller.stop()
  }
}

async function benchLoss(named: RunningNamed): Promise<Figure[]> {
  await named.loseDisk()
  await named.restart()
  const upMs = nowMs()
  const { atMs, wrong, asked } = await untilServed([named], zonesOf(2), async () => {})
  return [
    {
      what: `the ${named.name} lost all: up to served`,
      value: seconds(atMs - upMs),
      ...atMost(30_000, atMs - upMs, seconds),
    },
    { what: '  wrong answers meanwhile', value: `${wrong} of ${asked}`, ...atMost(0, wrong, String) },
  ]
}

async function cachedToServed(
  servers: readonly RunningNamed[],
  round: number,
  controller: ControllerProcess,
): Promise<number> {
  let cachedMs = Number.NaN
  const { atMs } = await untilServed(servers, zonesOf(round), async () => {
    cachedMs = await controller.cachedMs()
  })
  return atMs - cachedMs
}

function beside(what: string, value: number, rival: number, limitMs: number): Figure {
  return {
    what,
    value: seconds(value),
    rival: seconds(rival),
    ratio: times(value / rival),
    ...atMost(limitMs, value, seconds),
  }
}
