import { expect, test } from '@jest/globals'
import { Claims } from '../../../controller/src/reconcile/zone/claims.ts'
import { DesiredZone } from '../../../controller/src/reconcile/zone/desired.ts'
import { heldBack } from '../../../controller/src/reconcile/zone/heldback.ts'
import { ServedZone } from '../../../controller/src/reconcile/zone/served.ts'
import { zone } from './objects.ts'

const A = 1
const names = Array.from({ length: 10 }, (_, i) => `host${i}.example.com.`)
const mname = 'ns1.example.com.'
const soa = { mname, rname: 'admin.example.com.', serial: 1, refresh: 60, retry: 60, expire: 60, minimum: 60 }
const was = new ServedZone({
  soa,
  soaTtl: 300,
  records: names.map(name => ({ name, type: A, class: 1, ttl: 3600, rdata: Buffer.from([192, 0, 2, 1]) })),
})

const held = (strayed: readonly string[]) => {
  const desired = new DesiredZone(zone(), new Claims().of('example.com.'), { known: [], areAll: true })
  return [...heldBack(desired, was, { nowMs: 0, strayed: new Set(strayed) }).keys()]
}

test('a zone made anew keeps what would leave it all at once, and not what others have just put there', () => {
  expect(held([])).toEqual(names)
  expect(held(names)).toEqual([])
  expect(held(names.slice(0, 5))).toEqual(names.slice(5))
  expect(held(names.slice(0, 8))).toEqual([])
})
