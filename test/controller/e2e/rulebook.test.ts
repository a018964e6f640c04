import { isDeepStrictEqual } from 'node:util'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { type Draft, type Rule, rules, zoneKind } from '#crds'
import { KubeApiError } from '#kube'
import { until } from '../../cluster/index.ts'
import { Bindy } from './bindy.ts'
import { conditionOf, type Namespace, type Thing } from './namespace.ts'

/*
 * What becomes of the example that each rule refuses, while no webhook is there: the schema refuses it, or it is stored
 * otherwise; or an object of those concerned gives a reason, or it is served and nobody hears of the rule.
 */

const bindy = new Bindy({ primary: {} })
type Home = Namespace<'primary'>
beforeAll(() => bindy.start())
afterEach(() => bindy.clear())
afterAll(() => bindy.stop())

const becomes: Readonly<Record<string, readonly number[]>> = {
  'refused by the schema': [1, 5, 10, 11, 17, 20, 30, 31, 34, 37, 39, 46, 47, 48, 49, 50],
  OutOfZone: [2],
  UpdateRefused: [3],
  InvalidName: [4],
  TargetMissing: [7, 55],
  RecordTooLong: [13],
  CNAMEAtApex: [22],
  CNAMEConflict: [23, 52],
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
  RuleBroken: [6, 8, 9, 14, 15, 16, 18, 19, 21, 35, 36, 38, 42, 51, 54],
  ServerFailed: [53],
  // The API server makes well-formed Unicode of it.
  'cannot be stored': [12],
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
  expect(await outcomeOf(asked.find(rule => rule.id === id) as Rule, what)).toBe(what)
})

test('CNAMEs in a circle hear of it, each of them, and no more once it is broken', async () => {
  const home = await bindy.namespace()
  await home.ready(await home.zone('example.com'))
  const alias = (name: string, target: string) =>
    home.create('CNAMERecord', name, { zone: 'example.com', name, target: `${target}.example.com.` })
  const [a, b] = [await alias('a', 'b'), await alias('b', 'c')]
  for (const one of [a, b]) await home.says(one, { status: 'True', reason: 'Served' })
  const c = await alias('c', 'a')
  for (const one of [a, b, c]) {
    const said = conditionOf(await home.says(one, { status: 'True', reason: 'RuleBroken' }))
    expect(said?.message).toContain('must not lead back to the CNAME itself [BND-R051]')
  }
  const turned = await home.edit(c, { target: 'www.example.net.' })
  for (const one of [a, b, turned]) await home.says(one, { status: 'True', reason: 'Served' })
})

/** What becomes of a rule's example, when it is as expected, or at last. */
async function outcomeOf({ fails: { object, among = [], old } }: Rule, expected: string): Promise<string> {
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
  const first = old && others.includes(old) ? await create(old, 'candidate') : undefined
  if (first) await bindy.nextSecond()
  for (const [i, draft] of others.entries()) if (draft !== old) await create(draft, `there-${i}`)
  await until('the others have said', () => saidBy(concerned))
  await bindy.nextSecond()
  try {
    const made = first ?? (await create(old ?? object, 'candidate'))
    if (!isAsWritten(made, old ?? object)) return 'cannot be stored'
    if (old) await home.edit(await home.ready(made), specOf(object))
  } catch (error) {
    if (error instanceof KubeApiError && error.status === 422) return 'refused by the schema'
    throw error
  }
  // One may have said so before another hears that it is concerned.
  let outcome = 'nobody has said'
  const isAsExpected = async () => {
    const reasons = await saidBy(concerned)
    if (reasons) outcome = reasons.find(reason => reason !== 'Served') ?? 'served in silence'
    return outcome === expected
  }
  await until(expected, isAsExpected).catch(() => undefined)
  return outcome
}

function isAsWritten({ spec }: Thing, draft: Draft): boolean {
  const texts = Object.entries(draft.spec).filter(([name]) => name === 'text' || name === 'value')
  return isDeepStrictEqual(
    texts,
    texts.map(([name]) => [name, (spec as Readonly<Record<string, unknown>>)[name]]),
  )
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
