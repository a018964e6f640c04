import { readdirSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type RunningNamed, until } from '../../cluster/index.ts'
import { instanceObjects } from '../../cluster/objects.ts'
import { Bindy } from './bindy.ts'
import { GatedController } from './gatedcontroller.ts'
import { conditionOf, type Namespace, type Thing } from './namespace.ts'
import { LEVEL } from './patience.ts'
import { transfers } from './transfers.ts'

/*
 * kill -9 at every step of a zone's path. All zones go the same path at once, and each is stopped before another of its
 * messages: the first before the first, the second before the second, until the last ones are through; and one more
 * before each step that has a name. Then somebody is killed. Each zone has instances of its own, and so connections of its own: one that stands is in nobody's way.
 */

const COUNTED = 24
/** As many as a path names steps. */
const NAMED = 5
const zones = Array.from({ length: COUNTED + NAMED }, (_, i) => `z${i + 1}.example`)
// One that missed its NOTIFY too is level within this.
const PATIENT = { ...LEVEL, everyMs: 100 }
const kinds = ['dnszones', 'arecords', 'txtrecords', 'cnamerecords']

const bindy = new Bindy({ primary: {}, secondary: {} })
let dns: Namespace<'primary' | 'secondary'>
let controller: GatedController
/** What a server has besides our zones. */
const zonesAtStart = new Map<RunningNamed, number>()

const servers = () => [bindy.named.primary, bindy.named.secondary]
beforeAll(async () => {
  await bindy.start()
  await bindy.stopController()
  for (const named of servers()) zonesAtStart.set(named, await zoneCount(named))
  dns = await bindy.namespace()
  await dns.apply(zones.flatMap(instancesOf))
  await startController()
})
afterAll(async () => {
  await controller?.kill()
  await bindy.stop()
})

const startController = async () => {
  controller = await GatedController.start(bindy.api, bindy.kube, bindy.cluster.directory)
}

// Their names say no zone's, so that what is said of them passes the gate.
function instancesOf(zone: string): object[] {
  return servers().flatMap(({ name, address, dnsPort, rndcPort, rndcKey, tsigKey }) => {
    const role = name === 'primary' ? 'primary' : 'secondary'
    const named = { name: `${name}-${zones.indexOf(zone)}`, address, dnsPort, rndcPort, rndcKey, tsigKey }
    return instanceObjects(named, { role, labels: { zone, role } })
  })
}

interface Path {
  /** What every zone is to come to on a server, as lines of a transfer; nothing where it is to be gone. */
  readonly end: (zone: string, server: string) => readonly string[]
  /** What its object says when it has come to that, beside Ready. */
  readonly isOver?: (zone: Thing) => boolean
  /** Messages that some zone is stopped before, whatever else happens. */
  readonly steps: readonly RegExp[]
  readonly prepare?: (zone: string) => Promise<unknown>
  readonly go: (zone: string) => Promise<unknown>
}

const recordKinds = ['ARecord', 'TXTRecord', 'CNAMERecord']
const record = (kind: string, zone: string) => ({ kind, metadata: { name: zone } })
const own = (zone: string) => [
  `${zone}. 3600 NS ns.example.net.`,
  `${zone}. 3600 SOA ns.example.net. admin.example.net. 3600 600 604800 300`,
]

