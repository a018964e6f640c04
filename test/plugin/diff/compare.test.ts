import { describe, expect, test } from '@jest/globals'
import { bytesOf, decodeSoa, type ZoneCopy } from '#bind9'
import { type DNSZone, parseZoneFile, type RecordObject } from '#crds'
import { compareZone } from '../../../plugin/src/diff/compare.ts'
import { diffLines } from '../../../plugin/src/diff/print.ts'
import { rdataCodec } from '../../../plugin/src/zonefile/codec.ts'
import { fromZone } from '../../../plugin/src/zonefile/fromzone.ts'
import { asStored, ObjectZone } from '../../../plugin/src/zonefile/objectzone.ts'

const HEAD = '$TTL 60\n@ SOA ns.example.net. host.example.net. 7 1h 10m 1w 5m\n@ NS ns.example.net.\n'

function recordsOf(text: string) {
  return parseZoneFile(text, { file: 'zone', origin: 'example.com.', codec: rdataCodec }).records
}

function objects(text: string, spec: object = {}): ObjectZone {
  const { zone, records } = fromZone(recordsOf(HEAD + text), { apex: 'example.com.', namespace: 'dns', name: 'z' })
  if (!zone) throw new Error('the records make no zone')
  const made = asStored<DNSZone>({ ...zone, spec: { ...zone.spec, ...spec } })
  const around = { serverAddresses: [], children: new Map<string, string>() }
  return new ObjectZone(
    made,
    records.map(record => asStored<RecordObject>(record)),
    around,
  )
}

function copyOf(text: string): ZoneCopy {
  const [soa, ...rest] = recordsOf(text)
  const records = rest.map(({ owner, type, ttl, rdata }) => ({
    name: owner,
    type,
    class: 1,
    ttl,
    rdata: bytesOf(rdata ?? ''),
  }))
  return { soa: decodeSoa(bytesOf(soa?.rdata ?? '')), soaTtl: soa?.ttl ?? 0, records }
}

/** The lines of a diff, without the objects. */
function diff(wanted: ObjectZone, served: string) {
  const found = compareZone(wanted, copyOf(served))
  const lines = diffLines(wanted, found).map(({ sign, owner, ttl, type, value, servedTtl, servedValue }) =>
    [sign, owner, servedTtl ?? '', ttl, type, servedValue ?? '', value].filter(part => part !== '').join(' '),
  )
  return [...lines, ...(found.others > 0 ? [`${found.others} of others`] : [])]
}

describe('compareZone()', () => {
  const A = 'a A 192.0.2.1\n'
  const cases: [title: string, objects: string, served: string, lines: string[]][] = [
    ['the same', A, HEAD + A, []],
    ['another serial, and what named signs', A, `${HEAD.replace(' 7 ', ' 99 ')}${A}a TYPE46 \\# 1 00\n`, []],
    ['a record that is missing', A, HEAD, ['+ a.example.com. 60 A 192.0.2.1']],
    ['a record that nobody owns', '', `${HEAD}a 5 TXT x\n`, ['- a.example.com. 5 TXT "x"']],
    ['a value in place of another', A, `${HEAD}a A 192.0.2.9\n`, ['~ a.example.com. 60 A 192.0.2.9 192.0.2.1']],
    ['another TTL', A, `${HEAD}a 5 A 192.0.2.1\n`, ['~ a.example.com. 5 60 A 192.0.2.1']],
    ['another value and TTL', A, `${HEAD}a 5 A 192.0.2.9\n`, ['~ a.example.com. 5 60 A 192.0.2.9 192.0.2.1']],
    ['values more', A, `${HEAD}${A}a A 192.0.2.9\n`, ['- a.example.com. 60 A 192.0.2.9']],
    [
      'values less, and another TTL',
      `${A}a A 192.0.2.2\n`,
      `${HEAD}a 5 A 192.0.2.1\n`,
      ['~ a.example.com. 5 60 A 192.0.2.1, 192.0.2.2', '+ a.example.com. 60 A 192.0.2.2'],
    ],
    [
      'another SOA',
      '',
      HEAD.replace('1h', '2h'),
      [
        '~ example.com. 60 SOA ns.example.net. host.example.net. 7 7200 600 604800 300 ns.example.net. host.example.net. 7 3600 600 604800 300',
      ],
    ],
    [
      'another name server',
      '',
      HEAD.replace('NS ns.', 'NS ns2.'),
      ['~ example.com. 60 NS ns2.example.net. ns.example.net.'],
    ],
  ]
  test.each(cases)('finds %s', (_, wanted, served, lines) => {
    expect(diff(objects(wanted), served)).toEqual(lines)
  })

  test('leaves what is unmanaged to others', () => {
    const zone = objects(A, { unmanaged: [{ name: '_acme-challenge*', types: ['TXT'] }] })
    expect(diff(zone, `${HEAD}${A}_acme-challenge TXT x\nb TXT x\n`)).toEqual([
      '- b.example.com. 60 TXT "x"',
      '1 of others',
    ])
  })

  test('takes in a zone that is shared an RRset of an object as a whole, and leaves the others', () => {
    const zone = objects(A, { recordPolicy: 'owned', nameServers: [] })
    const served = `${HEAD}@ NS ns9.example.net.\n${A}a A 192.0.2.9\nb A 192.0.2.1\n`
    expect(diff(zone, served)).toEqual(['- a.example.com. 60 A 192.0.2.9', '3 of others'])
  })

  test('names the object of each line, and the zone where it gives it itself', () => {
    const zone = objects(A)
    const lines = diffLines(zone, compareZone(zone, copyOf(HEAD.replace('NS ns.', 'NS ns2.'))))
    expect(lines.map(({ objects, why }) => [objects, why])).toEqual([
      [['DNSZone dns/z'], 'Pending'],
      [['ARecord dns/a.example.com'], 'Pending'],
    ])
  })
})
