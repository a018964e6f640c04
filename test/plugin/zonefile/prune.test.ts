import { describe, expect, test } from '@jest/globals'
import { type DNSZone, parseZoneFile, type RecordObject, recordTypeOfKind } from '#crds'
import { newObject } from '../../../plugin/src/cluster.ts'
import { planImport } from '../../../plugin/src/import/plan.ts'
import { kindOfType } from '../../../plugin/src/record/kind.ts'
import { rdataCodec } from '../../../plugin/src/zonefile/codec.ts'
import { fromZone } from '../../../plugin/src/zonefile/fromzone.ts'
import { asStored } from '../../../plugin/src/zonefile/objectzone.ts'

const HEAD = '$TTL 60\n@ SOA ns1.example.net. host.example.net. 7 1h 10m 1w 5m\n@ NS ns1.example.net.\n'
const around = { serverAddresses: [], children: new Map<string, string>() }
const author = { fieldManager: 'kubectl-bindy', force: false }
const base = {
  apex: 'example.com.',
  namespace: 'dns',
  name: 'example-com',
  skipsForeign: false,
  spec: { clusterRef: 'dns' },
}

const found = (text: string) =>
  parseZoneFile(HEAD + text, { file: 'zone', origin: 'example.com.', codec: rdataCodec }).records

/** The zone as it stands, with more in its spec. */
function standingZone(spec: object): DNSZone {
  const { zone } = fromZone(found(''), base)
  if (!zone) throw new Error('There is no zone')
  return asStored<DNSZone>({ ...zone, spec: { ...zone.spec, ...spec } })
}

/** What of the objects of a first text becomes of them when a second one is imported. */
function plan(before: string, after: string, metadata: object = {}) {
  const { zone, records } = fromZone(found(before), base)
  const standing = {
    zone: asStored<DNSZone>(zone as NonNullable<typeof zone>),
    records: records.map(record => {
      const stored = asStored<RecordObject>(record)
      return { ...stored, metadata: { ...stored.metadata, ...metadata } }
    }),
    around,
  }
  const { pruned, records: created, others, faults } = planImport(found(after), { ...base, prunes: author }, standing)
  return {
    faults,
    stay: others.map(({ metadata }) => metadata.name),
    create: created.map(({ metadata }) => metadata.name),
    prune: pruned.map(({ change: { verb, object } }) => {
      const { zone: _, name, ...spec } = object.spec as Record<string, unknown>
      return verb === 'deleted' ? `${object.kind} ${name} goes` : `${object.kind} ${name} ${JSON.stringify(spec)}`
    }),
  }
}

const NONE = { zone: undefined, around }
const NOTHING = { faults: [], stay: [], create: [], prune: [] }

