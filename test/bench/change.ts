import { atMost, type Figure, type Section } from './figure.ts'
import { benchOneChange, oneChangeNote } from './onechange.ts'
import { addressesOf, Setting } from './setting.ts'
import { Watch } from './watch.ts'

const RECORDS = 10_000
const CHANGES = 200
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
    const place = { zone: ZONE, rival: RIVAL, records: RECORDS, changes: CHANGES, rivalChanges: 50 }
    const changes = await benchOneChange(setting, place, { p50: 20, p95: 60, secondaryP95: 100 })
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
  oneChangeNote,
  'Edits in a row: one record is patched again and again without a pause, while each server is asked for it as fast as it ' +
    'answers. An answer other than one address of the record counts as absent: NXDOMAIN, NODATA, two addresses, silence.',
]

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
    await Promise.all(watches.map(watch => watch.stop()))
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
