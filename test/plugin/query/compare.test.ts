import { describe, expect, test } from '@jest/globals'
import { bytesOf, RCODE, TYPE } from '#bind9'
import { type Bind9Instance, type DNSZone, parseZoneFile, type RecordObject, RRTYPE } from '#crds'
import { compare } from '../../../plugin/src/query/compare.ts'
import { STRAIGHT } from '../../../plugin/src/server/reach.ts'
import { rdataCodec } from '../../../plugin/src/zonefile/codec.ts'
import { asStored, ObjectZone } from '../../../plugin/src/zonefile/objectzone.ts'

const APEX = 'example.com.'
const soaRecord = { primaryNs: 'ns.example.net.', adminEmail: 'host.example.net.' }

/** What stands in the namespace dns: each object's kind, name and fields. */
const objects: [kind: string, name: string, spec: object][] = [
  ['ARecord', 'www', { ipv4Address: '192.0.2.1', ttl: 60 }],
  ['AAAARecord', 'www', { ipv6Address: '2001:0DB8::1' }],
  ['CNAMERecord', 'alias', { target: 'WWW.Example.com.' }],
  ['CNAMERecord', '*.apps', { target: 'www.example.com.' }],
  ['ARecord', 'own.apps', { ipv4Address: '192.0.2.2' }],
  ['NSRecord', 'lab', { nameserver: 'ns.lab.example.com.' }],
  ['MXRecord', 'mail', { priority: 10, mailServer: 'alias.example.com.' }],
  ['ARecord', 'ns.lab', { ipv4Address: '192.0.2.3' }],
]

const zoneOf = (more: object = {}) =>
  new ObjectZone(
    asStored<DNSZone>({
      apiVersion: 'v1',
      kind: 'DNSZone',
      metadata: { namespace: 'dns', name: 'z' },
      spec: { zoneName: 'example.com', ttl: 300, soaRecord, ...more },
    }),
    objects.map(([kind, name, spec]) =>
      asStored<RecordObject>({
        apiVersion: 'v1',
        kind,
        metadata: { namespace: 'dns', name: name.replace('*', 'any') },
        spec: { zone: 'example.com', name, ...spec },
      }),
    ),
    { serverAddresses: [], children: new Map() },
  )
const exclusive = zoneOf()

const instance = { metadata: { namespace: 'dns', name: 'ns1' } } as Bind9Instance

/** The answer of a server, its records as a zone file has them. */
function answer(text: string, { rcode = RCODE.NOERROR as number, aa = true, authorities = '' } = {}) {
  const records = (of: string) =>
    parseZoneFile(of, { file: 'answer', origin: APEX, codec: rdataCodec }).records.map(
      ({ owner, type, ttl, rdata = '' }) => ({ name: owner, type, class: 1, ttl, rdata: bytesOf(rdata) }),
    )
  const value = { rcode, aa, answers: records(text), authorities: records(authorities) }
  return { instance, answer: { value, way: STRAIGHT } }
}

function compared(name: string, type: number, ...answers: ReturnType<typeof answer>[]) {
  return comparedIn(exclusive, name, type, ...answers)
}

function comparedIn(zone: ObjectZone, name: string, type: number, ...answers: ReturnType<typeof answer>[]) {
  const { records, isSame } = compare({ zone, owner: `${name}.${APEX}`, type }, answers)
  const lines = records.map(({ type, value, servedBy, givenBy, ttls, wantedTtl }) =>
    [type, value, `${ttls}/${wantedTtl}`, servedBy.length, givenBy].join(' '),
  )
  return { lines, isSame }
}

const ALIAS = 'CNAME www.example.com. 300/300 1'
const { A, AAAA, CNAME } = RRTYPE
const same: [title: string, name: string, type: number, served: ReturnType<typeof answer>, lines: string[]][] = [
  [
    'a value that an object spells otherwise',
    'www',
    AAAA,
    answer('www 300 AAAA 2001:db8::1\n'),
    ['AAAA 2001:db8::1 300/300 1 AAAARecord/www'],
  ],
  [
    'all of a name',
    'www',
    TYPE.ANY,
    answer('www 60 A 192.0.2.1\nwww 300 AAAA 2001:db8::1\n'),
    ['A 192.0.2.1 60/60 1 ARecord/www', 'AAAA 2001:db8::1 300/300 1 AAAARecord/www'],
  ],
  [
    'an alias that answers for A',
    'alias',
    A,
    answer('alias 300 CNAME www\nwww 60 A 192.0.2.1\n'),
    [`${ALIAS} CNAMERecord/alias`],
  ],
  ['a wildcard', 'a.b.apps', A, answer('a.b.apps 300 CNAME www\n'), [`${ALIAS} CNAMERecord/any.apps`]],
  ['no data where a wildcard does not reach', 'own.apps', CNAME, answer(''), []],
  ['no name at all', 'nobody', A, answer('', { rcode: RCODE.NXDOMAIN }), []],
  [
    'a delegation',
    'lab',
    A,
    answer('', { aa: false, authorities: 'lab 300 NS ns.lab\n' }),
    ['NS ns.lab.example.com. 300/300 1 NSRecord/lab'],
  ],
  ['what lies below a delegation', 'ns.lab', A, answer('', { aa: false, authorities: 'lab 300 NS ns.lab\n' }), []],
]
test.each(same)('compare() finds the same: %s', (_, name, type, served, lines) => {
  expect(compared(name, type, served)).toEqual({ lines, isSame: true })
})

