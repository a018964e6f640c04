import { celHolds, type Finding, jsonSchemaOf, kinds, type SchemaFault, schemaFinding } from '#crds'
import type { ReviewedObject } from './review.ts'
import { validator } from './schema.ts'

const schemas = new Map(kinds.map(({ kind, spec }) => [kind, { spec, faultsOf: validator(jsonSchemaOf(spec)) }]))

/** What an object has against its kind's schema, CEL rules aside; what its update leaves as it was is left out. */
export function schemaFindings({ kind, spec }: ReviewedObject, old: ReviewedObject | undefined): Finding[] {
  const faults = schemas.get(kind)?.faultsOf(spec) ?? []
  const before = faults.length > 0 && old ? (schemas.get(kind)?.faultsOf(old.spec) ?? []).map(identity) : []
  const fresh = before.length > 0 ? faults.filter(fault => !before.includes(identity(fault))) : faults
  return fresh.map(schemaFinding)
}

/** Whether the API server refuses an object by its kind's schema, before it asks whether the object may be stored. */
export function isRefusedBySchema(object: ReviewedObject, old: ReviewedObject | undefined): boolean {
  const schema = schemas.get(object.kind)
  if (!schema) return false
  if (schema.faultsOf(object.spec).length > 0) return schemaFindings(object, old).length > 0
  return !celHolds(schema.spec, object.spec, old?.spec)
}

function identity({ field, reason, value }: SchemaFault): string {
  return JSON.stringify([field, reason, value])
}
