import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals'
import { type Draft, type Rule, rules, zoneKind } from '#crds'
import { KubeApiError } from '#kube'
import { until } from '../../cluster/index.ts'
import { Bindy } from './bindy.ts'
import { conditionOf, type Namespace, type Thing } from './namespace.ts'

/*
 * What becomes of the example that each rule refuses, while no webhook is there: the schema refuses it, or it is stored
 * and an object of those concerned gives a reason, or it is served and nobody hears of the rule.
 */

const bindy = new Bindy({ primary: {} })
type Home = Namespace<'primary'>

jest.setTimeout(60_000)
beforeAll(() => bindy.start(), 120_000)
afterEach(() => bindy.clear())
afterAll(() => bindy.stop())

const becomes: Readonly<Record<string, readonly number[]>> = {
  'refused by the schema': [1, 5, 10, 11, 17, 20, 30, 31, 34, 39, 46, 47, 48, 49, 50],
  OutOfZone: [2],
  UpdateRefused: [3],
  InvalidName: [4],
  TargetMissing: [7],
  RecordTooLong: [13],
  CNAMEAtApex: [22],
  CNAMEConflict: [23],
  TooManyRecords: [24],
  Occluded: [25],
  DelegationConflict: [26],
  TargetIsAlias: [27, 28],
  Unmanaged: [29],
  DuplicateZone: [32],
  NamespaceNotAllowed: [33],
  // Of servers that the example has no Secrets for.
  SecretNotFound: [40, 41],
  ZoneNotFound: [43],
  RuleBroken: [6, 8, 9, 14, 15, 16, 18, 19, 21, 35, 36, 38, 42],
  // The first is not stored as it is written: the API server makes well-formed Unicode of it.
  'served in silence': [12, 37, 51],
}

const asked = rules.filter(({ severity, isOfDeletion }) => severity === 'error' && !isOfDeletion)

test('each rule is looked at', () => {
  const listed = Object.values(becomes).flat()
  expect(listed.sort((a, b) => a - b)).toEqual(asked.map(({ id }) => Number(id.slice(-3))))
})

const table = Object.entries(becomes).flatMap(([what, numbers]) =>
  numbers.map(number => [`BND-R${String(number).padStart(3, '0')}`, what] as const),
)
test.each(table)('what %s refuses: %s', async (id, what) => {
  expect(await outcomeOf(asked.find(rule => rule.id === id) as Rule)).toBe(what)
})

async function outcomeOf({ fails: { object, among = [], old } }: Rule): Promise<string> {
  const home = await bindy.namespace()
  const elsewhere = await bindy.namespace()
  const homeOf = ({ metadata }: Draft) => ((metadata?.namespace ?? 'dns') === 'dns' ? home : elsewhere)
  const concerned: [Home, Thing][] = []
  const create = async (draft: Draft, name: string) => {
    const thing = await homeOf(draft).create(draft.kind, name, specOf(draft))
    concerned.push([homeOf(draft), thing])
    return draft.kind === zoneKind.kind && name !== 'candidate' ? homeOf(draft).ready(thing) : thing
  }
  const others = among.filter(({ kind }) => kind !== 'Bind9Cluster')
  const needsZone = 'zone' in object.spec && !others.some(({ kind }) => kind === zoneKind.kind)
  if (needsZone) await home.ready(await home.zone(String((object.spec as { zone: string }).zone)))
  for (const [i, draft] of others.entries()) await create(draft, `there-${i}`)
  await until('the others have said', () => saidBy(concerned))
  await bindy.nextSecond()
  try {
    const made = await create(old ?? object, 'candidate')
    if (old) await home.edit(await home.ready(made), specOf(object))
  } catch (error) {
    if (error instanceof KubeApiError && error.status === 422) return 'refused by the schema'
    throw error
  }
  const reasons = await until('all concerned have said', () => saidBy(concerned))
  return reasons.find(reason => reason !== 'Served') ?? 'served in silence'
}

/** What an example says, its zones on the servers that there are. */
function specOf({ kind, spec }: Draft): Thing['spec'] {
  const { clusterRef } = spec as { readonly clusterRef?: string }
  return { ...spec, ...(clusterRef !== undefined && kind === zoneKind.kind && { clusterRef: 'dns' }) } as Thing['spec']
}

/** The reasons of objects as they stand now; undefined while one of them has none, or is about to have another. */
async function saidBy(concerned: readonly [Home, Thing][]): Promise<string[] | undefined> {
  const objects = await Promise.all(concerned.map(([home, object]) => home.get(object)))
  const conditions = objects.map(object => conditionOf(object))
  const isOver = conditions.every(
    (condition, i) =>
      condition?.observedGeneration === objects[i]?.metadata.generation && condition?.reason !== 'Pending',
  )
  return isOver ? conditions.map(condition => condition?.reason ?? '') : undefined
}
