import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { bySeniority, type Claim, type Decision, decideNode, type Node, sameRRset, sortedSet } from '#crds'
import { A, CNAME, claim, NS, rrset, SOA, TXT } from './claim.ts'

const ZONE = { apex: false, ttl: 3600 }
const NOTHING: Node = new Map()
const HUNDRED = Array.from({ length: 100 }, (_, i) => String(i + 100))

/** What was decided, with the claims by name and the remarks by reason. */
function shown({ node, refused, adjusted }: Decision) {
  const reasons = (remarks: Decision['refused']) =>
    Object.fromEntries([...remarks].map(([{ metadata }, { reason }]) => [metadata.name, reason]))
  return { node: Object.fromEntries(node), refused: reasons(refused), adjusted: reasons(adjusted) }
}

interface Case {
  readonly claims: readonly Claim[]
  readonly own?: Node
  readonly apex?: boolean
  readonly node: Record<number, unknown>
  readonly refused?: Record<string, string>
  readonly adjusted?: Record<string, string>
}

const cases: Record<string, Case> = {
  'nothing for no claims': { claims: [], node: {} },
  'one claim as it stands': { claims: [claim('a', { ttl: 60 })], node: { [A]: rrset(60, 'a') } },
  "the zone's TTL where a claim gives none": { claims: [claim('a')], node: { [A]: rrset(3600, 'a') } },
  'a TTL of 0 as given': { claims: [claim('a', { ttl: 0 })], node: { [A]: rrset(0, 'a') } },
  'the union of claims of one type, sorted, each value once': {
    claims: [claim('a', { rdata: ['3', '1'] }), claim('b', { rdata: ['2', '3'] })],
    node: { [A]: rrset(3600, '1', '2', '3') },
  },
  'the values of one claim sorted, each once': {
    claims: [claim('a', { rdata: ['2', '1', '2'] })],
    node: { [A]: rrset(3600, '1', '2') },
  },
  'types side by side': {
    claims: [claim('a'), claim('t', { type: TXT })],
    node: { [A]: rrset(3600, 'a'), [TXT]: rrset(3600, 't') },
  },
  'the TTL of the oldest claim, with a remark on the others': {
    claims: [
      claim('a', { created: 2, ttl: 60 }),
      claim('b', { created: 1, ttl: 300 }),
      claim('c', { created: 3, ttl: 300 }),
    ],
    node: { [A]: rrset(300, 'a', 'b', 'c') },
    adjusted: { a: 'TTLConflict' },
  },
  "the zone's TTL as that of an oldest claim without one": {
    claims: [claim('a', { created: 1 }), claim('b', { created: 2, ttl: 60 }), claim('c', { created: 3, ttl: 3600 })],
    node: { [A]: rrset(3600, 'a', 'b', 'c') },
    adjusted: { b: 'TTLConflict' },
  },
  'TTLs of different types apart': {
    claims: [claim('a', { ttl: 60 }), claim('t', { type: TXT, ttl: 300 })],
    node: { [A]: rrset(60, 'a'), [TXT]: rrset(300, 't') },
  },
  'the lower UID as older within one second': {
    claims: [claim('b', { ttl: 60 }), claim('a', { ttl: 300 })],
    node: { [A]: rrset(300, 'a', 'b') },
    adjusted: { b: 'TTLConflict' },
  },
  'an older CNAME over other data': {
    claims: [
      claim('a', { created: 2 }),
      claim('c', { type: CNAME, created: 1 }),
      claim('t', { type: TXT, created: 3 }),
    ],
    node: { [CNAME]: rrset(3600, 'c') },
    refused: { a: 'CNAMEConflict', t: 'CNAMEConflict' },
  },
  'older other data over a CNAME': {
    claims: [
      claim('a', { created: 1 }),
      claim('c', { type: CNAME, created: 2 }),
      claim('t', { type: TXT, created: 3 }),
    ],
    node: { [A]: rrset(3600, 'a'), [TXT]: rrset(3600, 't') },
    refused: { c: 'CNAMEConflict' },
  },
  'the older of two CNAMEs': {
    claims: [claim('c', { type: CNAME, created: 2 }), claim('d', { type: CNAME, created: 1 })],
    node: { [CNAME]: rrset(3600, 'd') },
    refused: { c: 'CNAMEConflict' },
  },
  'two CNAMEs with one target as one': {
    claims: ['c', 'd'].map(uid => claim(uid, { type: CNAME, rdata: ['target'] })),
    node: { [CNAME]: rrset(3600, 'target') },
  },
  'two CNAMEs with one target and two TTLs as the older, with a remark': {
    claims: [
      claim('c', { type: CNAME, rdata: ['target'], created: 1 }),
      claim('d', { type: CNAME, rdata: ['target'], created: 2, ttl: 5 }),
    ],
    node: { [CNAME]: rrset(3600, 'target') },
    adjusted: { d: 'TTLConflict' },
  },
  'no CNAME at the apex, even alone': {
    claims: [claim('c', { type: CNAME })],
    apex: true,
    node: {},
    refused: { c: 'CNAMEAtApex' },
  },
  'other data at the apex beside an older CNAME': {
    claims: [claim('c', { type: CNAME, created: 1 }), claim('a', { created: 2 })],
    apex: true,
    node: { [A]: rrset(3600, 'a') },
    refused: { c: 'CNAMEAtApex' },
  },
  "the zone's own data with the claims beside": {
    claims: [claim('n', { type: NS, ttl: 3600 }), claim('a')],
    own: new Map([
      [SOA, rrset(3600, 'soa')],
      [NS, rrset(300, 'own')],
    ]),
    apex: true,
    node: { [SOA]: rrset(3600, 'soa'), [NS]: rrset(300, 'n', 'own'), [A]: rrset(3600, 'a') },
    adjusted: { n: 'TTLConflict' },
  },
  "the zone's own data over a CNAME of any age": {
    claims: [claim('c', { type: CNAME })],
    own: new Map([[A, rrset(3600, 'glue')]]),
    node: { [A]: rrset(3600, 'glue') },
    refused: { c: 'CNAMEConflict' },
  },
  'as many values as BIND takes, however often they are given': {
    claims: [claim('a', { created: 1, rdata: HUNDRED }), claim('b', { created: 2, rdata: HUNDRED })],
    node: { [A]: rrset(3600, ...HUNDRED) },
  },
  'no claim that would make them more than BIND takes': {
    claims: [
      claim('a', { created: 1, rdata: HUNDRED.slice(1) }),
      claim('b', { created: 2, rdata: ['x', 'y'] }),
      claim('c', { created: 3, rdata: HUNDRED }),
    ],
    node: { [A]: rrset(3600, ...HUNDRED) },
    refused: { b: 'TooManyRecords' },
  },
  'a value that the zone has too, once': {
    claims: [claim('a', { rdata: ['glue'] })],
    own: new Map([[A, rrset(3600, 'glue')]]),
    node: { [A]: rrset(3600, 'glue') },
  },
}