describe('planImport() that prunes', () => {
  const A = 'a A 192.0.2.1\na A 192.0.2.2\n'
  const cases: [title: string, before: string, after: string, found: object][] = [
    ['leaves what was found', A, A, NOTHING],
    ['deletes what gives nothing that was found', `${A}b A 192.0.2.9\n`, A, { ...NOTHING, prune: ['ARecord b goes'] }],
    [
      'rewrites what gives a part of what was found',
      A,
      'a A 192.0.2.2\na A 192.0.2.3\n',
      { ...NOTHING, prune: ['ARecord a {"ipv4Addresses":["192.0.2.2","192.0.2.3"]}'] },
    ],
    [
      'rewrites a CNAME in its place',
      'a CNAME b.example.net.\n',
      'a CNAME c.example.net.\n',
      { ...NOTHING, prune: ['CNAMERecord a {"target":"c.example.net."}'] },
    ],
    [
      'rewrites what has another TTL',
      'a 5 A 192.0.2.1\n',
      'a 6 A 192.0.2.1\n',
      { ...NOTHING, prune: ['ARecord a {"ttl":6,"ipv4Address":"192.0.2.1"}'] },
    ],
    [
      'creates what no object is left for',
      'a MX 1 b.example.net.\n',
      'a MX 1 c.example.net.\na MX 2 d.example.net.\n',
      {
        ...NOTHING,
        create: [expect.stringMatching(/^a\.example\.com-/)],
        prune: ['MXRecord a {"priority":1,"mailServer":"c.example.net."}'],
      },
    ],
    [
      'leaves an MX whose host gets another address',
      'a MX 1 b\nb A 192.0.2.1\n',
      'a MX 1 b\nb A 192.0.2.2\n',
      { ...NOTHING, prune: ['ARecord b {"ipv4Address":"192.0.2.2"}'] },
    ],
    [
      'leaves an MX that waits for the address of its host',
      'a MX 1 b\n',
      'a MX 1 b\nb A 192.0.2.2\n',
      { ...NOTHING, create: ['b.example.com'] },
    ],
  ]
  test.each(cases)('%s', (_, before, after, expected) => {
    expect(plan(before, after)).toEqual(expected)
  })

  test('gives no new object the name of one that was rewritten', () => {
    const mx = (priority: number) => `a MX ${priority} b${priority}.example.net.\n`
    let records: RecordObject[] = []
    for (const text of [mx(1) + mx(2), mx(1) + mx(3), mx(1) + mx(2) + mx(3)]) {
      const planned = planImport(found(text), { ...base, clusterRef: 'dns', prunes: author }, { ...NONE, records })
      const rewritten = new Map(planned.pruned.map(({ object, change }) => [object, change.object]))
      const kept = records.map(record => asStored<RecordObject>(rewritten.get(record) ?? record))
      records = [...kept, ...planned.records.map(record => asStored<RecordObject>(record))]
    }
    expect(new Set(records.map(({ metadata }) => metadata.name)).size).toBe(3)
    expect(records.map(({ spec }) => spec.priority).sort()).toEqual([1, 2, 3])
  })

  test('leaves what another object controls', () => {
    const owned = { ownerReferences: [{ controller: true }] }
    expect(plan('a A 192.0.2.1\n', '', owned)).toEqual({ ...NOTHING, stay: ['a.example.com'] })
  })

  test('leaves what lies in a namespace that the zone lets in, whose names are not taken', () => {
    const zone = standingZone({ allowedNamespaces: ['shop'] })
    const guest = newObject(
      kindOfType(recordTypeOfKind('ARecord')),
      { namespace: 'shop', name: 'b.example.com' },
      { zone: 'example.com', name: 'a', ipv4Address: '192.0.2.1' },
    )
    const records = [asStored<RecordObject>(guest)]
    const importing = (text: string) => planImport(found(text), { ...base, prunes: author }, { zone, records, around })
    expect(importing('a A 192.0.2.1\n')).toMatchObject({ standing: 1, records: [], pruned: [], others: [], faults: [] })
    expect(importing('b A 192.0.2.1\n')).toMatchObject({
      records: [{ metadata: { namespace: 'dns', name: 'b.example.com' } }],
      pruned: [],
      others: records,
      faults: [],
    })
  })

  test('does not take a field that another manager wrote', () => {
    const managedFields = [{ manager: 'argo', operation: 'Apply', fieldsV1: { 'f:spec': { 'f:ipv4Addresses': {} } } }]
    const { faults } = plan(A, 'a A 192.0.2.1\n', { managedFields })
    expect(faults).toEqual([expect.stringMatching(/^Cannot change ARecord dns\/a\.example\.com: "argo" wrote/)])
  })

  test('does not leave a TTL that another manager wrote without a word', () => {
    const managedFields = [{ manager: 'argo', operation: 'Apply', fieldsV1: { 'f:spec': { 'f:ttl': {} } } }]
    const { faults } = plan('a 5 A 192.0.2.1\n', 'a 60 A 192.0.2.1\n', { managedFields })
    expect(faults).toEqual([expect.stringContaining('"argo" wrote its spec.ttl; add --force-conflicts')])
  })
})
