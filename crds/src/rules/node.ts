import type { Remark } from '../node.ts'
import type { Reason } from '../reasons.ts'
import type { RecordSubject } from './recordsubject.ts'
import { type Draft, type Fault, recordRule } from './rule.ts'

/*
 * A record beside the others of its zone. What stands against it is decided where the controller decides it (see
 * ../decider.ts); each reason that it gives is one rule here.
 */

const zone = (spec: object = {}): Draft => ({
  kind: 'DNSZone',
  spec: {
    zoneName: 'example.com',
    soaRecord: { primaryNs: 'ns1.example.net.', adminEmail: 'dns@example.com' },
    ...spec,
  },
})
const a = (name: string, ttl?: number): Draft => ({
  kind: 'ARecord',
  spec: { zone: 'example.com', name, ...(ttl && { ttl }), ipv4Address: '192.0.2.10' },
})
const cname = (name: string, target = 'www.example.net.'): Draft => ({
  kind: 'CNAMERecord',
  spec: { zone: 'example.com', name, target },
})
const ns = (name: string): Draft => ({
  kind: 'NSRecord',
  spec: { zone: 'example.com', name, nameserver: 'ns1.example.net.' },
})
const mx = (mailServer: string): Draft => ({
  kind: 'MXRecord',
  spec: { zone: 'example.com', name: '@', priority: 10, mailServer },
})
const many = (count: number, from: number): Draft => ({
  kind: 'ARecord',
  metadata: { name: `many-${from}` },
  spec: {
    zone: 'example.com',
    name: 'www',
    ipv4Addresses: Array.from({ length: count }, (_, i) => `192.0.2.${from + i}`),
  },
})

export const nodeRules = [
  recordRule({
    id: 'BND-R022',
    kinds: ['CNAMERecord'],
    says: 'No CNAME stands at the apex of a zone, beside its SOA and NS.',
    source: 'RFC 1912 section 2.4',
    reason: 'FieldValueForbidden',
    passes: { object: cname('www') },
    fails: { object: cname('@') },
    find: record =>
      record.loneFault?.reason === 'CNAMEAtApex'
        ? {
            field: 'spec.name',
            message: 'a CNAME must not stand at the apex of a zone, beside its SOA and NS: use A and AAAA records',
          }
        : undefined,
  }),
  recordRule({
    id: 'BND-R023',
    says: 'A CNAME shares its name with nothing else, and not with another CNAME.',
    source: 'RFC 1034 section 3.6.2, RFC 2181 section 10.1',
    passes: { object: cname('shop'), among: [zone(), a('www')] },
    fails: { object: cname('shop'), among: [zone(), a('shop')] },
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
    passes: { object: many(50, 1), among: [zone(), many(50, 101)] },
    fails: { object: many(51, 1), among: [zone(), many(50, 101)] },
    find: on(
      'TooManyRecords',
      () => 'must have at most 100 records of one type, of all objects together: BIND serves no more',
    ),
  }),
  recordRule({
    id: 'BND-R025',
    says: 'A record lies neither below a delegation nor in a child zone of the same servers: nobody would see it.',
    source: 'RFC 1034 section 4.2.1',
    passes: { object: a('host.office'), among: [zone(), ns('lab')] },
    fails: { object: a('host.lab'), among: [zone(), ns('lab')] },
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
    passes: { object: ns('lab'), among: [zone(), a('host.office')] },
    fails: { object: ns('lab'), among: [zone(), a('host.lab')] },
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
    passes: { object: mx('mail.example.com.'), among: [zone(), a('mail')] },
    fails: { object: mx('mail.example.com.'), among: [zone(), cname('mail')] },
    find: on(
      'TargetIsAlias',
      ({ entry }) => `must not be a CNAME: ${entry.type} names a host with addresses of its own`,
      targetOf,
    ),
  }),
  recordRule({
    id: 'BND-R029',
    says: "A record is not at a name that the zone's unmanaged leaves to others.",
    source: 'docs/zones.md',
    reason: 'FieldValueForbidden',
    passes: { object: a('www'), among: [zone({ unmanaged: [{ name: '_acme-challenge' }] })] },
    fails: { object: a('www'), among: [zone({ unmanaged: [{ name: 'www' }] })] },
    find: on(
      'Unmanaged',
      ({ entry, owner }) => `${entry.type} at ${owner} is left to others by spec.unmanaged of the DNSZone`,
    ),
  }),
  recordRule({
    id: 'BND-W014',
    kinds: ['MXRecord', 'NSRecord'],
    says: 'A host of the zone that an MX or NS names has an address; without one the record is not served.',
    source: "RFC 1912 section 2.4; BIND's check-integrity",
    passes: { object: mx('mail.example.com.'), among: [zone(), a('mail')] },
    fails: { object: mx('mail.example.com.'), among: [zone()] },
    find: on(
      'TargetMissing',
      (_, by) =>
        by
          ? `lies in the zone of ${by}, to which no NSRecord delegates`
          : 'has no address in this zone yet; the record is not served without',
      targetOf,
    ),
  }),
  recordRule({
    id: 'BND-W015',
    says: 'All records of one name and type have one ttl: that of the oldest is served.',
    source: 'RFC 2181 section 5.2',
    passes: { object: a('www', 300), among: [zone(), { ...many(2, 20), spec: { ...many(2, 20).spec, ttl: 300 } }] },
    fails: { object: a('www', 300), among: [zone(), many(2, 20)] },
    find: record => {
      const { adjusted } = record.standing ?? {}
      if (adjusted?.reason !== 'TTLConflict') return undefined
      const ttl = record.number('ttl')
      const by = adjusted.by === undefined ? 'the zone itself' : record.tell(adjusted.by)
      const message = `is not that of ${by}, which has records of this name and type: theirs is served`
      return { field: 'spec.ttl', ...(ttl !== undefined && { value: ttl }), message }
    },
  }),
  recordRule({
    id: 'BND-W016',
    says: 'No two objects give the same record: it would be served until both are gone.',
    source: 'RFC 2181 section 5',
    reason: 'FieldValueDuplicate',
    passes: { object: a('www'), among: [zone(), many(2, 20)] },
    fails: { object: a('www'), among: [zone(), many(2, 10)] },
    find: givenTwice,
  }),
]

type Say = (record: RecordSubject, by: string | undefined) => string

/** Finds what the decision refuses a record for a reason. */
function on(reason: Reason, say: Say, field: (record: RecordSubject) => Pick<Fault, 'field' | 'value'> = nameOf) {
  return (record: RecordSubject): Fault | undefined => {
    const remark: Remark | undefined = record.standing?.refused
    if (remark?.reason !== reason) return undefined
    const by = remark.by === undefined ? undefined : record.tell(remark.by)
    return { ...field(record), message: say(record, by) }
  }
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