describe('decideNode() serves', () => {
  test.each(Object.entries(cases))('%s', (_, { claims, own = NOTHING, apex = false, node, refused, adjusted }) => {
    expect(shown(decideNode(claims, own, { ...ZONE, apex }))).toEqual({
      node,
      refused: refused ?? {},
      adjusted: adjusted ?? {},
    })
  })
})

const claims = fc.array(
  fc.record({
    type: fc.constantFrom(A, CNAME, TXT, NS),
    ttl: fc.constantFrom(undefined, 60, 3600),
    rdata: fc.array(fc.constantFrom('1', '2', '3'), { minLength: 1, maxLength: 3 }),
    created: fc.integer({ min: 0, max: 3 }),
  }),
  { maxLength: 8 },
)
const permuted = claims
  .map(list => list.map(({ ttl, ...rest }, i) => claim(`u${i}`, { ...rest, ...(ttl && { ttl }) })))
  .chain(list => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })))
const own = fc.constantFrom<Node>(NOTHING, new Map([[NS, rrset(300, '1')]]))

describe('decideNode(), whatever is claimed,', () => {
  test('decides the same in any order', () => {
    fc.assert(
      fc.property(permuted, own, fc.boolean(), ([list, other], own, apex) => {
        const [decision, again] = [list, other].map(order => decideNode(order, own, { ...ZONE, apex }))
        expect(shown(again as Decision)).toEqual(shown(decision as Decision))
      }),
      { numRuns: 1000 },
    )
  })

  test('serves every claim in full or refuses it, and never a CNAME beside other data', () => {
    fc.assert(
      fc.property(permuted, own, fc.boolean(), ([list], own, apex) => {
        const { node, refused, adjusted } = decideNode(list, own, { ...ZONE, apex })
        for (const one of list) {
          const served = one.rdata.every(octets => node.get(one.type)?.rdata.includes(octets))
          expect(served || refused.has(one)).toBe(true)
          expect(refused.has(one) && adjusted.has(one)).toBe(false)
          const hasItsTtl = node.get(one.type)?.ttl === (one.ttl ?? ZONE.ttl)
          if (!refused.has(one)) expect(adjusted.has(one)).toBe(!hasItsTtl)
        }
        if (node.has(CNAME)) expect(node.size).toBe(1)
        for (const [type, { rdata }] of own) expect(node.get(type)?.rdata).toEqual(expect.arrayContaining([...rdata]))
        for (const { rdata } of node.values()) expect(rdata).toEqual(sortedSet(rdata))
      }),
      { numRuns: 1000 },
    )
  })

  test('leaves its arguments as they were', () => {
    fc.assert(
      fc.property(permuted, own, ([list], own) => {
        const before = structuredClone({ list, own })
        decideNode(list, own, ZONE)
        expect({ list, own }).toEqual(before)
      }),
    )
  })
})

