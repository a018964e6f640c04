import { describe, expect, test } from '@jest/globals'
import { Claims } from '../../../controller/src/reconcile/zone/claims.ts'
import { address, record } from './objects.ts'

const zoneName = 'example.com.'
const www = 'www.example.com.'

const at = (claims: Claims, owner: string) =>
  claims
    .of(zoneName)
    .at(owner)
    .map(({ object }) => object.metadata.name)
const faults = (claims: Claims, zone = zoneName) => [...claims.of(zone).faulty()].map(({ fault }) => fault?.reason)
const nothing = { claims: new Set(), statuses: new Set(), faulty: new Set() }

describe('Claims', () => {
  test('places a record at its canonical owner name, however name and zone are written', () => {
    const claims = new Claims()
    const places = [{ name: 'www' }, { name: 'WWW.example.com.' }, { zone: 'EXAMPLE.com.', name: 'www.Example.COM' }]
    for (const [i, place] of places.entries()) {
      const object = record('ARecord', `r${i}`, { ipv4Address: '192.0.2.1', ...place })
      expect(claims.put(object)).toEqual([zoneName])
    }
    expect(at(claims, www)).toEqual(['r0', 'r1', 'r2'])
  })

  test('tells two kinds and two namespaces of one name apart', () => {
    const claims = new Claims()
    claims.put(address('www', '192.0.2.1'))
    claims.put(address('www', '192.0.2.1', { namespace: 'else' }))
    claims.put(record('TXTRecord', 'www', { text: ['x'] }))
    expect(at(claims, www)).toEqual(['www', 'www', 'www'])
  })

  test('reads the rdata sorted, each value once, with the TTL that is given', () => {
    const claims = new Claims()
    claims.put(record('ARecord', 'www', { ttl: 60, ipv4Addresses: ['192.0.2.2', '192.0.2.1', '192.0.2.2'] }))
    const [found] = claims.of(zoneName).at(www)
    expect(found?.claim).toMatchObject({ type: 1, ttl: 60, rdata: ['\xc0\x00\x02\x01', '\xc0\x00\x02\x02'] })
  })

  test('says what changed since it was last asked', () => {
    const claims = new Claims()
    const first = address('www', '192.0.2.1')
    claims.put(first)
    expect(claims.of(zoneName).takeChanges()).toEqual({ ...nothing, claims: new Set([www]) })
    expect(claims.of(zoneName).takeChanges()).toEqual(nothing)
    claims.put({ ...first, metadata: { ...first.metadata, resourceVersion: '9' } })
    expect(claims.of(zoneName).takeChanges()).toEqual({ ...nothing, statuses: new Set([www]) })
    claims.drop(first)
    expect(claims.of(zoneName).takeChanges()).toEqual({ ...nothing, claims: new Set([www]) })
  })

  test('moves a record to another name, and names both', () => {
    const claims = new Claims()
    claims.put(address('www', '192.0.2.1'))
    claims.of(zoneName).takeChanges()
    claims.put(record('ARecord', 'www', { name: 'web', ipv4Address: '192.0.2.1' }, { generation: 2 }))
    expect(at(claims, www)).toEqual([])
    expect(at(claims, 'web.example.com.')).toEqual(['www'])
    expect(claims.of(zoneName).takeChanges().claims).toEqual(new Set([www, 'web.example.com.']))
  })

  test('moves a record to another zone, and names both', () => {
    const claims = new Claims()
    claims.put(address('www', '192.0.2.1'))
    const moved = record('ARecord', 'www', { zone: 'example.net', ipv4Address: '192.0.2.1' }, { generation: 2 })
    expect(claims.put(moved)).toEqual([zoneName, 'example.net.'])
    expect([...claims.of(zoneName).owners()]).toEqual([])
    expect([...claims.of(zoneName).traces()]).toMatchObject([{ owner: 'www.example.com.', type: 1 }])
    expect(claims.drop(moved)).toEqual(['example.net.'])
  })

  test('takes an object made anew under an old name for another', () => {
    const claims = new Claims()
    claims.put(address('www', '192.0.2.1', { uid: 'a' }))
    claims.of(zoneName).takeChanges()
    claims.put(address('www', '192.0.2.2', { uid: 'b' }))
    expect(claims.of(zoneName).takeChanges().claims).toEqual(new Set([www]))
    expect(claims.of(zoneName).at(www)).toHaveLength(1)
  })

  test.each([
    [
      'a name outside the zone',
      record('ARecord', 'r', { name: 'www.example.net.', ipv4Address: '192.0.2.1' }),
      'OutOfZone',
    ],
    ['a name that is none', record('ARecord', 'r', { name: 'a..b', ipv4Address: '192.0.2.1' }), 'InvalidName'],
    ['too long a name', record('ARecord', 'r', { name: 'x'.repeat(64), ipv4Address: '192.0.2.1' }), 'InvalidName'],
    ['rdata that cannot be', record('ARecord', 'r', { ipv4Address: '192.0.2' }), expect.any(String)],
    [
      'rdata too long for a message',
      record('TXTRecord', 'r', { text: Array(17).fill('t'.repeat(4096)) }),
      'RecordTooLong',
    ],
  ])('keeps %s out, with its reason, and lets it in once it is mended', (_what, object, reason) => {
    const claims = new Claims()
    claims.put(object)
    expect(faults(claims)).toEqual([reason])
    expect([...claims.of(zoneName).owners()]).toEqual([])
    const mended = { ...object, metadata: { ...object.metadata, generation: 2 } }
    claims.put({ ...mended, spec: { zone: 'example.com', name: 'r', ipv4Address: '192.0.2.1', text: ['x'] } })
    expect(faults(claims)).toEqual([])
    expect(at(claims, 'r.example.com.')).toEqual(['r'])
  })

  test('leaves a trace where a record was, also as an object says that outlived its data', () => {
    const claims = new Claims()
    const kept = (name: string, status: object, deleted = false) => {
      const object = record('ARecord', 'www', { name, ipv4Address: '192.0.2.1' }, { deleted })
      return { ...object, metadata: { ...object.metadata, finalizers: ['bindy.firestoned.io/served'] }, status }
    }
    const here = { ownerName: 'www.example.com.', zoneName: 'example.com.' }
    const traced = (zone: string) => [...claims.of(zone).traces()].map(({ owner }) => owner)
    claims.put(kept('www', here))
    expect(traced('example.com.')).toEqual([])
    claims.put(kept('www', { ...here, zoneName: 'example.org.', ownerName: 'www.example.org.' }))
    expect(traced('example.org.')).toEqual([])

    const again = new Claims()
    expect(again.put(kept('web', here))).toEqual(['example.com.'])
    expect([...again.of('example.com.').traces()].map(({ owner }) => owner)).toEqual(['www.example.com.'])
    const [renamed] = again.of('example.com.').at('web.example.com.')
    expect(renamed?.former).toEqual({ zone: 'example.com.', owner: 'www.example.com.' })
    for (const trace of again.of('example.com.').traces()) again.of('example.com.').forget(trace)
    expect(renamed && again.settled(renamed).former).toBeUndefined()

    const deleted = new Claims()
    deleted.put(kept('www', here, true))
    expect([...deleted.of('example.com.').owners()]).toEqual([])
    expect([...deleted.of('example.com.').traces()]).toMatchObject([{ owner: 'www.example.com.' }])
  })

  test('forgets a zone name once no record gives it', () => {
    const claims = new Claims()
    const object = address('www', '192.0.2.1')
    claims.put(object)
    expect(claims.prune(zoneName)).toBe(false)
    claims.drop(object)
    const [trace] = claims.of(zoneName).traces()
    expect(claims.prune(zoneName)).toBe(false)
    if (trace) claims.of(zoneName).forget(trace)
    expect(claims.prune(zoneName)).toBe(true)
    expect([...claims.zones()]).toEqual([])
  })

  test('bears an object that goes twice, or was never there', () => {
    const claims = new Claims()
    expect(claims.drop(address('www', '192.0.2.1'))).toEqual([])
  })
})
