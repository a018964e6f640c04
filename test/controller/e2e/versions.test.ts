import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { bind9Versions, type RunningNamed, until } from '../../cluster/index.ts'
import { Clients } from '../bind9/rndc/clients.ts'
import { answers, ask, dnsWrites, serialOf } from './answers.ts'
import { Bindy } from './bindy.ts'
import type { Namespace, Thing } from './namespace.ts'
import { ANNOUNCED, FOUND, LEVEL } from './patience.ts'

/*
 * The path of a zone on each pair of versions of BIND that can be had here, but for two of the usual one, on which all other
 * tests run; where that is the only one, so do these.
 */

const versions = await bind9Versions()
const primaryOf = (version: string) => `primary-${version}`
const secondaryOf = (version: string) => `secondary-${version}`
const pairs = versions
  .flatMap(primary => versions.map(secondary => ({ primary, secondary })))
  .filter(({ primary, secondary }) => versions.length === 1 || !(primary === versions[0] && secondary === primary))

const bindy = new Bindy(
  Object.fromEntries(
    versions.flatMap(version => [primaryOf(version), secondaryOf(version)].map(name => [name, { version }])),
  ),
)
const clients = new Clients()
const namedOf = (name: string) => bindy.named[name] as RunningNamed
const soaRecord = { primaryNs: 'ns1.example.com.', adminEmail: 'admin.example.com.' }
beforeAll(() => bindy.start())
afterEach(() => bindy.clear())
afterAll(async () => {
  clients.close()
  await bindy.stop()
})

