import { zoneDraft } from './draft.ts'
import { isObjectName } from './names.ts'
import { type Fault, zoneRule } from './rule.ts'
import { at, entriesOf, itemsOf } from './subject.ts'
import type { ZoneSubject } from './zonesubject.ts'

/* Where a zone is served: spec.clusterRef and spec.instanceSelector. */

const labelled = (matchLabels: object) => zoneDraft({ instanceSelector: { matchLabels } })
const expressed = (...matchExpressions: object[]) => zoneDraft({ instanceSelector: { matchExpressions } })

const LABEL_VALUE = /^(?:[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?)?$/i
const MOST = 64

export const selectorRules = [
  zoneRule({
    id: 'BND-R042',
    says: 'A selector holds keys and values that labels can have: others select nothing, ever.',
    source: 'Kubernetes, syntax of labels',
    isServed: true,
    passes: { object: labelled({ 'bindy.firestoned.io/tier': 'edge' }) },
    fails: { object: labelled({ tier: 'edge servers' }) },
    find: notLabels,
  }),
  zoneRule({
    id: 'BND-R046',
    says: 'A zone says where it is served, by clusterRef or instanceSelector.',
    source: "the CRD's schema",
    reason: 'FieldValueRequired',
    passes: { object: zoneDraft() },
    fails: { object: zoneDraft({ clusterRef: undefined }) },
    find: subject => {
      const isThere = subject.value('clusterRef') !== undefined || subject.value('instanceSelector') !== undefined
      const message = 'name a Bind9Cluster or Bind9Instance here, or select instances by spec.instanceSelector'
      return isThere ? undefined : { field: 'spec.clusterRef', message }
    },
  }),
  zoneRule({
    id: 'BND-R047',
    says: 'A selector selects by at least one label or expression.',
    source: "the CRD's schema",
    reason: 'FieldValueRequired',
    passes: { object: labelled({ tier: 'edge' }) },
    fails: { object: labelled({}) },
    find: subject => {
      const selector = subject.value('instanceSelector')
      if (selector === undefined) return undefined
      const isEmpty = ['matchLabels', 'matchExpressions'].every(name => isNothing(at(selector, name)))
      const message = 'must hold at least one of matchLabels and matchExpressions'
      return isEmpty ? { field: 'spec.instanceSelector', message } : undefined
    },
  }),
  zoneRule({
    id: 'BND-R048',
    says: 'In and NotIn take values, Exists and DoesNotExist take none.',
    source: 'Kubernetes, label selectors',
    passes: { object: expressed({ key: 'tier', operator: 'In', values: ['edge'] }) },
    fails: { object: expressed({ key: 'tier', operator: 'In' }) },
    find: subject => expressionsOf(subject).map(({ field, one }) => wrongValues(field, one)),
  }),
]

// What is of another type is left to the schema.
function isNothing(value: unknown): boolean {
  if (value === undefined || value === null) return true
  if (typeof value !== 'object') return false
  return Array.isArray(value) ? value.length === 0 : entriesOf(value).length === 0
}

interface Expression {
  readonly field: string
  readonly one: unknown
}

function expressionsOf(subject: ZoneSubject): Expression[] {
  const expressions = itemsOf(subject.value('instanceSelector.matchExpressions')).slice(0, MOST)
  return expressions.map((one, i) => ({ field: `spec.instanceSelector.matchExpressions[${i}]`, one }))
}

function wrongValues(field: string, one: unknown): Fault | undefined {
  const operator = at(one, 'operator')
  const wants = operator === 'In' || operator === 'NotIn'
  if (!wants && operator !== 'Exists' && operator !== 'DoesNotExist') return undefined
  const has = itemsOf(at(one, 'values')).length > 0
  if (has === wants) return undefined
  const message = wants ? `must be given for ${operator}` : `must not be given for ${operator}`
  return { field: `${field}.values`, message, reason: wants ? 'FieldValueRequired' : 'FieldValueForbidden' }
}

function notLabels(subject: ZoneSubject): (Fault | undefined)[] {
  const entries = entriesOf(subject.value('instanceSelector.matchLabels')).slice(0, MOST)
  const field = 'spec.instanceSelector.matchLabels'
  return [
    ...entries.flatMap(([key, value]) => [badKey(field, key), badValue(field, value)]),
    ...expressionsOf(subject).flatMap(({ field, one }) => [
      badKey(`${field}.key`, at(one, 'key')),
      ...itemsOf(at(one, 'values'))
        .slice(0, MOST)
        .map((value, i) => badValue(`${field}.values[${i}]`, value)),
    ]),
  ]
}

function badKey(field: string, key: unknown): Fault | undefined {
  if (typeof key !== 'string') return undefined
  const [name = '', prefix, ...more] = key.split('/').reverse()
  const isName = name !== '' && LABEL_VALUE.test(name)
  if (isName && more.length === 0 && (prefix === undefined || isObjectName(prefix))) return undefined
  return { field, value: key, message: "must be the key of a label, such as 'tier' or 'example.com/tier'" }
}

function badValue(field: string, value: unknown): Fault | undefined {
  if (typeof value !== 'string' || LABEL_VALUE.test(value)) return undefined
  const message =
    'must be the value of a label: at most 63 letters, digits, "-", "_" and ".", a letter or digit at its ends'
  return { field, value, message }
}
