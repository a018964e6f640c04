import { readdirSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import type { RunningNamed } from '../../cluster/index.ts'
import { until } from '../../cluster/index.ts'
import { answers, ask, serialOf } from './answers.ts'
import { Bindy } from './bindy.ts'
import { conditionOf } from './namespace.ts'

const bindy = new Bindy({ primary: {}, secondary: {}, other: {} })
const members = { primary: {}, secondary: {} }

const both = () => [bindy.named.primary, bindy.named.secondary]
beforeAll(() => bindy.start())
afterEach(() => bindy.clear())
afterAll(() => bindy.stop())

const soaRecord = { primaryNs: 'ns1.example.com.', adminEmail: 'admin.example.com.' }

function withSerial(serial: number) {
  return { soaRecord: { ...soaRecord, serial } }
}

async function isServed(named: RunningNamed, zone: string): Promise<boolean> {
  return (await named.dig('+norecurse', zone, 'SOA')).includes('status: NOERROR')
}

function leaves(named: RunningNamed, zone: string): Promise<boolean> {
  return until(`${zone} leaves ${named.name}`, async () => !(await isServed(named, zone)))
}

test('a zone of zoneName, clusterRef and soaRecord alone is served as it stands', async () => {
  const dns = await bindy.namespace(members)
  const zone = await dns.ready(await dns.zone('example.com', withSerial(2024010101)))
  for (const named of both()) {
    expect(await ask(named, 'example.com', 'SOA')).toEqual([
      'ns1.example.com. admin.example.com. 2024010101 3600 600 604800 300',
    ])
  }
  await answers(both(), 'example.com', 'NS', ['ns1.example.com.'])
  await answers(both(), 'ns1.example.com', 'A', ['127.0.0.1'])
  expect(conditionOf(zone, 'GlueFromServers')).toMatchObject({ status: 'True', reason: 'NoAddressGiven' })
  expect(conditionOf(zone, 'GlueFromServers')?.message).toContain('ns1.example.com.')
  expect(zone.status).toMatchObject({ zoneName: 'example.com.', serial: 2024010101, records: 0 })
  expect(zone.status?.servers).toEqual([
    { instance: 'primary', role: 'primary', state: 'Served', serial: 2024010101 },
    { instance: 'secondary', role: 'secondary', state: 'Served', serial: 2024010101, lag: 0 },
  ])
})

test('the cluster and its instances say that they are ready', async () => {
  const dns = await bindy.namespace(members)
  const instance = await dns.ready({ kind: 'Bind9Instance', metadata: { name: 'primary' } })
  expect(instance.status?.version).toMatch(/^9\.\d+\./)
  const cluster = await dns.ready({ kind: 'Bind9Cluster', metadata: { name: 'dns' } })
  expect(cluster.status).toMatchObject({ instances: 2, readyInstances: 2 })
})

test('a zone is born with all of its records, and no server ever answers without them', async () => {
  const dns = await bindy.namespace(members)
  const names = Array.from({ length: 100 }, (_, i) => `r${i}`)
  const spec = (name: string) => ({ zone: 'example.com', name, text: [name] })
  await Promise.all(names.map(name => dns.create('TXTRecord', name, spec(name))))
  await dns.allSaid('txtrecords', 'ZoneNotFound')
  const zone = await dns.zone('example.com', withSerial(7))
  const seen = new Set<string>()
  const watch = async (named: RunningNamed) => {
    while (!seen.has(`${named.name} served`)) {
      const reply = await named.dig('+norecurse', 'r99.example.com', 'TXT')
      if (reply.includes('status: NXDOMAIN')) seen.add(`${named.name} without records`)
      if (reply.includes('status: NOERROR')) seen.add(`${named.name} served`)
    }
  }
  await Promise.all([...both().map(watch), dns.ready(zone)])
  expect([...seen].sort()).toEqual(['primary served', 'secondary served'])
  expect((await dns.allReady('txtrecords')).length).toBe(100)
  expect(await serialOf(bindy.named.primary, 'example.com')).toBe(7)
  await until('the zone counts them', async () => (await dns.get(zone)).status?.records === 100)
})

test('a zone with a name of the root, of one label and of an address range is served', async () => {
  const dns = await bindy.namespace(members)
  for (const name of ['internal', '0/26.2.0.192.in-addr.arpa', '_msdcs.example.com']) {
    const soa = { primaryNs: 'ns.example.net.', adminEmail: 'dns.admin@example.net' }
    const object = await dns.create('DNSZone', name.replace(/[^a-z0-9.]/g, '-').replace(/^-/, ''), {
      zoneName: name,
      clusterRef: 'dns',
      soaRecord: soa,
    })
    await dns.ready(object)
    const [answer] = await ask(bindy.named.secondary, name, 'SOA')
    expect(answer).toMatch(/^ns\.example\.net\. dns\\\.admin\.example\.net\. /)
  }
})

test('nameServers are served with their addresses', async () => {
  const dns = await bindy.namespace(members)
  const nameServers = [
    { hostname: 'ns1.example.com.', ipv4Address: '192.0.2.1', ipv6Address: '2001:db8::1' },
    { hostname: 'NS2.example.com', ipv4Address: '192.0.2.2' },
    { hostname: 'ns.example.net.' },
  ]
  const zone = await dns.ready(await dns.zone('example.com', { nameServers }))
  await answers(both(), 'example.com', 'NS', ['ns1.example.com.', 'ns2.example.com.', 'ns.example.net.'])
  await answers(both(), 'ns1.example.com', 'A', ['192.0.2.1'])
  await answers(both(), 'ns1.example.com', 'AAAA', ['2001:db8::1'])
  await answers(both(), 'ns2.example.com', 'A', ['192.0.2.2'])
  expect(conditionOf(zone, 'GlueFromServers')).toBeUndefined()
})

test("an address record for the name server takes the place of the servers' own", async () => {
  const dns = await bindy.namespace(members)
  const zone = await dns.ready(await dns.zone('example.com'))
  const spec = { zone: 'example.com', name: 'ns1', ipv4Address: '192.0.2.53' }
  const glue = await dns.create('ARecord', 'ns1', spec)
  await dns.ready(glue)
  await answers(both(), 'ns1.example.com', 'A', ['192.0.2.53'])
  await until('the condition goes', async () => !conditionOf(await dns.get(zone), 'GlueFromServers'))
  await dns.delete(glue)
  await answers(both(), 'ns1.example.com', 'A', ['127.0.0.1'])
  await dns.says(zone, { type: 'GlueFromServers', status: 'True' })
})

test('an edit of the zone is served: timers, TTL, name servers, serial', async () => {
  const dns = await bindy.namespace(members)
  const zone = await dns.ready(await dns.zone('example.com', withSerial(100)))
  const www = await dns.create('ARecord', 'www', { zone: 'example.com', name: 'www', ipv4Address: '192.0.2.1' })
  await dns.ready(www)

  await dns.ready(
    await dns.edit(zone, { soaRecord: { refresh: 1800, negativeTtl: 60, adminEmail: 'dns@example.com' } }),
  )
  const [soa] = await ask(bindy.named.primary, 'example.com', 'SOA')
  expect(soa).toMatch(/^ns1\.example\.com\. dns\.example\.com\. \d+ 1800 600 604800 60$/)
  await answers([bindy.named.secondary], 'example.com', 'SOA', [soa as string])

  await dns.ready(await dns.edit(zone, { ttl: 120 }))
  await answers(both(), 'www.example.com', 'A', ['120 192.0.2.1'], { ttl: true })
  await answers(both(), 'example.com', 'NS', ['120 ns1.example.com.'], { ttl: true })

  const nameServers = [{ hostname: 'ns7.example.com.', ipv4Address: '192.0.2.7' }, { hostname: 'ns.example.net.' }]
  await dns.ready(await dns.edit(zone, { nameServers }))
  await answers(both(), 'example.com', 'NS', ['ns7.example.com.', 'ns.example.net.'])
  await answers(both(), 'ns7.example.com', 'A', ['192.0.2.7'])
  await answers(both(), 'ns1.example.com', 'A', [])

  await dns.ready(await dns.edit(zone, { soaRecord: { serial: 5000 } }))
  await until('the serial is on both', async () => {
    const serials = await Promise.all(both().map(named => serialOf(named, 'example.com')))
    return serials.every(serial => serial === 5000)
  })
})

test('clusterRef names one instance', async () => {
  const dns = await bindy.namespace(members)
  const zone = await dns.ready(await dns.zone('example.com', { clusterRef: 'primary' }))
  expect(await isServed(bindy.named.primary, 'example.com')).toBe(true)
  expect(await isServed(bindy.named.secondary, 'example.com')).toBe(false)
  expect(zone.status?.servers).toHaveLength(1)
})

test('instanceSelector places a zone, and takes it away where it no longer selects', async () => {
  const edge = { tier: 'edge' }
  const dns = await bindy.namespace({ primary: { labels: edge }, secondary: { labels: edge }, other: {} })
  const instanceSelector = { matchLabels: edge }
  const zone = await dns.ready(await dns.zone('example.com', { clusterRef: undefined, instanceSelector }))
  expect(await isServed(bindy.named.primary, 'example.com')).toBe(true)
  expect(await isServed(bindy.named.other, 'example.com')).toBe(false)

  await dns.patch(
    { kind: 'Bind9Instance', metadata: { name: 'secondary' } },
    { metadata: { labels: { tier: 'core' } } },
  )
  await leaves(bindy.named.secondary, 'example.com')
  await dns.patch({ kind: 'Bind9Instance', metadata: { name: 'other' } }, { metadata: { labels: edge } })
  await until('the other serves it', () => isServed(bindy.named.other, 'example.com'))
  await until('status names both primaries', async () => {
    const { status } = await dns.ready(zone)
    const servers = (status?.servers ?? []) as { instance: string }[]
    return servers.map(({ instance }) => instance).join() === 'other,primary'
  })
})

test('a zone that selects no primary says NoPrimary, as do its records', async () => {
  const dns = await bindy.namespace(members)
  const zone = await dns.zone('example.com', { clusterRef: 'elsewhere' })
  await dns.says(zone, { status: 'False', reason: 'NoPrimary' })
  const www = await dns.create('ARecord', 'www', { zone: 'example.com', name: 'www', ipv4Address: '192.0.2.1' })
  const said = await dns.says(www, { status: 'False', reason: 'ZoneNotReady' })
  expect(conditionOf(said)?.message).toContain('NoPrimary')
  await dns.edit(zone, { clusterRef: 'dns' })
  await Promise.all([dns.ready(zone), dns.ready(www)])
})

test('a zone that loses its only primary to another keeps answering until the new one serves it', async () => {
  const dns = await bindy.namespace({ primary: { clusterRef: undefined }, other: { clusterRef: undefined } })
  const zone = await dns.ready(await dns.zone('example.com', { clusterRef: 'primary' }))
  const www = await dns.create('ARecord', 'www', { zone: 'example.com', name: 'www', ipv4Address: '192.0.2.1' })
  await dns.ready(www)
  await dns.ready(await dns.edit(zone, { clusterRef: 'other' }))
  await answers([bindy.named.other], 'www.example.com', 'A', ['192.0.2.1'])
  await leaves(bindy.named.primary, 'example.com')
})

test('a deleted zone leaves every server with its files, then the object goes', async () => {
  const dns = await bindy.namespace(members)
  const zone = await dns.ready(await dns.zone('example.com'))
  const www = await dns.create('ARecord', 'www', { zone: 'example.com', name: 'www', ipv4Address: '192.0.2.1' })
  await dns.ready(www)
  await dns.delete(zone)
  await dns.gone(zone)
  for (const named of both()) expect(await isServed(named, 'example.com')).toBe(false)
  const files = () =>
    both().flatMap(({ data }) => readdirSync(data).filter(file => file.startsWith('bindy-example.com')))
  await until('the files are gone', () => files().length === 0)
  const said = await dns.says(www, { status: 'False', reason: 'ZoneNotFound' })
  expect(conditionOf(said)?.message).toMatch(/create it, correct spec\.zone/)
})

test('a zone made anew under an old name never shows old data', async () => {
  const dns = await bindy.namespace(members)
  const zone = await dns.ready(await dns.zone('example.com', withSerial(500)))
  const old = await dns.create('ARecord', 'old', { zone: 'example.com', name: 'old', ipv4Address: '192.0.2.1' })
  await dns.ready(old)
  await Promise.all([dns.delete(old), dns.delete(zone)])
  await dns.gone(zone)
  const next = await dns.zone('example.com', withSerial(100))
  await dns.create('ARecord', 'new', { zone: 'example.com', name: 'new', ipv4Address: '192.0.2.2' })
  let isReady = false
  const ready = dns.ready(next).finally(() => {
    isReady = true
  })
  while (!isReady) for (const named of both()) expect(await ask(named, 'old.example.com', 'A')).toEqual([])
  await ready
  await answers(both(), 'new.example.com', 'A', ['192.0.2.2'])
  for (const named of both()) expect(await ask(named, 'old.example.com', 'A')).toEqual([])
})

test('records of the zone of another namespace say ZoneNotFound', async () => {
  const dns = await bindy.namespace(members)
  const elsewhere = await bindy.namespace({})
  await dns.ready(await dns.zone('example.com'))
  const www = await elsewhere.create('ARecord', 'www', { zone: 'example.com', name: 'www', ipv4Address: '192.0.2.1' })
  await elsewhere.says(www, { status: 'False', reason: 'ZoneNotFound' })
  await answers(both(), 'www.example.com', 'A', [])
})

test('a record of a zone that does not exist says ZoneNotFound, and is served once the zone is there', async () => {
  const dns = await bindy.namespace(members)
  const www = await dns.create('ARecord', 'www', { zone: 'example.com', name: 'www', ipv4Address: '192.0.2.1' })
  const said = await dns.says(www, { status: 'False', reason: 'ZoneNotFound' })
  expect(conditionOf(said)?.message).toContain('create it, correct spec.zone')
  await dns.zone('example.com')
  await dns.ready(www)
  await answers(both(), 'www.example.com', 'A', ['192.0.2.1'])
})
