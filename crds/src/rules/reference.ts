import { clusterKind, instanceKind } from '../kinds.ts'
import { placement } from '../placement.ts'
import { addressDraft, clusterDraft, instanceDraft, zoneDraft } from './draft.ts'
import type { RecordSubject } from './recordsubject.ts'
import { type Fault, recordRule, serverRule, zoneRule } from './rule.ts'
import type { ServerSubject } from './serversubject.ts'
import type { Subject } from './subject.ts'
import type { ZoneSubject } from './zonesubject.ts'

/* What an object names and needs. What is not there yet may come in the same breath, so its absence is a warning. */

export const referenceRules = [
  recordRule({
    id: 'BND-R043',
    says: 'A record of another namespace than its zone is let in by that zone, in its allowedNamespaces.',
    source: 'docs/conditions.md, ZoneNotFound',
    reason: 'FieldValueForbidden',
    passes: { object: addressDraft('www'), among: [zoneDraft({ allowedNamespaces: ['dns'] }, { namespace: 'web' })] },
    fails: { object: addressDraft('www'), among: [zoneDraft({ allowedNamespaces: ['shop'] }, { namespace: 'web' })] },
    find: notLetIn,
  }),
  recordRule({
    id: 'BND-W021',
    says: 'The zone of a record has a DNSZone.',
    source: 'docs/conditions.md, ZoneNotFound',
    passes: { object: addressDraft('www'), among: [zoneDraft()] },
    fails: { object: addressDraft('www'), among: [clusterDraft] },
    find: subject =>
      subject.standing?.zones.length === 0
        ? {
            field: 'spec.zone',
            value: subject.text('zone'),
            message: 'has no DNSZone yet; the record is served when there is one',
          }
        : undefined,
  }),
  zoneRule({
    id: 'BND-W022',
    says: 'clusterRef names a Bind9Cluster or a Bind9Instance of the namespace.',
    source: 'docs/conditions.md, NoPrimary',
    passes: { object: zoneDraft(), among: [clusterDraft] },
    fails: { object: zoneDraft({ clusterRef: 'server' }), among: [clusterDraft] },
    find: noCluster,
  }),
  zoneRule({
    id: 'BND-W023',
    says: 'Of the servers that a zone selects, one is a primary.',
    source: 'docs/conditions.md, NoPrimary',
    passes: { object: zoneDraft({ clusterRef: 'ns1' }), among: [instanceDraft()] },
    fails: { object: zoneDraft({ clusterRef: 'ns1' }), among: [instanceDraft({ role: 'secondary' })] },
    find: noPrimary,
  }),
  serverRule({
    id: 'BND-W024',
    kinds: [instanceKind.kind],
    says: 'clusterRef of a Bind9Instance names a Bind9Cluster of the namespace.',
    source: 'docs/conditions.md, NoInstances',
    passes: { object: instanceDraft({ clusterRef: 'servers' }), among: [clusterDraft] },
    fails: { object: instanceDraft({ clusterRef: 'server' }), among: [clusterDraft] },
    find: noClusterOfServer,
  }),
]

function notLetIn(subject: RecordSubject): Fault | undefined {
  const zones = subject.standing?.zones ?? []
  const [owner] = zones
  if (!owner || subject.standing?.zone || zones.some(({ metadata }) => metadata.namespace === subject.namespace))
    return undefined
  const message = `${subject.tellOf(owner)} must list the namespace '${subject.namespace}' in its spec.allowedNamespaces first`
  return { field: 'spec.zone', value: subject.text('zone'), message }
}

function noCluster(subject: ZoneSubject): Fault | undefined {
  const { others, namespace } = subject
  const clusterRef = subject.text('clusterRef')
  if (!others || clusterRef === undefined || others.cluster(`${namespace}/${clusterRef}`)) return undefined
  const isInstance = [...others.instancesIn(namespace)].some(
    ({ metadata, spec }) => metadata.name === clusterRef || spec.clusterRef === clusterRef,
  )
  if (isInstance || !mayHearOfServers(subject)) return undefined
  const message = 'is no Bind9Cluster or Bind9Instance of this namespace yet; the zone is served when there is one'
  return { field: 'spec.clusterRef', value: clusterRef, message }
}

function noPrimary(subject: ZoneSubject): Fault | undefined {
  const zone = subject.asYoungest
  const placed = zone && subject.others ? placement(zone, subject.others.instancesIn(subject.namespace)) : []
  if (placed.length === 0 || placed.some(({ spec }) => spec.role === 'primary')) return undefined
  if (!mayHearOfServers(subject)) return undefined
  const field = subject.text('clusterRef') === undefined ? 'spec.instanceSelector' : 'spec.clusterRef'
  const message = 'selects no Bind9Instance of role primary yet; the zone is served when there is one'
  return { field, ...(field === 'spec.clusterRef' && { value: subject.text('clusterRef') }), message }
}

function noClusterOfServer(subject: ServerSubject): Fault | undefined {
  const clusterRef = subject.text('clusterRef')
  if (!subject.others || clusterRef === undefined || subject.others.cluster(`${subject.namespace}/${clusterRef}`))
    return undefined
  if (!mayHearOfServers(subject)) return undefined
  return { field: 'spec.clusterRef', value: clusterRef, message: 'is no Bind9Cluster of this namespace yet' }
}

// That one is not there says which are.
function mayHearOfServers(subject: Subject): boolean {
  const metadata = { namespace: subject.namespace, name: '' }
  return [clusterKind, instanceKind].every(({ kind }) => subject.mayHearOf({ kind, metadata }))
}
