import { expect, test } from '@jest/globals'
import type { ZoneCopy } from '#bind9'
import type { DNSZone, RecordObject } from '#crds'
import { unownedOf } from '../../../plugin/src/zone/unowned.ts'
import { asStored, ObjectZone } from '../../../plugin/src/zonefile/objectzone.ts'

const APEX = 'example.com.'
const at = { namespace: 'dns', name: 'one' }
const soaRecord = { primaryNs: 'ns.example.net.', adminEmail: 'admin.example.net.' }
const zone = asStored<DNSZone>({
  apiVersion: 'v1',
  kind: 'DNSZone',
  metadata: at,
  spec: { zoneName: APEX, ttl: 60, soaRecord },
})

/** What nobody owns of these records, where objects stand. */
function unowned(records: readonly ReturnType<typeof record>[], objects: readonly RecordObject[] = []) {
  const found = new ObjectZone(zone, objects, { serverAddresses: [], children: new Map() })
  return unownedOf(found, { records } as unknown as ZoneCopy)
}

const record = (name: string, type: number, rdata: string) => ({
  name: `${name}.${APEX}`,
  type,
  class: 1,
  ttl: 300,
  rdata: Buffer.from(rdata, 'hex'),
})

test('unownedOf() names what no kind can give, a DS too, and passes over what named keeps of a signed zone', () => {
  const DS = 43
  const NSEC = 47
  const A = 1
  const records = [record('lab', DS, '00010d02aa'), record('lab', NSEC, '00'), record('www', A, 'c0000201')]
  const { rrsets, others } = unowned(records)
  expect(others).toEqual(['lab.example.com. DS'])
  expect(rrsets.map(({ owner }) => owner)).toEqual(['www.example.com.'])
})

test('unownedOf() knows what an object gives, however it is spelt', () => {
  const spec = { zone: 'Example.com', name: 'WWW', ipv6Address: '2001:0DB8:0::1' }
  const object = asStored<RecordObject>({ apiVersion: 'v1', kind: 'AAAARecord', metadata: at, spec })
  expect(unowned([record('www', 28, '20010db8000000000000000000000001')], [object]).rrsets).toEqual([])
})
