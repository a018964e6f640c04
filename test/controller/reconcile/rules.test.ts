import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { check, type Finding, keyOf, ObjectIndex, type Reason, type RecordObject } from '#crds'
import { Claims } from '../../../controller/src/reconcile/zone/claims.ts'
import { DesiredZone } from '../../../controller/src/reconcile/zone/desired.ts'
import { record, zone } from './objects.ts'

/* What the rule book says of records among others is what the controller decides of them. */

const NAME = 'example.com.'

/** The rule of each reason that the controller has against a record beside others. */
const ruleOf: { readonly [R in Reason]?: string } = {
  OutOfZone: 'BND-R002',
  CNAMEAtApex: 'BND-R022',
  CNAMEConflict: 'BND-R023',
  TooManyRecords: 'BND-R024',
  Occluded: 'BND-R025',
  DelegationConflict: 'BND-R026',
  TargetConflict: 'BND-W039',
  TargetIsAlias: 'BND-R027',
  Unmanaged: 'BND-R029',
  TargetMissing: 'BND-W014',
  TTLConflict: 'BND-W015',
}
const rules = new Set(Object.values(ruleOf))

const idOf = (object: RecordObject) => `${object.kind} ${keyOf(object)}`

const labels = fc.constantFrom('a', 'b', '*')
const owners = fc
  .array(labels, { maxLength: 3 })
  .map(list => list.filter((label, i) => label !== '*' || i === 0).join('.') || '@')
const targets = fc.oneof(
  { weight: 5, arbitrary: owners.map(name => (name === '@' ? NAME : `${name}.${NAME}`)) },
  { weight: 1, arbitrary: fc.constant('ns.example.net.') },
)
const of = (kind: string, spec: fc.Arbitrary<object>) => fc.record({ kind: fc.constant(kind), spec })
const specs = fc.oneof(
  of('ARecord', fc.record({ ipv4Address: fc.constantFrom('192.0.2.1', '192.0.2.2') })),
  of('AAAARecord', fc.record({ ipv6Address: fc.constant('2001:db8::1') })),
  of('TXTRecord', fc.record({ text: fc.constant(['x']) })),
  of('CNAMERecord', fc.record({ target: targets })),
  of('NSRecord', fc.record({ nameserver: targets })),
  of('MXRecord', fc.record({ priority: fc.constant(1), mailServer: targets })),
)
const drafts = fc.record({ one: specs, name: owners, ttl: fc.constantFrom(undefined, 60), created: fc.nat(3) })
const records = fc.array(drafts, { maxLength: 8 }).map(list =>
  list.map(({ one, name, ttl, created }, i) => {
    const spec = { ...one.spec, name, ...(ttl !== undefined && { ttl }) }
    return record(one.kind, `${name === '@' ? 'apex' : name}-${i}`, spec, { created })
  }),
)
const zones = fc
  .record({
    primaryNs: fc.constantFrom('ns.example.net.', `a.${NAME}`, `a.b.${NAME}`),
    unmanaged: fc.constantFrom(undefined, [{ name: 'b' }], [{ name: 'a.*', types: ['A' as const] }]),
    recordPolicy: fc.constantFrom('exclusive' as const, 'owned' as const),
  })
  .map(({ primaryNs, unmanaged, recordPolicy }) =>
    zone({ recordPolicy, soaRecord: { primaryNs }, ...(unmanaged && { unmanaged }) }),
  )

/** Of each record what the controller has against it, as the rule of the reason. */
function decided(object: ReturnType<typeof zone>, all: readonly RecordObject[]) {
  const claims = new Claims()
  for (const one of all) claims.put(one)
  const ofZone = claims.of(NAME)
  const desired = new DesiredZone(object, ofZone, { known: ['192.0.2.53'], areAll: true })
  return all.map(one => {
    const placed = [...ofZone.all()].find(record => record.object === one)
    if (!placed?.claim || placed.owner === undefined)
      return [placed?.fault && ruleOf[placed.fault.reason]].filter(Boolean)
    const { refused, adjusted } = desired.decide(placed.owner)
    const remarks = [refused.get(placed.claim), adjusted.get(placed.claim)]
    return remarks.flatMap(remark => (remark ? [ruleOf[remark.reason] ?? remark.reason] : []))
  })
}

/** The rules of those reasons that were found. */
function heard(found: readonly Finding[], decided: readonly (string | undefined)[] = []): string[] {
  const ids = found.map(({ rule }) => rule)
  // A CNAME at the very name that an MX names hears an error in place of the warning.
  const isError = decided.includes('BND-W039') && ids.includes('BND-R028')
  return [...ids.filter(rule => rules.has(rule)), ...(isError ? ['BND-W039'] : [])]
}

describe('the rules of a record among others', () => {
  test('find what the controller decides, of all records that are there', () => {
    fc.assert(
      fc.property(zones, records, (object, all) => {
        const others = ObjectIndex.of([object, ...all])
        const said = decided(object, all)
        const found = all.map((one, i) => heard(check(one, { others }), said[i]))
        expect(found.map((ids, i) => [idOf(all[i] as RecordObject), ids])).toEqual(
          said.map((ids, i) => [idOf(all[i] as RecordObject), ids]),
        )
      }),
      { numRuns: 1_000 },
    )
  })

  test('find of a new record what the controller would decide were it there, and the youngest', () => {
    fc.assert(
      fc.property(zones, records, drafts, (object, all, { one, name, ttl }) => {
        const spec = { ...one.spec, name, ...(ttl !== undefined && { ttl }) }
        const candidate = record(one.kind, 'candidate', spec, { created: 59 })
        const said = decided(object, [...all, candidate]).at(-1)
        expect(heard(check(candidate, { others: ObjectIndex.of([object, ...all]) }), said)).toEqual(said)
      }),
      { numRuns: 1_000 },
    )
  })
})
