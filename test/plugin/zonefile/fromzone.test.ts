import { describe, expect, test } from '@jest/globals'
import { parseZoneFile } from '#crds'
import { rdataCodec } from '../../../plugin/src/zonefile/codec.ts'
import { type FromZoneOptions, fromZone } from '../../../plugin/src/zonefile/fromzone.ts'

const HEAD = '$TTL 60\n@ SOA ns1.example.net. host\\.master.example.net. 7 1h 10m 1w 5m\n@ NS ns1.example.net.\n'

function convert(text: string, options: Partial<FromZoneOptions> = {}) {
  const { records } = parseZoneFile(text, { file: 'zone', origin: 'example.com.', codec: rdataCodec })
  return fromZone(records, { apex: 'example.com.', namespace: 'dns', name: 'example-com', ...options })
}

describe('fromZone()', () => {
  test('makes a DNSZone of the SOA and the apex NS', () => {
    const { zone, records, faults, notes } = convert(HEAD, { spec: { clusterRef: 'dns' } })
    expect([records, faults, notes]).toEqual([[], [], []])
    expect(zone).toEqual({
      apiVersion: 'bindy.firestoned.io/v1alpha1',
      kind: 'DNSZone',
      metadata: { name: 'example-com', namespace: 'dns' },
      spec: {
        zoneName: 'example.com',
        clusterRef: 'dns',
        soaRecord: {
          primaryNs: 'ns1.example.net.',
          adminEmail: 'host.master@example.net',
          serial: 7,
          refresh: 3600,
          retry: 600,
          expire: 604800,
          negativeTtl: 300,
        },
        ttl: 60,
        nameServers: [{ hostname: 'ns1.example.net.' }],
      },
    })
  })

  test('makes one object of an RRset whose type has a list, and one of each record else', () => {
    const text = `${HEAD}a A 192.0.2.2\na A 192.0.2.1\n* 5 MX 20 c.example.net.\n* 5 MX 10 b.example.net.\n`
    expect(convert(text).records.map(({ kind, metadata, spec }) => [kind, metadata.name, spec])).toEqual([
      [
        'MXRecord',
        'wildcard.example.com',
        { zone: 'example.com', name: '*', ttl: 5, priority: 10, mailServer: 'b.example.net.' },
      ],
      [
        'MXRecord',
        expect.stringMatching(/^wildcard\.example\.com-[0-9a-f]{6}$/),
        { zone: 'example.com', name: '*', ttl: 5, priority: 20, mailServer: 'c.example.net.' },
      ],
      ['ARecord', 'a.example.com', { zone: 'example.com', name: 'a', ipv4Addresses: ['192.0.2.1', '192.0.2.2'] }],
    ])
  })

  test("writes the TTL only where it is not the zone's, and takes the first where an RRset has several", () => {
    const { notes, ...made } = convert(`${HEAD}a A 192.0.2.1\nb 5 A 192.0.2.1\nc 6 A 192.0.2.1\nc 7 A 192.0.2.2\n`)
    expect(made.records.map(({ spec }) => (spec as { ttl?: number }).ttl)).toEqual([undefined, 5, 6])
    expect(notes).toEqual(['A at c.example.com. has the TTLs 6, 7: 6 is taken'])
  })

  const faults: [title: string, text: string, fault: string][] = [
    ['no SOA', '$TTL 1\n@ NS ns1.example.net.', 'example.com has no SOA: one is wanted at the apex'],
    ['no NS', HEAD.replace(/@ NS.*/, ''), 'example.com has no NS: one at least is wanted at the apex'],
    ['two SOAs', `${HEAD}@ SOA a. b. 1 2 3 4 5`, 'zone:4:1: SOA at example.com.: a zone has one SOA, and here are 2'],
    [
      'a SOA below the apex',
      `${HEAD}a SOA a. b. 1 2 3 4 5`,
      'zone:4:1: SOA at a.example.com.: a zone has its SOA at the apex, example.com.',
    ],
    [
      'a name outside',
      `${HEAD}a.example.org. A 192.0.2.1`,
      'zone:4:1: a.example.org. does not lie in the zone example.com.',
    ],
    ['an NS at a wildcard', `${HEAD}* NS a.`, 'zone:4:1: *.example.com. is a wildcard, and an NS cannot stand there'],
    [
      'too many records',
      `${HEAD}$GENERATE 1-101 a A 192.0.2.$`,
      'zone:4:1: A at a.example.com. has 101 records: BIND serves at most 100 of one name and type',
    ],
    [
      'a foreign type',
      `${HEAD}a HTTPS 1 . alpn=h2`,
      'zone:4:1: HTTPS at a.example.com.: Bindy has no object for the type; leave such records out with --skip-foreign',
    ],
  ]
  test.each(faults)('tells of %s', (_, text, fault) => {
    expect(convert(text).faults).toEqual([fault])
  })

  test('leaves out what it is told to, and what servers sign', () => {
    const text = `${HEAD}a HTTPS 1 . alpn=h2\na TYPE46 \\# 1 00\n`
    const { records, faults, notes } = convert(text, { skipsForeign: true })
    expect([records, faults]).toEqual([[], []])
    expect(notes).toEqual([
      'left out: RRSIG at a.example.com.: the servers make it themselves',
      'left out: HTTPS at a.example.com.: Bindy has no object for the type',
    ])
  })

  test('takes no name that an object has', () => {
    const taken = convert(`${HEAD}a A 192.0.2.1`, { isFree: (_, name) => name !== 'a.example.com' })
    expect(taken.records.map(({ metadata }) => metadata.name)).toEqual([
      expect.stringMatching(/^a\.example\.com-[0-9a-f]{6}$/),
    ])
  })
})
