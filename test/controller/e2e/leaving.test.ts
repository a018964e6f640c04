import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { type RunningNamed, until } from '../../cluster/index.ts'
import { answers, ask, dnsWrites, serialOf } from './answers.ts'
import { Bindy } from './bindy.ts'
import { conditionOf, type Namespace, type Thing } from './namespace.ts'
import { FOUND } from './patience.ts'

/* How a zone leaves servers: by an edit, with its object, with its instance; while a server is down, and when it is back. */

const bindy = new Bindy({ primary: {}, other: {}, secondary: {} })
const alone = { clusterRef: undefined }
const members = { primary: {}, secondary: {} }

type Dns = Namespace<'primary' | 'other' | 'secondary'>

const both = () => [bindy.named.primary, bindy.named.secondary]
const instance = (name: string) => ({ kind: 'Bind9Instance', metadata: { name } })
const address = (dns: Dns, name: string, ipv4Address: string, zone = 'example.com') =>
  dns.create('ARecord', name, { zone, name, ipv4Address })
beforeAll(() => bindy.start())
afterEach(() => bindy.clear())
afterAll(() => bindy.stop())

function leaves(named: RunningNamed, zone: string): Promise<boolean> {
  const isGone = async () => (await serialOf(named, zone)) === undefined
  return until(`${zone} leaves ${named.name}`, isGone, FOUND)
}

function servers({ status }: Thing): string[] {
  const all = (status?.servers ?? []) as { instance: string; state: string }[]
  return all.map(({ instance, state }) => `${instance} ${state}`)
}

async function kill(dns: Dns, name: 'primary' | 'other' | 'secondary'): Promise<void> {
  await bindy.named[name].kill('SIGKILL')
  await dns.says(instance(name), { status: 'False', reason: 'Unreachable' })
}

test('a zone that moves while its old primary is down leaves that one when it is back', async () => {
  const dns = await bindy.namespace({ primary: alone, other: alone })
  const zone = await dns.ready(await dns.zone('example.com', { clusterRef: 'primary' }))
  await dns.ready(await address(dns, 'www', '192.0.2.1'))
  await kill(dns, 'primary')
  await dns.ready(await dns.edit(zone, { clusterRef: 'other' }))
  await answers([bindy.named.other], 'www.example.com', 'A', ['192.0.2.1'])
  await until('status says where it leaves', async () => {
    return servers(await dns.ready(zone)).join() === 'other Served,primary Leaving'
  })
  await bindy.named.primary.restart()
  await leaves(bindy.named.primary, 'example.com')
  await until('status has one server', async () => servers(await dns.ready(zone)).join() === 'other Served')
})

test('a zone that moves while its old primary is down leaves that one after a restart of the controller too', async () => {
  const dns = await bindy.namespace({ primary: alone, other: alone })
  const zone = await dns.ready(await dns.zone('example.com', { clusterRef: 'primary' }))
  await kill(dns, 'primary')
  await dns.ready(await dns.edit(zone, { clusterRef: 'other' }))
  await until('status says where it leaves', async () => servers(await dns.get(zone)).includes('primary Leaving'))
  await bindy.restartController()
  await bindy.named.primary.restart()
  await leaves(bindy.named.primary, 'example.com')
  await until('status has one server', async () => servers(await dns.ready(zone)).join() === 'other Served')
})

test('a zone whose clusterRef selects nothing is served on by its old servers, and still leaves them when it is deleted', async () => {
  const dns = await bindy.namespace(members)
  const zone = await dns.ready(await dns.zone('example.com'))
  await dns.ready(await address(dns, 'www', '192.0.2.1'))
  await dns.edit(zone, { clusterRef: 'dsn' })
  await dns.says(zone, { status: 'False', reason: 'NoPrimary' })
  await until('status says where it leaves', async () => {
    return servers(await dns.get(zone)).join() === 'primary Leaving,secondary Leaving'
  })
  await answers(both(), 'www.example.com', 'A', ['192.0.2.1'])

  await dns.delete(zone)
  await dns.gone(zone)
  for (const named of both()) expect(await serialOf(named, 'example.com')).toBeUndefined()
  await dns.ready(await dns.zone('example.com'))
  await answers(both(), 'www.example.com', 'A', ['192.0.2.1'])
})

test('a clusterRef that is put right again has lost nothing', async () => {
  const dns = await bindy.namespace(members)
  const zone = await dns.ready(await dns.zone('example.com'))
  await dns.edit(zone, { clusterRef: 'dsn' })
  await dns.says(zone, { status: 'False', reason: 'NoPrimary' })
  const www = await address(dns, 'www', '192.0.2.1')
  await dns.says(www, { status: 'False', reason: 'ZoneNotReady' })
  const serial = (await serialOf(bindy.named.primary, 'example.com')) as number
  await dns.edit(zone, { clusterRef: 'dns' })
  await dns.ready(zone)
  await dns.ready(www)
  await answers(both(), 'www.example.com', 'A', ['192.0.2.1'])
  expect(await serialOf(bindy.named.primary, 'example.com')).toBe(serial + 1)
})

