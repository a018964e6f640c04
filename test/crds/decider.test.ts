import { describe, expect, test } from '@jest/globals'
import { type Claim, Hosts, isAtOrBelow, lineage, type Node, ZoneDecider } from '#crds'
import { A, CNAME, claim, NS, rrset, TXT } from './claim.ts'

const MX = 15
const APEX = 'example.com.'
const OUT = 'ns.example.net.'

interface Given {
  /** Claims by owner name. */
  readonly [owner: string]: readonly Claim[]
}
interface Around {
  readonly own?: Readonly<Record<string, Node>>
  readonly children?: readonly string[]
  readonly unmanaged?: readonly string[]
  readonly isShared?: boolean
}

const at = (created: number, uid: string, type = A): Claim => claim(uid, { type, created })
const to = (created: number, uid: string, type: number, ...targets: string[]): Claim => ({
  ...claim(uid, { type, created, rdata: targets }),
  targets,
})

/** What each refused claim hears, by name, and every name that is served, with its types. */
function decided(given: Given, { own = {}, children = [], unmanaged = [], isShared = false }: Around = {}) {
  const full = (name: string) => (name === '@' ? APEX : `${name}.${APEX}`)
  const claims = new Map(Object.entries(given).map(([name, list]) => [full(name), list]))
  const owned = new Map(Object.entries(own).map(([name, node]) => [full(name), node]))
  const owners = [...new Set([...claims.keys(), ...owned.keys()])]
  const hosts = new Hosts(APEX)
  for (const [owner, list] of claims)
    for (const host of list.flatMap(({ targets = [] }) => targets)) hosts.relate(owner, host, true)
  const decider = new ZoneDecider({
    apex: APEX,
    ttl: 3600,
    claims: owner => claims.get(owner) ?? [],
    own: owner => owned.get(owner),
    below: name => owners.filter(owner => owner !== name && isAtOrBelow(owner, name)),
    delegates: true,
    hosts,
    children: new Map(children.map(name => [full(name), `DNSZone dns/${name}`])),
    isUnmanaged: owner => unmanaged.map(full).includes(owner),
    isShared,
  })
  const reasons: Record<string, string> = {}
  const served: Record<string, number[]> = {}
  const adjusted: string[] = []
  for (const owner of owners) {
    const { node, refused, ...decision } = decider.decide(owner)
    for (const { metadata } of decision.adjusted.keys()) adjusted.push(metadata.name)
    for (const [{ metadata }, { reason, message }] of refused) reasons[metadata.name] = `${reason}: ${message}`
    if (node.size > 0) served[owner.slice(0, -APEX.length).replace(/\.$/, '') || '@'] = [...node.keys()].sort()
  }
  const short = Object.fromEntries(Object.entries(reasons).map(([name, said]) => [name, said.replace(/:.*/, '')]))
  return { refused: short, adjusted, served, said: reasons }
}

const sub = (created: number, target = OUT) => to(created, 'ns', NS, target)

const mx = (created: number) => to(created, 'mx', MX, `mail.${APEX}`)
const HOST = 'h.sub.example.com.'
const LATE = { ns: 'DelegationConflict' }
const MX_TO_ALIAS = { mx: 'TargetIsAlias' }

