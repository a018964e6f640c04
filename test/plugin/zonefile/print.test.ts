import { expect, test } from '@jest/globals'
import { canonicalName, type DNSZone, type RecordObject, recordKinds, zoneKind } from '#crds'
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
  const txt = stored('TXTRecord', 'spf', { name: '@', text: ['v=spf1, all'] })
  expect([...printCsv(objectZone('exclusive', [txt]))]).toEqual([
    'name,ttl,type,value,objects',
    'example.com.,60,NS,ns.example.com.,DNSZone/z',
    'example.com.,60,TXT,"""v=spf1, all""",TXTRecord/spf',
    'ns.example.com.,60,A,192.0.2.53,DNSZone/z',
    'ns.example.com.,60,AAAA,2001:db8::53,DNSZone/z',
  ])
})

function stored(kind: string, name: string, spec: object): RecordObject {
  const found = recordKinds.find(one => one.kind === kind) ?? zoneKind
  return asStored<RecordObject>(newObject(found, { namespace: 'dns', name }, { zone: 'example.com', ...spec }))
}

test('printCsv() has nothing that a spreadsheet takes for a formula, and no control character', () => {
  const records = [
    stored('TXTRecord', 'a', { name: "=cmd|'c'!a", text: ['=1+1', 'a\r\n\t\x1b[31m\u202e'] }),
    stored('CNAMERecord', 'b', { name: '+b', target: '@home.example.' }),
    stored('PTRRecord', 'c', { name: '\\010c', target: '-c\\009.example.net.' }),
    stored('CAARecord', 'd', { name: '@', flags: 0, tag: 'iodef', value: 'mailto:\x00\n@example.com' }),
  ]
  const lines = [...printCsv(objectZone('owned', records))].filter(line => !line.endsWith('DNSZone/z'))
  expect(lines).toEqual([
    'name,ttl,type,value,objects',
    String.raw`example.com.,60,CAA,"0 iodef ""mailto:\000\010@example.com""",CAARecord/d`,
    String.raw`\010c.example.com.,60,PTR,\045c\009.example.net.,PTRRecord/c`,
    String.raw`\043b.example.com.,60,CNAME,\@home.example.,CNAMERecord/b`,
    String.raw`\061cmd|'c'!a.example.com.,60,TXT,"""=1+1"" ""a\013\010\009\027[31m\226\128\174""",TXTRecord/a`,
  ])
  expect(lines.slice(3).map(line => canonicalName(line.split(',', 1)[0] ?? ''))).toEqual([
    '+b.example.com.',
    "=cmd|'c'!a.example.com.",
  ])
})

test.each(['exclusive', 'owned'])('printRecords() has the name servers of a zone whose policy is %s', recordPolicy => {
  expect([...printRecords(objectZone(recordPolicy))]).toEqual([
    '@ 60 IN NS ns.example.com. ; DNSZone/z',
    'ns 60 IN A 192.0.2.53 ; DNSZone/z',
    'ns 60 IN AAAA 2001:db8::53 ; DNSZone/z',
  ])
})
