import { recordKinds, zoneKind } from '../kinds.ts'
import { addressDraft } from './draft.ts'
import { sharedRule } from './rule.ts'
import type { Subject } from './subject.ts'

/* How long resolvers keep a record: spec.ttl of records and zones. */

const kinds = [...recordKinds.map(({ kind }) => kind), zoneKind.kind]
const lasting = (ttl: number) => addressDraft('www', { ttl })

const SHORTEST = 30
const WEEK = 604_800

export const ttlRules = [
  sharedRule({
    id: 'BND-W006',
    kinds,
    says: `A ttl is of ${SHORTEST} seconds at least: resolvers may keep the record longer than less.`,
    source: 'RFC 1912 section 2.2',
    passes: { object: lasting(300) },
    fails: { object: lasting(5) },
    find: subject =>
      ttlFault(subject, ttl => ttl < SHORTEST, `is below ${SHORTEST} s; resolvers may keep the record longer`),
  }),
  sharedRule({
    id: 'BND-W007',
    kinds,
    says: 'A ttl is of a week at most: resolvers keep nothing longer.',
    source: 'RFC 8767 section 4',
    passes: { object: lasting(WEEK) },
    fails: { object: lasting(WEEK + 1) },
    find: subject =>
      ttlFault(subject, ttl => ttl > WEEK, `is above ${WEEK} s, one week; resolvers keep nothing longer`),
  }),
]

function ttlFault(subject: Subject, isOdd: (ttl: number) => boolean, message: string) {
  const ttl = subject.number('ttl')
  return ttl !== undefined && isOdd(ttl) ? { field: 'spec.ttl', value: ttl, message } : undefined
}
