import { describe, expect, test } from '@jest/globals'
import type { Bind9Instance, DNSZone } from '#crds'
import { type Reach, STRAIGHT } from '../../../plugin/src/server/reach.ts'
import { glance, isAllWell } from '../../../plugin/src/status/glance.ts'
import { printLevel } from '../../../plugin/src/status/level.ts'
import { liveHealth } from '../../../plugin/src/status/livehealth.ts'
import { askServers, type Told, type ToldZone } from '../../../plugin/src/status/told.ts'

const NEWEST = 2 ** 32 - 1

const verdict = { type: 'Ready', status: 'True', reason: 'Served', message: '', observedGeneration: 1 }

function zoneWhere(behind: object = {}): DNSZone {
  const servers = [
    { instance: 'ns1', role: 'primary', state: 'Served', serial: 7 },
    { instance: 'ns2', role: 'secondary', state: 'Served', serial: 7, lag: 0, ...behind },
  ]
  return {
    kind: 'DNSZone',
    metadata: { namespace: 'dns', name: 'a', generation: 1 },
    spec: { zoneName: 'a.test', clusterRef: 'c' },
    status: { observedGeneration: 1, serial: 7, servers, conditions: [verdict] },
  } as unknown as DNSZone
}

const instances = ['ns1', 'ns2'].map(
  name =>
    ({
      kind: 'Bind9Instance',
      metadata: { namespace: 'dns', name, generation: 1 },
      spec: { clusterRef: 'c', role: name === 'ns1' ? 'primary' : 'secondary', external: { address: '192.0.2.1' } },
      status: { conditions: [{ ...verdict, reason: 'Reachable' }] },
    }) as unknown as Bind9Instance,
)

/** What ns1 and ns2 say of the zone: a serial, a reason, or nothing at all. */
function told(...said: (number | 'ZoneNotServed' | undefined)[]): ReadonlyMap<string, Told> {
  return new Map(
    instances.map((instance, i) => {
      const one = said[i]
      const now: ToldZone =
        typeof one === 'number' ? { serial: one } : { reason: 'ZoneNotServed', message: 'it has no such zone' }
      const zones =
        one === undefined
          ? { fault: 'gone', reason: 'Unreachable' }
          : { value: new Map([['dns/a', now]]), way: STRAIGHT }
      return [`dns/${instance.metadata.name}`, { instance, detours: [], zones }]
    }),
  )
}

describe('liveHealth()', () => {
  const cases: [what: string, zone: DNSZone, said: Parameters<typeof told>, health: readonly unknown[]][] = [
    ['that all have it', zoneWhere(), [8, 8], ['Healthy', 8, 'Served', 0]],
    ['that the secondary is behind', zoneWhere(), [8, 6], ['Propagating', 8, 'Served', 2]],
    ['that it is behind, past the greatest serial', zoneWhere(), [1, NEWEST], ['Propagating', 1, 'Served', 2]],
    ['that it has caught up', zoneWhere({ serial: 5, lag: 2 }), [7, 7], ['Healthy', 7, 'Served', 0]],
    ['that it is ahead of what the primary said', zoneWhere(), [7, 8], ['Healthy', 7, 'Served', 0]],
    ['that it has no such zone', zoneWhere(), [7, 'ZoneNotServed'], ['Propagating', 7, 'ZoneNotServed', undefined]],
    ['nothing', zoneWhere({ serial: 5, lag: 2 }), [undefined, undefined], ['Propagating', 7, 'Served', 2]],
    ['nothing of the primary', zoneWhere(), [undefined, 6], ['Propagating', 7, 'Served', 1]],
  ]
  test.each(cases)('where the servers say %s', (_, zone, said, expected) => {
    const { phase, serial, servers } = liveHealth(zone, told(...said))
    expect([phase, serial, servers[1]?.state, servers[1]?.lag]).toEqual(expected)
  })
})

describe('glance()', () => {
  const look = (...said: Parameters<typeof told>) => {
    const world = { clusters: [], instances, zones: [zoneWhere()], records: [], needs: [] }
    return glance(world, { controller: { needs: 'l' }, webhook: { needs: 'w' } }, told(...said))
  }

  test('tells of a weak key, and calls the server ready', () => {
    const weak = { ...verdict, reason: 'WeakKey', message: 'Key "bindy" signs by hmac-sha1' }
    const old = { ...instances[0], status: { conditions: [weak] } } as unknown as Bind9Instance
    const world = { clusters: [], instances: [old], zones: [], records: [], needs: [] }
    const seen = glance(world, { controller: { needs: 'l' }, webhook: { needs: 'w' } })
    expect(seen.attention).toMatchObject([{ mark: 'warning', message: 'WeakKey: Key "bindy" signs by hmac-sha1' }])
    expect([seen.instances[0]?.state, isAllWell(seen)]).toEqual(['Ready', true])
  })

  test('counts what is behind by what servers say now', () => {
    const { instances, attention } = look(8, 6)
    expect(instances.map(({ behind, state }) => [behind, state])).toEqual([
      [0, 'Ready'],
      [1, 'ZoneBehind'],
    ])
    expect(attention).toMatchObject([{ mark: 'warning', message: 'ns2 serves 6, the primary 8' }])
  })

  test('finds it bad that a primary does not serve', () => {
    expect(look('ZoneNotServed', 7).attention).toMatchObject([
      { mark: 'bad', message: 'ns1 ZoneNotServed: it has no such zone' },
    ])
  })

  test('does not call a server asked that is to serve no zone', async () => {
    const idle = {
      ...instances[1],
      metadata: { namespace: 'dns', name: 'ns3' },
      spec: { clusterRef: 'd', external: {} },
    }
    const all = [...instances, idle as unknown as Bind9Instance]
    const world = { clusters: [], instances: all, zones: [zoneWhere()], records: [], needs: [] }
    const reach = { plain: async () => ({ value: { serial: 7 }, way: STRAIGHT }) } as unknown as Reach
    const now = await askServers(world, reach, { live: true, rndc: false })
    const rows = glance(world, { controller: { needs: 'l' }, webhook: { needs: 'w' } }, now).instances
    expect(rows.map(({ name, hasSerials, isUnasked }) => [name, hasSerials, isUnasked])).toEqual([
      ['ns1', true, false],
      ['ns2', true, false],
      ['ns3', false, false],
    ])
    expect(printLevel({ live: true, rndc: false }, { servers: 0, answered: 0, what: [] }, '')).toBe(
      'Level: what the objects say, since there was no server to ask',
    )
  })

  test('names a server that could not be asked', () => {
    const { instances, attention, isWhole } = look(7, undefined)
    expect(instances.map(({ isUnasked }) => isUnasked)).toEqual([false, true])
    expect(attention).toMatchObject([{ mark: 'warning', subject: 'Bind9Instance ns2' }])
    expect(isWhole).toBe(false)
  })
})