describe.each(pairs)('primary of BIND $primary, secondary of BIND $secondary', pair => {
  let dns: Namespace<string>
  let primary: RunningNamed
  let secondary: RunningNamed
  const both = () => [primary, secondary]

  beforeEach(async () => {
    primary = namedOf(primaryOf(pair.primary))
    secondary = namedOf(secondaryOf(pair.secondary))
    dns = await bindy.namespace({ [primary.name]: {}, [secondary.name]: {} })
  })

  const address = (name: string, ipv4Address = '192.0.2.1') =>
    dns.create('ARecord', name, { zone: 'example.com', name, ipv4Address })

  async function served(): Promise<{ zone: Thing; www: Thing }> {
    const zone = await dns.ready(await dns.zone('example.com', { soaRecord }))
    return { zone, www: await dns.ready(await address('www')) }
  }

  test('a zone is born complete, edited, and deleted; the instances say their versions', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `r${i}`)
    const records = await Promise.all(names.map(name => address(name)))
    await dns.allSaid('arecords', 'ZoneNotFound')
    const zone = await dns.ready(await dns.zone('example.com', { soaRecord: { ...soaRecord, serial: 7 } }))
    for (const named of both()) expect(await serialOf(named, 'example.com')).toBe(7)
    await answers(both(), 'r19.example.com', 'A', ['192.0.2.1'])
    for (const [name, version] of [
      [primary.name, pair.primary],
      [secondary.name, pair.secondary],
    ] as const) {
      const instance = await dns.ready({ kind: 'Bind9Instance', metadata: { name } })
      expect(`${instance.status?.version}.`).toContain(`${version}.`)
    }

    const [first, second] = records as [Thing, Thing]
    await dns.edit(first, { ipv4Address: '192.0.2.2', ttl: 77 })
    await dns.delete(second)
    await dns.edit(zone, { soaRecord: { refresh: 1234 } })
    await answers(both(), 'r0.example.com', 'A', ['77 192.0.2.2'], { ttl: true })
    await answers(both(), 'r1.example.com', 'A', [])
    await Promise.all([dns.ready(first), dns.ready(zone)])
    for (const named of both()) expect((await ask(named, 'example.com', 'SOA'))[0]).toContain(' 1234 ')

    await dns.delete(zone)
    await dns.gone(zone)
    for (const named of both()) expect(await serialOf(named, 'example.com')).toBeUndefined()
  })

  test('A and CNAME change places in one UPDATE, and back', async () => {
    const { www } = await served()
    const alias = await dns.create('CNAMERecord', 'web', {
      zone: 'example.com',
      name: 'web',
      target: 'ns.example.net.',
    })
    await dns.ready(alias)
    for (const [address, cname] of [
      ['web', 'www'],
      ['www', 'web'],
    ] as const) {
      // Both edits are there before the controller looks, as in one apply.
      const before = dnsWrites(primary).length
      await bindy.stopController()
      await Promise.all([dns.edit(www, { name: address }), dns.edit(alias, { name: cname })])
      bindy.startController()
      await Promise.all([dns.ready(www), dns.ready(alias)])
      await answers(both(), `${address}.example.com`, 'A', ['192.0.2.1'])
      await answers(both(), `${cname}.example.com`, 'CNAME', ['ns.example.net.'])
      expect(dnsWrites(primary).slice(before)).toHaveLength(1)
    }
  })

  test('what somebody else changed is put right', async () => {
    const { zone } = await served()
    const meddled = await primary.nsupdate(`zone example.com
update delete www.example.com A
update add www.example.com 60 A 203.0.113.1
update add stray.example.com 60 TXT "stray"`)
    expect(meddled.code).toBe(0)
    await answers(both(), 'www.example.com', 'A', ['192.0.2.1'], { timeoutMs: 6_000 })
    await answers(both(), 'stray.example.com', 'TXT', [], { timeoutMs: 6_000 })
    expect(await dns.noted(zone, 'DriftMended')).toContain(primary.name)
  })

  test('restarts and lost disks of both end with all of it served', async () => {
    const { zone } = await served()
    await Promise.all([bindy.restartController(), ...both().map(named => named.restart())])
    await dns.ready(await address('after'), FOUND)
    await answers(both(), 'after.example.com', 'A', ['192.0.2.1'], LEVEL)

    const serial = (await serialOf(primary, 'example.com')) as number
    await primary.loseDisk()
    await primary.restart()
    await answers([primary], 'www.example.com', 'A', ['192.0.2.1'], FOUND)
    await secondary.loseDisk()
    await secondary.restart()
    await answers(both(), 'after.example.com', 'A', ['192.0.2.1'], LEVEL)
    await dns.ready(zone, LEVEL)
    expect(await serialOf(primary, 'example.com')).toBeGreaterThan(serial)
    expect(await serialOf(secondary, 'example.com')).toBe(await serialOf(primary, 'example.com'))
  })

  test('a zone that was there is taken over, and its secondary gives back what a lost disk had', async () => {
    const file = '$TTL 60\n@ SOA ns1 admin 42 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.53\nold A 192.0.2.9\n'
    writeFileSync(join(primary.data, 'old.db'), file)
    const added = await primary.rndc('addzone', 'example.com', '{ type primary; file "old.db"; };')
    expect(added).toMatchObject({ code: 0 })
    await dns.ready(await dns.zone('example.com', { adopt: true, soaRecord }))
    await dns.ready(await address('new'))
    await answers(both(), 'old.example.com', 'A', ['192.0.2.9'])
    await answers(both(), 'new.example.com', 'A', ['192.0.2.1'], ANNOUNCED)
    expect(await serialOf(primary, 'example.com')).toBeGreaterThan(42)

    await primary.loseDisk()
    await primary.restart()
    await answers(both(), 'old.example.com', 'A', ['192.0.2.9'], FOUND)
    await answers(both(), 'new.example.com', 'A', ['192.0.2.1'], LEVEL)
    await bindy.clear()
    // It was theirs before, so it has stayed.
    for (const named of both()) {
      expect(await named.rndc('delzone', '-clean', 'example.com')).toMatchObject({ code: 0 })
      await until('it is gone', async () => (await serialOf(named, 'example.com')) === undefined)
    }
  })

  test('what they tell of themselves and of a zone is read', async () => {
    await served()
    const [first, second] = both().map(named => clients.to(named))
    expect(await first?.status()).toMatchObject({
      version: expect.stringMatching(new RegExp(`^${pair.primary}\\.`)),
      bootTime: expect.any(Date),
    })
    const of = { loaded: true, files: [expect.stringContaining('example.com')], secure: false }
    const ofPrimary = { ...of, type: 'primary', dynamic: true, frozen: false }
    expect(await first?.zonestatus('example.com.')).toMatchObject(ofPrimary)
    const ofSecondary = { ...of, type: 'secondary', dynamic: false, nextRefresh: expect.any(Date) }
    expect(await second?.zonestatus('example.com.')).toMatchObject({ ...ofSecondary, expires: expect.any(Date) })
    expect((await first?.showzone('example.com.'))?.type).toBe('primary')
    expect((await second?.showzone('example.com.'))?.type).toBe('secondary')
    for (const client of [first, second]) {
      expect(await client?.zonestatus('absent.test.')).toBeUndefined()
      expect(await client?.showzone('absent.test.')).toBeUndefined()
    }
  })
})
