import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ObjectIndex, type Others } from '#crds'
import { address, alias, record, stored, zone } from './objects.ts'

const server = (namespace: string, address: string, role = 'primary') => {
  const external = { address, rndcSecretRef: { name: 'rndc' }, tsigSecretRef: { name: 'tsig' } }
  const spec = { role, clusterRef: 'servers', external }
  return { kind: 'Bind9Instance', metadata: { name: `ns-${address}`, namespace }, spec }
}
const cluster = { kind: 'Bind9Cluster', metadata: { name: 'servers', namespace: 'dns' }, spec: {} }

const objects = [
  ...['a', 'b', 'a.b', 'c.a.b', '@', '*.b'].flatMap(name => [
    address(name, '192.0.2.1', { name: `a-${name}` }),
    alias(name, `a.example.com.`, { name: `c-${name}` }),
    record('MXRecord', name, { priority: 1, mailServer: 'a.example.com.' }, { name: `m-${name}` }),
    record('NSRecord', name, { nameserver: 'b.example.com' }, { name: `n-${name}` }),
  ]),
  address('x', '192.0.2.300', { name: 'bad' }),
  zone(),
  zone({}, { name: 'twin', namespace: 'web' }),
  zone({ zoneName: 'b.example.com', nameServers: [{ hostname: 'A.example.com' }] }, { name: 'child' }),
  zone({ zoneName: 'a..b' }, { name: 'nameless' }),
  server('dns', '192.0.2.1'),
  server('web', '192.0.2.1'),
  cluster,
].map((object, i) => stored(object as ReturnType<typeof zone>, i))

/** Everything that an index says, in an order of its own. */
function said(index: Others) {
  const apexes = ['example.com.', 'b.example.com.', 'a..b']
  const names = ['a', 'b', 'a.b', 'c.a.b', '*.b', 'x'].map(name => `${name}.example.com.`)
  const sorted = (values: Iterable<unknown>) => [...values].map(value => JSON.stringify(value)).sort()
  return {
    zones: apexes.map(apex => index.zonesNamed(apex)),
    near: ['dns', 'web'].map(namespace => sorted(index.zonesIn(namespace))),
    children: apexes.map(apex => sorted(index.childrenOf(apex))),
    records: [...names, 'example.com.'].map(owner => sorted(index.recordsAt('example.com.', owner))),
    below: names.map(name => sorted(index.recordsIn('example.com.').below(name))),
    naming: names.map(name => sorted(index.naming(name))),
    delegates: index.recordsIn('example.com.').delegates,
    size: index.recordsIn('example.com.').size,
    instances: ['dns', 'web'].map(namespace => sorted(index.instancesIn(namespace))),
    cluster: index.cluster('dns/servers'),
  }
}

describe('ObjectIndex', () => {
  test('says the same whatever came and went before', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(objects.length - 1)), { maxLength: 80 })
    fc.assert(
      fc.property(steps, steps => {
        const index = new ObjectIndex()
        const there = new Set<(typeof objects)[number]>()
        for (const [comes, i] of steps) {
          const object = objects[i] as (typeof objects)[number]
          if (comes) index.put(object)
          else index.drop(structuredClone(object))
          if (comes) there.add(object)
          else there.delete(object)
          said(index)
        }
        expect(said(index)).toEqual(said(ObjectIndex.of(there)))
      }),
    )
  })

  test('takes a new state of an object in place of the old one', () => {
    const index = ObjectIndex.of([zone(), address('www')])
    index.put(address('ftp', '192.0.2.1', { name: 'arecord-www' }))
    expect(index.recordsAt('example.com.', 'www.example.com.')).toEqual([])
    expect(index.recordsAt('example.com.', 'ftp.example.com.')).toHaveLength(1)
    expect(index.recordsIn('example.com.').size).toBe(1)
  })

  test('forgets an object whose new state it cannot read', () => {
    const index = ObjectIndex.of([zone(), address('www')])
    index.put({ ...address('www'), spec: { zone: 'example.com' } })
    expect(index.recordsIn('example.com.').size).toBe(0)
  })

  test('knows this very object from another state of it', () => {
    const [one, other] = [address('www'), address('www')]
    const index = ObjectIndex.of([one])
    expect(index.standingOf(one)).toMatchObject({ name: 'arecord-www', namespace: 'dns' })
    expect(index.standingOf(other)).toBeUndefined()
  })

  test('finds the apex of a zone above all of its names', () => {
    const index = ObjectIndex.of([zone(), address('a.b'), address('@')])
    expect([...index.recordsIn('example.com.').below('example.com.')]).toEqual(['a.b.example.com.'])
  })

  test('takes in nothing that has not the shape of our objects', () => {
    const index = ObjectIndex.of([
      null,
      5,
      {},
      { kind: 'ARecord' },
      { kind: 'ARecord', metadata: { name: 'a' }, spec: {} },
    ])
    expect(said(index)).toEqual(said(new ObjectIndex()))
  })
})
