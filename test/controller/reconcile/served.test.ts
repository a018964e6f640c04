import { describe, expect, test } from '@jest/globals'
import type { Delta, ResourceRecord, Soa } from '#bind9'
import { ServedZone } from '../../../controller/src/reconcile/zone/served.ts'

const A = 1
const SOA = 6

const soa = (serial: number): Soa => ({
  mname: 'ns1.example.com.',
  rname: 'admin.example.com.',
  serial,
  refresh: 3600,
  retry: 600,
  expire: 604800,
  minimum: 300,
})

const record = (name: string, rdata: string, ttl = 60, type = A): ResourceRecord => ({
  name: `${name}.example.com.`,
  type,
  class: 1,
  ttl,
  rdata: Buffer.from(rdata, 'latin1'),
})

const served = (...records: ResourceRecord[]) => new ServedZone({ soa: soa(1), soaTtl: 300, records })

const delta = (from: number, changes: { removed?: ResourceRecord[]; added?: ResourceRecord[] }): Delta => ({
  from: soa(from),
  to: soa(from + 1),
  removed: [],
  added: [],
  ...changes,
})

const text = (zone: ServedZone) =>
  [...zone.owners]
    .sort()
    .flatMap(owner => [...zone.node(owner)].map(([type, { ttl, rdata }]) => `${owner} ${ttl} ${type} ${rdata.join()}`))

describe('ServedZone', () => {
  test('holds a copy as RRsets, sorted, each value once, without the SOA', () => {
    const zone = served(
      record('b', 'y'),
      record('a', 'z'),
      record('b', 'x'),
      record('b', 'x'),
      record('a', '', 60, SOA),
    )
    expect(text(zone)).toEqual(['a.example.com. 60 1 z', 'b.example.com. 60 1 x,y'])
    expect(zone.soa.serial).toBe(1)
  })

  test('knows nothing at a name that holds nothing', () => {
    expect(served().node('www.example.com.').size).toBe(0)
  })

  test('takes in changes in their order, and names what they touch', () => {
    const zone = served(record('a', 'x'), record('b', 'x'), record('c', 'x'))
    const touched = zone.apply({
      deltas: [
        delta(1, { removed: [record('a', 'x')], added: [record('a', 'y'), record('a', 'b')] }),
        delta(2, { removed: [record('b', 'x')] }),
      ],
      soaTtl: 300,
    })
    expect([...touched]).toEqual(['a.example.com.', 'b.example.com.'])
    expect(text(zone)).toEqual(['a.example.com. 60 1 b,y', 'c.example.com. 60 1 x'])
    expect(zone.soa.serial).toBe(3)
  })

  test('takes in a new TTL: all of the RRset removed and added', () => {
    const zone = served(record('a', 'x'), record('a', 'y'))
    const both = (ttl: number) => [record('a', 'x', ttl), record('a', 'y', ttl)]
    zone.apply({ deltas: [delta(1, { removed: both(60), added: both(90) })], soaTtl: 300 })
    expect(text(zone)).toEqual(['a.example.com. 90 1 x,y'])
  })

  test('bears the removal of what it never had', () => {
    const zone = served(record('a', 'x'))
    zone.apply({ deltas: [delta(1, { removed: [record('a', 'other'), record('never', 'x')] })], soaTtl: 300 })
    expect(text(zone)).toEqual(['a.example.com. 60 1 x'])
  })

  test('forgets a name whose last record went, and learns it again', () => {
    const zone = served(record('a', 'x'))
    zone.apply({ deltas: [delta(1, { removed: [record('a', 'x')] })], soaTtl: 300 })
    expect([...zone.owners]).toEqual([])
    zone.apply({ deltas: [delta(2, { added: [record('a', 'z')] })], soaTtl: 300 })
    expect(text(zone)).toEqual(['a.example.com. 60 1 z'])
  })
})
