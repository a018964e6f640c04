import { describe, expect, test } from '@jest/globals'
import { type CheckOptions, check, checkDelete, type Finding, ObjectIndex, printFinding, wholeOf } from '#crds'
import { address, alias, record, stored, zone } from './objects.ts'

const ids = (found: readonly Finding[]) => found.map(({ rule }) => rule)
const text = (object: unknown, options: CheckOptions) => check(object, options).map(printFinding).join('\n')

describe('check()', () => {
  test('tells every fault at once, errors first, in the order of the rules', () => {
    const bad = record('MXRecord', 'a_b', { ttl: 5, priority: 1, mailServer: '192.0.2.1' })
    expect(ids(check(bad))).toEqual(['BND-R003', 'BND-R006', 'BND-W006'])
  })

  test('leaves what is no object of ours alone', () => {
    for (const other of [undefined, null, 5, 'x', [], {}, { kind: 'Pod', spec: {} }, { kind: 'constructor' }])
      expect(check(other)).toEqual([])
  })

  test('counts a new state of an object as the youngest, however old the object is', () => {
    const others = ObjectIndex.of([stored(zone()), stored(alias('www'), 2), stored(address('mail'), 1)])
    const moved = stored(address('www', '192.0.2.10', { name: 'arecord-mail' }), 1)
    expect(ids(check(moved, { others, old: stored(address('mail'), 1) }))).toEqual(['BND-R023'])
  })

  test('counts an object that the index holds as it came', () => {
    const [first, second] = [address('www'), alias('www')]
    const others = ObjectIndex.of([zone(), first, second])
    expect(ids(check(first, { others }))).toEqual([])
    expect(ids(check(second, { others }))).toEqual(['BND-R023'])
  })

  test('does not hold an object against itself', () => {
    const others = ObjectIndex.of([stored(zone()), stored(address('www'))])
    expect(check(address('www', '192.0.2.99'), { others })).toEqual([])
  })

  test('sees what a zone takes alone', () => {
    const elsewhere = stored(address('www', '192.0.2.1', { namespace: 'web' }))
    expect(check(alias('www'), { others: ObjectIndex.of([stored(zone()), elsewhere]) })).toEqual([])
    const open = stored(zone({ allowedNamespaces: ['web'] }))
    expect(ids(check(alias('www'), { others: ObjectIndex.of([open, elsewhere]) }))).toEqual(['BND-R023'])
  })

  test("holds the zone's own data against a record", () => {
    const own = zone({ soaRecord: { primaryNs: 'ns1.example.com.', adminEmail: 'dns@example.com' } })
    expect(text(alias('ns1'), { others: ObjectIndex.of([own]) })).toContain('the zone itself has data there')
  })
})

describe('check() of an update', () => {
  const bad = address('a_b')

  test('lets an object change that was bad before', () => {
    const labelled = { ...bad, metadata: { ...bad.metadata, labels: { a: 'b' } } }
    expect(check(labelled, { old: bad })).toEqual([])
    expect(check(address('a_b', '192.0.2.99'), { old: bad })).toEqual([])
  })

  test('tells a fault that is new, beside one that is not', () => {
    expect(ids(check(address('a_b', '192.0.2.256'), { old: bad }))).toEqual(['BND-R010'])
    expect(ids(check(address('a_c'), { old: bad }))).toEqual(['BND-R003'])
  })

  test('tells an old fault again where the object moves to another name', () => {
    const others = ObjectIndex.of([
      stored(zone()),
      stored(zone({ zoneName: 'example.net' }, { name: 'net' })),
      stored(address('www')),
    ])
    const there = record('ARecord', 'www', { zone: 'example.net', ipv4Address: '192.0.2.1' }, { name: 'there' })
    const index = ObjectIndex.of([
      stored(zone()),
      stored(zone({ zoneName: 'example.net' }, { name: 'net' })),
      stored(address('www')),
      stored(there),
    ])
    const before = stored(alias('www', 'www.example.org.'))
    const after = { ...before, spec: { ...before.spec, zone: 'example.net' } }
    expect(ids(check(before, { others, old: before }))).toEqual([])
    expect(ids(check(after, { others: index, old: before }))).toEqual(['BND-R023'])
  })

  test('repeats warnings, and takes an old object of any shape', () => {
    const short = record('ARecord', 'www', { ttl: 5, ipv4Address: '192.0.2.1' })
    expect(ids(check(short, { old: short }))).toEqual(['BND-W006'])
    for (const old of [null, 5, {}, { spec: 5 }, []]) expect(ids(check(bad, { old }))).toEqual(['BND-R003'])
  })
})

