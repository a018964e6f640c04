import { mailDraft, recordDraft, zoneDraft } from './draft.ts'
import type { RecordSubject } from './recordsubject.ts'
import { type Fault, recordRule } from './rule.ts'

/* MX and SRV: who offers a service, or that nobody does (".", RFC 7505 and RFC 2782). */

const OTHER = { name: 'other' }
const srv = (port: number, target: string, metadata?: object) =>
  recordDraft('SRVRecord', '_ldap._tcp', { priority: 0, weight: 0, port, target }, metadata)

export const serviceRules = [
  recordRule({
    id: 'BND-R015',
    kinds: ['MXRecord'],
    says: 'An MX to ".", which says that a name takes no mail, is the only MX of the name.',
    source: 'RFC 7505 section 3',
    reason: 'FieldValueForbidden',
    isServed: true,
    passes: { object: mailDraft('.', 0), among: [zoneDraft()] },
    fails: { object: mailDraft('.', 0), among: [zoneDraft(), mailDraft('mail.example.net.')] },
    find: record =>
      besideNone(record, 'mailServer', 'must be the only MX of its name where one of them is to ".", no mail'),
  }),
  recordRule({
    id: 'BND-R016',
    kinds: ['SRVRecord'],
    says: 'An SRV to ".", which says that a service is not offered, is the only SRV of the name.',
    source: 'RFC 2782',
    reason: 'FieldValueForbidden',
    isServed: true,
    passes: { object: srv(389, 'ldap.example.net.'), among: [zoneDraft(), srv(636, 'ldap2.example.net.', OTHER)] },
    fails: { object: srv(389, 'ldap.example.net.'), among: [zoneDraft(), srv(0, '.', OTHER)] },
    find: record =>
      besideNone(record, 'target', 'must be the only SRV of its name where one of them is to ".", no service'),
  }),
  recordRule({
    id: 'BND-W008',
    kinds: ['MXRecord'],
    says: 'An MX to "." has the priority 0.',
    source: 'RFC 7505 section 3',
    passes: { object: mailDraft('.', 0) },
    fails: { object: mailDraft('.') },
    find: record => {
      const priority = record.number('priority') ?? 0
      if (priority === 0 || !isNone(record.value('mailServer'))) return undefined
      return { field: 'spec.priority', value: priority, message: 'should be 0 where mailServer is ".", no mail' }
    },
  }),
  recordRule({
    id: 'BND-W009',
    kinds: ['SRVRecord'],
    says: 'An SRV names a port, and 0 only where its target is ".".',
    source: 'RFC 2782',
    passes: { object: srv(0, '.') },
    fails: { object: srv(0, 'ldap.example.net.') },
    find: record =>
      record.number('port') === 0 && !isNone(record.value('target'))
        ? {
            field: 'spec.port',
            value: 0,
            message: 'is no port that a service can have; 0 goes with the target ".", no service',
          }
        : undefined,
  }),
]

function isNone(target: unknown): boolean {
  return target === '.'
}

function besideNone(record: RecordSubject, field: string, message: string): Fault | undefined {
  const others = record.siblings.filter(({ object }) => object.kind === record.kind)
  const isOne = isNone(record.value(field))
  const other = others.find(({ object }) => isOne !== isNone(object.spec[field]))
  if (!other) return undefined
  return {
    field: `spec.${field}`,
    value: record.value(field),
    message: `${message}: ${record.tellOf(other.object)} is another`,
  }
}
