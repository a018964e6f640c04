import { describe, expect, test } from '@jest/globals'
import type { DNSZone, Remark } from '#crds'
import type { ServerView } from '../../../controller/src/reconcile/zone/serverview.ts'
import { verdictOfServers, zoneStatus } from '../../../controller/src/reconcile/zone/status.ts'
import { zone } from './objects.ts'

const at = Date.UTC(2026, 0, 1)
const later = at + 60_000

const server = (instance: string, role: ServerView['role'], more: Partial<ServerView> = {}): ServerView => ({
  instance,
  role,
  serial: 7,
  fault: undefined,
  ...more,
})

const primary = server('b', 'primary')
const secondary = server('a', 'secondary')
const fault: Remark = { reason: 'Unreachable', message: 'nobody there' }
const behind: Remark = { reason: 'Behind', message: 'It serves serial 6, a primary 7' }

const view = (servers: readonly ServerView[], glueFromServers: readonly string[] = []) => ({
  servers,
  generation: 4,
  records: 3,
  glueFromServers,
  verdict: verdictOfServers(servers),
})

describe('verdictOfServers()', () => {
  test.each([
    ['Served', true, [primary, secondary]],
    ['Served', true, [primary, server('a', 'secondary', { serial: 6, fault: behind })]],
    ['Unreachable', false, [primary, server('a', 'secondary', { fault })]],
    ['Unreachable', false, [server('b', 'primary', { fault }), secondary]],
    ['NoPrimary', false, [secondary]],
    ['NoPrimary', false, []],
  ])('says %s (%s)', (reason, ready, servers) => {
    expect(verdictOfServers(servers)).toMatchObject({ reason, ready })
  })

  test('names the server, a primary before a secondary', () => {
    const other: Remark = { reason: 'RndcRefused', message: 'wrong key' }
    const servers = [server('a', 'secondary', { fault: other }), server('b', 'primary', { fault })]
    expect(verdictOfServers(servers).message).toBe('Bind9Instance b: nobody there')
  })
})

describe('zoneStatus()', () => {
  test('tells of each server, by name, and of the highest serial of a primary', () => {
    const servers = [
      primary,
      server('c', 'primary', { serial: 9 }),
      server('a', 'secondary', { serial: 6, fault: behind }),
    ]
    const status = zoneStatus(zone({}, { generation: 4 }), view(servers), at)
    expect(status).toMatchObject({ observedGeneration: 4, zoneName: 'example.com.', serial: 9, records: 3 })
    expect(status.servers).toEqual([
      {
        instance: 'a',
        role: 'secondary',
        state: 'Behind',
        serial: 6,
        lag: 3,
        behindSince: '2026-01-01T00:00:00Z',
        message: behind.message,
      },
      { instance: 'b', role: 'primary', state: 'Served', serial: 7 },
      { instance: 'c', role: 'primary', state: 'Served', serial: 9 },
    ])
  })

  test('speaks of the generation that was acted on, though the object has gone on since', () => {
    const status = zoneStatus(zone({}, { generation: 5 }), view([primary]), at)
    expect(status.observedGeneration).toBe(4)
    expect(status.conditions?.map(({ observedGeneration }) => observedGeneration)).toEqual([4])
  })

  test('compares serials as RFC 1982 does: past the last comes the first', () => {
    const servers = [server('a', 'primary', { serial: 4_294_967_290 }), server('b', 'primary', { serial: 5 })]
    expect(zoneStatus(zone(), view(servers), at).serial).toBe(5)
  })

  test('counts how far a secondary is behind across the end of the serials, and keeps since when', () => {
    const servers = (serial: number) => [
      server('b', 'primary', { serial: 2 }),
      server('a', 'secondary', { serial, fault: behind }),
    ]
    const first = zoneStatus(zone(), view(servers(4294967295)), at)
    expect(first.servers?.[0]).toMatchObject({ lag: 3, behindSince: '2026-01-01T00:00:00Z' })
    const next = zoneStatus(zone({}, {}, first), view(servers(1)), later)
    expect(next.servers?.[0]).toMatchObject({ lag: 1, behindSince: '2026-01-01T00:00:00Z' })
    const level = zoneStatus(zone({}, {}, next), view(servers(2)), later)
    expect(level.servers?.[0]).toMatchObject({ lag: 0 })
    expect(level.servers?.[0]?.behindSince).toBeUndefined()
  })

  test('keeps the serial last seen while none is known', () => {
    const before = zoneStatus(zone(), view([primary]), at)
    const unseen = server('b', 'primary', { serial: undefined, fault })
    const after = zoneStatus(zone({}, {}, before), view([unseen]), later)
    expect([after.serial, after.servers?.[0]?.serial]).toEqual([7, 7])
  })

  test('keeps the history of serials that the object has, unless a later one is given', () => {
    const history = [{ serial: 7, time: '2026-01-01T00:00:00.000Z' }]
    const before = zoneStatus(zone(), view([primary]), at, history)
    expect(before.history).toEqual(history)
    expect(zoneStatus(zone({}, {}, before), view([primary]), later).history).toEqual(history)
    expect(zoneStatus(zone({}, {}, before), view([primary]), later, []).history).toEqual([])
    expect(zoneStatus(zone(), view([primary]), at)).not.toHaveProperty('history')
  })

  const conditions = (object: DNSZone, ...more: Parameters<typeof view>) =>
    zoneStatus(object, view(...more), later).conditions?.map(({ type, status, reason, lastTransitionTime }) =>
      [type, status, reason, lastTransitionTime].join(' '),
    )

  test('keeps the time of a transition until the next one', () => {
    const before = zoneStatus(zone(), view([primary]), at)
    const again = zone({}, { generation: 2 }, before)
    expect(conditions(again, [primary])).toEqual(['Ready True Served 2026-01-01T00:00:00Z'])
    const broken = server('b', 'primary', { fault })
    expect(conditions(again, [broken])).toEqual(['Ready False Unreachable 2026-01-01T00:01:00Z'])
  })

  test('says that name servers stand on the servers own addresses, and takes it back', () => {
    const before = zoneStatus(zone(), view([primary], ['ns1.example.com.']), at)
    expect(conditions(zone({}, {}, before), [primary], ['ns1.example.com.'])).toEqual([
      'Ready True Served 2026-01-01T00:00:00Z',
      'GlueFromServers True NoAddressGiven 2026-01-01T00:00:00Z',
    ])
    expect(conditions(zone({}, {}, before), [primary])).toEqual(['Ready True Served 2026-01-01T00:00:00Z'])
  })

  test('cuts what is too long for the object', () => {
    const long: Remark = { reason: 'UpdateRefused', message: 'x'.repeat(5000) }
    const status = zoneStatus(zone(), view([server('b', 'primary', { fault: long })]), at)
    expect(status.servers?.[0]?.message).toHaveLength(1024)
    expect(status.conditions?.[0]?.message).toHaveLength(2048)
  })
})
