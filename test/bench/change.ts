import { setTimeout as pause } from 'node:timers/promises'
import { nowMs } from './clock.ts'
import { atMost, type Figure, ms, type Section, times } from './figure.ts'
import { addScript, nsupdate } from './nsupdate.ts'
import { addressesOf, Setting } from './setting.ts'
import { median, quantile } from './statistics.ts'
import { Watch } from './watch.ts'

const RECORDS = 10_000
const CHANGES = 200
/** So many changes by nsupdate, spread among ours. */
const RIVAL_CHANGES = 50
const EDITS = 1_000
const ZONE = 'change.example'
const RIVAL = 'nsupdate.example'

/** Single changes in a large zone: how soon each is served, and whether the name is ever absent. */
export async function benchChange(tell: (step: string) => void): Promise<Section> {
  const setting = await Setting.start()
  const controller = setting.startController()
  try {
    tell(`a zone of ${RECORDS} records`)
    await setting.createRecords(ZONE, addressesOf(ZONE, RECORDS))
    await setting.createZone(ZONE)
    await setting.addRivalZone(RIVAL, addressesOf(RIVAL, RECORDS))
    await setting.untilZoneReady(ZONE)
    await controller.untilQuiet()
    tell(`${CHANGES} changes, one at a time`)
    const changes = await benchChanges(setting)
    await controller.untilQuiet()
    tell(`${EDITS} edits of one record in a row`)
    const edits = await benchEdits(setting)
    return { title: `changes in a zone of ${RECORDS} records`, figures: [...changes, ...edits], notes }
  } finally {
    await controller.stop()
    await setting.stop()
  }
}

const notes = [
  'One change: another address for one record; from the acknowledgement of the patch by the API server (0 where the server ' +
    'was quicker) to the moment when the server was seen giving the new address, asked about every millisecond. Rival: one ' +
    'nsupdate of the same change, from the start of the process, in a zone as large on the same servers.',
  'Edits in a row: one record is patched again and again without a pause, while each server is asked for it as fast as it ' +
    'answers. An answer other than one address of the record counts as absent: NXDOMAIN, NODATA, two addresses, silence.',
]

/** Milliseconds from one moment until each server was seen serving the new address. */
interface Seen {
  readonly primaryMs: number
  readonly secondaryMs: number
}

async function benchChanges(setting: Setting): Promise<Figure[]> {
  const ours: (Seen & { sentMs: number })[] = []
  const rivals: (Seen & { processMs: number })[] = []
  for (let i = 0; i < CHANGES; i++) {
    ours.push(await changeToServed(setting, i))
    if (i % (CHANGES / RIVAL_CHANGES) === 0) rivals.push(await nsupdateToServed(setting, i))
  }
  const mine = (pick: 'primaryMs' | 'secondaryMs' | 'sentMs', share: number) =>
    quantile(
      ours.map(seen => seen[pick]),
      share,
    )
  const theirs = (pick: 'primaryMs' | 'secondaryMs', share: number) =>
    quantile(
      rivals.map(seen => seen[pick]),
      share,
    )
  const row = (what: string, pick: 'primaryMs' | 'secondaryMs', share: number, limit?: number): Figure => ({
    what,
    value: ms(mine(pick, share)),
    rival: ms(theirs(pick, share)),
    ratio: times(mine(pick, share) / theirs(pick, share)),
    ...(limit !== undefined && atMost(limit, mine(pick, share), ms)),
  })
  return [
    row(`one change, acknowledged to served by the primary, p50 of ${CHANGES}`, 'primaryMs', 0.5, 20),
    row('  p95', 'primaryMs', 0.95, 60),
    row('  by the secondary, p50', 'secondaryMs', 0.5),
    row('  by the secondary, p95', 'secondaryMs', 0.95, 100),
    { what: '  patch sent to served by the primary, p50', value: ms(mine('sentMs', 0.5)) },
    { what: '  the nsupdate process from start to end, p50', rival: ms(median(rivals.map(seen => seen.processMs))) },
  ]
}

async function changeToServed(setting: Setting, i: number): Promise<Seen & { sentMs: number }> {
  const { owner, address } = changeOf(ZONE, i)
  const watches = await watchBoth(setting, owner)
  try {
    const sentMs = nowMs()
    await setting.changeRecord(ZONE, owner, address)
    const acknowledgedMs = nowMs()
    const seen = await seenSince(acknowledgedMs, address, watches)
    return { ...seen, sentMs: seen.primaryMs + acknowledgedMs - sentMs }
  } finally {
    await stopAll(watches)
  }
}

async function nsupdateToServed(setting: Setting, i: number): Promise<Seen & { processMs: number }> {
  const { owner, address } = changeOf(RIVAL, i)
  const watches = await watchBoth(setting, owner)
  try {
    const script = `update delete ${owner} A\n${addScript([[owner, address]])}`
    const { startMs, tookMs } = await nsupdate(setting.primary, RIVAL, script)
    return { ...(await seenSince(startMs, address, watches)), processMs: tookMs }
  } finally {
    await stopAll(watches)
  }
}

function changeOf(zone: string, i: number): { owner: string; address: string } {
  return { owner: `host-${(i * 7_919) % RECORDS}.${zone}.`, address: `192.0.2.${i}` }
}

async function seenSince(
  startMs: number,
  address: string,
  [primary, secondary]: readonly [Watch, Watch],
): Promise<Seen> {
  const isNew = (said: string) => said === address
  const [first, second] = await Promise.all([primary.until(isNew), secondary.until(isNew)])
  // What follows a change, such as its status, is over before the next.
  await pause(50 + Math.random() * 50)
  return { primaryMs: Math.max(first - startMs, 0), secondaryMs: Math.max(second - startMs, 0) }
}

function watchBoth({ primary, secondary }: Setting, owner: string): Promise<[Watch, Watch]> {
  return Promise.all([Watch.of(primary, owner, 'A'), Watch.of(secondary, owner, 'A')])
}

async function stopAll(watches: readonly Watch[]): Promise<void> {
  await Promise.all(watches.map(watch => watch.stop()))
}

/** One record is edited as fast as the API server takes it, while both servers are asked for its name without a pause. */
async function benchEdits(setting: Setting): Promise<Figure[]> {
  const owner = `host-0.${ZONE}.`
  const servers = [setting.primary, setting.secondary] as const
  const watches = await Promise.all(servers.map(server => Watch.of(server, owner, 'A', { pauseMs: 0 })))
  try {
    await Promise.all(watches.map(watch => watch.until(() => true)))
    let address = ''
    for (let i = 0; i < EDITS; i++) {
      address = `198.51.${100 + (i >> 8)}.${i & 255}`
      await setting.changeRecord(ZONE, owner, address)
    }
    await Promise.all(watches.map(watch => watch.until(said => said === address)))
    return watches.map((watch, i) => absences(watch, servers[i]?.name ?? ''))
  } finally {
    await stopAll(watches)
  }
}

function absences({ asked, counts, sights }: Watch, server: string): Figure {
  const absent = [...counts].filter(([said]) => !/^\d+\.\d+\.\d+\.\d+$/.test(said))
  const answers = absent.reduce((sum, [, count]) => sum + count, 0)
  const said = absent.map(([what, count]) => `, ${what} ${count}`).join('')
  return {
    what: `${EDITS} edits in a row: absent at the ${server}`,
    value: `${answers} of ${asked} answers, ${new Set(sights.map(sight => sight.said)).size} addresses${said}`,
    ...atMost(0, answers, String),
  }
}