const table: [what: string, given: Given, around: Around, refused: Record<string, string>][] = [
  ['a younger name below a delegation', { sub: [sub(1)], 'a.sub': [at(2, 'a')] }, {}, { a: 'Occluded' }],
  ['a delegation above an older name', { sub: [sub(2)], 'a.sub': [at(1, 'a')] }, {}, { ns: 'DelegationConflict' }],
  ['a delegation beside older data', { sub: [sub(2), at(1, 'a')] }, {}, { ns: 'DelegationConflict' }],
  ['data beside an older delegation', { sub: [sub(1), at(2, 'a', TXT)] }, {}, { a: 'Occluded' }],
  ['not DS beside a delegation', { sub: [sub(2), at(1, 'ds', 43)] }, {}, {}],
  [
    'by the oldest NS of several: those that join it are as old',
    { sub: [to(3, 'late', NS, 'x.test.'), sub(1)], 'a.sub': [at(2, 'a')] },
    {},
    { a: 'Occluded' },
  ],
  [
    'all NS of a delegation that comes too late',
    { sub: [to(3, 'late', NS, 'x.test.'), sub(2)], 'a.sub': [at(1, 'a')] },
    {},
    { ns: 'DelegationConflict', late: 'DelegationConflict' },
  ],
  ['no glue, whatever its age', { sub: [sub(2, 'h.sub.example.com.')], 'h.sub': [at(1, 'old'), at(3, 'new')] }, {}, {}],
  [
    'what comes after the glue',
    { sub: [sub(1, HOST)], 'h.sub': [at(2, 'h')], 'a.sub': [at(3, 'a')] },
    {},
    { a: 'Occluded' },
  ],
  [
    'no name that was there before the glue',
    { sub: [sub(1, HOST)], 'h.sub': [at(3, 'h')], 'a.sub': [at(2, 'a')] },
    {},
    LATE,
  ],
  [
    'what comes after the first of several servers could be found',
    { sub: [sub(1, HOST), to(2, 'out', NS, OUT)], 'h.sub': [at(4, 'h')], 'a.sub': [at(3, 'a')] },
    {},
    { a: 'Occluded' },
  ],
  [
    'no name that was there before a server elsewhere in the zone had an address',
    { sub: [sub(1, 'h.example.com.')], h: [at(3, 'h')], 'a.sub': [at(2, 'a')] },
    {},
    LATE,
  ],
  [
    'no name that was there before the delegation that a server lies below',
    { sub: [sub(1, 'h.b.example.com.')], b: [to(3, 'b', NS, OUT)], 'a.sub': [at(2, 'a')] },
    {},
    LATE,
  ],
  [
    'no name that was there before the NS that makes glue of an older address',
    { sub: [sub(2), to(4, 'late', NS, HOST), at(3, 'a', TXT)], 'h.sub': [at(1, 'h')] },
    {},
    { ...LATE, late: 'DelegationConflict' },
  ],
  [
    'what comes after an NS whose glue others may have given',
    { sub: [sub(1, HOST)], 'h.sub': [at(3, 'h')], 'a.sub': [at(2, 'a')] },
    { isShared: true },
    { a: 'Occluded' },
  ],
  [
    'what is no address at the name of glue',
    { sub: [sub(1, 'h.sub.example.com.')], 'h.sub': [at(1, 'glue'), at(2, 'text', TXT)] },
    {},
    { text: 'Occluded' },
  ],
  [
    'a delegation inside a delegation, and its glue',
    { sub: [sub(1)], 'in.sub': [to(2, 'in', NS, 'h.in.sub.example.com.')], 'h.in.sub': [at(2, 'glue')] },
    {},
    { in: 'Occluded', glue: 'Occluded' },
  ],
  [
    'a delegation above an older one',
    { sub: [sub(2)], 'in.sub': [to(1, 'in', NS, OUT)] },
    {},
    { ns: 'DelegationConflict' },
  ],
  [
    'a delegation without glue, which hides nothing',
    { sub: [sub(1, 'h.sub.example.com.')], 'a.sub': [at(2, 'a')] },
    {},
    { ns: 'TargetMissing' },
  ],
  [
    'one server without glue, beside one that is found',
    { sub: [sub(1, 'h.sub.example.com.'), to(3, 'good', NS, OUT)], 'a.sub': [at(2, 'a')] },
    {},
    { ns: 'TargetMissing', good: 'DelegationConflict' },
  ],
  ['no NS at a wildcard: named passes over it', { '*.sub': [sub(1)], 'a.sub': [at(2, 'a')] }, {}, {}],
  [
    'nothing for the data of the zone itself',
    { sub: [sub(1)] },
    { own: { 'ns1.sub': new Map([[A, rrset(60, 'x')]]) } },
    {},
  ],
  [
    'what a child zone hides, however old',
    { sub: [at(1, 'a')], 'b.sub': [at(1, 'b')], c: [at(1, 'c')] },
    { children: ['sub'] },
    { a: 'Occluded', b: 'Occluded' },
  ],
  [
    'not the delegation to a child zone, however young, and its glue',
    { sub: [sub(2, 'h.sub.example.com.'), at(1, 'a')], 'h.sub': [at(3, 'glue')], 'b.sub': [at(1, 'b')] },
    { children: ['sub'] },
    { a: 'Occluded', b: 'Occluded' },
  ],
  [
    'no delegation for what a child zone below hides already',
    { sub: [sub(2)], 'a.in.sub': [at(1, 'a')] },
    { children: ['in.sub'] },
    { a: 'Occluded' },
  ],
  [
    'an MX into a child zone that is not delegated',
    { '@': [to(1, 'mx', MX, 'h.sub.example.com.')] },
    { children: ['sub'] },
    { mx: 'TargetMissing' },
  ],
  [
    'no MX into one that is',
    { '@': [to(1, 'mx', MX, 'h.sub.example.com.')], sub: [sub(1)] },
    { children: ['sub'] },
    {},
  ],
  [
    'an MX below a delegation that does not come about',
    { '@': [to(1, 'mx', MX, 'h.sub.example.com.')], sub: [sub(2)], 'a.sub': [at(1, 'a')] },
    {},
    { ns: 'DelegationConflict', mx: 'TargetMissing' },
  ],
  ['no missing target where others have data', { '@': [to(1, 'mx', MX, 'h.example.com.')] }, { isShared: true }, {}],
  ['no missing target that is left to others', { '@': [to(1, 'mx', MX, 'h.example.com.')] }, { unmanaged: ['h'] }, {}],
  [
    'an alias as target there too',
    { '@': [to(1, 'mx', MX, 'h.example.com.')], h: [at(1, 'c', CNAME)] },
    { isShared: true },
    { mx: 'TargetIsAlias' },
  ],
  [
    'what is left to others, which stands in nobody else’s way',
    { h: [at(1, 'a')], sub: [sub(2)], 'h.sub': [at(1, 'b')] },
    { unmanaged: ['h', 'h.sub'] },
    { a: 'Unmanaged', b: 'Unmanaged' },
  ],
  [
    'a CNAME beside an older MX that is refused itself: the MX keeps its place',
    { h: [to(1, 'mx', MX, 'no.example.com.'), at(2, 'c', CNAME)] },
    {},
    { mx: 'TargetMissing', c: 'CNAMEConflict' },
  ],
  [
    'a CNAME that would make an alias of the host of an older MX, which a wildcard gives its address',
    { '@': [mx(1)], '*': [at(2, 'w')], mail: [at(3, 'c', CNAME)] },
    {},
    { c: 'TargetConflict' },
  ],
  ['the MX, where the CNAME is older', { '@': [mx(3)], '*': [at(1, 'w')], mail: [at(2, 'c', CNAME)] }, {}, MX_TO_ALIAS],
  [
    'the MX, where its wildcard is younger',
    { '@': [mx(1)], '*': [at(3, 'w')], mail: [at(2, 'c', CNAME)] },
    {},
    MX_TO_ALIAS,
  ],
  [
    'what would hide the wildcard from the host: at it, below it, and between the two',
    {
      '@': [to(1, 'mx', MX, `a.b.${APEX}`)],
      '*': [at(2, 'w')],
      'a.b': [at(3, 'at', TXT)],
      'x.a.b': [at(4, 'below')],
      'y.b': [at(5, 'between')],
      '*.b': [at(6, 'wild', TXT)],
      c: [at(7, 'c')],
    },
    {},
    { at: 'TargetConflict', below: 'TargetConflict', between: 'TargetConflict', wild: 'TargetConflict' },
  ],
  [
    'nothing that would, once the host has an address, but the CNAME',
    { '@': [mx(1)], '*': [at(2, 'w')], mail: [at(3, 'c', CNAME), at(5, 'a')], 'x.mail': [at(4, 'below')] },
    {},
    { c: 'TargetConflict' },
  ],
  [
    'the MX, where anything hides the wildcard that is older, and then nothing else',
    { '@': [mx(2)], '*': [at(1, 'w')], 'x.mail': [at(1, 'x', TXT)], mail: [at(3, 'at', TXT)] },
    {},
    { mx: 'TargetMissing' },
  ],
  [
    'nothing for an MX that relies on itself',
    { mail: [mx(1)], '*': [at(2, 'w')], 'x.mail': [at(3, 'x', TXT)] },
    {},
    { mx: 'TargetMissing' },
  ],
  [
    'a CNAME at the host of an older MX whose address others may have given, and nothing else',
    { '@': [mx(1)], mail: [at(2, 'c', CNAME)], 'x.mail': [at(3, 'x')] },
    { isShared: true },
    { c: 'TargetConflict' },
  ],
]