const server = (namespace: string) => {
  const external = { address: '192.0.2.53', rndcSecretRef: { name: 'rndc' }, tsigSecretRef: { name: 'tsig' } }
  const spec = { role: 'primary', clusterRef: 'servers', external }
  return stored(wholeOf({ kind: 'Bind9Instance', metadata: { namespace }, spec }, 'ns1'))
}

describe('who may not read a namespace', () => {
  const secret = { namespace: 'vault', name: 'hidden' }
  const taker = stored(zone({ allowedNamespaces: ['*'] }))
  const cases: [what: string, object: unknown, others: unknown[]][] = [
    ['a name that is taken', alias('www'), [taker, stored(address('www', '192.0.2.1', secret))]],
    [
      'a delegation',
      address('a.lab'),
      [taker, stored(record('NSRecord', 'lab', { nameserver: 'ns.example.net.' }, secret))],
    ],
    [
      'records below',
      record('NSRecord', 'lab', { nameserver: 'ns.example.net.' }),
      [taker, stored(address('a.lab', '192.0.2.1', secret))],
    ],
    [
      'another TTL',
      record('ARecord', 'www', { ttl: 60, ipv4Address: '192.0.2.1' }),
      [taker, stored(address('www', '192.0.2.2', secret))],
    ],
    ['the same record', address('www'), [taker, stored(address('www', '192.0.2.10', secret))]],
    [
      'an MX to it',
      alias('mail'),
      [taker, stored(record('MXRecord', '@', { priority: 1, mailServer: 'mail.example.com.' }, secret))],
    ],
    ['a zone of the name', zone(), [stored(zone({}, secret))]],
    ['a zone above', zone({ zoneName: 'lab.example.com' }), [stored(zone({}, secret))]],
    ['a zone that lets nobody in', address('www'), [stored(zone({}, secret))]],
    [
      'a child zone',
      address('a.lab'),
      [taker, server('dns'), server('vault'), stored(zone({ zoneName: 'lab.example.com' }, secret))],
    ],
  ]

  test.each(cases)('hears of %s without its name', (_, object, all) => {
    const others = ObjectIndex.of(all)
    const said = text(object, { others, mayRead: () => false })
    expect(said).toMatch(/of another namespace/)
    expect(said).not.toMatch(/vault|hidden/)
    expect(text(object, { others, mayRead: namespace => namespace === 'vault' })).toContain('vault/hidden')
    expect(text(object, { others })).toContain('vault/hidden')
  })

  test('is told how many records a child zone hides, of those that it may read', () => {
    const hidden = (count: number, metadata: object) =>
      Array.from({ length: count }, (_, i) => {
        const name = `${(metadata as { name?: string }).name ?? 'host'}-${i}`
        return stored(address(`${name}.lab`, '192.0.2.1', { ...metadata, name }))
      })
    const child = zone({ zoneName: 'lab.example.com' }, { name: 'lab' })
    const said = (...others: unknown[]) => text(child, { others: ObjectIndex.of(others), mayRead: () => false })
    const server = stored(wholeOf({ kind: 'Bind9Cluster', metadata: { name: 'servers' }, spec: {} }))
    expect(said(server, taker, ...hidden(2, {}), ...hidden(3, secret))).toContain('hides 2 records of the zone')
    expect(said(server, taker, ...hidden(3, secret))).toContain('hides records of another namespace of the zone')
    expect(said(server, stored(zone()), ...hidden(3, secret))).toBe('')
  })

  test('hears the names of its own', () => {
    const others = ObjectIndex.of([taker, stored(address('www'))])
    expect(text(alias('www'), { others, mayRead: () => false })).toContain('ARecord dns/arecord-www')
  })

  test('is told the same of a zone with and without records there, when it is deleted', () => {
    const there = ObjectIndex.of([taker, stored(address('www', '192.0.2.1', secret))])
    const said = checkDelete(taker, { others: there, mayRead: () => false })
      .map(printFinding)
      .join()
    expect(said).not.toMatch(/vault|hidden|\ba record\b/)
  })
})
