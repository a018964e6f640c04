import { instanceKind, zoneKind } from '../kinds.ts'
import { placement } from '../placement.ts'
import { admitsNamespace, CONFIRM_DELETE, deletionPolicy } from '../policy.ts'
import type { RecordObject } from '../record.ts'
import { hasShape } from '../shape.ts'
import type { DNSZone } from '../zone.ts'
import { addressDraft, instanceDraft, zoneDraft } from './draft.ts'
import { type Fault, serverRule, zoneRule } from './rule.ts'
import type { ServerSubject } from './serversubject.ts'
import { at, type Subject } from './subject.ts'
import type { ZoneSubject } from './zonesubject.ts'

/* Deletions that take names off the Internet. The annotation lets them through. */

const zone = zoneDraft({}, { name: 'example-com' })
const confirmed = zoneDraft({}, { name: 'example-com', annotations: { [CONFIRM_DELETE]: 'true' } })

export const deletionRules = [
  zoneRule({
    id: 'BND-R044',
    isOfDeletion: true,
    says: `A DNSZone that still has records, and whose servers are to let it go, is deleted only with the annotation ${CONFIRM_DELETE}: "true".`,
    source: 'docs/zones.md',
    reason: 'FieldValueForbidden',
    passes: { object: confirmed, among: [zone, addressDraft('www')] },
    fails: { object: zone, among: [zone, addressDraft('www')] },
    find: hasRecords,
  }),
  serverRule({
    id: 'BND-R045',
    kinds: [instanceKind.kind],
    isOfDeletion: true,
    says: `The last primary of a zone is deleted only with the annotation ${CONFIRM_DELETE}: "true".`,
    source: 'docs/zones.md',
    reason: 'FieldValueForbidden',
    passes: {
      object: instanceDraft({}, 'ns1'),
      among: [zone, instanceDraft({}, 'ns1'), instanceDraft({}, 'ns2')],
    },
    fails: { object: instanceDraft({}, 'ns1'), among: [zone, instanceDraft({}, 'ns1')] },
    find: isLastPrimary,
  }),
]

const FIELD = `metadata.annotations[${CONFIRM_DELETE}]`
const CONFIRM = `to delete it all the same, set the annotation ${CONFIRM_DELETE} to "true" first`

function hasRecords(subject: ZoneSubject): Fault | undefined {
  const { zone, others } = subject
  if (!others || zone === undefined || isConfirmed(subject) || !hasShape(zoneKind.spec, subject.spec)) return undefined
  const [owner] = others.zonesNamed(zone)
  if (!owner || !subject.isOf(owner) || deletionPolicy(subject.object as DNSZone) === 'retain') return undefined
  const records = [...others.recordsIn(zone).all()].filter(({ object }) => isTaken(object, owner))
  if (records.length === 0) return undefined
  const count = subject.tellNumberOf(records.map(({ object }) => object))
  return { field: FIELD, message: `${zone} still has ${count}: delete what it has first; ${CONFIRM}` }
}

function isTaken({ metadata }: RecordObject, zone: DNSZone): boolean {
  return metadata.deletionTimestamp === undefined && admitsNamespace(zone, metadata.namespace)
}

function isLastPrimary(subject: ServerSubject): Fault | undefined {
  const { others, namespace, name, instance } = subject
  if (!others || instance?.spec.role !== 'primary' || isConfirmed(subject)) return undefined
  const instances = [...others.instancesIn(namespace)]
  const orphan = [...others.zonesIn(namespace)].find(zone => {
    const primaries = placement(zone, instances).filter(({ spec }) => spec.role === 'primary')
    return primaries.length === 1 && primaries[0]?.metadata.name === name
  })
  if (!orphan) return undefined
  const { metadata, spec } = orphan
  const what = subject.mayHearOf(orphan) ? `${spec.zoneName}, of DNSZone ${metadata.name}` : subject.tellOf(orphan)
  return { field: FIELD, message: `it is the last primary of ${what}; ${CONFIRM}` }
}

function isConfirmed({ object }: Subject): boolean {
  return at(at(at(object, 'metadata'), 'annotations'), CONFIRM_DELETE) === 'true'
}
