import { describe, expect, test } from '@jest/globals'
import { type Draft, ObjectIndex, type Rule, rules, wholeOf } from '#crds'
import type { Access } from '../../webhook/src/access.ts'
import type { Review, Verdict } from '../../webhook/src/review.ts'
import { validate } from '../../webhook/src/validate.ts'

// Each rule about other objects, asked by users who may read all, some or none of the namespaces that the others are in.
const HERE = 'dns'
const THERE = 'secret-space'
const isTerminating = async () => false
const readingOf = (...namespaces: readonly string[]): Access => ({
  mayRead: async (_user, { namespace }) => namespaces.includes(namespace),
})
const acrossObjects = rules.filter(({ fails }) => fails.among !== undefined)

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

function reviewOf({ isOfDeletion, fails: { object, old } }: Rule): Review {
  const whole = wholeOf(object)
  const about = { uid: 'u', namespace: HERE, name: whole.metadata.name }
  if (isOfDeletion) return { ...about, operation: 'DELETE', oldObject: whole as never }
  if (old) return { ...about, operation: 'UPDATE', object: whole as never, oldObject: wholeOf(old) as never }
  return { ...about, operation: 'CREATE', object: whole as never }
}

async function verdicts(rule: Rule, access: Access): Promise<Verdict[]> {
  const found: Verdict[] = []
  for (const setting of settings(rule))
    found.push(await validate(reviewOf(rule), { others: ObjectIndex.of(setting), isTerminating, access }))
  return found
}

describe.each(acrossObjects.map(rule => [rule.id, rule] as const))('%s', (id, rule) => {
  test('names no object of another namespace to who may read their own', async () => {
    const all = (await verdicts(rule, readingOf(HERE))).map(verdict => JSON.stringify(verdict))
    expect(all.filter(answer => answer.includes(`[${id}]`))).not.toEqual([])
    expect(all.filter(answer => answer.includes('secret'))).toEqual([])
  })

  test('names nothing to who may read nothing, and all to who may read all', async () => {
    const none = (await verdicts(rule, readingOf())).map(verdict => JSON.stringify(verdict))
    expect(none.filter(answer => /secret|there-/.test(answer))).toEqual([])
    const all = (await verdicts(rule, { mayRead: async () => true })).map(verdict => JSON.stringify(verdict))
    expect(all.filter(answer => /(?:\ban? \w+|\brecords) of (?:this|another) namespace/.test(answer))).toEqual([])
  })

  test('refuses the same, whoever asks, by the same rules', async () => {
    const decisions = async (access: Access) => (await verdicts(rule, access)).map(decisionOf)
    const expected = await decisions(readingOf())
    for (const access of [readingOf(HERE), readingOf(THERE), readingOf(HERE, THERE)])
      expect(await decisions(access)).toEqual(expected)
  })
})

function decisionOf(verdict: Verdict): readonly unknown[] {
  if (verdict.allowed) return [true]
  const causes = verdict.causes ?? []
  return [
    false,
    verdict.code,
    causes.map(({ field, reason, message }) => [field, reason, message.match(/\[.+\]$/)?.[0]]),
  ]
}

function zoneDraft(zoneName: string, namespace: string): Draft {
  const soaRecord = { primaryNs: 'ns1.example.net.', adminEmail: 'dns@example.com' }
  return { kind: 'DNSZone', metadata: { namespace }, spec: { zoneName, clusterRef: 'servers', soaRecord } }
}

/** Of a record in a zone of its own, what is said beside records of a zone that lets nobody in. */
async function saidBeside(object: Draft, hidden: readonly Draft[], access = readingOf(HERE)) {
  const zones = [zoneDraft('example.org', HERE), zoneDraft('example.com', THERE)]
  const records = hidden.map(draft => ({ ...draft, metadata: { ...draft.metadata, namespace: THERE } }))
  const others = ObjectIndex.of([...zones, ...records].map((draft, i) => wholeOf(draft, `there-${i}`)))
  const whole = wholeOf(object)
  const review: Review = { uid: 'u', namespace: HERE, name: 'candidate', operation: 'CREATE', object: whole as never }
  return validate(review, { others, isTerminating, access })
}

const ofRecords = acrossObjects.filter(({ fails }) => 'zone' in fails.object.spec)
test.each(ofRecords.map(rule => [rule.id, rule] as const))(
  '%s says the same of an object whether another private zone has records or not',
  async (_, { fails: { object, among = [] } }) => {
    const moved = { ...object, spec: { ...object.spec, zone: 'example.org' } }
    const hidden = among.filter(({ spec }) => 'zone' in spec)
    expect(await saidBeside(moved, hidden)).toEqual(await saidBeside(moved, []))
  },
)

test('a circle of CNAMEs through a private zone of another namespace is told to who may read it, and refused to nobody', async () => {
  const here: Draft = { kind: 'CNAMERecord', spec: { zone: 'example.org', name: 'a', target: 'b.example.com.' } }
  const back: Draft = { kind: 'CNAMERecord', spec: { zone: 'example.com', name: 'b', target: 'a.example.org.' } }
  expect(await saidBeside(here, [back])).toEqual({ allowed: true })
  const { allowed, warnings = [] } = await saidBeside(here, [back], readingOf(HERE, THERE))
  expect({ allowed, said: warnings.join() }).toEqual({ allowed: true, said: expect.stringContaining('[BND-R051]') })
})

test('the rules that look across namespaces are all asked about objects there', async () => {
  const silent: string[] = []
  for (const rule of acrossObjects) {
    const others = [...settings(rule)].filter(setting => JSON.stringify(setting).includes('secret-name'))
    const said = await Promise.all(
      others.map(setting =>
        validate(reviewOf(rule), { others: ObjectIndex.of(setting), isTerminating, access: readingOf(HERE) }),
      ),
    )
    if (!said.some(verdict => JSON.stringify(verdict).includes(`[${rule.id}]`))) silent.push(rule.id)
  }
  expect(silent).toEqual(OF_ONE_NAMESPACE)
})
