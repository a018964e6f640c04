import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { type ApiObject, resourcePath } from '#kube'
import { until } from '../../cluster/index.ts'
import { Bindy } from './bindy.ts'
import { conditionOf, type Namespace, type Thing } from './namespace.ts'

/* What `kubectl describe` shows below a record: that it was refused, and that it is served since. */

const bindy = new Bindy({ primary: {} })
type Dns = Namespace<'primary'>
beforeAll(() => bindy.start())
afterEach(() => bindy.clear())
afterAll(() => bindy.stop())

// A repetition is counted in the Event ten seconds after it.
const REPEATED_WITHIN_MS = 30_000

type Event = ApiObject & {
  readonly type: string
  readonly reason: string
  readonly note: string
  readonly regarding: { readonly uid: string }
}

/** What the Events of an object say, in order of their times. */
async function eventsOf(dns: Dns, { metadata }: Thing): Promise<string[]> {
  const path = resourcePath({ group: 'events.k8s.io', version: 'v1', plural: 'events' }, { namespace: dns.name })
  const { items } = await bindy.kube.list<Event & { eventTime: string }>(path)
  return items
    .filter(({ regarding }) => regarding.uid === metadata.uid)
    .sort((a, b) => (a.eventTime < b.eventTime ? -1 : 1))
    .map(({ type, reason }) => `${type} ${reason}`)
}

test('a record that is refused has an Event with the same reason, and one when it is served; others have none', async () => {
  const dns = await bindy.namespace()
  await dns.ready(await dns.zone('example.com'))
  const older = await dns.create('ARecord', 'older', { zone: 'example.com', name: 'www', ipv4Address: '192.0.2.1' })
  await dns.ready(older)
  await bindy.nextSecond()
  const alias = { zone: 'example.com', name: 'www', target: 'web.example.net.' }
  const younger = await dns.create('CNAMERecord', 'younger', alias)
  await dns.says(younger, { status: 'False', reason: 'CNAMEConflict' })
  await until('its refusal is told', async () => (await eventsOf(dns, younger)).length > 0)
  expect(await eventsOf(dns, younger)).toEqual(['Warning CNAMEConflict'])
  await dns.delete(older)
  await dns.ready(younger)
  await until('that it is served is told', async () => (await eventsOf(dns, younger)).length > 1)
  expect(await eventsOf(dns, younger)).toEqual(['Warning CNAMEConflict', 'Normal Served'])
  expect(await eventsOf(dns, older)).toEqual([])
})

test('a record that takes on the TTL of another has an Event, and one when it has its own again', async () => {
  const dns = await bindy.namespace()
  await dns.ready(await dns.zone('example.com'))
  const www = { zone: 'example.com', name: 'www' }
  const older = await dns.create('ARecord', 'older', { ...www, ttl: 60, ipv4Address: '192.0.2.1' })
  await dns.ready(older)
  await bindy.nextSecond()
  const younger = await dns.create('ARecord', 'younger', { ...www, ttl: 90, ipv4Address: '192.0.2.2' })
  await dns.says(younger, { status: 'True', reason: 'TTLConflict' })
  await dns.delete(older)
  await dns.says(younger, { status: 'True', reason: 'Served' })
  await until('that it is served is told', async () => (await eventsOf(dns, younger)).length > 1)
  expect(await eventsOf(dns, younger)).toEqual(['Normal TTLConflict', 'Normal Served'])
})

test('a zone that is paused has an Event, each time', async () => {
  const dns = await bindy.namespace()
  const zone = await dns.ready(await dns.zone('example.com'))
  for (const times of [1, 2]) {
    await dns.annotate(zone, { paused: 'true' })
    await dns.says(zone, { type: 'Paused', status: 'True' })
    const isTold = async () => {
      const path = resourcePath({ group: 'events.k8s.io', version: 'v1', plural: 'events' }, { namespace: dns.name })
      const { items } = await bindy.kube.list<Event & { series?: { count: number } }>(path)
      const paused = items.find(({ regarding, reason }) => regarding.uid === zone.metadata.uid && reason === 'Paused')
      return paused && (paused.series?.count ?? 1) === times
    }
    await until('that is told', isTold, { timeoutMs: REPEATED_WITHIN_MS })
    await dns.annotate(zone, { paused: null })
    await until('it goes on', async () => conditionOf(await dns.get(zone), 'Paused') === undefined)
  }
})
