import { zoneKind } from '../kinds.ts'
import { isAtOrBelow, lineage, zoneKey } from '../name.ts'
import { admitsNamespace } from '../policy.ts'
import type { RecordObject } from '../record.ts'
import { recordTypeOfKind } from '../records.ts'
import type { DNSZone } from '../zone.ts'
import { aliasDraft, mailDraft, recordDraft, zoneDraft } from './draft.ts'
import { type RecordSubject, wholeName } from './recordsubject.ts'
import { type Fault, recordRule, sharedRule } from './rule.ts'
import { type NamedField, type Subject, textAt } from './subject.ts'

/* CNAMEs beside the records that name them, and each other. */

const srv = (target: string) => recordDraft('SRVRecord', '_ldap._tcp', { priority: 0, weight: 0, port: 389, target })

const CNAME = recordTypeOfKind('CNAMERecord')
const OTHER_ZONE = zoneDraft({ zoneName: 'example.org', nameServers: [{ hostname: 'ns2.example.com.' }] })
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
    isServed: true,
    find: circle,
  }),
  sharedRule({
    id: 'BND-W025',
    kinds: ['SRVRecord', 'MXRecord', 'NSRecord', zoneKind.kind],
    says: 'An SRV names no alias; an MX, an NS and a zone none of another zone either, of which BIND does not know.',
    source: 'RFC 2782, RFC 2181 section 10.3',
    passes: { object: srv('ldap.example.com.'), among: [zoneDraft()] },
    fails: { object: srv('ldap.example.com.'), among: [zoneDraft(), aliasDraft('ldap')] },
    find: subject =>
      subject.names
        .filter(field => namesAlias(field, subject))
        .map(({ path, text }) => ({ field: path, value: text, message: 'is a CNAME; name the host behind it' })),
  }),
  recordRule({
    id: 'BND-W029',
    kinds: ['CNAMERecord'],
    says: 'No CNAME takes the name of a host that an MX or NS of another zone names, or that zone as a name server.',
    source: 'RFC 2181 section 10.3',
    passes: { object: aliasDraft('ns1'), among: [zoneDraft(), OTHER_ZONE] },
    fails: { object: aliasDraft('ns2'), among: [zoneDraft(), OTHER_ZONE] },
    find: aliasOfOtherZone,
  }),
]

function aliasOfServer(record: RecordSubject): Fault | undefined {
  const [one] = record.standing?.naming ?? []
  if (!one) return undefined
  const { type } = recordTypeOfKind(one.kind)
  const message = `must not become a CNAME: ${record.tellOf(one)} names it, and ${type} names no alias`
  return { field: 'spec.name', value: record.text('name'), message }
}

function aliasOfOtherZone(record: RecordSubject): Fault | undefined {
  const { others, owner, zone } = record
  if (!others || owner === undefined || !record.standing?.zone) return undefined
  const isElsewhere = ({ spec }: RecordObject | DNSZone) =>
    zoneKey(textAt(spec, 'zone') ?? textAt(spec, 'zoneName') ?? '') !== zone
  const one = others.naming(owner).find(object => isElsewhere(object) && record.mayHearOf(object))
  if (!one) return undefined
  const message = `is named by ${record.tellOf(one)}, which should name the host behind a CNAME`
  return { field: 'spec.name', value: record.text('name'), message }
}

// Of an alias of its own zone an MX or NS hears by an error, and a zone by its name server's own data.
function namesAlias({ name }: NamedField, subject: Subject): boolean {
  if (name === undefined || aliasAt(name, subject) === undefined) return false
  const own = subject.kind === 'SRVRecord' ? undefined : (subject.text('zone') ?? subject.text('zoneName'))
  return own === undefined || zoneKey(zoneOf(name, subject)?.spec.zoneName ?? '') !== zoneKey(own)
}

function circle(record: RecordSubject): Fault | undefined {
  const { owner } = record
  const [target] = record.names
  if (owner === undefined || target?.name === owner) return undefined
  let name = target?.name
  const next = record.servedAliasAt ?? ((name: string) => aliasAt(name, record))
  for (let i = 0; i < LONGEST_CHAIN && name !== undefined && name !== owner; i++) name = next(name)
  if (name === undefined || name !== owner) return undefined
  return {
    field: target?.path ?? 'spec.target',
    value: target?.text,
    message: 'must not lead back to the CNAME itself',
  }
}

/** What the CNAME at a name leads to, where a zone that may be told of has one there, beside the object that is asked about. */
function aliasAt(name: string, subject: Subject): string | undefined {
  const zone = zoneOf(name, subject)
  if (!zone) return undefined
  const records = subject.others?.recordsIn(zoneKey(zone.spec.zoneName)).at(name)
  const found = records?.find(({ claim, object }) => {
    const { namespace, deletionTimestamp } = object.metadata
    const isThere = admitsNamespace(zone, namespace) && !deletionTimestamp && !subject.isOf(object)
    return claim.type === CNAME.code && isThere
  })
  if (!found) return undefined
  const isTold =
    admitsNamespace(zone, subject.namespace) || (subject.mayHearOf(zone) && subject.mayHearOf(found.object))
  return isTold ? wholeName(String(found.object.spec.target)) : undefined
}

/** The zone that a name lies in: the nearest one above. */
function zoneOf(name: string, { others }: Subject): DNSZone | undefined {
  for (const apex of lineage(name, '.').reverse()) {
    const [zone] = others?.zonesNamed(apex) ?? []
    if (zone && isAtOrBelow(name, apex)) return zone
  }
  return undefined
}