function deleteAll(dns: Dns): Promise<unknown> {
  const what = 'secrets,bind9instances,dnszones'
  return bindy.api.kubectl(['delete', '--namespace', dns.name, '--all', '--wait=false', what])
}

test('instances, Secrets and zones that are deleted together all go, and nothing is served any more', async () => {
  const dns = await bindy.namespace(members)
  const zones = [await dns.zone('example.com'), await dns.zone('example.org')]
  for (const zone of zones) await dns.ready(zone)
  await deleteAll(dns)
  for (const object of [...zones, instance('primary'), instance('secondary')]) {
    await dns.gone(object, FOUND)
  }
  for (const named of both()) {
    for (const zone of ['example.com', 'example.org']) expect(await serialOf(named, zone)).toBeUndefined()
  }
})

test('an instance whose server is dead goes at once, and so do the zones that were deleted with it', async () => {
  const dns = await bindy.namespace(members)
  const zone = await dns.ready(await dns.zone('example.com'))
  await kill(dns, 'secondary')
  await deleteAll(dns)
  await dns.gone(instance('secondary'), { timeoutMs: 3_000 })
  for (const object of [zone, instance('primary')]) await dns.gone(object, FOUND)
  expect(await dns.noted(zone, 'ZoneOrphaned')).toMatch(/may still be on .*\/secondary, /)
  expect(await serialOf(bindy.named.primary, 'example.com')).toBeUndefined()
  await bindy.named.secondary.loseDisk()
  await bindy.named.secondary.restart()
})

test('an instance that is deleted goes when its zones have left it, and they are served on by the others', async () => {
  const dns = await bindy.namespace(members)
  const zone = await dns.ready(await dns.zone('example.com'))
  await dns.delete(instance('secondary'))
  await dns.gone(instance('secondary'))
  expect(await serialOf(bindy.named.secondary, 'example.com')).toBeUndefined()
  await until('status has one server', async () => servers(await dns.ready(zone)).join() === 'primary Served')
})

test('an instance that is deleted while no controller runs gives its zones up before it goes', async () => {
  const dns = await bindy.namespace(members)
  const zone = await dns.ready(await dns.zone('example.com'))
  await bindy.stopController()
  await dns.delete(instance('secondary'))
  bindy.startController()
  await dns.gone(instance('secondary'))
  expect(await serialOf(bindy.named.secondary, 'example.com')).toBeUndefined()
  await until('status has one server', async () => servers(await dns.ready(zone)).join() === 'primary Served')
})

test('instances and zones that are deleted together long before a controller comes back leave nothing behind', async () => {
  const dns = await bindy.namespace(members)
  const zone = await dns.ready(await dns.zone('example.com', { deletionGraceSeconds: 0 }))
  await bindy.stopController()
  for (const object of [zone, instance('primary'), instance('secondary')]) await dns.delete(object)
  bindy.startController()
  for (const object of [zone, instance('primary'), instance('secondary')]) await dns.gone(object)
  for (const named of both()) expect(await serialOf(named, 'example.com')).toBeUndefined()
  expect(await dns.notes(zone, 'ZoneOrphaned')).toEqual([])
})

test('instances that are deleted when a zone was only just made give it up before they go', async () => {
  const dns = await bindy.namespace(members)
  const instances = [instance('primary'), instance('secondary')]
  for (const object of instances) await dns.ready(object)
  await dns.zone('example.com')
  const isServed = async () => (await serialOf(bindy.named.primary, 'example.com')) !== undefined
  await until('the primary serves it', isServed, { everyMs: 1 })
  await Promise.all(instances.map(object => dns.delete(object)))
  for (const object of instances) await dns.gone(object)
  for (const named of both()) expect(await serialOf(named, 'example.com')).toBeUndefined()
})

test('the only primary of a zone gives it up when its instance is deleted, and the zone says NoPrimary', async () => {
  const dns = await bindy.namespace(members)
  const zone = await dns.ready(await dns.zone('example.com'))
  await dns.delete(instance('primary'))
  await dns.gone(instance('primary'))
  expect(await serialOf(bindy.named.primary, 'example.com')).toBeUndefined()
  await dns.says(zone, { status: 'False', reason: 'NoPrimary' })
  expect(await serialOf(bindy.named.secondary, 'example.com')).toBeDefined()
})

test('an instance goes although a zone of somebody else stands on its server in the place of ours', async () => {
  const { primary } = bindy.named
  writeFileSync(
    join(primary.data, 'theirs.db'),
    '$TTL 60\n@ SOA ns admin 42 3600 600 86400 60\n@ NS ns\nns A 192.0.2.1\n',
  )
  await primary.rndc('addzone', 'example.com', '{ type primary; file "theirs.db"; };')
  const dns = await bindy.namespace({ primary: {} })
  await dns.says(await dns.zone('example.com'), { status: 'False', reason: 'ZoneExists' })
  await dns.delete(instance('primary'))
  await dns.gone(instance('primary'))
  expect(await serialOf(primary, 'example.com')).toBe(42)
  await primary.rndc('delzone', '-clean', 'example.com')
})

