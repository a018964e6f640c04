import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { catalogName } from '../../../controller/src/reconcile/cluster/catalog.ts'
import { type RunningNamed, until } from '../../cluster/index.ts'
import { answers, ask, dnsWrites, serialOf } from './answers.ts'
import { Bindy } from './bindy.ts'
import { conditionOf, type Namespace, type Thing } from './namespace.ts'
import { plannedBy } from './plans.ts'

/* Secondaries on the lines of docs/catalog.md. Their named.conf names the namespace, so all tests have one. */

type Name = 'primary' | 'other' | 'secondary' | 'secondary2'
const bindy = new Bindy<Name>({ primary: {}, other: {}, secondary: {}, secondary2: {} })
const secondaries = () => [bindy.named.secondary, bindy.named.secondary2]
const cluster = { kind: 'Bind9Cluster', metadata: { name: 'dns' } }
const zoneObject = (name: string) => ({ kind: 'DNSZone', metadata: { name } })
// A server that came back is found after 7.5 s at most, and named looks at its catalog every second.
const soon = { timeoutMs: 40_000 }
let dns: Namespace<Name>
let catalog: string

/** The lines of the page for a secondary of this test. */
function linesFor(
  secondary: RunningNamed,
  primaries: readonly RunningNamed[],
): { options: string; statements: string } {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/catalog.md'), 'utf8')
  const [, text = ''] = /^```named\.conf\n(.*?)^```$/ms.exec(page) ?? []
  const remotes = primaries.map(({ address, dnsPort }) => `${address} port ${dnsPort} key "bindy";`).join(' ')
  const here = text
    .replaceAll('catalog.dns.prod.bindy.invalid', catalog.replace(/\.$/, ''))
    .replaceAll('192.0.2.53 port 53 key "bindy";', remotes)
    .replaceAll('/var/cache/bind', secondary.data)
  const [, options = '', statements = ''] = /^options \{\n(.*?)^\};\n(.*)$/ms.exec(here) ?? []
  // What BIND 9.20 does unasked.
  return { options: `${options}  allow-transfer { none; };\n`, statements }
}

/** What servers were told to do with zones, since the test began. */
function commands(): () => string[] {
  const before = secondaries().map(named => dnsWrites(named).length)
  return () => secondaries().flatMap((named, i) => dnsWrites(named).slice(before[i]))
}

const members = () => ask(bindy.named.primary, catalog, 'SOA')
const served = async (zone: string, servers = secondaries()) => {
  for (const named of servers) {
    await until(`${named.name} serves ${zone}`, async () => (await serialOf(named, zone)) !== undefined, soon)
  }
}
const refused = async (zone: string, servers = secondaries()) => {
  for (const named of servers) {
    await until(`${named.name} does not serve ${zone}`, async () => (await serialOf(named, zone)) === undefined, soon)
  }
}
beforeAll(async () => {
  await bindy.start()
  dns = await bindy.namespace({})
  catalog = catalogName(`${dns.name}/dns`)
  await dns.edit(cluster, { secondary: { catalog: true } })
  const { primary, other } = bindy.named
  for (const named of secondaries()) await named.restart(linesFor(named, [primary, other]))
  for (const name of ['primary', 'secondary', 'secondary2'] as const) await dns.instance(name)
  await dns.ready(cluster, soon)
})
afterEach(async () => {
  const zones = await dns.list('dnszones')
  for (const zone of zones) await dns.delete(zone)
  for (const zone of zones) await dns.gone(zone, soon)
  for (const record of await dns.list('arecords')) await dns.delete(record)
})
afterAll(() => bindy.stop())

const address = (name: string, ipv4Address: string): Promise<Thing> =>
  dns.create('ARecord', name, { zone: 'example.com', name, ipv4Address })

