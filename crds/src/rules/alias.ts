import { isAtOrBelow, lineage } from '../name.ts'
import { admitsNamespace } from '../policy.ts'
import { recordTypeOfCode, recordTypeOfKind } from '../records.ts'
import { aliasDraft, mailDraft, recordDraft, zoneDraft } from './draft.ts'
import type { Others } from './others.ts'
import { type RecordSubject, wholeName } from './recordsubject.ts'
import { type Fault, recordRule } from './rule.ts'

/* CNAMEs beside the records that name them, and each other. */

const srv = (target: string) => recordDraft('SRVRecord', '_ldap._tcp', { priority: 0, weight: 0, port: 389, target })

const CNAME = recordTypeOfKind('CNAMERecord')
/** Resolvers give up on longer chains. */
const LONGEST_CHAIN = 16

export const aliasRules = [
  recordRule({
    id: 'BND-R028',
    kinds: ['CNAMERecord'],
    says: 'No CNAME takes the name that an MX or NS of the zone names.',
    source: 'RFC 2181 section 10.3',
    passes: { object: aliasDraft('mail'), among: [zoneDraft(), mailDraft('mx.example.net.')] },
    fails: { object: aliasDraft('mail'), among: [zoneDraft(), mailDraft('mail.example.com.')] },
    find: aliasOfServer,
  }),
  recordRule({
    id: 'BND-R051',
    kinds: ['CNAMERecord'],
    says: 'CNAMEs do not lead in a circle.',
    source: 'RFC 1034 section 3.6.2',
    passes: { object: aliasDraft('a', 'b.example.com.'), among: [zoneDraft(), aliasDraft('b', 'c.example.com.')] },
    fails: { object: aliasDraft('a', 'b.example.com.'), among: [zoneDraft(), aliasDraft('b', 'a.example.com.')] },
    find: circle,
  }),
  recordRule({
    id: 'BND-W025',
    kinds: ['SRVRecord'],
    says: 'An SRV names no alias.',
    source: 'RFC 2782',
    passes: { object: srv('ldap.example.com.'), among: [zoneDraft()] },
    fails: { object: srv('ldap.example.com.'), among: [zoneDraft(), aliasDraft('ldap')] },
    find: record =>
      record.others &&
      record.names
        .filter(({ name }) => name !== undefined && aliasAt(name, record.others as Others, record) !== undefined)
        .map(({ path, text }) => ({ field: path, value: text, message: 'is a CNAME; name the host behind it' })),
  }),
]

function aliasOfServer(record: RecordSubject): Fault | undefined {
  const [one] = record.standing?.naming ?? []
  if (!one) return undefined
  const type = recordTypeOfCode(one.claim.type)?.type
  const message = `must not become a CNAME: ${record.tellOf(one.object)} names it, and ${type} names no alias`
  return { field: 'spec.name', value: record.text('name'), message }
}

function circle(record: RecordSubject): Fault | undefined {
  const { others, owner } = record
  const [target] = record.names
  if (!others || owner === undefined || target?.name === owner) return undefined
  let name = target?.name
  for (let i = 0; i < LONGEST_CHAIN && name !== undefined && name !== owner; i++) name = aliasAt(name, others, record)
  if (name === undefined || name !== owner) return undefined
  return {
    field: target?.path ?? 'spec.target',
    value: target?.text,
    message: 'must not lead back to the CNAME itself',
  }
}

/** What the CNAME at a name leads to, where one of our zones has one there, beside the record that is asked about. */
function aliasAt(name: string, others: Others, record: RecordSubject): string | undefined {
  for (const apex of lineage(name, '.').reverse()) {
    const [zone] = others.zonesNamed(apex)
    if (!zone || !isAtOrBelow(name, apex)) continue
    const found = others
      .recordsIn(apex)
      .at(name)
      .find(({ claim, object }) => {
        return claim.type === CNAME.code && admitsNamespace(zone, object.metadata.namespace) && !record.isOf(object)
      })
    return found && wholeName(String(found.object.spec.target))
  }
  return undefined
}
