import { zoneKind } from '../kinds.ts'
import { canonicalName, isAtOrBelow, labelsOf, readName } from '../name.ts'
import { recordTypes } from '../records.ts'
import { addressDraft, aliasDraft, mailDraft, recordDraft, zoneDraft } from './draft.ts'
import { quote } from './finding.ts'
import { faultOfName, isAddressText, isHostName, isOddLabel, isServiceName, withoutDouble } from './names.ts'
import type { RecordSubject } from './recordsubject.ts'
import { type Fault, recordRule, sharedRule } from './rule.ts'
import type { NamedField, Subject } from './subject.ts'
import { textAt } from './subject.ts'

/* Names that fields hold: targets of records, the name servers of a zone. */

const ofNames = recordTypes.filter(({ fields }) => fields.some(({ wire }) => wire === 'name')).map(({ kind }) => kind)
const holdingNames = [...ofNames, zoneKind.kind]

const delegation = (nameserver: string) => recordDraft('NSRecord', 'lab', { nameserver })

export const targetRules = [
  sharedRule({
    id: 'BND-R005',
    kinds: holdingNames,
    says: 'A target is a whole domain name; one of a single label has its final dot, and "@" is none.',
    source: 'RFC 1035 section 2.3.4',
    passes: { object: mailDraft('mail.example.com') },
    fails: { object: mailDraft('mail') },
    find: subject => subject.names.map(field => notAName(field, subject)),
  }),
  sharedRule({
    id: 'BND-R006',
    kinds: holdingNames,
    says: 'A target is a name, not an address.',
    source: 'RFC 1035 section 3.3',
    isServed: true,
    passes: { object: mailDraft('mail.example.com.') },
    fails: { object: mailDraft('192.0.2.25') },
    find: subject =>
      subject.names
        .filter(({ text }) => isAddressText(text))
        .map(({ path, text }) => ({
          field: path,
          value: text,
          message: 'must be a name, not an address: name a host that has this address',
        })),
  }),
  sharedRule({
    id: 'BND-R007',
    kinds: holdingNames.filter(kind => kind !== 'CNAMERecord'),
    says: 'Mail servers, name servers, hosts of services, and targets of PTR in reverse zones, have host names.',
    source: "RFC 1123 section 2.1; BIND's check-names refuses others",
    passes: { object: mailDraft('mail-1.example.com.') },
    fails: { object: mailDraft('mail_1.example.com.') },
    find: subject => subject.names.map(notAHost),
  }),
  sharedRule({
    id: 'BND-R008',
    kinds: holdingNames.filter(kind => kind === 'NSRecord' || kind === 'PTRRecord' || kind === zoneKind.kind),
    says: 'A name server and the target of a PTR exist: "." says that there is none, in MX and SRV.',
    source: 'RFC 7505, RFC 2782',
    isServed: true,
    passes: { object: delegation('ns1.example.net.') },
    fails: { object: delegation('.') },
    find: subject =>
      subject.names
        .filter(({ name, mayBeRoot }) => name === '.' && !mayBeRoot)
        .map(({ path, text }) => ({
          field: path,
          value: text,
          message: 'must name a host; "." says that there is none, and only in MX and SRV',
        })),
  }),
  recordRule({
    id: 'BND-R009',
    kinds: ['CNAMERecord'],
    says: 'A CNAME does not point at its own name.',
    source: 'RFC 1034 section 3.6.2',
    isServed: true,
    passes: { object: aliasDraft('blog', 'www.example.com.') },
    fails: { object: aliasDraft('blog', 'blog.example.com.') },
    find: record =>
      record.names
        .filter(({ name }) => name !== undefined && name === record.owner)
        .map(({ path, text }) => ({ field: path, value: text, message: 'must not be the name of the CNAME itself' })),
  }),
  sharedRule({
    id: 'BND-W003',
    kinds: ofNames,
    says: "A target does not end in the zone's name twice.",
    source: 'RFC 1035 section 5.1',
    passes: { object: aliasDraft('blog', 'www.example.com.') },
    fails: { object: aliasDraft('blog', 'www.example.com.example.com.') },
    find: subject => subject.names.map(field => doubled(field, subject)),
  }),
  recordRule({
    id: 'BND-W026',
    kinds: ofNames,
    says: 'A target without a final dot is a whole name, and never relative to the zone, unlike in a zone file.',
    source: 'RFC 1035 section 5.1',
    passes: { object: aliasDraft('blog', 'www.lab.example.com'), among: [zoneDraft(), addressDraft('www.lab')] },
    fails: { object: aliasDraft('blog', 'www.lab'), among: [zoneDraft(), addressDraft('www.lab')] },
    find: record => record.names.map(field => meantInside(field, record)),
  }),
  recordRule({
    id: 'BND-W036',
    kinds: ['CNAMERecord', 'PTRRecord'],
    says: 'A target is of letters, digits, hyphens and underscores.',
    source: 'RFC 1123 section 2.1, RFC 8552 section 1.1',
    passes: { object: aliasDraft('blog', 'my_site.example.net.') },
    fails: { object: aliasDraft('blog', 'my$site.example.net.') },
    find: record => record.names.map(oddTarget),
  }),
]

/** What is read as a whole name, while the zone has it below its own. */
function meantInside({ path, text, name }: NamedField, record: RecordSubject): Fault | undefined {
  const { zone, others } = record
  if (name === undefined || zone === undefined || zone === '.' || text.endsWith('.') || isAtOrBelow(name, zone))
    return undefined
  const inside = `${name}${zone}`
  const known = (others?.recordsAt(zone, inside) ?? []).some(one => record.mayHearOf(one))
  if (!known) return undefined
  return {
    field: path,
    value: text,
    message: `is read as '${name}'; for the name inside the zone write '${inside}'`,
    fix: inside,
  }
}

function notAName(field: NamedField, { spec }: Subject): Fault | undefined {
  const { path, text } = field
  if (text === '' || isAddressText(text)) return undefined
  const { fault } = readName(text)
  if (fault) return faultOfName(path, text, fault)
  if (text.includes('.')) return undefined
  const inside = nameInside(text, textAt(spec, 'zone') ?? textAt(spec, 'zoneName'))
  const hint = inside ? `: write ${quote(inside)} for the name inside the zone` : ", such as 'www.example.com.'"
  return { field: path, value: text, message: `must be a whole name${hint}`, ...(inside && { fix: inside }) }
}

/** A relative name as one of the zone; undefined where there is no such name. */
function nameInside(text: string, zone: string | undefined): string | undefined {
  const apex = readName(zone).name
  const inside = apex && readName(text, text => canonicalName(text, apex)).name
  return inside === '.' ? undefined : inside
}

function notAHost({ path, text, name, isHost }: NamedField): Fault | undefined {
  if (!isHost || name === undefined || isAddressText(text) || isHostName(name)) return undefined
  const message = 'must be a host name, of letters, digits and inner hyphens: BIND refuses others (check-names)'
  return { field: path, value: text, message }
}

function oddTarget({ path, text, name, isHost }: NamedField): Fault | undefined {
  if (isHost || name === undefined || isAddressText(text) || isServiceName(name)) return undefined
  const odd = labelsOf(name).find(isOddLabel)
  if (odd === undefined) return undefined
  return { field: path, value: text, message: 'holds characters that no host has in its name' }
}

function doubled({ path, text, name }: NamedField, { spec }: Subject): Fault | undefined {
  const { name: zone } = readName(textAt(spec, 'zone'))
  const once = name && zone && withoutDouble(name, zone)
  if (!once) return undefined
  return { field: path, value: text, message: `ends in the zone's name twice; is '${once}' meant?` }
}
