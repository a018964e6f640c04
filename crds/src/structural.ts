/** A CEL rule of a CRD schema, evaluated by the API server. */
export interface CelRule {
  readonly rule: string
  readonly message: string
  readonly fieldPath?: string
}

interface Common {
  readonly description?: string
  readonly 'x-kubernetes-validations'?: readonly CelRule[]
}

interface StringSchema extends Common {
  readonly type: 'string'
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly format?: 'date-time'
  readonly minLength?: number
  readonly maxLength?: number
  readonly default?: string
}

interface IntegerSchema extends Common {
  readonly type: 'integer'
  readonly format?: 'int64'
  readonly minimum?: number
  readonly maximum?: number
  readonly default?: number
}

interface BooleanSchema extends Common {
  readonly type: 'boolean'
  readonly default?: boolean
}

interface ArraySchema extends Common {
  readonly type: 'array'
  readonly items: Structural
  readonly minItems?: number
  readonly maxItems?: number
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map'
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
}

interface MapSchema extends Common {
  readonly type: 'object'
  readonly additionalProperties: Structural
  readonly maxProperties?: number
  readonly properties?: never
}

export interface ObjectSchema extends Common {
  readonly type: 'object'
  readonly properties: { readonly [name: string]: Structural }
  readonly required?: readonly string[]
  readonly additionalProperties?: never
}

/** The part of OpenAPI v3 that a CRD may hold ("structural schema"); anything else is a compile error here. */
export type Structural = StringSchema | IntegerSchema | BooleanSchema | ArraySchema | MapSchema | ObjectSchema

type Simplify<T> = { [K in keyof T]: T[K] }
type Present<S extends ObjectSchema> =
  | (S['required'] extends readonly string[] ? S['required'][number] : never)
  | {
      [K in keyof S['properties']]: S['properties'][K] extends { readonly default: unknown } ? K : never
    }[keyof S['properties']]

/** The TypeScript type of objects that a schema accepts; a property with a default counts as present. */
export type Infer<S> = S extends { readonly type: 'string' }
  ? S extends { readonly enum: readonly (infer E)[] }
    ? E
    : string
  : S extends { readonly type: 'integer' }
    ? number
    : S extends { readonly type: 'boolean' }
      ? boolean
      : S extends { readonly type: 'array'; readonly items: infer I }
        ? readonly Infer<I>[]
        : S extends { readonly type: 'object'; readonly additionalProperties: infer V }
          ? { readonly [key: string]: Infer<V> }
          : S extends ObjectSchema
            ? Simplify<
                { readonly [K in keyof S['properties'] & Present<S>]: Infer<S['properties'][K]> } & {
                  readonly [K in Exclude<keyof S['properties'], Present<S>>]?: Infer<S['properties'][K]> | undefined
                }
              >
            : never
