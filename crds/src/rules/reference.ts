import { instanceKind } from '../kinds.ts'
import { placement } from '../placement.ts'
import type { RecordSubject } from './recordsubject.ts'
import { type Draft, type Fault, recordRule, serverRule, zoneRule } from './rule.ts'
import type { ServerSubject } from './serversubject.ts'
import type { ZoneSubject } from './zonesubject.ts'

/* What an object names and needs. What is not there yet may come in the same breath, so its absence is a warning. */

const record: Draft = { kind: 'ARecord', spec: { zone: 'example.com', name: 'www', ipv4Address: '192.0.2.10' } }
const zone = (spec: object = {}, metadata: object = {}): Draft => ({
  kind: 'DNSZone',
  metadata,
  spec: {
    zoneName: 'example.com',
    clusterRef: 'servers',
    soaRecord: { primaryNs: 'ns1.example.net.', adminEmail: 'dns@example.com' },
    ...spec,
  },
})
const instance = (spec: object = {}): Draft => ({
  kind: 'Bind9Instance',
  metadata: { name: 'ns1' },
  spec: {
    role: 'primary',
    external: { address: '192.0.2.53', rndcSecretRef: { name: 'rndc' }, tsigSecretRef: { name: 'tsig' } },
    ...spec,
  },
})
const cluster: Draft = { kind: 'Bind9Cluster', metadata: { name: 'servers' }, spec: {} }

export const referenceRules = [
  recordRule({
    id: 'BND-R043',
    says: 'A record of another namespace than its zone is let in by that zone, in its allowedNamespaces.',
    source: 'docs/conditions.md, ZoneNotFound',
    reason: 'FieldValueForbidden',
    passes: { object: record, among: [zone({ allowedNamespaces: ['dns'] }, { namespace: 'web' })] },
    fails: { object: record, among: [zone({ allowedNamespaces: ['shop'] }, { namespace: 'web' })] },
    find: notLetIn,
  }),
  recordRule({
    id: 'BND-W021',
    says: 'The zone of a record has a DNSZone.',
    source: 'docs/conditions.md, ZoneNotFound',
    passes: { object: record, among: [zone()] },
    fails: { object: record, among: [cluster] },
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
    passes: { object: zone(), among: [cluster] },
    fails: { object: zone({ clusterRef: 'server' }), among: [cluster] },
    find: noCluster,
  }),
  zoneRule({
    id: 'BND-W023',
    says: 'Of the servers that a zone selects, one is a primary.',
    source: 'docs/conditions.md, NoPrimary',
    passes: { object: zone({ clusterRef: 'ns1' }), among: [instance()] },
    fails: { object: zone({ clusterRef: 'ns1' }), among: [instance({ role: 'secondary' })] },
    find: noPrimary,
  }),
  serverRule({
    id: 'BND-W024',
    kinds: [instanceKind.kind],
    says: 'clusterRef of a Bind9Instance names a Bind9Cluster of the namespace.',
    source: 'docs/conditions.md, NoInstances',
    passes: { object: instance({ clusterRef: 'servers' }), among: [cluster] },
    fails: { object: instance({ clusterRef: 'server' }), among: [cluster] },
    find: noClusterOfServer,
  }),
]

function notLetIn(subject: RecordSubject): Fault | undefined {
  const zones = subject.standing?.zones ?? []
  const [owner] = zones
  if (!owner || subject.standing?.zone || zones.some(({ metadata }) => metadata.namespace === subject.namespace))
    return undefined
  const message = `${subject.tellOf(owner)} must list the namespace '${subject.namespace}' in its spec.allowedNamespaces first`
  return { field: 'spec.zone', message }
}

function noCluster(subject: ZoneSubject): Fault | undefined {
  const { others, namespace } = subject
  const clusterRef = subject.text('clusterRef')
  if (!others || clusterRef === undefined || others.cluster(`${namespace}/${clusterRef}`)) return undefined
  const isInstance = [...others.instancesIn(namespace)].some(
    ({ metadata, spec }) => metadata.name === clusterRef || spec.clusterRef === clusterRef,
  )
  if (isInstance) return undefined
  const message = 'is no Bind9Cluster or Bind9Instance of this namespace yet; the zone is served when there is one'
  return { field: 'spec.clusterRef', value: clusterRef, message }
}

function noPrimary(subject: ZoneSubject): Fault | undefined {
  const zone = subject.asYoungest
  const placed = zone && subject.others ? placement(zone, subject.others.instancesIn(subject.namespace)) : []
  if (placed.length === 0 || placed.some(({ spec }) => spec.role === 'primary')) return undefined
  const field = subject.text('clusterRef') === undefined ? 'spec.instanceSelector' : 'spec.clusterRef'
  const message = 'selects no Bind9Instance of role primary yet; the zone is served when there is one'
  return { field, ...(field === 'spec.clusterRef' && { value: subject.text('clusterRef') }), message }
}

function noClusterOfServer(subject: ServerSubject): Fault | undefined {
  const clusterRef = subject.text('clusterRef')
  if (!subject.others || clusterRef === undefined || subject.others.cluster(`${subject.namespace}/${clusterRef}`))
    return undefined
  return { field: 'spec.clusterRef', value: clusterRef, message: 'is no Bind9Cluster of this namespace yet' }
}