describe('ZoneDecider refuses', () => {
  test.each(table)('%s', (_what, given, around, refused) => {
    expect(decided(given, around).refused).toEqual(refused)
    const reversed = Object.entries(given).reverse()
    const turned = Object.fromEntries(reversed.map(([owner, claims]) => [owner, [...claims].reverse()]))
    expect(decided(turned, around).refused).toEqual(refused)
  })
})

describe('ZoneDecider serves', () => {
  test("the zone's own data below a delegation, and nothing else there", () => {
    const own = { 'ns1.sub': new Map([[A, rrset(60, 'x')]]) }
    const { served } = decided({ sub: [sub(1)], 'ns1.sub': [at(2, 'a', TXT)] }, { own })
    expect(served).toEqual({ sub: [NS], 'ns1.sub': [A] })
  })

  test('the TTL of the oldest claim that is served', () => {
    const mx = (created: number, uid: string, ttl: number, target: string): Claim => ({
      ...to(created, uid, MX, target),
      ttl,
    })
    const given = { '@': [mx(1, 'a', 60, 'no.example.com.'), mx(2, 'b', 300, OUT)] }
    expect(decided(given)).toMatchObject({ refused: { a: 'TargetMissing' }, adjusted: [] })
    expect(decided(given, { isShared: true })).toMatchObject({ refused: {}, adjusted: ['b'] })
  })
})

