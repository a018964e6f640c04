import { isIPv4 } from '../address.ts'
import { labelsOf, lineage, readName } from '../name.ts'
import { addressDraft, aliasDraft, recordDraft, zoneDraft } from './draft.ts'
import { quote } from './finding.ts'
import { faultOfName, isHostName, isOddLabel, isServiceName, withoutDouble } from './names.ts'
import type { RecordSubject } from './recordsubject.ts'
import { recordRule } from './rule.ts'

/* The owner name of a record: spec.name. */

const service = (name: string) =>
  recordDraft('SRVRecord', name, { priority: 0, weight: 0, port: 389, target: 'ldap.example.com.' })
const delegation = (name: string) => recordDraft('NSRecord', name, { nameserver: 'ns1.example.net.' })

const pointer = (name: string) =>
  recordDraft('PTRRecord', name, { zone: '2.0.192.in-addr.arpa', target: 'www.example.com.' })

export const ownerRules = [
  recordRule({
    id: 'BND-R001',
    says: 'spec.name is "@" or a domain name: labels of 1 to 63 octets, 255 octets in all, international ones in xn-- form.',
    source: 'RFC 1035 section 2.3.4, RFC 5890 section 2.3.2.1',
    passes: { object: addressDraft('xn--bcher-kva') },
    fails: { object: addressDraft('bücher') },
    find: record => record.nameFault && faultOfName('spec.name', record.text('name') ?? '', record.nameFault),
  }),
  recordRule({
    id: 'BND-R002',
    says: 'spec.name lies in the zone: it is relative to it, or ends in its name.',
    source: 'RFC 1034 section 4.2',
    passes: { object: addressDraft('www.example.com.') },
    fails: { object: addressDraft('www.example.net.') },
    find: outOfZone,
  }),
  recordRule({
    id: 'BND-R003',
    kinds: ['ARecord', 'AAAARecord', 'MXRecord'],
    says: 'Addresses and MX stand at host names: letters, digits and hyphens, a hyphen neither first nor last, or "*".',
    source: "RFC 1123 section 2.1; BIND's check-names refuses others",
    passes: { object: addressDraft('web-1') },
    fails: { object: addressDraft('web_1') },
    find: notAHost,
  }),
  recordRule({
    id: 'BND-R004',
    kinds: ['NSRecord'],
    says: 'No NS stands at a wildcard.',
    source: 'RFC 4592 section 4.2',
    passes: { object: delegation('lab') },
    fails: {
      object: delegation('*.lab'),
    },
    find: record =>
      record.ownerFault?.reason === 'InvalidName'
        ? {
            field: 'spec.name',
            value: record.text('name'),
            message: 'must not be a wildcard: an NS cannot stand there',
          }
        : undefined,
  }),
  recordRule({
    id: 'BND-W001',
    says: 'A "*" stands for other names only as the whole first label.',
    source: 'RFC 4592 section 2.1.1',
    passes: { object: addressDraft('*.lab') },
    fails: { object: recordDraft('TXTRecord', 'lab.*', { text: ['x'] }) },
    find: strayStar,
  }),
  recordRule({
    id: 'BND-W002',
    kinds: ['SRVRecord', 'TLSARecord'],
    says: 'SRV and TLSA stand at the names of services: _service._protocol and _port._protocol.',
    source: 'RFC 2782, RFC 6698 section 3',
    passes: { object: service('_ldap._tcp') },
    fails: { object: service('ldap.tcp') },
    find: notAService,
  }),
  recordRule({
    id: 'BND-W027',
    says: 'A name without a final dot does not end in the name of another zone: it is relative to its own.',
    source: 'RFC 1035 section 5.1',
    passes: { object: addressDraft('www'), among: [zoneDraft(), zoneDraft({ zoneName: 'example.org' })] },
    fails: {
      object: addressDraft('www.example.org'),
      among: [zoneDraft(), zoneDraft({ zoneName: 'example.org' }, { name: 'other' })],
    },
    find: ofOtherZone,
  }),
  recordRule({
    id: 'BND-W028',
    kinds: ['PTRRecord'],
    says: 'The name of a PTR is the end of its address, backwards, and not the address.',
    source: 'RFC 1035 section 3.5',
    passes: { object: pointer('10') },
    fails: { object: pointer('192.0.2.10') },
    find: wholeAddress,
  }),
  recordRule({
    id: 'BND-W035',
    kinds: ['CNAMERecord', 'NSRecord', 'CAARecord', 'PTRRecord', 'SSHFPRecord'],
    says: 'A name is of letters, digits and hyphens; a "_" begins a label, of a name that no host has.',
    source: 'RFC 1123 section 2.1, RFC 8552 section 1.1',
    passes: { object: aliasDraft('_acme-challenge') },
    fails: { object: aliasDraft('my_site') },
    find: oddOwner,
  }),
  recordRule({
    id: 'BND-W037',
    says: "A name does not end in the zone's name twice.",
    source: 'RFC 1035 section 5.1',
    passes: { object: addressDraft('www.example.com') },
    fails: { object: addressDraft('www.example.com.example.com.') },
    find: doubled,
  }),
]

