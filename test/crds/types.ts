import type {
  Bind9Instance,
  DNSZone,
  Infer,
  InstanceSpec,
  LabelSelector,
  RdataSpec,
  RecordKind,
  RecordOf,
  recordTypes,
  Structural,
  TypeName,
  ZoneSpec,
} from '#crds'

/*
 * What the compiler must know of the API's types. Nothing here runs: `tsc` refuses the file where a type is another.
 */

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
/** Compiles only if A and B are the same type, as far as readonly and optional. */
type Is<A, B> = Same<A, B> extends true ? true : { expected: B; found: A }
function holds<_ extends true>(): void {}

type Entry<T extends TypeName> = Extract<(typeof recordTypes)[number], { readonly type: T }>
type Flat<T> = { [K in keyof T]: T[K] }

// Infer: one line for each form of a schema.
holds<Is<Infer<{ type: 'string' }>, string>>()
holds<Is<Infer<{ type: 'string'; enum: readonly ['a', 'b'] }>, 'a' | 'b'>>()
holds<Is<Infer<{ type: 'integer'; minimum: 0 }>, number>>()
holds<Is<Infer<{ type: 'boolean' }>, boolean>>()
holds<Is<Infer<{ type: 'array'; items: { type: 'integer' } }>, readonly number[]>>()
holds<Is<Infer<{ type: 'object'; additionalProperties: { type: 'string' } }>, { readonly [key: string]: string }>>()
holds<Is<Infer<{ type: 'object'; properties: { a: { type: 'string' } } }>, { readonly a?: string | undefined }>>()
holds<
  Is<
    Infer<{
      type: 'object'
      required: readonly ['a']
      properties: { a: { type: 'string' }; b: { type: 'integer'; default: 5 }; c: { type: 'boolean' } }
    }>,
    { readonly a: string; readonly b: number; readonly c?: boolean | undefined }
  >
>()
holds<
  Is<
    Infer<{
      type: 'array'
      items: { type: 'object'; required: readonly ['a']; properties: { a: { type: 'string' } } }
    }>,
    readonly { readonly a: string }[]
  >
>()

// The objects as the programs read them.
holds<Is<ZoneSpec['zoneName'], string>>()
holds<Is<ZoneSpec['ttl'], number>>()
holds<Is<ZoneSpec['clusterRef'], string | undefined>>()
holds<Is<ZoneSpec['instanceSelector'], LabelSelector | undefined>>()
holds<Is<ZoneSpec['soaRecord']['serial'], number | undefined>>()
holds<Is<ZoneSpec['soaRecord']['refresh'], number>>()
holds<Is<NonNullable<ZoneSpec['nameServers']>[number]['hostname'], string>>()
holds<Is<NonNullable<ZoneSpec['nameServers']>[number]['ipv4Address'], string | undefined>>()
holds<Is<InstanceSpec['role'], 'primary' | 'secondary'>>()
holds<Is<NonNullable<InstanceSpec['external']>['dnsPort'], number>>()
holds<Is<Bind9Instance['metadata']['uid'], string>>()
holds<Is<NonNullable<NonNullable<DNSZone['status']>['servers']>[number]['role'], 'primary' | 'secondary'>>()

// The table: the fields of a type, by its name.
holds<Is<Entry<'A'>['kind'], 'ARecord'>>()
holds<Is<Flat<RdataSpec<Entry<'CNAME'>>>, { readonly target: string }>>()
holds<Is<Flat<RdataSpec<Entry<'MX'>>>, { readonly priority: number; readonly mailServer: string }>>()
holds<Is<Flat<RdataSpec<Entry<'TXT'>>>, { readonly text: readonly string[] }>>()
holds<Is<Flat<RdataSpec<Entry<'A'>>>, { readonly ipv4Address?: string; readonly ipv4Addresses?: readonly string[] }>>()
holds<Is<RecordOf<Entry<'SRV'>>['kind'], 'SRVRecord'>>()
holds<Is<RecordOf<Entry<'SRV'>>['spec']['port'], number>>()
holds<Is<RecordOf<Entry<'SRV'>>['spec']['ttl'], number | undefined>>()

// What is not in the table, or not in a structural schema, does not compile.
// @ts-expect-error: no such kind
export const noKind: RecordKind = 'SOARecord'
// @ts-expect-error: a structural schema has no $ref
export const reference: Structural = { $ref: '#/definitions/a' }
// @ts-expect-error: nor both properties and additionalProperties
export const both: Structural = { type: 'object', properties: {}, additionalProperties: { type: 'string' } }
// @ts-expect-error: the test above would see another type
holds<Is<Infer<{ type: 'string' }>, number>>()
// @ts-expect-error: and an optional property that should be there
holds<Is<{ readonly a?: string }, { readonly a: string }>>()
