import { Ajv } from 'ajv'
import { type Finding, jsonSchemaOf, type Kind, schemaFinding, type Validator, validators } from '#crds'

const newValidator = validators({ quick: newAjv(false), thorough: newAjv(true) })
const known = new Map<Kind, Validator>()

/** What the spec of an object has against the schema of its kind: types, bounds, fields that must be there or are none. */
export function checkSchema(kind: Kind, spec: unknown): Finding[] {
  const validator = known.get(kind) ?? newValidator(jsonSchemaOf(kind.spec))
  known.set(kind, validator)
  return validator(spec).map(schemaFinding)
}

function newAjv(allErrors: boolean): Ajv {
  const ajv = new Ajv({ allErrors, verbose: true, meta: false, validateSchema: false })
  for (const format of ['int32', 'int64', 'date-time']) ajv.addFormat(format, true)
  return ajv
}
