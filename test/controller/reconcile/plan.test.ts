import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Node, RRset } from '#crds'
import { batches, type NodeChange, planNode, type Step, split } from '../../../controller/src/reconcile/zone/plan.ts'
import { namedUpdates, type Served } from './named.ts'

const A = 1
const NS = 2
const CNAME = 5
const TXT = 16
const RRSIG = 46
const owner = 'www.example.com.'

const node = (rrsets: Record<number, RRset>): Node =>
  new Map(Object.entries(rrsets).map(([type, rrset]) => [Number(type), rrset]))
const rrset = (ttl: number, ...rdata: string[]): RRset => ({ ttl, rdata: rdata.sort() })
const steps = (desired: Node, served: Node) =>
  planNode(owner, desired, served)?.steps.map(({ kind, type, ttl, rdata }) => `${kind} ${type} ${ttl} ${rdata}`)

describe('planNode()', () => {
  test('plans nothing where nothing differs', () => {
    const same = node({ [A]: rrset(60, 'a', 'b'), [TXT]: rrset(30, 't') })
    expect(planNode(owner, same, same)).toBeUndefined()
    expect(planNode(owner, new Map(), new Map())).toBeUndefined()
  })

  test('adds what is new and removes what nobody claims', () => {
    expect(steps(node({ [A]: rrset(60, 'b', 'c') }), node({ [A]: rrset(60, 'a', 'b') }))).toEqual([
      'delete 1 0 a',
      'add 1 60 c',
    ])
    expect(steps(new Map(), node({ [A]: rrset(60, 'a') }))).toEqual(['delete 1 0 a'])
  })

  test('adds a whole RRset again under a new TTL', () => {
    expect(steps(node({ [A]: rrset(90, 'a', 'b') }), node({ [A]: rrset(60, 'a', 'b') }))).toEqual([
      'add 1 90 a',
      'add 1 90 b',
    ])
  })

  test('makes room before a CNAME, and takes a CNAME away before other data', () => {
    const data = node({ [A]: rrset(60, 'a'), [NS]: rrset(60, 'n') })
    const alias = node({ [CNAME]: rrset(60, 'c') })
    expect(steps(alias, data)).toEqual(['delete 1 0 a', 'delete 2 0 n', 'add 5 60 c'])
    expect(steps(data, alias)).toEqual(['delete 5 0 c', 'add 1 60 a', 'add 2 60 n'])
  })

  test('replaces a CNAME by the next one alone', () => {
    expect(steps(node({ [CNAME]: rrset(60, 'd') }), node({ [CNAME]: rrset(60, 'c') }))).toEqual(['add 5 60 d'])
  })

  test('removes replaced name servers last', () => {
    const desired = node({ [NS]: rrset(60, 'new') })
    expect(steps(desired, node({ [NS]: rrset(60, 'old'), [A]: rrset(60, 'a') }))).toEqual([
      'delete 1 0 a',
      'add 2 60 new',
      'delete 2 0 old',
    ])
  })

  test('leaves what named keeps itself for signing', () => {
    expect(planNode(owner, new Map(), node({ [RRSIG]: rrset(60, 's') }))).toBeUndefined()
  })
})

describe('what planNode() plans, as named carries it out,', () => {
  const values = fc.uniqueArray(fc.constantFrom(...'abcdefgh'), { minLength: 1, maxLength: 8 })
  const anyRRset = fc.record({ ttl: fc.constantFrom(0, 60, 3600), rdata: values.map(list => list.sort()) })
  const one = anyRRset.map(({ ttl, rdata }) => ({ ttl, rdata: rdata.slice(0, 1) }))
  const data = fc.uniqueArray(fc.constantFrom(A, NS, TXT, 28), { maxLength: 4 })
  const withoutCname = data.chain(types => fc.tuple(...types.map(type => anyRRset.map(set => [type, set] as const))))
  const anyNode: fc.Arbitrary<Node> = fc.oneof(
    withoutCname.map(entries => new Map(entries)),
    one.map(set => new Map([[CNAME, set]])),
  )
  const apexNode: fc.Arbitrary<Node> = fc
    .tuple(anyRRset, withoutCname)
    .map(([ns, entries]) => new Map([...entries, [NS, ns] as const]))

  const plain = (served: Served | Node) =>
    Object.fromEntries([...served].map(([type, { ttl, rdata }]) => [type, { ttl, rdata: [...rdata].sort() }]))

  const leadsThere = (desired: Node, served: Node, apex: boolean) => {
    const steps = planNode(owner, desired, served)?.steps ?? []
    const once = namedUpdates(served, steps, { apex })
    expect(plain(once)).toEqual(plain(desired))
    expect(planNode(owner, desired, once)).toBeUndefined()
    // A message whose fate is unknown may be sent again.
    expect(plain(namedUpdates(once, steps, { apex }))).toEqual(plain(desired))
  }

  test('leads from any node to any other', () => {
    fc.assert(fc.property(anyNode, anyNode, (desired, served) => leadsThere(desired, served, false)))
  })

  test('leads from any apex to any other', () => {
    fc.assert(fc.property(apexNode, apexNode, (desired, served) => leadsThere(desired, served, true)))
  })

  test('leads from one full RRset to another', () => {
    const full = (first: number) => rrset(60, ...Array.from({ length: 100 }, (_, i) => String(first + i)))
    leadsThere(node({ [TXT]: full(1) }), node({ [TXT]: full(0) }), false)
    leadsThere(node({ [TXT]: full(100) }), node({ [TXT]: full(0) }), false)
  })
})

