import { describe, expect, test } from '@jest/globals'
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

describe('new objects of one name and type', () => {
  const entry = recordTypeOfKind('MXRecord')
  const mx = (priority: number, mailServer: string) => ({ priority, mailServer })
  const added = (owner: string, rdatas: readonly ReturnType<typeof mx>[], taken: readonly string[]) =>
    planAdd({ ...place, owner }, { owner, entry, rdatas }, { entry, at: [], namespace: 'dns', taken: new Set(taken) })
  const namesOf = (changes: ReturnType<typeof planAdd>) => changes.map(({ object }) => object.metadata.name)

  test('take no name that an object has, whatever it gives by now', () => {
    const names = (taken: readonly string[]) => namesOf(added(place.owner, [mx(10, 'm.')], taken))
    const taken = ['www.example.com']
    const [digested = ''] = names(taken)
    expect(digested).toMatch(/^www\.example\.com-[0-9a-f]{6}$/)
    expect(names([...taken, digested])).toEqual([`${digested}-2`])
    expect(names([...taken, digested, `${digested}-2`])).toEqual([`${digested}-3`])
  })

  test('have a valid name where that of the owner is as long as can be', () => {
    const owner = `${`${'a'.repeat(60)}.`.repeat(3)}${'b'.repeat(56)}.example.com.`
    expect(namesOf(added(owner, [mx(10, 'm.'), mx(20, 'm.')], []))).toEqual([
      owner.slice(0, -1),
      expect.stringMatching(/\.b{56}-[0-9a-f]{6}$/),
    ])
  })

  test('are made once of a value that is typed twice', () => {
    const changes = added(place.owner, [mx(10, 'm.'), mx(20, 'm.'), mx(10, 'M.'), mx(10, 'm.')], [])
    expect(changes.map(({ object }) => object.spec)).toMatchObject([mx(10, 'm.'), mx(20, 'm.')])
  })

  test('do not take the name of one that planSet() rewrites', () => {
    const [, digested] = namesOf(added(place.owner, [mx(10, 'm.'), mx(20, 'm.')], []))
    const { at, ...there } = existing('MXRecord', mx(30, 'm.'))
    const [one] = at.map(object => ({ ...object, metadata: { ...object.metadata, name: digested ?? '' } }))
    const rrset = { owner: place.owner, entry, rdatas: [mx(10, 'm.'), mx(20, 'm.')] }
    const changes = planSet(
      place,
      rrset,
      { ...there, at: [one as RecordObject], taken: new Set([digested ?? '']) },
      author,
    )
    expect(changes.map(({ verb, object }) => `${verb} ${object.metadata.name}`)).toEqual([
      'created www.example.com',
      `configured ${digested}`,
    ])
  })
})
