import { isZoneName } from '../fields.ts'
import { recordKinds, zoneKind } from '../kinds.ts'
import { canonicalName, isAtOrBelow, lineage, readName } from '../name.ts'
import { admitsNamespace } from '../policy.ts'
import type { DNSZone } from '../zone.ts'
import { addressDraft, clusterDraft, zoneDraft } from './draft.ts'
import { quote } from './finding.ts'
import { faultOfName } from './names.ts'
import { type Fault, sharedRule, zoneRule } from './rule.ts'
import { itemsOf, type Subject, textAt } from './subject.ts'
import type { ZoneSubject } from './zonesubject.ts'

/* A zone: its name, and other zones of that name or around it. */

const zone = (zoneName: string, namespace = 'dns', spec: object = {}) => zoneDraft({ zoneName, ...spec }, { namespace })

export const zoneRules = [
  sharedRule({
    id: 'BND-R030',
    kinds: [zoneKind.kind, ...recordKinds.map(({ kind }) => kind)],
    says: 'The name of a zone is of labels of letters, digits, hyphens and underscores, the slash of RFC 2317 too; not the root, not a wildcard.',
    source: 'RFC 1035 section 2.3.1, RFC 2317',
    passes: { object: zone('0/25.2.0.192.in-addr.arpa') },
    fails: { object: zone('exam$ple.com') },
    find: notAZoneName,
  }),
  zoneRule({
    id: 'BND-R031',
    says: 'The zoneName of a DNSZone never changes.',
    source: "the CRD's schema",
    reason: 'FieldValueForbidden',
    passes: { object: zone('example.com'), old: zone('example.com') },
    fails: { object: zone('example.net'), old: zone('example.com') },
    find: renamed,
  }),
  zoneRule({
    id: 'BND-R032',
    says: 'A zone has one DNSZone, in whatever namespace: the older one is served, and no second is let in.',
    source: 'docs/conditions.md, DuplicateZone',
    reason: 'FieldValueDuplicate',
    passes: { object: zone('example.com'), among: [clusterDraft, zone('example.net')] },
    fails: { object: zone('example.com'), among: [clusterDraft, zone('Example.COM.', 'web')] },
    find: ownedByOther,
  }),
  zoneRule({
    id: 'BND-R033',
    says: 'A zone below one of another namespace is let in by that one, in its allowedNamespaces.',
    source: 'docs/conditions.md, NamespaceNotAllowed',
    reason: 'FieldValueForbidden',
    passes: {
      object: zone('lab.example.com'),
      among: [clusterDraft, zone('example.com', 'web', { allowedNamespaces: ['dns'] })],
    },
    fails: { object: zone('lab.example.com'), among: [clusterDraft, zone('example.com', 'web')] },
    find: keptOut,
  }),
  zoneRule({
    id: 'BND-R049',
    says: 'Names in unmanaged are of printable ASCII characters, "*" for any of them.',
    source: "the CRD's schema",
    passes: { object: zone('example.com', 'dns', { unmanaged: [{ name: '_acme-challenge.*' }] }) },
    fails: { object: zone('example.com', 'dns', { unmanaged: [{ name: '_acme challenge' }] }) },
    find: subject => itemsOf(subject.value('unmanaged')).map((entry, i) => unprintable(textAt(entry, 'name'), i)),
  }),
  zoneRule({
    id: 'BND-W017',
    says: 'A zone below another hides none of its records: those of the zone above are served no more, on the same servers.',
    source: 'RFC 1034 section 4.2.1',
    passes: { object: zone('lab.example.com'), among: [clusterDraft, zone('example.com')] },
    fails: {
      object: zone('lab.example.com'),
      among: [clusterDraft, zone('example.com'), addressDraft('host.lab')],
    },
    find: hidesRecords,
  }),
]

function notAZoneName(subject: Subject): Fault | undefined {
  const key = subject.kind === zoneKind.kind ? 'zoneName' : 'zone'
  const text = subject.text(key)
  if (text === undefined || text === '') return undefined
  const field = `spec.${key}`
  const { fault } = readName(text)
  if (fault) return faultOfName(field, text, fault)
  if (isZoneName(text)) return undefined
  const message = 'must be the name of a zone, such as example.com: labels of letters, digits, hyphens and underscores'
  return { field, value: text, message }
}

function unprintable(name: string | undefined, i: number): Fault | undefined {
  if (name === undefined || /^[!-~]*$/.test(name)) return undefined
  return {
    field: `spec.unmanaged[${i}].name`,
    value: name,
    message: 'must be of printable ASCII characters without spaces',
  }
}

function renamed(subject: ZoneSubject): Fault | undefined {
  const before = textAt(subject.oldSpec, 'zoneName')
  if (before === undefined || before === subject.text('zoneName')) return undefined
  return {
    field: 'spec.zoneName',
    value: subject.text('zoneName'),
    message: `cannot change from ${quote(before)}: create another DNSZone and delete this one`,
  }
}

function ownedByOther(subject: ZoneSubject): Fault | undefined {
  const { others, zone } = subject
  const [owner] = (others?.zonesNamed(zone ?? '') ?? []).filter(isThere)
  const isOwn = owner === undefined || (subject.isOf(owner) && others?.standingOf(subject.object) !== undefined)
  const other = isOwn
    ? undefined
    : others
        ?.zonesNamed(zone ?? '')
        .filter(isThere)
        .find(one => !subject.isOf(one))
  if (!other) return undefined
  return {
    field: 'spec.zoneName',
    value: subject.text('zoneName'),
    message: `must be the name of no other DNSZone: ${subject.tellOf(other)} has it`,
  }
}

function keptOut(subject: ZoneSubject): Fault | undefined {
  const zone = subject.asYoungest
  const parent = zone && subject.others?.forbiddenBy(zone)
  if (!parent) return undefined
  const message = `${subject.tellOf(parent)}, above it, must list the namespace '${subject.namespace}' in its spec.allowedNamespaces first`
  return { field: 'spec.zoneName', message }
}

function hidesRecords(subject: ZoneSubject): Fault | undefined {
  const { zone, others } = subject
  if (zone === undefined || !others) return undefined
  const parent = parentOf(zone, subject)
  if (!parent) return undefined
  const apex = canonicalName(parent.spec.zoneName)
  const records = others.recordsIn(apex)
  const hidden = [zone, ...records.below(zone)]
    .flatMap(owner => records.at(owner))
    .filter(({ object }) => object.kind !== 'NSRecord' && admitsNamespace(parent, object.metadata.namespace))
  if (hidden.length === 0 || !subject.mayHearOf(parent)) return undefined
  const count = subject.tellNumberOf(hidden.map(({ object }) => object))
  const message = `hides ${count} of the zone ${apex} at and below this name, on servers that have both zones`
  return { field: 'spec.zoneName', value: subject.text('zoneName'), message }
}

/** The nearest zone above. */
function parentOf(zone: string, { others }: ZoneSubject): DNSZone | undefined {
  const above = lineage(zone, '.').slice(0, -1).reverse()
  for (const name of above) {
    const [owner] = others?.zonesNamed(name) ?? []
    if (owner && isAtOrBelow(zone, name)) return owner
  }
  return undefined
}

function isThere({ metadata }: DNSZone): boolean {
  return metadata.deletionTimestamp === undefined
}
