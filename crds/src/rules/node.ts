import { objectOf, type Remark } from '../node.ts'
import type { Reason } from '../reasons.ts'
import { addressDraft, aliasDraft, mailDraft, recordDraft, zoneDraft } from './draft.ts'
import type { RecordSubject } from './recordsubject.ts'
import { type Fault, recordRule } from './rule.ts'

/*
 * A record beside the others of its zone. What stands against it is decided where the controller decides it (see
 * ../decider.ts); each reason that it gives is one rule here.
 */

/** Refusals that keep nothing from being stored. */
const WARNINGS: ReadonlySet<Reason> = new Set<Reason>(['TargetConflict', 'TargetMissing'])

const policy = (name: string) => recordDraft('TXTRecord', name, { text: ['v=spf1 -all'] }, { name: 'policy' })
const FORMER = policy('spf')
const delegation = (name: string) => recordDraft('NSRecord', name, { nameserver: 'ns1.example.net.' })
const many = (count: number, from: number, spec: object = {}) => {
  const ipv4Addresses = Array.from({ length: count }, (_, i) => `192.0.2.${from + i}`)
  return recordDraft('ARecord', 'www', { ipv4Addresses, ...spec }, { name: `many-${from}` })
}

export const nodeRules = [
  recordRule({
    id: 'BND-R022',
    kinds: ['CNAMERecord'],
    says: 'No CNAME stands at the apex of a zone, beside its SOA and NS.',
    source: 'RFC 1912 section 2.4',
    reason: 'FieldValueForbidden',
    passes: { object: aliasDraft('www') },
    fails: { object: aliasDraft('@') },
    find: record =>
      record.loneFault?.reason === 'CNAMEAtApex'
        ? {
            field: 'spec.name',
            value: record.text('name'),
            message: 'a CNAME must not stand at the apex of a zone, beside its SOA and NS: use A and AAAA records',
          }
        : undefined,
  }),
  recordRule({
    id: 'BND-R023',
    says: 'A CNAME shares its name with nothing else, and not with another CNAME.',
    source: 'RFC 1034 section 3.6.2, RFC 2181 section 10.1',
    passes: { object: aliasDraft('shop'), among: [zoneDraft(), addressDraft('www')] },
    fails: { object: aliasDraft('shop'), among: [zoneDraft(), addressDraft('shop')] },
    find: on('CNAMEConflict', (record, by) => {
      const what =
        record.entry.type === 'CNAME' ? 'must not be shared by a CNAME with other data' : 'must not be that of a CNAME'
      return `${what}: ${by ?? 'the zone itself'} has data there`
    }),
  }),
  recordRule({
    id: 'BND-R024',
    says: 'A name has at most 100 records of one type: BIND serves no more.',
    source: "BIND's max-records-per-type",
    passes: { object: many(50, 1), among: [zoneDraft(), many(50, 101)] },
    fails: { object: many(51, 1), among: [zoneDraft(), many(50, 101)] },
    find: on(
      'TooManyRecords',
      () => 'must have at most 100 records of one type, of all objects together: BIND serves no more',
    ),
  }),
  recordRule({
    id: 'BND-R025',
    says: 'A record lies neither below a delegation nor in a child zone of the same servers: nobody would see it.',
    source: 'RFC 1034 section 4.2.1',
    passes: { object: addressDraft('host.office'), among: [zoneDraft(), delegation('lab')] },
    fails: { object: addressDraft('host.lab'), among: [zoneDraft(), delegation('lab')] },
    find: on(
      'Occluded',
      (_, by) =>
        `must not lie below a delegation or in a child zone, and ${by} is one: put the record into the zone there`,
    ),
  }),
  recordRule({
    id: 'BND-R026',
    kinds: ['NSRecord'],
    says: 'No delegation hides records that are served.',
    source: 'RFC 1034 section 4.2.1',
    passes: { object: delegation('lab'), among: [zoneDraft(), addressDraft('host.office')] },
    fails: { object: delegation('lab'), among: [zoneDraft(), addressDraft('host.lab')] },
    find: on(
      'DelegationConflict',
      (_, by) =>
        `must not be delegated while records stand at or below it, such as ${by}: move them into the child zone first`,
    ),
  }),
  recordRule({
    id: 'BND-R027',
    kinds: ['MXRecord', 'NSRecord'],
    says: 'An MX or NS names no alias.',
    source: 'RFC 2181 section 10.3',
    passes: { object: mailDraft('mail.example.com.'), among: [zoneDraft(), addressDraft('mail')] },
    fails: { object: mailDraft('mail.example.com.'), among: [zoneDraft(), aliasDraft('mail')] },
    find: on(
      'TargetIsAlias',
      ({ entry }) => `must not be a CNAME: ${entry.type} names a host with addresses of its own`,
      { field: targetOf },
    ),
  }),
  recordRule({
    id: 'BND-R029',
    says: "A record is not at a name that the zone's unmanaged leaves to others.",
    source: 'docs/zones.md',
    reason: 'FieldValueForbidden',
    passes: { object: addressDraft('www'), among: [zoneDraft({ unmanaged: [{ name: '_acme-challenge' }] })] },
    fails: { object: addressDraft('www'), among: [zoneDraft({ unmanaged: [{ name: 'www' }] })] },
    find: on(
      'Unmanaged',
      ({ entry, owner }) => `${entry.type} at ${owner} is left to others by spec.unmanaged of the DNSZone`,
    ),
  }),
  recordRule({
    id: 'BND-R055',
    says: 'No change of a record takes another from DNS: an object that is changed stays older than those that came after it.',
    source: 'RFC 2181 section 10.3, RFC 4592 section 2.2.1',
    passes: {
      object: policy('mail'),
      old: FORMER,
      among: [FORMER, zoneDraft(), addressDraft('*'), mailDraft('mail.example.com.'), addressDraft('mail')],
    },
    fails: {
      object: policy('mail'),
      old: FORMER,
      among: [FORMER, zoneDraft(), addressDraft('*'), mailDraft('mail.example.com.')],
    },
    find: displaces,
  }),
  recordRule({
    id: 'BND-W014',
    kinds: ['MXRecord', 'NSRecord'],
    says: 'A host of the zone that an MX or NS names has an address; without one the record is not served.',
    source: "RFC 2181 section 10.3; BIND's check-integrity",
    passes: { object: mailDraft('mail.example.com.'), among: [zoneDraft(), addressDraft('mail')] },
    fails: { object: mailDraft('mail.example.com.'), among: [zoneDraft()] },
    find: on(
      'TargetMissing',
      (_, by) =>
        by
          ? `lies in the zone of ${by}, to which no NSRecord delegates`
          : 'has no address in this zone yet; the record is not served without',
      { field: targetOf, isActual: true },
    ),
  }),
  recordRule({
    id: 'BND-W039',
    says: 'Nothing takes the address from a host that an older MX or NS names: no CNAME, and no record that hides a wildcard.',
    source: 'RFC 2181 section 10.3, RFC 4592 section 2.2.1',
    passes: { object: addressDraft('mail'), among: [zoneDraft(), mailDraft('mail.example.com.'), addressDraft('*')] },
    fails: {
      object: recordDraft('TXTRecord', 'mail', { text: ['v=spf1 -all'] }),
      among: [zoneDraft(), mailDraft('mail.example.com.'), addressDraft('*')],
    },
    find: conflictOfTarget,
  }),
  recordRule({
    id: 'BND-W015',
    says: 'All records of one name and type have one ttl: that of the oldest is served.',
    source: 'RFC 2181 section 5.2',
    passes: { object: addressDraft('www', { ttl: 300 }), among: [zoneDraft(), many(2, 20, { ttl: 300 })] },
    fails: { object: addressDraft('www', { ttl: 300 }), among: [zoneDraft(), many(2, 20)] },
    find: record => {
      const { actual, refused, zones = [] } = record.standing ?? {}
      const adjusted = refused ? undefined : actual?.adjusted
      if (adjusted?.reason !== 'TTLConflict' || zones.length === 0) return undefined
      const ttl = record.number('ttl')
      const by = adjusted.by === undefined ? 'the zone itself' : record.tell(adjusted.by)
      const message = `is not that of ${by}, and the records of one name and type have one: the oldest's`
      return { field: 'spec.ttl', ...(ttl !== undefined && { value: ttl }), message }
    },
  }),
  recordRule({
    id: 'BND-W016',
    says: 'No two objects give the same record: it would be served until both are gone.',
    source: 'RFC 2181 section 5',
    reason: 'FieldValueDuplicate',
    passes: { object: addressDraft('www'), among: [zoneDraft(), many(2, 20)] },
    fails: { object: addressDraft('www'), among: [zoneDraft(), many(2, 10)] },
    find: givenTwice,
  }),
]

