import type { Structural } from './structural.ts'

/** A JSON Schema, draft-07. */
export type JsonSchema = { readonly [keyword: string]: unknown }

/**
 * The JSON Schema of what a CRD schema takes, for validators other than the API server. CEL rules are left out, as are
 * defaults; a property that the schema does not name is refused, as `kubectl` does by default.
 */
export function jsonSchemaOf(schema: Structural): JsonSchema {
  const { description: _, default: __, 'x-kubernetes-validations': ___, ...plain } = schema as Structural & JsonSchema
  const kept = Object.fromEntries(Object.entries(plain).filter(([keyword]) => !keyword.startsWith('x-kubernetes-')))
  if (schema.type === 'array') return { ...kept, items: jsonSchemaOf(schema.items) }
  if (schema.type !== 'object') return kept
  if (schema.properties === undefined)
    return { ...kept, additionalProperties: jsonSchemaOf(schema.additionalProperties) }
  const properties = Object.entries(schema.properties).map(([name, one]) => [name, jsonSchemaOf(one)] as const)
  return { ...kept, properties: Object.fromEntries(properties), additionalProperties: false }
}
