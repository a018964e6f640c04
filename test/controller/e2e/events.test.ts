import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals'
import { type ApiObject, resourcePath } from '#kube'
import { until } from '../../cluster/index.ts'
import { Bindy } from './bindy.ts'
import type { Namespace, Thing } from './namespace.ts'

/* What `kubectl describe` shows below a record: that it was refused, and that it is served since. */

const bindy = new Bindy({ primary: {} })
type Dns = Namespace<'primary'>

jest.setTimeout(60_000)
beforeAll(() => bindy.start(), 120_000)
afterEach(() => bindy.clear())
afterAll(() => bindy.stop())

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
