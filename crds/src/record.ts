import { ipv4Schema, ipv6Schema, ownerNameSchema, targetNameSchema, ttlSchema, zoneNameSchema } from './fields.ts'
import { type ConditionedStatus, conditionsSchema, type KubeObject } from './object.ts'
import type { RdataField, RdataSpec, RdataValues, RecordType, recordTypes, Wire } from './records.ts'
import type { CelRule, ObjectSchema, Structural } from './structural.ts'

/** What every record's spec holds beside its type's own fields. */
export interface RecordSpec {
  /** The zone's name, such as "example.com". */
  readonly zone: string
  /** See `ownerName()`. */
  readonly name: string
  /** Seconds; the zone's when absent. */
  readonly ttl?: number
}

export interface RecordStatus extends ConditionedStatus {
  /** The canonical owner name, such as "www.example.com.". */
  readonly ownerName?: string
  /** The zone that it was served in, where others have data there too. */
  readonly zoneName?: string
}

/** A record object of any type: its rdata is read through the table. */
export type RecordObject = KubeObject<RecordSpec & RdataValues, RecordStatus>

/** A record object of one kind, by its entry in the table. */
export type RecordOf<E extends (typeof recordTypes)[number]> = KubeObject<RecordSpec & RdataSpec<E>, RecordStatus> & {
  readonly kind: E['kind']
}

const valueSchemas: Record<Wire, Structural> = {
  ipv4: ipv4Schema,
  ipv6: ipv6Schema,
  name: targetNameSchema,
  u8: { type: 'integer', minimum: 0, maximum: 255 },
  u16: { type: 'integer', minimum: 0, maximum: 65535 },
  u32: { type: 'integer', format: 'int64', minimum: 0, maximum: 4294967295 },
  strings: { type: 'array', minItems: 1, maxItems: 64, items: { type: 'string', maxLength: 4096 } },
  tag: {
    type: 'string',
    maxLength: 15,
    'x-kubernetes-validations': [
      { rule: "self.matches('^[a-zA-Z0-9]{1,15}$')", message: 'must be 1 to 15 letters or digits, such as issue' },
    ],
  },
  text: { type: 'string', maxLength: 4096 },
  hex: {
    type: 'string',
    maxLength: 4096,
    'x-kubernetes-validations': [
      { rule: "self.matches('^([0-9a-fA-F]{2})+$')", message: 'must be pairs of hexadecimal digits' },
    ],
  },
}

/** The schema of a record kind's spec. */
export function recordSpecSchema(entry: RecordType): ObjectSchema {
  const plain = entry.fields.filter(field => field.list === undefined)
  const rules = entry.fields.flatMap(oneOfTwo)
  return {
    type: 'object',
    description: `${entry.type}: ${entry.says} (${entry.rfc}).`,
    required: ['zone', 'name', ...plain.map(field => field.name)],
    properties: {
      zone: { ...zoneNameSchema, description: 'Name of the zone that the record belongs to, such as example.com.' },
      name: ownerNameSchema,
      ttl: { ...ttlSchema, description: "Seconds that resolvers may keep the record; the zone's ttl when absent." },
      ...Object.fromEntries(entry.fields.flatMap(properties)),
    },
    ...(rules.length > 0 && { 'x-kubernetes-validations': rules }),
  }
}

export const recordStatusSchema = {
  type: 'object',
  properties: {
    observedGeneration: { type: 'integer', format: 'int64' },
    ownerName: { type: 'string', maxLength: 1024, description: 'Owner name in canonical form.' },
    zoneName: {
      type: 'string',
      maxLength: 1024,
      description: 'Name of the zone in canonical form, where others have data in it too.',
    },
    conditions: conditionsSchema,
  },
} as const satisfies Structural

function properties(field: RdataField): [string, Structural][] {
  const one: Structural = { ...valueSchemas[field.wire], description: field.description }
  if (field.list === undefined) return [[field.name, one]]
  const description = `Several values in place of ${field.name}, one record each.`
  return [
    [field.name, one],
    [field.list, { type: 'array', minItems: 1, maxItems: 100, description, items: valueSchemas[field.wire] }],
  ]
}

function oneOfTwo(field: RdataField): CelRule[] {
  if (field.list === undefined) return []
  return [
    {
      rule: `has(self.${field.name}) != has(self.${field.list})`,
      message: `exactly one of ${field.name} and ${field.list} must be given`,
    },
  ]
}
