import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { recordTypes } from '#crds'
import { until } from '../../cluster/index.ts'
import { answers, dnsWrites, serialOf } from './answers.ts'
import { Bindy } from './bindy.ts'
import type { Namespace, Thing } from './namespace.ts'

const bindy = new Bindy({ primary: {}, secondary: {} })
let dns: Namespace<'primary' | 'secondary'>
const zones: Thing[] = []

const both = () => [bindy.named.primary, bindy.named.secondary]
beforeAll(async () => {
  await bindy.start()
  dns = await bindy.namespace()
  const names = ['example.com', 'example.net', '2.0.192.in-addr.arpa']
  zones.push(...(await Promise.all(names.map(name => dns.zone(name)))))
  await dns.create('ARecord', 'mail', { zone: 'example.com', name: 'mail', ipv4Address: '192.0.2.25' })
  for (const { kind, example } of recordTypes as readonly {
    kind: string
    example: { zone?: string; name: string; spec: object }
  }[]) {
    await dns.create(kind, 'sample', { zone: example.zone ?? 'example.com', name: example.name, ...example.spec })
  }
  // Some that are not served, and stay so.
  await dns.create('ARecord', 'no-zone', { zone: 'example.org', name: 'www', ipv4Address: '192.0.2.1' })
  await dns.create('CNAMERecord', 'apex', { zone: 'example.com', name: '@', target: 'www.example.com.' })
  for (const zone of zones) await dns.ready(zone)
  for (const { plural } of recordTypes) {
    await until(`all ${plural} have a status`, async () => (await dns.list(plural)).every(({ status }) => status))
  }
  await settled()
})
afterAll(() => bindy.stop())

/** Waits until the controller has done all that it has to, and looked at every zone: it asks for nothing for a second. */
async function settled(): Promise<void> {
  let count = -1
  const isQuiet = () => {
    const before = count
    count = bindy.controller.requests.length
    return before === count
  }
  await until('the controller is quiet', isQuiet, { everyMs: 1500, timeoutMs: 20_000 })
}

async function state() {
  const serials = both().flatMap(named => zones.map(({ spec }) => serialOf(named, spec.zoneName as string)))
  const versions = await Promise.all(recordTypes.map(({ plural }) => dns.list(plural)))
  const all = [...versions.flat(), ...(await dns.list('dnszones')), ...(await dns.list('bind9instances'))]
  return {
    serials: await Promise.all(serials),
    dns: both().map(named => dnsWrites(named).length),
    objects: all.map(({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.resourceVersion}`),
  }
}

test('a restarted controller that finds everything in place writes nothing, to no server and no object', async () => {
  const before = await state()
  const controller = await bindy.restartController()
  await until('it has looked at all zones', () => controller.lines('All objects read').length > 0)
  await settled()
  expect(controller.writes()).toEqual([])
  expect(await state()).toEqual(before)
  expect(controller.log.filter(({ level }) => level !== 'info')).toEqual([])
})

test('nothing is written while nothing changes, nor when each zone has its pass', async () => {
  const controller = await bindy.restartController()
  await settled()
  await Promise.all(zones.map(zone => dns.patch(zone, { metadata: { annotations: { looked: 'at' } } })))
  const before = await state()
  const reads = controller.requests.length
  await pause(5_000)
  expect(await state()).toEqual(before)
  expect(controller.writes()).toEqual([])
  expect(controller.requests.length - reads).toBeLessThan(10)
})

test('what changed while no controller ran is served after its start, and deleted records are gone', async () => {
  await bindy.stopController()
  await dns.create('ARecord', 'while-away', { zone: 'example.com', name: 'away', ipv4Address: '192.0.2.77' })
  await dns.edit({ kind: 'ARecord', metadata: { name: 'mail' } }, { ipv4Address: '192.0.2.26' })
  await dns.delete({ kind: 'TXTRecord', metadata: { name: 'sample' } })
  bindy.startController()
  await answers(both(), 'away.example.com', 'A', ['192.0.2.77'])
  await answers(both(), 'mail.example.com', 'A', ['192.0.2.26'])
  await answers(both(), 'example.com', 'TXT', [])
})

test('a zone that is deleted while no controller runs leaves the servers after its start', async () => {
  await bindy.stopController()
  const [zone] = zones.filter(({ metadata }) => metadata.name === 'example.net') as [Thing]
  await dns.delete(zone)
  bindy.startController()
  await dns.gone(zone)
  for (const named of both()) expect(await serialOf(named, 'example.net')).toBeUndefined()
})
