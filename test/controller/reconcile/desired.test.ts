import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { encodeRdata, octetsOf } from '#bind9'
import {
  type DNSZone,
  isAtOrBelow,
  keyOf,
  lineage,
  type Node,
  type RecordObject,
  recordTypeOfKind,
  sortedSet,
} from '#crds'
import { Claims, isAdmitted } from '../../../controller/src/reconcile/zone/claims.ts'
import { DesiredZone, type Unread } from '../../../controller/src/reconcile/zone/desired.ts'
import { ServedZone } from '../../../controller/src/reconcile/zone/served.ts'
import { record, zone } from './objects.ts'

const A = 1
const NS = 2
const CNAME = 5
const MX = 15
const AAAA = 28
const NAME = 'example.com.'
const SERVERS = { known: ['192.0.2.53'], areAll: true }

interface World {
  readonly zone: DNSZone
  readonly records: readonly RecordObject[]
  readonly children: readonly string[]
}

const childMap = (children: readonly string[]) => new Map(children.map(name => [name, `DNSZone dns/${name}`]))
const idOf = (object: RecordObject) => `${object.kind} ${keyOf(object)}`

/** What is decided at an owner name: data by type, and what each object hears. */
function shown(desired: DesiredZone, owner: string) {
  const { node, refused, adjusted } = desired.decide(owner)
  const said = [...refused, ...adjusted].map(([claim, { reason, message }]) => {
    return `${claim.kind} ${keyOf(claim)} ${reason}: ${message}`
  })
  const rrsets = [...node].sort(([a], [b]) => a - b)
  return JSON.stringify([rrsets.map(([type, { ttl, rdata }]) => [type, ttl, rdata]), sortedSet(said)])
}

function decideAll({ zone, records, children }: World): Map<string, string> {
  const claims = new Claims()
  for (const object of records) claims.put(object)
  claims.of(NAME).hide(childMap(children))
  const desired = new DesiredZone(zone, claims.of(NAME), SERVERS)
  return new Map([...desired.owners()].sort().map(owner => [owner, shown(desired, owner)]))
}

const labels = fc.constantFrom('a', 'b', '*')
const ownerNames = fc
  .array(labels, { maxLength: 3 })
  .map(labels => labels.filter((label, i) => label !== '*' || i === 0))
  .map(labels => (labels.length === 0 ? '@' : labels.join('.')))
const targets = fc.oneof(
  { weight: 5, arbitrary: ownerNames.map(name => (name === '@' ? NAME : `${name}.${NAME}`)) },
  { weight: 1, arbitrary: fc.constant('ns.example.net.') },
)
const specs = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('ARecord'), spec: fc.constant({ ipv4Address: '192.0.2.1' }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('TXTRecord'), spec: fc.constant({ text: ['x'] }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('CNAMERecord'), spec: fc.record({ target: targets }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('NSRecord'), spec: fc.record({ nameserver: targets }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('MXRecord'),
      spec: fc.record({ priority: fc.constant(1), mailServer: targets }),
    }),
  },
)
const drafts = fc.record({
  spec: specs,
  name: ownerNames,
  created: fc.nat({ max: 5 }),
  namespace: fc.constantFrom('dns', 'dns', 'dns', 'guest', 'else'),
  ttl: fc.constantFrom(undefined, 60, 300),
})
const objects = fc
  .array(drafts, { minLength: 1, maxLength: 12, size: 'max' })
  .map(all =>
    all.map(({ spec: { kind, spec }, name, created, namespace, ttl }, i) =>
      record(kind, `r${i}`, { name, ...spec, ...(ttl && { ttl }) }, { created, namespace }),
    ),
  )
const zones = fc
  .record(
    {
      recordPolicy: fc.constantFrom<'owned' | 'exclusive'>('owned', 'exclusive'),
      unmanaged: fc.constantFrom([{ name: 'a' }], [{ name: '*.b', types: ['A'] }]),
      allowedNamespaces: fc.constant(['guest']),
    },
    { requiredKeys: [] },
  )
  .map(spec => zone({ ...spec, nameServers: [{ hostname: 'ns1.a.example.com.' }] }))
const someChildren = fc.subarray(['a.example.com.', 'b.a.example.com.', 'b.example.com.'])

