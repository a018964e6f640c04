import { expect, test } from '@jest/globals'
import type { ZoneCopy } from '#bind9'
import type { DNSZone } from '#crds'
import { unownedOf } from '../../../plugin/src/zone/unowned.ts'

const APEX = 'example.com.'
const zone = {
  metadata: { name: 'example-com', namespace: 'dns' },
  spec: { zoneName: APEX, soaRecord: { primaryNs: 'ns.example.net.', adminEmail: 'admin.example.net.' } },
} as unknown as DNSZone

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
  const { rrsets, others } = unownedOf(zone, APEX, { records } as unknown as ZoneCopy, [])
  expect(others).toEqual(['lab.example.com. DS'])
  expect(rrsets.map(({ owner }) => owner)).toEqual(['www.example.com.'])
})
