import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { until } from '../../cluster/index.ts'
import { answers, dnsWrites, serialOf } from './answers.ts'
import { Bindy } from './bindy.ts'
import { conditionOf, type Namespace } from './namespace.ts'
import { FOUND } from './patience.ts'

/* Two DNSZones of one zoneName: the older owns it, and the other touches nothing until its turn comes. */

const bindy = new Bindy({ primary: {}, secondary: {}, other: {} })
const members = { primary: {}, secondary: {} }

type Dns = Namespace<'primary' | 'secondary' | 'other'>

const both = () => [bindy.named.primary, bindy.named.secondary]
const address = (dns: Dns, name: string, ipv4Address: string) =>
  dns.create('ARecord', name, { zone: 'example.com', name, ipv4Address })
beforeAll(() => bindy.start())
afterEach(() => bindy.clear())
afterAll(() => bindy.stop())

/** What was done to the servers so far, and the serials that they are at. */
async function stateOfServers(): Promise<unknown[]> {
  const servers = Object.values(bindy.named)
  const serials = await Promise.all(servers.map(named => serialOf(named, 'example.com')))
  return servers.map((named, i) => [named.name, serials[i], dnsWrites(named)])
}

test.each(['the same servers', 'a server of its own'])(
  'a second zone of one name in another namespace, with %s, touches no DNS while it is made and deleted',
  async servers => {
    const dns = await bindy.namespace(members)
    const zone = await dns.ready(await dns.zone('example.com'))
    const www = await dns.ready(await address(dns, 'www', '192.0.2.1'))
    await answers(both(), 'www.example.com', 'A', ['192.0.2.1'])
    await bindy.nextSecond()
    const elsewhere = await bindy.namespace(servers === 'the same servers' ? members : { other: {} })
    const before = await stateOfServers()
    const second = await elsewhere.zone('Example.COM.')
    const record = await address(elsewhere, 'www', '192.0.2.66')
    const said = conditionOf(await elsewhere.says(second, { status: 'False', reason: 'DuplicateZone' }))
    expect(said?.message).toBe('A DNSZone of another namespace owns example.com. already: delete one of the two')
    const refused = conditionOf(await elsewhere.says(record, { status: 'False', reason: 'ZoneNotReady' }))
    expect(refused?.message).toContain('DuplicateZone')
    await elsewhere.edit(second, { ttl: 60 })
    await elsewhere.says(second, { status: 'False', reason: 'DuplicateZone' })
    await elsewhere.delete(second)
    await elsewhere.gone(second)
    await elsewhere.says(record, { status: 'False', reason: 'ZoneNotFound' })
    expect(await stateOfServers()).toEqual(before)
    await dns.ready(zone)
    await dns.ready(www)
    await answers(both(), 'www.example.com', 'A', ['192.0.2.1'])
  },
)

test('the second zone of one name takes over, with its own records, when the first is deleted', async () => {
  const dns = await bindy.namespace(members)
  const zone = await dns.ready(await dns.zone('example.com'))
  const www = await dns.ready(await address(dns, 'www', '192.0.2.1'))
  await bindy.nextSecond()
  const elsewhere = await bindy.namespace(members)
  const second = await elsewhere.zone('example.com')
  const theirs = await address(elsewhere, 'www', '192.0.2.66')
  await elsewhere.says(second, { status: 'False', reason: 'DuplicateZone' })
  await dns.delete(zone)
  await dns.gone(zone)
  await elsewhere.ready(second, FOUND)
  await elsewhere.ready(theirs)
  await answers(both(), 'www.example.com', 'A', ['192.0.2.66'])
  await dns.says(www, { status: 'False', reason: 'ZoneNotFound' })
})

test('who owns a name stays so over a restart of the controller', async () => {
  const dns = await bindy.namespace(members)
  const zone = await dns.ready(await dns.zone('example.com'))
  await bindy.nextSecond()
  const elsewhere = await bindy.namespace(members)
  const second = await elsewhere.zone('example.com')
  await elsewhere.says(second, { status: 'False', reason: 'DuplicateZone' })
  const before = await stateOfServers()
  await bindy.restartController()
  await until('all was read', () => bindy.controller.lines('All objects read').length > 0)
  const changed = await elsewhere.edit(second, { ttl: 60 })
  await elsewhere.says(changed, { status: 'False', reason: 'DuplicateZone' })
  await dns.ready(zone)
  expect(await stateOfServers()).toEqual(before)
})

test('an address of another namespace at the name of the name server does not take its glue away', async () => {
  const dns = await bindy.namespace(members)
  const elsewhere = await bindy.namespace({})
  const early = await address(elsewhere, 'ns1', '192.0.2.66')
  const zone = await dns.ready(await dns.zone('example.com'))
  await answers(both(), 'ns1.example.com', 'A', ['127.0.0.1'])
  await elsewhere.says(early, { status: 'False', reason: 'ZoneNotFound' })
  await elsewhere.delete(early)
  const late = await elsewhere.create('ARecord', 'late', {
    zone: 'example.com',
    name: 'ns1',
    ipv4Address: '192.0.2.67',
  })
  await elsewhere.says(late, { status: 'False', reason: 'ZoneNotFound' })
  await dns.ready(await address(dns, 'www', '192.0.2.1'))
  await dns.ready(zone)
  await answers(both(), 'ns1.example.com', 'A', ['127.0.0.1'])
  await answers(both(), 'www.example.com', 'A', ['192.0.2.1'])
})
