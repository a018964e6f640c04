import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv'
import type { Finding, JsonSchema } from '#crds'

/** A value that is not as its schema wants it; the field is as the API server writes it, empty for the whole. */
export type SchemaFault = Pick<Finding, 'field' | 'value' | 'reason' | 'message'>

/** All that a value has against a schema; of one too large to be looked through, the first fault alone. */
export type Validator = (value: unknown) => readonly SchemaFault[]

/** Larger values get one fault each: an error for every item of a hostile list would take all memory. */
const MOST_NODES = 20_000

const quick = newAjv({})
const thorough = newAjv({ allErrors: true })

/** A validator for a schema, which is compiled when it is needed first; the second look, for all faults, by itself. */
export function validator(schema: JsonSchema): Validator {
  const first = compiled(quick, schema)
  const all = compiled(thorough, schema)
  return value => {
    if (first()(value)) return []
    const check = isSmall(value) ? all() : first()
    check(value)
    return (check.errors ?? []).map(fault)
  }
}

function compiled(ajv: Ajv, schema: JsonSchema): () => ValidateFunction {
  let check: ValidateFunction | undefined
  return () => {
    check ??= ajv.compile(schema)
    return check
  }
}

function newAjv(options: Options): Ajv {
  // Our schemas are checked by the API server and by tests: ajv's own check of them costs 10 ms and 2 MB.
  const ajv = new Ajv({
    strict: true,
    allowUnionTypes: true,
    verbose: true,
    meta: false,
    validateSchema: false,
    ...options,
  })
  for (const name of ['int32', 'int64', 'date-time']) ajv.addFormat(name, true)
  return ajv
}

function isSmall(value: unknown): boolean {
  const waiting = [value]
  for (let nodes = 0; waiting.length > 0; nodes++) {
    if (nodes + waiting.length > MOST_NODES) return false
    const node = waiting.pop()
    if (typeof node !== 'object' || node === null) continue
    const below = Object.values(node)
    if (below.length > MOST_NODES) return false
    waiting.push(...below)
  }
  return true
}

function fault(error: ErrorObject): SchemaFault {
  const { keyword, params, data, instancePath } = error
  const field = fieldOf(instancePath)
  const below = (name: unknown) => (field === '' ? String(name) : `${field}.${name}`)
  switch (keyword) {
    case 'required':
      return {
        field: below(params.missingProperty),
        value: undefined,
        reason: 'FieldValueRequired',
        message: 'must be given',
      }
    case 'additionalProperties':
      return {
        field: below(params.additionalProperty),
        value: undefined,
        reason: 'FieldValueForbidden',
        message: 'is no field of this kind',
      }
    case 'enum': {
      const message = `must be one of ${params.allowedValues.join(', ')}`
      return { field, value: data, reason: 'FieldValueNotSupported', message }
    }
    default:
      return { field, value: data, reason: 'FieldValueInvalid', message: error.message ?? keyword }
  }
}

/** A JSON pointer as a field: "/spec/text/0" is spec.text[0]. */
function fieldOf(pointer: string): string {
  const parts = pointer.split('/').slice(1)
  const names = parts.map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  return names.reduce(
    (path, name) => (/^\d+$/.test(name) ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`),
    '',
  )
}
