import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { type Finding, jsonSchemaOf, type Kind } from '#crds'

/** The rule that a fault against the schema of a kind breaks. */
const SCHEMA_RULE = 'schema'

const ajv = new Ajv({ allErrors: true, verbose: true, meta: false, validateSchema: false })
for (const format of ['int32', 'int64', 'date-time']) ajv.addFormat(format, true)

const validators = new Map<Kind, ValidateFunction>()

/** What the spec of an object has against the schema of its kind: types, bounds, fields that must be there or are none. */
export function checkSchema(kind: Kind, spec: unknown): Finding[] {
  const validate = validators.get(kind) ?? ajv.compile(jsonSchemaOf(kind.spec))
  validators.set(kind, validate)
  return validate(spec) ? [] : (validate.errors ?? []).map(findingOf)
}

function findingOf({ keyword, params, data, instancePath, message = keyword }: ErrorObject): Finding {
  const field = `spec${instancePath.replace(/\/(\d+)(?=\/|$)/g, '[$1]').replace(/\//g, '.')}`
  const base = { rule: SCHEMA_RULE, severity: 'error' as const }
  if (keyword === 'required')
    return {
      ...base,
      field: `${field}.${params.missingProperty}`,
      reason: 'FieldValueRequired',
      message: 'must be given',
    }
  if (keyword === 'additionalProperties')
    return {
      ...base,
      field: `${field}.${params.additionalProperty}`,
      reason: 'FieldValueForbidden',
      message: 'is no field of this kind',
    }
  const allowed = keyword === 'enum' ? `must be one of ${params.allowedValues.join(', ')}` : message
  return { ...base, field, value: data, reason: 'FieldValueInvalid', message: allowed }
}
