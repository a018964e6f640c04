import { expect, test } from '@jest/globals'
import { type DNSZone, type RecordObject, recordKinds, zoneKind } from '#crds'
import { newObject } from '../../../plugin/src/cluster.ts'
import { asStored, ObjectZone } from '../../../plugin/src/zonefile/objectzone.ts'
import { printOctets } from '../../../plugin/src/zonefile/octets.ts'
import { printCsv, printRecords, relativeOwner } from '../../../plugin/src/zonefile/print.ts'

test('printOctets() prints what it knows in words, and all else as RFC 3597 has it', () => {
  expect(printOctets(1, '\xc0\x00\x02\x01')).toBe('192.0.2.1')
  expect(printOctets(65400, '\x0a\x00')).toBe(String.raw`\# 2 0a00`)
  // An A of three octets, and a TXT that is no UTF-8.
  expect(printOctets(1, '\xc0\x00\x02')).toBe(String.raw`\# 3 c00002`)
  expect(printOctets(16, '\x01\xff')).toBe(String.raw`\# 2 01ff`)
})

test('relativeOwner() is "@" at the apex and relative below it', () => {
  expect(relativeOwner('example.com.', 'example.com.')).toBe('@')
  expect(relativeOwner('a.b.example.com.', 'example.com.')).toBe('a.b')
  expect(relativeOwner('a.', '.')).toBe('a.')
})

function objectZone(recordPolicy: string, records: readonly RecordObject[] = []): ObjectZone {
  const soaRecord = {
    primaryNs: 'ns.example.com.',
    adminEmail: 'a@b.example',
    refresh: 1,
    retry: 1,
    expire: 1,
    negativeTtl: 1,
  }
  const spec = { zoneName: 'example.com', clusterRef: 'dns', ttl: 60, recordPolicy, soaRecord }
  const zone = asStored<DNSZone>(newObject(zoneKind, { namespace: 'dns', name: 'z' }, spec))
  const around = { serverAddresses: ['192.0.2.53', '2001:db8::53'], children: new Map<string, string>() }
  return new ObjectZone(zone, records, around)
}

test('printCsv() puts in quotes what holds quotes and commas', () => {
  const kind = recordKinds.find(one => one.kind === 'TXTRecord') ?? zoneKind
  const spec = { zone: 'example.com', name: '@', text: ['v=spf1, all'] }
  const txt = asStored<RecordObject>(newObject(kind, { namespace: 'dns', name: 'spf' }, spec))
  expect([...printCsv(objectZone('exclusive', [txt]))]).toEqual([
    'name,ttl,type,value,objects',
    'example.com.,60,NS,ns.example.com.,DNSZone/z',
    'example.com.,60,TXT,"""v=spf1, all""",TXTRecord/spf',
    'ns.example.com.,60,A,192.0.2.53,DNSZone/z',
    'ns.example.com.,60,AAAA,2001:db8::53,DNSZone/z',
  ])
})

test.each(['exclusive', 'owned'])('printRecords() has the name servers of a zone whose policy is %s', recordPolicy => {
  expect([...printRecords(objectZone(recordPolicy))]).toEqual([
    '@ 60 IN NS ns.example.com. ; DNSZone/z',
    'ns 60 IN A 192.0.2.53 ; DNSZone/z',
    'ns 60 IN AAAA 2001:db8::53 ; DNSZone/z',
  ])
})
