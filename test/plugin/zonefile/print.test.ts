import { expect, test } from '@jest/globals'
import { type DNSZone, zoneKind } from '#crds'
import { newObject } from '../../../plugin/src/cluster.ts'
import { asStored, ObjectZone } from '../../../plugin/src/zonefile/objectzone.ts'
import { printOctets } from '../../../plugin/src/zonefile/octets.ts'
import { printRecords, relativeOwner } from '../../../plugin/src/zonefile/print.ts'

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

test.each(['exclusive', 'owned'])('printRecords() has the name servers of a zone whose policy is %s', recordPolicy => {
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
  expect([...printRecords(new ObjectZone(zone, [], around))]).toEqual([
    '@ 60 IN NS ns.example.com. ; DNSZone/z',
    'ns 60 IN A 192.0.2.53 ; DNSZone/z',
    'ns 60 IN AAAA 2001:db8::53 ; DNSZone/z',
  ])
})
