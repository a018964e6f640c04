import { describe, expect, test } from '@jest/globals'
import { type Bind9Cluster, type DNSZone, PAUSED } from '#crds'
import {
  catalogName,
  clusterOf,
  isForAll,
  memberOwner,
  memberRecord,
} from '../../../controller/src/reconcile/cluster/catalog.ts'
import { Catalogs } from '../../../controller/src/reconcile/cluster/catalogs.ts'
import { Claims } from '../../../controller/src/reconcile/zone/claims.ts'
import { DesiredZone } from '../../../controller/src/reconcile/zone/desired.ts'
import type { ServerView } from '../../../controller/src/reconcile/zone/serverview.ts'
import { instance, zone } from './objects.ts'

const PTR = 12
const CATALOG = 'catalog.dns.dns.bindy.invalid.'

describe('catalogName()', () => {
  test('is of the cluster and its namespace', () => {
    expect(catalogName('prod/dns')).toBe('catalog.dns.prod.bindy.invalid.')
    expect(catalogName('prod/a.b')).toBe('catalog.a.b.prod.bindy.invalid.')
  })

  test('is a hash of those where they make no name', () => {
    const names = [`prod/${'x'.repeat(64)}`, `prod/${'y'.repeat(64)}`, `prod/${'a.'.repeat(110)}a`].map(catalogName)
    for (const name of names) expect(name).toMatch(/^catalog\.[0-9a-f]{32}\.bindy\.invalid\.$/)
    expect(new Set(names).size).toBe(3)
  })
})

describe('memberOwner()', () => {
  test('is the same for one zone in any spelling, and another for the same name made anew', () => {
    const owner = memberOwner(CATALOG, zone())
    expect(owner).toMatch(/^[0-9a-f]{32}\.zones\.catalog\.dns\.dns\.bindy\.invalid\.$/)
    expect(memberOwner(CATALOG, zone({ zoneName: 'EXAMPLE.com.' }))).toBe(owner)
    expect(memberOwner(CATALOG, zone({}, { uid: 'anew' }))).not.toBe(owner)
    expect(memberOwner(CATALOG, zone({ zoneName: 'example.net' }))).not.toBe(owner)
  })
})

const primary = instance('ns1', { clusterRef: 'dns' })
const secondary = instance('ns2', { clusterRef: 'dns', role: 'secondary' })
const second = instance('ns3', { clusterRef: 'dns', role: 'secondary' })
const stranger = instance('ns4', { clusterRef: 'others', role: 'secondary' })
const all = [primary, secondary, second, stranger]

describe('isForAll()', () => {
  test.each([
    ['all servers of the cluster', [primary, secondary, second], true],
    ['those of others beside', all, true],
    ['not all secondaries', [primary, secondary], false],
    ['no primary of the cluster', [secondary, second, instance('ns5')], false],
  ])('with %s', (_, placed, expected) => {
    expect(isForAll('dns/dns', placed, all)).toBe(expected)
  })

  test('passes over a secondary that is being deleted', () => {
    const leaving = instance('ns3', { clusterRef: 'dns', role: 'secondary' }, { deleted: true })
    expect(isForAll('dns/dns', [primary, secondary], [primary, secondary, leaving])).toBe(true)
  })

  test('wants a secondary', () => {
    expect(isForAll('dns/dns', [primary], [primary])).toBe(false)
  })
})

/** Catalogs of a cluster over these zones; `turn()` changes what the cluster asks for. */
function world(zones: DNSZone[], { asks = true }: { asks?: boolean } = {}) {
  const claims = new Claims()
  const compared: string[] = []
  let catalog: boolean | undefined = asks
  const cluster = (): Bind9Cluster => ({ ...primary, kind: 'Bind9Cluster', spec: { secondary: { catalog } } }) as never
  const catalogs = new Catalogs({
    cluster: key => (key === 'dns/dns' ? cluster() : undefined),
    instance: key => all.find(one => key === `dns/${one.metadata.name}`),
    instances: () => all,
    zonesNamed: name => zones.filter(({ spec }) => `${spec.zoneName}.` === name),
    placed: () => [primary, secondary, second],
    claims,
    wake: () => {},
    compareAll: name => void compared.push(name),
    onTurn: () => {},
    onFollow: server => void compared.push(server),
    now: () => 0,
  })
  const turn = (asks: boolean) => {
    catalog = asks
    catalogs.meet('dns/dns')
  }
  turn(asks)
  const listed = () => [...claims.of(CATALOG).owners()].filter(owner => owner.includes('.zones.'))
  return { catalogs, compared, turn, listed, claims }
}

const seen = { serving: ['dns/ns1'], isLookedAt: true, isAdded: false }