const birth: Path = {
  prepare: async zone => {
    await Promise.all(recordKinds.map(kind => dns.delete(record(kind, zone))))
    await dns.create('ARecord', zone, { zone, name: 'www', ipv4Address: '192.0.2.1' })
    await dns.create('TXTRecord', zone, { zone, name: 'text', text: ['old'] })
  },
  go: zone =>
    dns.zone(zone, {
      clusterRef: undefined,
      instanceSelector: { matchLabels: { zone } },
      soaRecord: { primaryNs: 'ns.example.net.', adminEmail: 'admin.example.net.' },
    }),
  steps: [
    /PATCH .*dnszones\/z\d+.example HTTP/,
    /addzone "z\d+.example." { type secondary;/,
    /delzone "/,
    /addzone "z\d+.example." { type primary;/,
  ],
  end: zone => [...own(zone), `text.${zone}. 3600 TXT "old"`, `www.${zone}. 3600 A 192.0.2.1`],
}

const change: Path = {
  go: zone =>
    Promise.all([
      dns.edit(record('ARecord', zone), { ipv4Address: '192.0.2.2' }),
      dns.delete(record('TXTRecord', zone)),
      dns.create('CNAMERecord', zone, { zone, name: 'alias', target: 'www.example.net.' }),
    ]),
  // An UPDATE: two octets of length, two of ID, then opcode 5.
  steps: [/: .{4}\(/s],
  end: zone => [...own(zone), `alias.${zone}. 3600 CNAME www.example.net.`, `www.${zone}. 3600 A 192.0.2.2`],
}

const departure: Path = {
  go: zone => dns.edit(record('DNSZone', zone), { instanceSelector: { matchLabels: { zone, role: 'primary' } } }),
  steps: [/delzone -clean "/],
  end: (zone, server) => (server === 'primary' ? change.end(zone, server) : []),
  isOver: ({ status }) => [status?.servers].flat().length === 1,
}

const deletion: Path = {
  go: zone => dns.delete(record('DNSZone', zone)),
  steps: [/delzone -clean "/, /PATCH .*dnszones\/z\d+.example HTTP/],
  end: () => [],
}

const victims = {
  'the controller': async () => {
    await controller.kill()
    await startController()
  },
  'the primary': () => killServer(bindy.named.primary),
  'the primary, with the message,': () => killServer(bindy.named.primary, { hears: true }),
  'the secondary': () => killServer(bindy.named.secondary),
}

describe.each(Object.entries(victims))('kill -9 of %s before every message of', (victim, kill) => {
  test.each(Object.entries<Path>({ birth, change, departure, deletion }))(
    "a zone's %s ends as without",
    async (_path, path) => {
      await Promise.all(zones.map(zone => path.prepare?.(zone)))
      await until('all that is there has spoken', async () => (await things()).every(({ status }) => status), PATIENT)
      const before = await leftovers()
      controller.shutGate({ counted: COUNTED, steps: path.steps.map(({ source }) => source) })
      await Promise.all(zones.map(path.go))
      await until('each zone stands or is through', standOrEnd(path), PATIENT)
      const stood = new Map(controller.kept)
      await kill()
      const isOver = async () => (await ended(path)).size === zones.length
      await until('all zones are through', isOver, PATIENT)
      for (const named of servers()) await serves(named, path)
      const left = async () => (await leftovers()).filter(file => !before.includes(file))
      if (victim === 'the controller')
        await until('at most two files are left', async () => (await left()).length <= 2, PATIENT)
      for (const [i, step] of path.steps.entries()) expect(stood.get(COUNTED + 1 + i)).toMatch(step)
      expect([...stood.keys()].filter(zone => zone <= COUNTED).length).toBeLessThan(COUNTED)
    },
  )
})

/** Waits until a server has exactly what the path ends with. */
async function serves(named: RunningNamed, path: Path): Promise<void> {
  const ends = zones.map(zone => [zone, [...path.end(zone, named.name)].sort()] as const)
  const wanted = new Map(ends.filter(([, lines]) => lines.length > 0))
  let found: unknown
  const isSo = async () => {
    const records = new Map([...(await transfers(named, zones))].map(([zone, { records }]) => [zone, records]))
    found = { records, count: (await zoneCount(named)) - (zonesAtStart.get(named) as number) }
    return isDeepStrictEqual(found, { records: wanted, count: wanted.size })
  }
  await until(`${named.name} serves what it should`, isSo, PATIENT).catch(() =>
    expect(found).toEqual({ records: wanted, count: wanted.size }),
  )
}

/**
 * Files of zones that are no more. One stays behind where the controller is killed between the `delzone` that leaves the
 * file of a seeded primary and the `addzone` that takes it; or named before it has removed what `delzone -clean` said.
 */
async function leftovers(): Promise<string[]> {
  const live = (await dns.list('dnszones')).map(({ metadata }) => `${metadata.uid}`)
  const files = servers().flatMap(({ data }) => readdirSync(data))
  return files.filter(file => file.startsWith('bindy-') && !live.some(uid => file.includes(uid)))
}

async function killServer(named: RunningNamed, { hears = false } = {}): Promise<void> {
  if (hears) await controller.openGate()
  await named.kill('SIGKILL')
  if (!hears) await controller.openGate()
  await named.restart()
}

const things = async () => (await Promise.all(kinds.map(plural => dns.list(plural)))).flat()

/** The zones that are through as far as the objects tell: Ready with all their records, or gone. */
async function ended(path: Path): Promise<Set<string>> {
  const all = await things()
  const isThrough = (zone: string) => {
    const its = all.filter(({ metadata }) => metadata.name === zone)
    const isThere = its.some(({ spec }) => spec.zoneName !== undefined)
    const isOver = (thing: Thing) => thing.kind !== 'DNSZone' || (path.isOver?.(thing) ?? true)
    return path === deletion ? !isThere : isThere && its.every(thing => isReady(thing) && isOver(thing))
  }
  return new Set(zones.filter(isThrough))
}

function standOrEnd(path: Path): () => Promise<boolean> {
  return async () => {
    if (controller.kept.size === 0) return false
    const through = await ended(path)
    return zones.every((zone, i) => controller.kept.has(i + 1) || through.has(zone))
  }
}

function isReady(thing: Thing): boolean {
  const said = conditionOf(thing)
  return said?.status === 'True' && said.observedGeneration === thing.metadata.generation
}

async function zoneCount(named: RunningNamed): Promise<number> {
  return Number(/number of zones: (\d+)/.exec((await named.rndc('status')).stdout)?.[1])
}
