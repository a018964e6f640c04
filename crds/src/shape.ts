import type { ObjectSchema, Structural } from './structural.ts'

/** Whether a value has the types that a schema gives, and what it requires: enough to be read without a look at each part. */
export function hasShape(schema: Structural, value: unknown): boolean {
  switch (schema.type) {
    case 'string':
    case 'boolean':
      return typeof value === schema.type
    case 'integer':
      return Number.isInteger(value)
    case 'array':
      return Array.isArray(value) && value.every(item => hasShape(schema.items, item))
    case 'object': {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
      if (schema.properties) return hasProperties(schema, value)
      return Object.values(value).every(item => hasShape(schema.additionalProperties, item))
    }
  }
}

function hasProperties({ properties, required = [] }: ObjectSchema, value: object): boolean {
  const isThere = (name: string) => Object.hasOwn(value, name) && (value as Record<string, unknown>)[name] !== undefined
  return Object.entries(properties).every(([name, schema]) =>
    isThere(name) ? hasShape(schema, (value as Record<string, unknown>)[name]) : !required.includes(name),
  )
}