describe('Catalogs', () => {
  test('lists a zone when a primary of the cluster serves it, and until it is deleted', () => {
    const zones = [zone()]
    const { catalogs, listed } = world(zones)
    catalogs.settle('example.com.', { serving: [], isLookedAt: true, isAdded: false })
    expect(listed()).toEqual([])
    catalogs.settle('example.com.', { ...seen, serving: ['dns/ns4'] })
    expect(listed()).toEqual([])
    catalogs.settle('example.com.', seen)
    expect(listed()).toEqual([memberOwner(CATALOG, zone())])
    catalogs.settle('example.com.', { ...seen, serving: [] })
    expect(listed()).toEqual([memberOwner(CATALOG, zone())])
    zones[0] = zone({}, { deleted: true })
    catalogs.settle('example.com.', seen)
    expect(listed()).toEqual([])
  })

  test('keeps a zone whose object is only gone from sight, is paused, or leaves its zone served', () => {
    const zones = [zone()]
    const { catalogs, listed } = world(zones)
    catalogs.settle('example.com.', seen)
    const kept = zone({ deletionPolicy: 'retain' }, { deleted: true })
    const deleted = zone({}, { deleted: true })
    const paused = { ...deleted, metadata: { ...deleted.metadata, annotations: { [PAUSED]: 'true' } } }
    for (const one of [kept, paused]) {
      zones[0] = one
      catalogs.settle('example.com.', seen)
    }
    zones.length = 0
    catalogs.settle('example.com.', seen)
    expect(listed()).toEqual([memberOwner(CATALOG, zone())])
  })

  test('lists at the start what the zone says was served, before any pass', () => {
    const servers = [{ instance: 'ns1', role: 'primary' as const, state: 'Served', serial: 1 }]
    const { catalogs, listed } = world([zone({}, {}, { servers })])
    catalogs.settle('example.com.', undefined)
    expect(listed()).toEqual([memberOwner(CATALOG, zone())])
  })

  test('leaves members alone of whose name nothing is known yet', () => {
    const { catalogs, claims } = world([zone()])
    const asZone = catalogs.zone(CATALOG) as DNSZone
    const desired = new DesiredZone(
      asZone,
      claims.of(CATALOG),
      { known: [], areAll: true },
      undefined,
      catalogs.others(asZone),
    )
    const isOthers = (name: string) => {
      const record = memberRecord(CATALOG, zone({ zoneName: name }))
      const labels = name.split('.').map(label => String.fromCharCode(label.length) + label)
      return desired.isOthers(record.spec.name, PTR, `${labels.join('')}\0`)
    }
    expect([isOthers('example.com'), isOthers('example.net')]).toEqual([true, true])
    catalogs.settle('example.com.', seen)
    expect([isOthers('example.com'), isOthers('example.net')]).toEqual([false, true])
    expect(desired.isOthers(`version.${CATALOG}`, 16, '\x012')).toBe(false)
  })

  test('empties when it is asked for no more, zone by zone, and leaves when it was seen empty', () => {
    const { catalogs, listed, turn } = world([zone()])
    catalogs.settle('example.com.', seen)
    turn(false)
    expect(catalogs.supply(zone(), 'dns/ns2')).toEqual({
      by: 'addzone',
      catalog: CATALOG,
      isAsked: false,
      isListed: true,
    })
    catalogs.settle('example.com.', seen)
    expect(listed().length).toBe(1)
    catalogs.settle('example.com.', { ...seen, isAdded: true })
    expect(listed()).toEqual([])
    const report = (records: number, fault?: ServerView['fault']) => {
      const servers = [{ instance: 'ns2', role: 'secondary' as const, serial: 1, fault }]
      const verdict = { ready: true, reason: 'Served' as const, message: '' }
      catalogs.report(catalogs.zone(CATALOG) as DNSZone, {
        generation: 1,
        servers,
        records,
        glueFromServers: [],
        verdict,
      })
      return catalogs.zone(CATALOG)?.metadata.deletionTimestamp !== undefined
    }
    expect(report(2)).toBe(false)
    expect(report(1, { reason: 'Behind', message: '' })).toBe(false)
    expect(report(1)).toBe(true)
    catalogs.end(catalogs.zone(CATALOG) as DNSZone)
    expect(catalogs.zone(CATALOG)).toBeUndefined()
    expect(catalogs.of('dns/dns')).toBeUndefined()
  })

  test('has one zone of a server go first, and another when that one is deleted', () => {
    const zones = [zone()]
    const { catalogs, compared } = world(zones)
    const may = (...names: string[]) => names.map(name => catalogs.mayTurn('dns/ns2', name))
    expect(may('example.com.', 'example.net.', 'example.com.')).toEqual([true, false, true])
    zones[0] = zone({}, { deleted: true })
    catalogs.settle('example.com.', seen)
    expect(compared).toContain('dns/ns2')
    expect(may('example.net.', 'example.org.')).toEqual([true, false])
    catalogs.follows('dns/ns2')
    expect(may('example.org.')).toEqual([true])
    catalogs.forget('dns/ns2')
    expect(may('example.com.', 'example.org.')).toEqual([true, false])
  })

  test('moves the serial once for any number of nudges', () => {
    const { catalogs } = world([])
    const serial = () => catalogs.zone(CATALOG)?.spec.soaRecord.serial
    catalogs.turn(CATALOG, 7)
    expect(serial()).toBeUndefined()
    catalogs.nudge(CATALOG)
    catalogs.nudge(CATALOG)
    catalogs.turn(CATALOG, 7)
    catalogs.turn(CATALOG, 8)
    expect(serial()).toBe(8)
  })
})

test('clusterOf() is the key of the cluster, in the namespace of the instance', () => {
  expect([clusterOf(primary), clusterOf(instance('alone'))]).toEqual(['dns/dns', undefined])
})