describe('DesiredZone decides', () => {
  test('the same whatever order the objects came in', () => {
    fc.assert(
      fc.property(
        objects.chain(all => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        zones,
        someChildren,
        ([records, shuffled], zone, children) => {
          expect(decideAll({ zone, records: shuffled, children })).toEqual(decideAll({ zone, records, children }))
        },
      ),
      { numRuns: 500 },
    )
  })

  test('that a younger object takes nothing from what is served, but by giving an older one, no NS, what it lacked', () => {
    const served = (world: World) => {
      const claims = new Claims()
      for (const object of world.records) claims.put(object)
      claims.of(NAME).hide(childMap(world.children))
      const desired = new DesiredZone(world.zone, claims.of(NAME), SERVERS)
      const refused = new Set([...desired.owners()].flatMap(owner => [...desired.decide(owner).refused.keys()]))
      const accepted = [...claims.of(NAME).all()].filter(({ claim }) => claim && !refused.has(claim))
      return accepted.map(({ object }) => idOf(object))
    }
    fc.assert(
      fc.property(objects, drafts, zones, someChildren, (records, draft, zone, children) => {
        const { kind, spec } = draft.spec
        const youngest = record(kind, 'youngest', { name: draft.name, ...spec }, { created: 59 })
        const before = served({ zone, records, children })
        const after = served({ zone, records: [...records, youngest], children })
        const mended = after.filter(id => id !== idOf(youngest) && !before.includes(id))
        if (mended.every(id => id.startsWith('NSRecord '))) expect(after).toEqual(expect.arrayContaining(before))
      }),
      { numRuns: 2_000 },
    )
  })

  test('keeps served glue while the address of a server is not known, and only then', () => {
    const ns1 = `ns1.${NAME}`
    const served = new Map([[A, { ttl: 3600, rdata: ['\xc0\0\x02\x35', '\xc0\0\x02\x36'] }]])
    const glue = (areAll: boolean) => {
      const desired = new DesiredZone(zone(), new Claims().of(NAME), { ...SERVERS, areAll })
      return desired.nodeOver(ns1, served).get(A)?.rdata
    }
    expect(glue(false)).toEqual(['\xc0\0\x02\x35', '\xc0\0\x02\x36'])
    expect(glue(true)).toEqual(['\xc0\0\x02\x35'])
  })

  test('by what changed alone as it would from nothing', () => {
    const steps = fc.array(
      fc.oneof(
        { weight: 9, arbitrary: fc.record({ toggle: fc.nat({ max: 99 }) }) },
        { weight: 1, arbitrary: fc.record({ children: someChildren }) },
      ),
      { minLength: 10, maxLength: 40, size: 'max' },
    )
    fc.assert(
      fc.property(objects, zones, steps, (records, zone, steps) => {
        const claims = new Claims()
        const present = new Map<string, RecordObject>()
        let children: readonly string[] = []
        let before: DesiredZone | undefined
        const known = new Map<string, string>()
        for (const step of [...steps, { toggle: 0 }]) {
          if ('children' in step) {
            children = step.children
            claims.of(NAME).hide(childMap(children))
          } else {
            const object = records[step.toggle % records.length]
            if (object && present.delete(idOf(object))) claims.drop(object)
            else if (object) {
              claims.put(object)
              present.set(idOf(object), object)
            }
          }
          const changes = claims.of(NAME).takeChanges(zone)
          const desired = new DesiredZone(zone, claims.of(NAME), SERVERS)
          const looked = before ? [...changes.claims, ...desired.ownersUnlike(before)] : desired.owners()
          for (const owner of looked) known.set(owner, shown(desired, owner))
          before = desired
          const fresh = decideAll({ zone, records: [...present.values()], children })
          const kept = [...known].filter(([owner, said]) => fresh.has(owner) || said !== '[[],[]]')
          expect(Object.fromEntries(kept)).toEqual(Object.fromEntries(fresh))
        }
      }),
      { numRuns: 250 },
    )
  })

  test('anew what a wildcard answers for, when the last name that stood before it goes', () => {
    const claims = new Claims()
    const deep = record('ARecord', 'deep', { name: '*.a.b', ipv4Address: '192.0.2.2' })
    const wild = record('ARecord', 'wild', { name: '*', ipv4Address: '192.0.2.1' })
    for (const object of [wild, deep, record('NSRecord', 'ns', { name: '@', nameserver: `b.${NAME}` })])
      claims.put(object)
    claims.of(NAME).takeChanges()
    claims.drop(deep)
    expect([...claims.of(NAME).takeChanges().claims].sort()).toEqual(['*.a.b.example.com.', 'b.example.com.', NAME])
  })

  test('never what named refuses: an MX to an alias or to a host of the zone without address', () => {
    fc.assert(
      fc.property(objects, someChildren, (records, children) => {
        const claims = new Claims()
        for (const object of records) claims.put(object)
        claims.of(NAME).hide(childMap(children))
        const desired = new DesiredZone(zone(), claims.of(NAME), SERVERS)
        const served = new Map([...desired.nodesBeside(undefined)].filter(([, node]) => node.size > 0))
        for (const owner of desired.owners()) {
          const { refused } = desired.decide(owner)
          for (const { claim } of claims.of(NAME).at(owner).filter(isAdmitted(zone()))) {
            if (claim?.type !== MX || refused.has(claim)) continue
            for (const target of claim.targets ?? []) expect([target, takes(served, target)]).toEqual([target, true])
          }
        }
      }),
      { numRuns: 1000 },
    )
  })
})

/** Whether named takes an MX to a target, given all data of the zone (see namedtargets.test.ts). */
function takes(served: ReadonlyMap<string, ReadonlyMap<number, unknown>>, target: string): boolean {
  if (!isAtOrBelow(target, NAME)) return true
  const names = lineage(target, NAME)
  if (names.some(name => served.get(name)?.has(NS))) return true
  const exists = (name: string) => [...served.keys()].some(other => isAtOrBelow(other, name))
  const encloser = names.findLast(exists) ?? NAME
  const node = served.get(encloser === target ? target : `*.${encloser}`)
  return node !== undefined && (node.has(A) || node.has(AAAA)) && !node.has(CNAME)
}

describe('a kind that cannot be read', () => {
  const addresses = { types: new Set([A]), forbidden: ['ARecord'] }
  const whole = { types: new Set<number>(), forbidden: [] }
  const rdataOf = (...values: string[]) =>
    sortedSet(values.map(value => octetsOf(encodeRdata(recordTypeOfKind('ARecord'), { ipv4Address: value }))))
  const served = (...values: string[]): Node => new Map([[A, { ttl: 60, rdata: rdataOf(...values) }]])
  const desiredOf = (records: readonly RecordObject[], unread: Unread = addresses) => {
    const claims = new Claims()
    for (const object of records) claims.put(object)
    return new DesiredZone(zone(), claims.of(NAME), SERVERS, unread)
  }

  test('takes along no MX and no delegation whose hosts it may give addresses', () => {
    const mx = record('MXRecord', '@', { priority: 10, mailServer: `mail.${NAME}` })
    const lab = record('NSRecord', 'lab', { nameserver: `ns.lab.${NAME}` })
    const types = (desired: DesiredZone, owner: string) => [...desired.node(owner).keys()]
    expect(types(desiredOf([mx, lab]), NAME)).toContain(MX)
    expect(types(desiredOf([mx, lab]), `lab.${NAME}`)).toEqual([NS])
    const known = desiredOf([mx, lab], whole)
    expect([types(known, NAME).includes(MX), types(known, `lab.${NAME}`)]).toEqual([false, []])
  })

  test('leaves a name server the address that it has, and says nothing of one', () => {
    const desired = desiredOf([])
    expect(desired.nodeOver(`ns1.${NAME}`, served('198.51.100.7'))).toEqual(served('198.51.100.7'))
    expect(desired.nodeOver(`ns1.${NAME}`, new Map()).get(A)?.rdata).toEqual(rdataOf('192.0.2.53'))
    expect([desired.glueFromServers, desiredOf([], whole).glueFromServers]).toEqual([[], [`ns1.${NAME}`]])
  })

  test('leaves what is served of it beside what is known of it', () => {
    const known = record('ARecord', 'www', { ipv4Address: '192.0.2.1', ttl: 60 })
    const node = desiredOf([known]).nodeOver(`www.${NAME}`, served('192.0.2.1', '192.0.2.2'))
    expect(node).toEqual(served('192.0.2.1', '192.0.2.2'))
  })

  test('is born with what a copy of the zone has of it', () => {
    const soa = { ...desiredOf([]).own.soa, serial: 7 }
    const rdata = Buffer.from([192, 0, 2, 1])
    const copy = new ServedZone({
      soa,
      soaTtl: 60,
      records: [{ name: `www.${NAME}`, type: A, class: 1, ttl: 60, rdata }],
    })
    expect(new Map(desiredOf([]).nodesBeside(copy)).get(`www.${NAME}`)).toEqual(served('192.0.2.1'))
    expect(new Map(desiredOf([], whole).nodesBeside(copy)).get(`www.${NAME}`)?.size).toBe(0)
  })
})