test.each([
  ['a.b.apps', '*.apps.example.com.'],
  ['own.apps', undefined],
  ['nobody', undefined],
  ['ns.lab', undefined],
])('compare() names the wildcard that answers for %s', (name, wildcard) => {
  const question = { zone: exclusive, owner: `${name}.${APEX}`, type: A }
  expect(compare(question, [answer('')]).wildcard).toBe(wildcard)
})

const WWW = answer('www 60 A 192.0.2.1\n')
const different: [title: string, name: string, served: ReturnType<typeof answer>[], lines: string[]][] = [
  ['another TTL', 'www', [WWW, answer('www 61 A 192.0.2.1\n')], ['A 192.0.2.1 60,61/60 2 ARecord/www']],
  ['a server without it', 'www', [WWW, answer('')], ['A 192.0.2.1 60/60 1 ARecord/www']],
  [
    'an object that is refused',
    'mail',
    [answer('', { rcode: RCODE.NXDOMAIN })],
    ['MX 10 alias.example.com. /undefined 0 MXRecord/mail'],
  ],
  ['what no object gives', 'x', [answer('x 60 A 192.0.2.9\n')], ['A 192.0.2.9 60/undefined 1 no object']],
  ['a server that refuses', 'nobody', [answer('', { rcode: RCODE.REFUSED, aa: false })], []],
  ['a server that fails', 'nobody', [answer('', { rcode: RCODE.SERVFAIL })], []],
  ['a server that refers upwards', 'nobody', [answer('', { aa: false, authorities: 'com. 60 NS a.gtld.net.\n' })], []],
]
test.each(different)('compare() finds a difference: %s', (_, name, served, lines) => {
  expect(compared(name, name === 'mail' ? TYPE.ANY : A, ...served)).toEqual({ lines, isSame: false })
})

describe('compare() of what a zone leaves to others', () => {
  const shared = zoneOf({ recordPolicy: 'owned' })
  const partly = zoneOf({ unmanaged: [{ name: 'x*', types: ['A'] }] })
  const cases: [title: string, zone: ObjectZone, name: string, line: string, isSame: boolean][] = [
    ['a name of its unmanaged', partly, 'x1', 'A 192.0.2.9 60/undefined 1 no object (unmanaged)', true],
    [
      'an RRset that no object gives, where it is owned',
      shared,
      'x',
      'A 192.0.2.9 60/undefined 1 no object (owned)',
      true,
    ],
    ['a name beside its unmanaged', partly, 'y', 'A 192.0.2.9 60/undefined 1 no object', false],
  ]
  test.each(cases)('%s', (_, zone, name, line, isSame) => {
    expect(comparedIn(zone, name, A, answer(`${name} 60 A 192.0.2.9\n`))).toEqual({ lines: [line], isSame })
  })

  test('names a value in an RRset of an object as a difference, where it is owned', () => {
    const served = answer('www 60 A 192.0.2.1\nwww 60 A 192.0.2.9\n')
    expect(comparedIn(shared, 'www', A, served)).toEqual({
      lines: ['A 192.0.2.1 60/60 1 ARecord/www', 'A 192.0.2.9 60/undefined 1 no object'],
      isSame: false,
    })
  })

  test.each([
    ['owned', shared, 'no object (owned)', true],
    ['exclusive', exclusive, 'no object', false],
  ])('a name server of the apex where it is %s', (_, zone, giver, isSame) => {
    const { records, isSame: found } = compare({ zone, owner: APEX, type: RRTYPE.NS }, [
      answer('@ 300 NS ns.example.net.\n@ 300 NS other.example.net.\n'),
    ])
    expect([records.find(({ value }) => value.startsWith('other'))?.givenBy, found]).toEqual([giver, isSame])
  })
})