describe('decideNode() says', () => {
  test('which object a refused claim meets, and what to do', () => {
    const [older, younger] = [claim('old', { created: 1 }), claim('new', { type: CNAME, created: 2 })]
    expect(decideNode([younger, older], NOTHING, ZONE).refused.get(younger)).toEqual({
      reason: 'CNAMEConflict',
      message:
        'A CNAME cannot share its name with other data, and ARecord dns/old is older: delete one of the two, or give it another name',
      by: 'ARecord dns/old',
    })
  })

  test('which TTL is served in place of which', () => {
    const [older, younger] = [claim('old', { created: 1, ttl: 60 }), claim('new', { created: 2 })]
    expect(decideNode([older, younger], NOTHING, ZONE).adjusted.get(younger)).toEqual({
      reason: 'TTLConflict',
      message:
        'Served with TTL 60 in place of 3600: the records of one name and type have one TTL, and ARecord dns/old is older',
      by: 'ARecord dns/old',
    })
  })

  test('that of objects of one second the UID decides', () => {
    const [first, second, alias] = [
      claim('a', { created: 1, ttl: 60 }),
      claim('b', { created: 1 }),
      claim('c', { created: 1, type: CNAME }),
    ]
    const { refused, adjusted } = decideNode([alias, second, first], NOTHING, ZONE)
    for (const remark of [adjusted.get(second), refused.get(alias)])
      expect(remark?.message).toContain(', and ARecord dns/a is as old and first by UID')
  })

  test('of an object in another namespace that there is one, and not which', () => {
    const [older, younger] = [claim('old', { created: 1, ttl: 60 }), claim('new', { created: 2, namespace: 'guest' })]
    const alias = claim('alias', { type: CNAME, created: 3, namespace: 'guest' })
    const { refused, adjusted } = decideNode([older, younger, alias], NOTHING, ZONE)
    expect([refused.get(alias), adjusted.get(younger)]).toEqual([
      {
        reason: 'CNAMEConflict',
        message:
          'A CNAME cannot share its name with other data, and an ARecord of another namespace is older: delete one of the two, or give it another name',
        by: 'ARecord dns/old',
      },
      {
        reason: 'TTLConflict',
        message:
          'Served with TTL 60 in place of 3600: the records of one name and type have one TTL, and an ARecord of another namespace is older',
        by: 'ARecord dns/old',
      },
    ])
  })

  test("that the zone's own data stands in the way", () => {
    const alias = claim('alias', { type: CNAME })
    const { refused } = decideNode([alias], new Map([[NS, rrset(60, 'ns')]]), ZONE)
    expect(refused.get(alias)?.message).toContain("and the zone's own NS comes first: delete")
  })
})

describe('bySeniority()', () => {
  const table: [a: Claim, b: Claim, order: number][] = [
    [claim('b', { created: 1 }), claim('a', { created: 2 }), -1],
    [claim('a', { created: 2 }), claim('b', { created: 1 }), 1],
    [claim('a'), claim('b'), -1],
    [claim('b'), claim('a'), 1],
    [claim('a'), claim('a'), 0],
  ]
  test.each(table)('puts the older first, by UID within a second (%#)', (a, b, order) => {
    expect(bySeniority(a, b)).toBe(order)
  })
})

describe('sameRRset()', () => {
  const one = rrset(60, 'a', 'b')
  const table: [a: typeof one | undefined, b: typeof one | undefined, same: boolean][] = [
    [one, rrset(60, 'a', 'b'), true],
    [one, rrset(61, 'a', 'b'), false],
    [one, rrset(60, 'a'), false],
    [rrset(60, 'a'), one, false],
    [one, rrset(60, 'a', 'c'), false],
    [one, undefined, false],
    [undefined, one, false],
    [undefined, undefined, true],
  ]
  test.each(table)('of %j and %j is %j', (a, b, same) => {
    expect(sameRRset(a, b)).toBe(same)
  })
})

describe('sortedSet()', () => {
  test('is the order of octets, each string once', () => {
    expect(sortedSet(['\xff', 'a', '\0', 'B', 'a', 'aa'])).toEqual(['\0', 'B', 'a', 'aa', '\xff'])
  })
})
