import type { JsonSchema } from './jsonschema.ts'
import type { Finding } from './rules/finding.ts'

/** What a value has against a schema; the field is as the API server writes it, empty for the whole. */
export type SchemaFault = Pick<Finding, 'field' | 'value' | 'reason' | 'message' | 'fix'>

/** All that a value has against a schema; of one too large to be looked through, the first fault alone. */
export type Validator = (value: unknown) => readonly SchemaFault[]

/** An error as ajv tells it, with its data. */
interface AjvError {
  readonly keyword: string
  readonly params: Readonly<Record<string, unknown>>
  readonly data?: unknown
  readonly instancePath: string
  readonly message?: string | undefined
}

interface Check {
  (value: unknown): unknown
  readonly errors?: readonly AjvError[] | null | undefined
}

/** What compiles schemas: ajv. */
interface Engine {
  compile(schema: JsonSchema): Check
}

/** Larger values get one fault each: an error for every item of a hostile list would take all memory. */
const MOST_NODES = 20_000

/** A maker of validators for schemas, each compiled when it is needed first; the second look, for all faults, by itself. */
export function validators({ quick, thorough }: { readonly quick: Engine; readonly thorough: Engine }) {
  return (schema: JsonSchema): Validator => {
    const first = compiled(quick, schema)
    const all = compiled(thorough, schema)
    return value => {
      if (first()(value)) return []
      const check = isSmall(value) ? all() : first()
      check(value)
      return (check.errors ?? []).map(faultOf)
    }
  }
}

/** A fault of a spec as a finding. */
export function schemaFinding({ field, value, ...fault }: SchemaFault): Finding {
  const base = { rule: 'schema', severity: 'error' as const, field: field === '' ? 'spec' : `spec.${field}`, ...fault }
  return value === undefined ? base : { ...base, value }
}

function compiled(engine: Engine, schema: JsonSchema): () => Check {
  let check: Check | undefined
  return () => {
    check ??= engine.compile(schema)
    return check
  }
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

function faultOf({ keyword, params, data, instancePath, message = keyword }: AjvError): SchemaFault {
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
      const allowed = params.allowedValues as readonly unknown[]
      const message = `must be one of ${allowed.join(', ')}`
      return { field, value: data, reason: 'FieldValueNotSupported', message, ...inOtherCase(data, allowed) }
    }
    default:
      return { field, value: data, reason: 'FieldValueInvalid', message }
  }
}

function inOtherCase(value: unknown, allowed: readonly unknown[]): { fix?: string } {
  const fix = allowed.find(one => typeof value === 'string' && String(one).toLowerCase() === value.toLowerCase())
  return typeof fix === 'string' ? { fix } : {}
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