test('an instance that gets another name does not take the zone off its server', async () => {
  const dns = await bindy.namespace(members)
  const zone = await dns.ready(await dns.zone('example.com'))
  await dns.ready(await address(dns, 'www', '192.0.2.1'))
  const { spec } = await dns.get(instance('primary'))
  await dns.create('Bind9Instance', 'renamed', spec)
  await dns.ready(instance('renamed'))
  let isGone = false
  const gone = dns.gone(instance('primary')).finally(() => {
    isGone = true
  })
  await dns.delete(instance('primary'))
  while (!isGone) expect(await ask(bindy.named.primary, 'www.example.com', 'A')).toEqual(['192.0.2.1'])
  await gone
  await until('status has the new name', async () => {
    return servers(await dns.ready(zone)).join() === 'renamed Served,secondary Served'
  })
  await dns.ready(await address(dns, 'more', '192.0.2.2'))
  await answers(both(), 'more.example.com', 'A', ['192.0.2.2'])
})

test('a zone that is deleted while a server is down waits for it, as its records say, and goes when it is back', async () => {
  const dns = await bindy.namespace(members)
  const zone = await dns.ready(await dns.zone('example.com'))
  const www = await dns.ready(await address(dns, 'www', '192.0.2.1'))
  await kill(dns, 'primary')
  await dns.delete(zone)
  const said = conditionOf(await dns.says(www, { status: 'False', reason: 'ZoneNotReady' }))
  expect(said?.message).toContain('ZoneDeleting')
  await leaves(bindy.named.secondary, 'example.com')
  const late = await address(dns, 'late', '192.0.2.2')
  await dns.says(late, { status: 'False', reason: 'ZoneNotReady' })
  expect(await dns.find(zone)).toBeDefined()
  await bindy.named.primary.restart()
  await dns.gone(zone, FOUND)
  expect(await serialOf(bindy.named.primary, 'example.com')).toBeUndefined()
  await dns.says(www, { status: 'False', reason: 'ZoneNotFound' })
})

test('a zone that goes at once, for its finalizer is gone, leaves its servers too', async () => {
  // As it happens to one that is deleted in the very moment in which it gets its finalizer.
  const dns = await bindy.namespace(members)
  const zone = await dns.ready(await dns.zone('example.com'))
  await dns.patch(zone, { metadata: { finalizers: [] } })
  await dns.delete(zone)
  await dns.gone(zone)
  for (const named of both()) await leaves(named, 'example.com')
  await dns.ready(await dns.zone('example.com'))
})

test('a zone removed by hand from a secondary that serves its parent comes back by itself', async () => {
  const dns = await bindy.namespace(members)
  await dns.ready(await dns.zone('example.com'))
  const child = await dns.ready(await dns.zone('sub.example.com'))
  await dns.ready(await address(dns, 'www', '192.0.2.1', 'sub.example.com'))
  await answers(both(), 'www.sub.example.com', 'A', ['192.0.2.1'])
  await bindy.named.secondary.rndc('delzone', '-clean', 'sub.example.com')
  await until('the parent answers', async () => {
    return (await bindy.named.secondary.dig('+norecurse', 'sub.example.com', 'SOA')).includes('status: NXDOMAIN')
  })
  // It is noticed within 3 s, and what its zone's status says of it comes back a second later.
  await answers([bindy.named.secondary], 'www.sub.example.com', 'A', ['192.0.2.1'], { timeoutMs: 15_000 })
  await dns.ready(child)
})

test('a cluster that loses its last instance says NoInstances', async () => {
  const dns = await bindy.namespace({ primary: {} })
  const cluster = { kind: 'Bind9Cluster', metadata: { name: 'dns' } }
  await dns.ready(cluster)
  await dns.delete(instance('primary'))
  const said = await dns.says(cluster, { status: 'False', reason: 'NoInstances' })
  expect(said.status).toMatchObject({ instances: 0, readyInstances: 0 })
})

test('a zone that a server has again, killed as it was writing that it deleted it, is taken off once more', async () => {
  const dns = await bindy.namespace(members)
  const zone = await dns.ready(await dns.zone('example.com'))
  const { primary } = bindy.named
  const { stdout } = await primary.rndc('showzone', 'example.com')
  const [, statement = ''] = /^zone "example\.com" (\{.*\};)$/s.exec(stdout.trim()) ?? []
  const [, file = ''] = /file "([^"]+)"/.exec(statement) ?? []
  await dns.delete(zone)
  await dns.gone(zone)
  await leaves(primary, 'example.com')
  writeFileSync(join(primary.data, file), '@ 60 SOA ns1 admin 1 1 1 1 1\n@ 60 NS ns.example.net.\n')
  expect(await primary.rndc('addzone', 'example.com', statement)).toMatchObject({ code: 0 })
  const before = dnsWrites(primary).length
  await primary.restart()
  await leaves(primary, 'example.com')
  const deletions = dnsWrites(primary)
    .slice(before)
    .filter(line => line.startsWith('delzone'))
  expect(deletions).toHaveLength(1)
})
