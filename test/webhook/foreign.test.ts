import { describe, expect, test } from '@jest/globals'
import { type Draft, ObjectIndex, type Rule, rules, wholeOf } from '#crds'
import type { Review } from '../../webhook/src/review.ts'
import { validate } from '../../webhook/src/validate.ts'

// Each rule about other objects, asked while the others are in a namespace of which the answer must say nothing.
const HERE = 'dns'
const THERE = 'secret-space'
const acrossObjects = rules.filter(({ isAmong }) => isAmong)

// What these look at is in the object's own namespace, always.
const OF_ONE_NAMESPACE = ['BND-R045', 'BND-W023']

/** All choices of some of a list. */
function choices<T>([first, ...others]: readonly T[]): T[][] {
  if (first === undefined) return [[]]
  return choices(others).flatMap(chosen => [chosen, [first, ...chosen]])
}

/** The objects beside that of a rule's failing example, some of them in the other namespace. */
function* settings({ fails: { object, among = [] } }: Rule): Generator<readonly unknown[]> {
  const others = among.filter(draft => !isSame(draft, object))
  for (const moved of choices(others))
    for (const admits of [false, true])
      yield among.map((draft, i) => {
        const open = draft.kind === 'DNSZone' && admits ? { allowedNamespaces: [HERE, THERE] } : {}
        const at = moved.includes(draft) ? { namespace: THERE, name: `secret-name-${i}` } : {}
        const name = `there-${i}`
        return wholeOf({ ...draft, metadata: { ...draft.metadata, ...at }, spec: { ...draft.spec, ...open } }, name)
      })
}

function isSame(one: Draft, other: Draft): boolean {
  return one.kind === other.kind && one.metadata?.name !== undefined && one.metadata.name === other.metadata?.name
}

function reviewOf({ isOfDeletion, fails: { object } }: Rule): Review {
  const whole = wholeOf(object)
  const about = { uid: 'u', namespace: HERE, name: whole.metadata.name }
  if (isOfDeletion) return { ...about, operation: 'DELETE', oldObject: whole as never }
  return { ...about, operation: 'CREATE', object: whole as never }
}

async function answers(rule: Rule): Promise<string[]> {
  const isTerminating = async () => false
  const found: string[] = []
  for (const setting of settings(rule))
    found.push(JSON.stringify(await validate(reviewOf(rule), { others: ObjectIndex.of(setting), isTerminating })))
  return found
}

describe.each(acrossObjects.map(rule => [rule.id, rule] as const))('%s', (id, rule) => {
  test('names no object of another namespace', async () => {
    const all = await answers(rule)
    expect(all.filter(answer => answer.includes(`[${id}]`))).not.toEqual([])
    expect(all.filter(answer => answer.includes('secret'))).toEqual([])
  })
})

test('the rules that look across namespaces are all asked about objects there', async () => {
  const silent: string[] = []
  for (const rule of acrossObjects) {
    const others = [...settings(rule)].filter(setting => JSON.stringify(setting).includes('secret-name'))
    const said = await Promise.all(
      others.map(setting =>
        validate(reviewOf(rule), { others: ObjectIndex.of(setting), isTerminating: async () => false }),
      ),
    )
    if (!said.some(verdict => JSON.stringify(verdict).includes(`[${rule.id}]`))) silent.push(rule.id)
  }
  expect(silent).toEqual(OF_ONE_NAMESPACE)
})