describe('batches()', () => {
  const change = (name: string, length: number): NodeChange => ({
    owner: name,
    steps: Array.from({ length }, (_, i) => ({ kind: 'add' as const, type: TXT, ttl: 0, rdata: String(i) })),
  })
  const sizes = (messages: NodeChange[][]) =>
    messages.map(message => message.reduce((sum, { steps }) => sum + steps.length, 0))

  test('fills messages up to the limit and keeps the changes of one name together', () => {
    const messages = batches([change('a', 2), change('b', 2), change('c', 1), change('d', 4)], 5)
    expect(messages.map(message => message.map(({ owner }) => owner))).toEqual([['a', 'b', 'c'], ['d']])
  })

  test('gives a name with more changes than the limit a message of its own', () => {
    expect(sizes(batches([change('a', 1), change('b', 9), change('c', 1)], 5))).toEqual([1, 9, 1])
  })

  test('makes no message of no changes', () => {
    expect(batches([], 5)).toEqual([])
  })

  test('loses and doubles nothing, and passes the limit only by one name', () => {
    const some = fc.array(fc.nat({ max: 8 }).map(length => length + 1))
    fc.assert(
      fc.property(some, fc.integer({ min: 1, max: 10 }), (lengths, limit) => {
        const changes = lengths.map((length, i) => change(String(i), length))
        const messages = batches(changes, limit)
        expect(messages.flat()).toEqual(changes)
        for (const message of messages) if (message.length > 1) expect(sizes([message])[0]).toBeLessThanOrEqual(limit)
      }),
    )
  })
})

test('batches() puts no more octets together than a message has room for', () => {
  const long = (i: number): NodeChange => ({
    owner: `${i}.example.com.`,
    steps: [{ kind: 'add', type: TXT, ttl: 60, rdata: 'x'.repeat(20_000) }],
  })
  expect(batches([1, 2, 3, 4, 5].map(long), 500).map(({ length }) => length)).toEqual([2, 2, 1])
})

describe('split()', () => {
  const add = (type: number, rdata: string): Step => ({ kind: 'add', type, ttl: 60, rdata })
  const remove = (type: number, rdata: string): Step => ({ kind: 'delete', type, ttl: 0, rdata })
  const parts = (...steps: Step[]) => split([{ owner, steps }]).map(part => part.flatMap(change => change.steps))

  test('halves several names', () => {
    const changes = ['a', 'b', 'c'].map(name => ({ owner: `${name}.example.com.`, steps: [add(A, '1')] }))
    expect(split(changes)).toEqual([changes.slice(0, 1), changes.slice(1)])
  })

  test('parts the types of a name, then the records of a type', () => {
    expect(parts(add(A, '1'), add(TXT, 't'))).toEqual([[add(A, '1')], [add(TXT, 't')]])
    expect(parts(add(A, '1'), add(A, '2'))).toEqual([[add(A, '1')], [add(A, '2')]])
  })

  test('leaves whole what replaces something, and what stands at a CNAME', () => {
    expect(parts(remove(A, '1'), add(A, '2'))).toHaveLength(1)
    expect(parts(add(CNAME, 'c'), remove(A, '1'))).toHaveLength(1)
  })
})