type Say = (record: RecordSubject, by: string | undefined) => string

interface Told {
  readonly field?: (record: RecordSubject) => Pick<Fault, 'field' | 'value'>
  /** Whether it tells what will be, and not what would be of the youngest. */
  readonly isActual?: boolean
}

/** Finds what the decision refuses a record for a reason. */
function on(reason: Reason, say: Say, { field = nameOf, isActual = false }: Told = {}) {
  return (record: RecordSubject): Fault | undefined => {
    const { standing } = record
    const remark: Remark | undefined = isActual ? standing?.actual.refused : standing?.refused
    if (remark?.reason !== reason) return undefined
    const by = remark.by === undefined ? undefined : record.tell(remark.by)
    return { ...field(record), message: say(record, by) }
  }
}

const takesAddress = on(
  'TargetConflict',
  (_, by) => `takes the address from the host that ${by} names; it is not served until the host has one of its own`,
  { isActual: true },
)

function conflictOfTarget(record: RecordSubject): Fault | undefined {
  const isToldAsError = record.entry.type === 'CNAME' && (record.standing?.naming.length ?? 0) > 0
  return isToldAsError ? undefined : takesAddress(record)
}

// What would be refused as the youngest is told as that.
function displaces(record: RecordSubject): Fault | undefined {
  const { standing, oldSpec } = record
  const isRefused = standing?.refused && !WARNINGS.has(standing.refused.reason)
  const displaced = oldSpec === undefined || isRefused ? undefined : standing?.displaced
  if (!displaced) return undefined
  const message = `must not take ${record.tell(objectOf(displaced))}, which came later, from DNS: put this into a new object`
  return { ...nameOf(record), message }
}

function nameOf(record: RecordSubject): Pick<Fault, 'field' | 'value'> {
  return { field: 'spec.name', value: record.text('name') }
}

function targetOf({ names: [target] }: RecordSubject): Pick<Fault, 'field' | 'value'> {
  return { field: target?.path ?? 'spec', value: target?.text }
}

function givenTwice(record: RecordSubject): Fault | undefined {
  const own = record.standing?.own
  if (!own) return undefined
  const other = record.standing?.siblings.find(
    ({ claim }) => claim.type === own.type && claim.rdata.some(rdata => own.rdata.includes(rdata)),
  )
  if (!other) return undefined
  return {
    ...nameOf(record),
    message: `${record.tellOf(other.object)} gives the same record`,
  }
}
