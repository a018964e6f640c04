import { expect, test } from '@jest/globals'
import { type DNSZone, type RecordObject, recordTypeOfKind } from '#crds'
import { planAdd, planDelete, planSet } from '../../../plugin/src/record/plan.ts'

const zone = { metadata: { name: 'example-com', namespace: 'dns' }, spec: { zoneName: 'example.com' } } as DNSZone
const place = { zone, apex: 'example.com.', owner: 'www.example.com.' }
const author = { fieldManager: 'test', force: true }

/** What is there where one object has this spec. */
function existing(kind: string, values: object) {
  const spec = { zone: 'example.com', name: 'www', ...values }
  const object = { kind, metadata: { name: 'one', namespace: 'dns' }, spec } as unknown as RecordObject
  return { entry: recordTypeOfKind(kind), at: [object], namespace: 'dns', taken: new Set(['one']) }
}

const spelt: [kind: string, there: object, typed: Record<string, string | number>][] = [
  ['AAAARecord', { ipv6Address: '2001:0DB8::1' }, { ipv6Address: '2001:db8:0::1' }],
  ['MXRecord', { priority: 10, mailServer: 'Mail.Example.COM' }, { priority: 10, mailServer: 'mail.example.com.' }],
]
test.each(spelt)('planAdd() and planDelete() know a value of %s by its octets', (kind, there, typed) => {
  const { entry, ...at } = existing(kind, there)
  const rrset = { owner: place.owner, entry, rdatas: [typed] }
  expect(() => planAdd(place, rrset, { entry, ...at })).toThrow(/^www\.example\.com\. \w+ .* is there already$/)
  expect(planDelete({ entry, ...at }, [typed], author).map(({ verb }) => verb)).toEqual(['deleted'])
})

test('planSet() takes a TTL away that another manager wrote, where it is told to', () => {
  const { at, ...there } = existing('ARecord', { ttl: 5, ipv4Address: '192.0.2.1' })
  const managedFields = [{ manager: 'argo', operation: 'Apply', fieldsV1: { 'f:spec': { 'f:ttl': {} } } }]
  const owned = at.map(one => ({ ...one, metadata: { ...one.metadata, managedFields } }))
  const rrset = { owner: place.owner, entry: there.entry, rdatas: [{ ipv4Address: '192.0.2.1' }] }
  expect(planSet(place, rrset, { ...there, at: owned }, author)).toMatchObject([{ verb: 'configured', drops: ['ttl'] }])
})

test('planDelete() leaves the other values as they are written', () => {
  const there = existing('AAAARecord', { ipv6Addresses: ['2001:0DB8::1', '2001:0DB8::2', '2001:0db8::3'] })
  const [one, ...others] = planDelete(there, [{ ipv6Address: '2001:db8::1' }], author)
  expect(one?.object.spec).toMatchObject({ ipv6Addresses: ['2001:0DB8::2', '2001:0db8::3'] })
  expect(others).toEqual([])
})