function outOfZone(record: RecordSubject) {
  if (record.ownerFault?.reason !== 'OutOfZone') return undefined
  const text = record.text('name') ?? ''
  const relative = text.slice(0, -1)
  return {
    field: 'spec.name',
    value: text,
    message: `must lie in the zone ${record.zone}; without the final dot ${quote(relative)} is relative to it`,
  }
}

function ofOtherZone(record: RecordSubject) {
  const { others, zone, owner } = record
  const text = record.text('name') ?? ''
  if (!others || zone === undefined || owner === undefined || text.endsWith('.')) return undefined
  const { name } = readName(text)
  if (name === undefined || name === owner || !name.includes('.')) return undefined
  const other = lineage(name, '.').findLast(
    apex => labelsOf(apex).length > 1 && others.zonesNamed(apex).some(one => record.mayHearOf(one)),
  )
  if (other === undefined) return undefined
  return { field: 'spec.name', value: text, message: `is read as '${owner}'; the zone ${other} is another one` }
}

function wholeAddress(record: RecordSubject) {
  const text = record.text('name') ?? ''
  if (!isIPv4(text) || record.owner?.endsWith('.in-addr.arpa.') !== true) return undefined
  const right = `${text.split('.').reverse().join('.')}.in-addr.arpa.`
  return {
    field: 'spec.name',
    value: text,
    message: `is read as '${record.owner}'; the name of that address is '${right}'`,
  }
}

function oddOwner(record: RecordSubject) {
  const { owner } = record
  if (owner === undefined || isServiceName(owner)) return undefined
  const isOdd = labelsOf(owner).some(label => isOddLabel(label) || label.includes('_'))
  const message = 'is the name of no host, which has letters, digits and hyphens; a "_" begins a label, as in _dmarc'
  return isOdd ? { field: 'spec.name', value: record.text('name'), message } : undefined
}

function doubled(record: RecordSubject) {
  const { owner = '.', zone = '.' } = record
  const once = withoutDouble(owner, zone)
  if (once === undefined) return undefined
  return {
    field: 'spec.name',
    value: record.text('name'),
    message: `ends in the zone's name twice; is '${once}' meant?`,
  }
}

function notAHost(record: RecordSubject) {
  const { owner, entry } = record
  if (owner === undefined || isHostName(hostPart(owner))) return undefined
  const message = `must be a host name for ${entry.type}, of letters, digits and inner hyphens: BIND refuses others (check-names)`
  return { field: 'spec.name', value: record.text('name'), message }
}

// named lets these two labels pass: Active Directory's global catalogue has addresses below them.
function hostPart(owner: string): string {
  return owner.replace(/^\*\.|^gc\._msdcs\./, '')
}

function strayStar(record: RecordSubject) {
  const labels = labelsOf(record.owner ?? '.')
  const isStray = labels.some((label, i) => label.includes('*') && !(i === 0 && label === '*'))
  if (!isStray) return undefined
  const message = 'should have "*" as its whole first label alone: anywhere else it stands for itself'
  return { field: 'spec.name', value: record.text('name'), message }
}

function notAService(record: RecordSubject) {
  const { owner, entry } = record
  const [first = '', second = ''] = labelsOf(owner ?? '.')
  if (owner === undefined || (/^[_*]/.test(first) && second.startsWith('_'))) return undefined
  const wanted = entry.type === 'TLSA' ? "'_443._tcp.www'" : "'_ldap._tcp'"
  return {
    field: 'spec.name',
    value: record.text('name'),
    message: `should be the name of a service, such as ${wanted}`,
  }
}