test('zones come to the secondaries, are updated there and leave, without a command to any', async () => {
  const heard = commands()
  const zones = [await dns.zone('example.com'), await dns.zone('example.net')]
  await dns.ready(await address('www', '192.0.2.1'))
  for (const zone of zones) await dns.ready(zone, soon)
  await answers(secondaries(), 'www.example.com', 'A', ['192.0.2.1'], soon)
  await dns.ready(await address('more', '192.0.2.2'))
  await answers(secondaries(), 'more.example.com', 'A', ['192.0.2.2'], { timeoutMs: 2_000 })
  expect((await dns.get(cluster)).status?.catalog).toBe(catalog)
  const shown = () =>
    secondaries().flatMap(named => named.log().match(/command 'showzone "example\.(com|net)\."/g) ?? [])
  expect(shown()).toEqual([])
  await dns.delete(zoneObject('example.com'))
  await dns.gone(zoneObject('example.com'), soon)
  for (const named of [...secondaries(), bindy.named.primary])
    expect(await serialOf(named, 'example.com')).toBeUndefined()
  await served('example.net')
  expect(heard()).toEqual([])
})

test('zones are listed by one UPDATE, and may all go at once', async () => {
  const names = Array.from({ length: 12 }, (_, i) => `zone-${i}.example`)
  const updates = () =>
    bindy.named.primary.log().match(new RegExp(`updating zone '${catalog.slice(0, -1)}/IN': adding`, 'g'))
  const before = updates()?.length ?? 0
  for (const name of names) await dns.zone(name)
  await dns.allReady('dnszones', soon)
  // One record each, and the SOA of each message.
  expect((updates()?.length ?? 0) - before).toBeLessThanOrEqual(2 * names.length)
  for (const name of names) await dns.delete(zoneObject(name))
  for (const name of names) await dns.gone(zoneObject(name), soon)
  for (const name of names) await refused(name)
})

test('a zone made anew under its name shows nothing of the one before', async () => {
  await dns.zone('example.com')
  await dns.ready(await address('old', '192.0.2.1'))
  await dns.ready(zoneObject('example.com'), soon)
  await dns.delete(zoneObject('example.com'))
  await dns.delete({ kind: 'ARecord', metadata: { name: 'old' } })
  await dns.gone(zoneObject('example.com'), soon)
  await dns.ready(await dns.zone('example.com'), soon)
  await answers(secondaries(), 'old.example.com', 'A', [])
})

test('a secondary without its disk comes back by itself', async () => {
  await dns.ready(await dns.zone('example.com'), soon)
  await dns.ready(await address('www', '192.0.2.1'))
  await answers(secondaries(), 'www.example.com', 'A', ['192.0.2.1'], soon)
  await bindy.stopController()
  try {
    await bindy.named.secondary.loseDisk()
    await bindy.named.secondary.restart()
    await answers([bindy.named.secondary], 'www.example.com', 'A', ['192.0.2.1'], soon)
  } finally {
    bindy.startController()
  }
  await dns.ready(zoneObject('example.com'), soon)
})

test('a primary without its disk comes back, though no secondary hands the zone to anybody', async () => {
  await dns.ready(await dns.zone('example.com'), soon)
  await dns.ready(await address('www', '192.0.2.1'))
  await bindy.stopController()
  await bindy.named.primary.loseDisk()
  await bindy.named.primary.restart()
  bindy.startController()
  await answers([bindy.named.primary], 'www.example.com', 'A', ['192.0.2.1'], soon)
  await dns.ready(zoneObject('example.com'), soon)
  await dns.ready(cluster, soon)
})

test('a controller that starts writes nothing, and drops what was deleted meanwhile', async () => {
  for (const zone of ['example.com', 'example.net']) await dns.ready(await dns.zone(zone), soon)
  await bindy.stopController()
  const before = [bindy.named.primary, ...secondaries()].map(named => dnsWrites(named).length)
  const controller = bindy.startController()
  await until('it has read all zones', () => controller.lines('Zone read').length >= 3, soon)
  const { commands: asked } = await bindy.busyness(3_000)
  expect([bindy.named.primary, ...secondaries()].map(named => dnsWrites(named).length)).toEqual(before)
  expect(controller.writes()).toEqual([])
  expect(asked).toBeLessThan(20)
  await bindy.stopController()
  await dns.delete(zoneObject('example.com'))
  bindy.startController()
  await dns.gone(zoneObject('example.com'), soon)
  await refused('example.com')
  await served('example.net')
})

test('what others list stays, and nobody gets in by an object', async () => {
  await dns.ready(await dns.zone('example.com'), soon)
  await bindy.named.primary.nsupdate(`zone ${catalog}\nupdate add stray.zones.${catalog} 60 PTR stray.example.`)
  const record = await dns.create('PTRRecord', 'in', { zone: catalog, name: 'in.zones', target: 'in.example.' })
  await dns.says(record, { status: 'False', reason: 'ZoneNotFound' })
  await bindy.restartController()
  await dns.ready(await dns.zone('example.net'), soon)
  expect(await ask(bindy.named.primary, `stray.zones.${catalog}`, 'PTR')).toEqual(['stray.example.'])
  expect(await ask(bindy.named.primary, `in.zones.${catalog}`, 'PTR')).toEqual([])
  await bindy.named.primary.nsupdate(`zone ${catalog}\nupdate delete stray.zones.${catalog}`)
  await dns.delete(record)
})

test('a cluster turns its catalog off and on, and the secondaries serve on', async () => {
  const zones = [await dns.zone('example.com'), await dns.zone('example.net')]
  for (const zone of zones) await dns.ready(zone, soon)
  const heard = commands()
  await dns.edit(cluster, { secondary: { catalog: false } })
  await until('the catalog leaves the primary', async () => (await members()).length === 0, soon)
  for (const named of secondaries()) {
    const shown = await Promise.all(['example.com', 'example.net'].map(zone => named.rndc('showzone', zone)))
    expect(shown.map(({ code }) => code)).toEqual([0, 0])
  }
  expect(heard().filter(command => command.startsWith('addzone')).length).toBe(4)
  for (const zone of zones) await dns.ready(zone, soon)
  await until('the cluster has none', async () => (await dns.get(cluster)).status?.catalog === undefined)

  await dns.edit(cluster, { secondary: { catalog: true } })
  await until('the catalog is back', async () => (await members()).length === 1, soon)
  for (const named of secondaries()) {
    const isMember = async () => {
      const all = await Promise.all(['example.com', 'example.net'].map(zone => named.rndc('showzone', zone)))
      return all.every(({ code }) => code !== 0)
    }
    await until(`${named.name} has all from the catalog`, isMember, soon)
  }
  await served('example.com')
  await served('example.net')
  for (const zone of zones) await dns.ready(zone, soon)
  await dns.ready(cluster, soon)
})

test('a zone that not all secondaries should serve is added where it should', async () => {
  const spec = { clusterRef: undefined, instanceSelector: { matchLabels: { some: 'yes' } } }
  for (const name of ['primary', 'secondary']) {
    await dns.patch({ kind: 'Bind9Instance', metadata: { name } }, { metadata: { labels: { some: 'yes' } } })
  }
  await dns.ready(await dns.zone('example.org', spec), soon)
  await served('example.org', [bindy.named.secondary])
  expect(await serialOf(bindy.named.secondary2, 'example.org')).toBeUndefined()
  await dns.patch(
    { kind: 'Bind9Instance', metadata: { name: 'secondary2' } },
    { metadata: { labels: { some: 'yes' } } },
  )
  await served('example.org')
  await dns.ready(zoneObject('example.org'), soon)
  const { code } = await bindy.named.secondary.rndc('showzone', 'example.org')
  expect(code).not.toBe(0)
})

test("a member of somebody else's catalog is not taken for one of ours", async () => {
  const { primary, other, secondary } = bindy.named
  const from = `{ ${other.address} port ${other.dnsPort} key "bindy"; }`
  const head = '$TTL 60\n@ SOA invalid. invalid. 1 60 60 3600 60\n@ NS invalid.\n'
  const zones = { 'theirs.invalid': 'version TXT "2"\n1.zones PTR example.org.\n', 'example.org': '' }
  for (const [name, content] of Object.entries(zones)) {
    writeFileSync(join(other.data, `${name}.db`), head + content)
    await other.rndc('addzone', name, `{ type primary; file "${name}.db"; allow-transfer { key "bindy"; }; };`)
  }
  const { options, statements } = linesFor(secondary, [primary, other])
  const theirs = `zone "theirs.invalid" default-primaries ${from} in-memory no zone-directory "${secondary.data}" min-update-interval 1;`
  await secondary.restart({
    options: options.replace('catalog-zones {', `catalog-zones { ${theirs}`),
    statements: `${statements}zone "theirs.invalid" { type secondary; primaries ${from}; file "theirs.db"; };\n`,
  })
  await served('example.org', [secondary])

  const part = (value: string | null, ...names: string[]) =>
    names.map(name =>
      dns.patch({ kind: 'Bind9Instance', metadata: { name } }, { metadata: { labels: { part: value } } }),
    )
  await Promise.all(part('yes', 'primary', 'secondary'))
  const spec = { clusterRef: undefined, instanceSelector: { matchLabels: { part: 'yes' } } }
  const zone = await dns.zone('example.org', spec)
  await dns.says(zone, { status: 'False', reason: 'ZoneExists' }, soon)
  expect(await serialOf(secondary, 'example.org')).toBe(1)
  await dns.delete(zone)
  await dns.gone(zone, soon)
  expect(await serialOf(secondary, 'example.org')).toBe(1)
  await Promise.all(part(null, 'primary', 'secondary'))
  for (const name of Object.keys(zones)) await other.rndc('delzone', '-clean', name)
  await secondary.restart(linesFor(secondary, [primary, other]))
})

test('two primaries have the catalog under one serial, and one of them is enough', async () => {
  await dns.ready(await dns.zone('example.com'), soon)
  await dns.instance('other')
  const { primary, other } = bindy.named
  await served('example.com', [other])
  await served(catalog, [other])
  await dns.ready(await dns.zone('example.net'), soon)
  const haveOneSerial = async () => (await serialOf(primary, catalog)) === (await serialOf(other, catalog))
  await until('both have one serial', haveOneSerial, soon)
  await primary.kill('SIGKILL')
  await dns.zone('example.org')
  await served('example.org')
  await primary.restart()
  await dns.ready(zoneObject('example.org'), soon)
  await until('both have one serial', haveOneSerial, soon)
  await dns.delete({ kind: 'Bind9Instance', metadata: { name: 'other' } })
  await refused(catalog, [other])
  await dns.gone({ kind: 'Bind9Instance', metadata: { name: 'other' } }, soon)
})

test('a secondary that has the catalog and does not follow it loses no more than one zone', async () => {
  const { secondary2, primary } = bindy.named
  const lines = linesFor(secondary2, [primary])
  await dns.edit(cluster, { secondary: { catalog: false } })
  await until('the catalog leaves the primary', async () => (await members()).length === 0, soon)
  await secondary2.restart({ options: '', statements: lines.statements })
  const names = ['example.com', 'example.net', 'example.org']
  for (const name of names) await dns.ready(await dns.zone(name), soon)
  await dns.edit(cluster, { secondary: { catalog: true } })
  const lost = () => Promise.all(names.map(async name => (await serialOf(secondary2, name)) === undefined))
  const zones = await until(
    'a zone says so',
    async () => {
      const all = (await dns.list('dnszones')).filter(zone => conditionOf(zone)?.reason === 'NotInCatalog')
      return all.length > 0 && all
    },
    soon,
  )
  expect(zones.length).toBe(1)
  expect((await lost()).filter(Boolean).length).toBe(1)
  await secondary2.restart(lines)
  await dns.allReady('dnszones', soon)
  await until(
    'all come from the catalog',
    async () => {
      const shown = await Promise.all(names.map(name => secondary2.rndc('showzone', name)))
      // A zone that makes way for the catalog is not shown either, until that brings it back.
      return shown.every(({ code }) => code !== 0) && !(await lost()).some(Boolean)
    },
    soon,
  )
})

test('a secondary whose named.conf lacks the lines keeps what it has, and is named', async () => {
  await dns.edit(cluster, { secondary: { catalog: false } })
  await until('the catalog leaves the primary', async () => (await members()).length === 0, soon)
  await bindy.named.secondary2.restart({ options: '', statements: '' })
  await dns.ready(await dns.zone('example.com'), soon)
  await dns.edit(cluster, { secondary: { catalog: true } })
  const said = await dns.says(cluster, { status: 'False', reason: 'NotInCatalog' }, soon)
  expect(conditionOf(said)?.message).toContain('docs/catalog.md')
  const zone = await dns.says(zoneObject('example.com'), { status: 'False', reason: 'NotInCatalog' }, soon)
  expect(conditionOf(zone)?.message).toContain('secondary2')
  await served('example.com')
  const { primary, other } = bindy.named
  await bindy.named.secondary2.restart(linesFor(bindy.named.secondary2, [primary, other]))
  await dns.ready(zoneObject('example.com'), soon)
  await dns.ready(cluster, soon)
})

test('a dry run prints what would change in the catalog, and of one that is asked for no more', async () => {
  const made = await dns.ready(await dns.zone('example.com'), soon)
  await served('example.com')
  await bindy.stopController()
  const at = `on ${dns.name}/primary`
  try {
    expect((await plannedBy(bindy.api.kubeconfig)).lines).toEqual(['0 of 1 zones would change; nothing was written'])
    await dns.edit(made, { clusterRef: 'primary' })
    const leaves = (await plannedBy(bindy.api.kubeconfig)).lines.filter(line => !line.startsWith('example.com.'))
    expect(leaves).toEqual([
      `${catalog} ${at}: 1 change`,
      expect.stringMatching(/^ {2}- [0-9a-f]{32}\.zones\.catalog\.dns\..* IN PTR example\.com\.$/),
      expect.stringContaining('of 1 zones would change'),
    ])
    await dns.edit(made, { clusterRef: 'dns' })
    await dns.edit(cluster, { secondary: { catalog: false } })
    expect((await plannedBy(bindy.api.kubeconfig)).lines.join('\n')).toContain(`${dns.name}/secondary: would be added`)
  } finally {
    await dns.edit(made, { clusterRef: 'dns' })
    await dns.edit(cluster, { secondary: { catalog: true } })
    bindy.startController()
  }
  await dns.ready(made, soon)
})