describe('ZoneDecider says', () => {
  const said = (given: Given, around: Around = {}) => Object.values(decided(given, around).said)

  test('which object made the delegation, or would be hidden by it', () => {
    expect(said({ sub: [sub(1)], 'a.sub': [at(2, 'a')] })).toEqual([
      'Occluded: ARecord dns/ns delegates sub.example.com. to other servers, and what this zone holds at a.sub.example.com. is never seen: put the record into the zone there, or delete the delegation',
    ])
    expect(said({ sub: [sub(2)], 'a.sub': [at(1, 'a')] })).toEqual([
      'DelegationConflict: ARecord dns/a at a.sub.example.com. is older and would be hidden by the delegation: delete it first, or move it into the zone that is delegated',
    ])
  })

  test('what stood there before the glue came', () => {
    expect(said({ sub: [sub(1, HOST)], 'h.sub': [at(3, 'h')], 'a.sub': [at(2, 'a')] })).toEqual([
      'DelegationConflict: ARecord dns/a at a.sub.example.com. was there before servers of the delegation could be found and would be hidden by the delegation: delete it first, or move it into the zone that is delegated',
    ])
  })

  test('who needs the address that would be gone, and what to do', () => {
    const relied = { '@': [mx(1)], '*': [at(2, 'w')] }
    expect([...said({ ...relied, mail: [at(3, 'c', CNAME)] }), ...said({ ...relied, 'x.mail': [at(3, 'x')] })]).toEqual(
      [
        'TargetConflict: ARecord dns/mx is older and names mail.example.com., which the CNAME would leave without an address: give the CNAME another name',
        'TargetConflict: ARecord dns/mx is older and names mail.example.com., which has the address of *.example.com. as long as nothing stands at or below it: create an ARecord or AAAARecord for it first',
      ],
    )
  })

  test('of objects in another namespace that there is one, and not which', () => {
    const guest = (one: Claim): Claim => ({ ...one, metadata: { ...one.metadata, namespace: 'guest' } })
    expect([
      ...said({ sub: [sub(1)], 'a.sub': [guest(at(2, 'a'))] }),
      ...said({ sub: [guest(sub(2))], 'a.sub': [at(1, 'a')] }),
      ...said({ 'a.sub': [guest(at(1, 'a'))] }, { children: ['sub'] }),
      ...said({ '@': [guest(to(1, 'mx', MX, `mail.sub.${APEX}`))] }, { children: ['sub'] }),
    ]).toEqual([
      'Occluded: An ARecord of another namespace delegates sub.example.com. to other servers, and what this zone holds at a.sub.example.com. is never seen: put the record into the zone there, or delete the delegation',
      'DelegationConflict: An ARecord of another namespace at a.sub.example.com. is older and would be hidden by the delegation: delete it first, or move it into the zone that is delegated',
      'Occluded: A DNSZone of another namespace serves sub.example.com. on the same servers, and what the zone above holds at a.sub.example.com. is never seen: put the record into that zone',
      'TargetMissing: mail.sub.example.com. lies in the zone of a DNSZone of another namespace, to which no NSRecord of this zone delegates: create one, then BIND takes the MX',
    ])
  })

  test('which zone hides the name', () => {
    expect(said({ 'a.sub': [at(1, 'a')] }, { children: ['sub'] })).toEqual([
      'Occluded: DNSZone dns/sub serves sub.example.com. on the same servers, and what the zone above holds at a.sub.example.com. is never seen: put the record into that zone',
    ])
  })
})

test('lineage() goes from below the apex down to the name', () => {
  expect(lineage('c.b.a.example.com.', APEX)).toEqual(['a.example.com.', 'b.a.example.com.', 'c.b.a.example.com.'])
  expect(lineage('a\\.b.c.example.com.', APEX)).toEqual(['c.example.com.', 'a\\.b.c.example.com.'])
  expect(lineage(APEX, APEX)).toEqual([])
  expect(lineage('a.com.', '.')).toEqual(['com.', 'a.com.'])
})
