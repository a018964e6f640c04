import { describe, expect, test } from '@jest/globals'
import { type DNSZone, keyOf, ZoneTree } from '#crds'
import { zone } from '../controller/reconcile/objects.ts'

interface Draft {
  readonly zoneName: string
  readonly namespace?: string
  readonly created?: number
  readonly allowedNamespaces?: string[]
  readonly isHeld?: boolean
  /** Held, and on a server by its status. */
  readonly isServed?: boolean
  readonly deleted?: boolean
}

function make({
  zoneName,
  namespace = 'dns',
  created = 0,
  allowedNamespaces,
  isHeld,
  isServed,
  deleted,
}: Draft): DNSZone {
  const uid = `${namespace} ${zoneName}`
  const one = zone(
    { zoneName, ...(allowedNamespaces && { allowedNamespaces }) },
    { namespace, uid, created, ...(deleted && { deleted }) },
  )
  const finalizers = isHeld || isServed ? ['bindy.firestoned.io/served'] : []
  const servers = isServed ? [{ instance: 'ns1', role: 'primary' as const, state: 'Served' }] : []
  return { ...one, metadata: { ...one.metadata, name: zoneName, finalizers }, status: { servers } }
}

function treeOf(...drafts: Draft[]): { tree: ZoneTree; zones: DNSZone[] } {
  const zones = drafts.map(make)
  const tree = new ZoneTree(key => zones.find(({ metadata }) => `${metadata.namespace}/${metadata.name}` === key))
  for (const one of zones) tree.put(one)
  return { tree, zones }
}

const parent = { zoneName: 'example.com', namespace: 'dns', created: 1 }
const child = { zoneName: 'a.sub.example.com', namespace: 'guest', created: 2 }

describe('ZoneTree.forbiddenBy()', () => {
  const table: [what: string, drafts: Draft[], by: string | undefined][] = [
    ['no zone above', [child], undefined],
    ['an older zone above of another namespace', [child, parent], 'example.com'],
    ['the same namespace', [{ ...child, namespace: 'dns' }, parent], undefined],
    ['a namespace that is let in', [child, { ...parent, allowedNamespaces: ['guest'] }], undefined],
    ['a zone above that came later', [child, { ...parent, created: 3 }], undefined],
    [
      'an older zone above, though a younger one lies between',
      [child, { zoneName: 'sub.example.com', namespace: 'dns', created: 3 }, parent],
      'example.com',
    ],
    ['a zone that is served already', [{ ...child, isServed: true }, parent], undefined],
    ['a finalizer that anybody may write', [{ ...child, isHeld: true }, parent], 'example.com'],
    ['a zone above that is being deleted', [child, { ...parent, deleted: true }], undefined],
    [
      'the nearest zone above alone',
      [child, { zoneName: 'Sub.example.com.', namespace: 'guest', created: 0 }, parent],
      undefined,
    ],
    [
      'past a zone that is kept out itself',
      [{ ...child, namespace: 'dns', created: 3 }, { ...child, zoneName: 'sub.example.com' }, parent],
      undefined,
    ],
    ['the root', [child, { ...parent, zoneName: '.' }], '.'],
  ]
  test.each(table)('minds %s', (_what, drafts, by) => {
    const { tree, zones } = treeOf(...drafts)
    expect(tree.forbiddenBy(zones[0] as DNSZone)?.spec.zoneName).toBe(by)
  })
})

describe('ZoneTree', () => {
  test('asks for each zone once, however many lie above each other', () => {
    const depth = 100
    const drafts = Array.from({ length: depth }, (_, i) => ({
      zoneName: 'x.'.repeat(depth - i),
      namespace: i % 2 === 0 ? 'dns' : 'guest',
      created: i,
    }))
    const zones = new Map(drafts.map(make).map(one => [keyOf(one), one]))
    let asked = 0
    const tree = new ZoneTree(key => {
      if (++asked > 10_000) throw new Error('Asked again and again')
      return zones.get(key)
    })
    for (const one of zones.values()) tree.put(one)
    const [deepest] = zones.values()
    expect(tree.forbiddenBy(deepest as DNSZone)).toBeUndefined()
    expect(asked).toBe(depth - 1)
    expect(tree.owner('x.'.repeat(depth))).toBe(deepest)
    expect(asked).toBe(2 * depth - 1)
  })

  test('knows what lies above and below, until it goes', () => {
    const { tree, zones } = treeOf(child, parent, { zoneName: 'other.test' })
    expect(tree.above('a.sub.example.com.')).toEqual(['example.com.'])
    expect([...tree.below('example.com.')]).toEqual(['a.sub.example.com.'])
    expect([...tree.below('com.')].sort()).toEqual(['a.sub.example.com.', 'example.com.'])
    tree.drop(zones[0] as DNSZone)
    expect([...tree.below('example.com.')]).toEqual([])
    expect(tree.named('a.sub.example.com.')).toEqual([])
  })

  test('gives a name to the zone that is served, then to one that is let in, then to the older', () => {
    const names = (drafts: Draft[]) =>
      treeOf(...drafts)
        .tree.named('a.sub.example.com.')
        .map(one => one.metadata.namespace)
    const ours = { ...child, namespace: 'dns', created: 3 }
    expect(names([ours, child])).toEqual(['guest', 'dns'])
    expect(names([ours, child, parent])).toEqual(['dns', 'guest'])
    expect(names([ours, { ...child, isServed: true }, parent])).toEqual(['guest', 'dns'])
    expect(names([ours, { ...child, isHeld: true }, parent])).toEqual(['dns', 'guest'])
  })

  test('takes what is no name for itself alone', () => {
    const { tree } = treeOf({ zoneName: 'a..b' }, parent)
    expect(tree.above('a..b')).toEqual([])
    expect(tree.named('a..b')).toHaveLength(1)
  })
})
