import { recordSpecSchema, recordStatusSchema } from './record.ts'
import { type RecordType, recordTypes } from './records.ts'
import { clusterSpecSchema, clusterStatusSchema, instanceSpecSchema, instanceStatusSchema } from './server.ts'
import type { ObjectSchema } from './structural.ts'
import { zoneSpecSchema, zoneStatusSchema } from './zone.ts'

export interface PrinterColumn {
  readonly name: string
  readonly type: 'string' | 'integer' | 'date'
  readonly jsonPath: string
  /** 1 shows the column under `-o wide` alone. */
  readonly priority?: number
}

/** A kind of our API, with all that its CRD is made of. */
export interface Kind {
  readonly kind: string
  readonly plural: string
  readonly shortNames: readonly string[]
  readonly spec: ObjectSchema
  readonly status: ObjectSchema
  readonly columns: readonly PrinterColumn[]
}

export const zoneKind: Kind = {
  kind: 'DNSZone',
  plural: 'dnszones',
  shortNames: ['zone', 'dz'],
  spec: zoneSpecSchema,
  status: zoneStatusSchema,
  columns: [
    { name: 'Zone', type: 'string', jsonPath: '.spec.zoneName' },
    { name: 'Records', type: 'integer', jsonPath: '.status.records' },
    { name: 'Serial', type: 'integer', jsonPath: '.status.serial' },
    ...readiness(),
  ],
}

export const instanceKind: Kind = {
  kind: 'Bind9Instance',
  plural: 'bind9instances',
  shortNames: ['b9i'],
  spec: instanceSpecSchema,
  status: instanceStatusSchema,
  columns: [
    { name: 'Role', type: 'string', jsonPath: '.spec.role' },
    { name: 'Cluster', type: 'string', jsonPath: '.spec.clusterRef' },
    { name: 'Address', type: 'string', jsonPath: '.spec.external.address' },
    { name: 'Version', type: 'string', jsonPath: '.status.version' },
    ...readiness(),
  ],
}

export const clusterKind: Kind = {
  kind: 'Bind9Cluster',
  plural: 'bind9clusters',
  shortNames: ['b9c'],
  spec: clusterSpecSchema,
  status: clusterStatusSchema,
  columns: [
    { name: 'Instances', type: 'integer', jsonPath: '.status.instances' },
    { name: 'Available', type: 'integer', jsonPath: '.status.readyInstances' },
    ...readiness(),
  ],
}

export const recordKinds: readonly Kind[] = recordTypes.map(recordKind)

export const kinds: readonly Kind[] = [clusterKind, instanceKind, zoneKind, ...recordKinds]

function recordKind(entry: RecordType): Kind {
  return {
    kind: entry.kind,
    plural: entry.plural,
    shortNames: [entry.shortName],
    spec: recordSpecSchema(entry),
    status: recordStatusSchema,
    columns: [
      { name: 'Zone', type: 'string', jsonPath: '.spec.zone' },
      { name: 'Owner', type: 'string', jsonPath: '.spec.name' },
      { name: 'TTL', type: 'integer', jsonPath: '.spec.ttl', priority: 1 },
      ...entry.fields.flatMap(rdataColumns),
      ...readiness(),
    ],
  }
}

function rdataColumns(field: RecordType['fields'][number]): PrinterColumn[] {
  const numeric = field.wire === 'u8' || field.wire === 'u16' || field.wire === 'u32'
  const title = (name: string) => name[0]?.toUpperCase() + name.slice(1)
  return [
    { name: title(field.name), type: numeric ? 'integer' : 'string', jsonPath: `.spec.${field.name}` },
    ...(field.list
      ? [{ name: title(field.list), type: 'string' as const, jsonPath: `.spec.${field.list}`, priority: 1 }]
      : []),
  ]
}

function readiness(): PrinterColumn[] {
  const ready = '.status.conditions[?(@.type=="Ready")]'
  return [
    { name: 'Ready', type: 'string', jsonPath: `${ready}.status` },
    { name: 'Reason', type: 'string', jsonPath: `${ready}.reason` },
    { name: 'Message', type: 'string', jsonPath: `${ready}.message`, priority: 1 },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ]
}
