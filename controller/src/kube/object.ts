import { API_GROUP } from '#crds'

/** The metadata of an object as far as Bindy reads it. */
export interface ApiObjectMeta {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly ownerReferences?: readonly unknown[]
  readonly managedFields?: readonly unknown[]
}

/** Metadata as far as Bindy keeps it: kubectl's annotation alone doubles the size of an object. */
export function slimMetadata(metadata: ApiObjectMeta): ApiObjectMeta {
  const { name, namespace, uid, resourceVersion, generation, creationTimestamp } = metadata
  const { deletionTimestamp, finalizers, labels, annotations = {} } = metadata
  const ours = Object.entries(annotations).filter(([key]) => key.startsWith(`${API_GROUP}/`))
  return {
    ...{ name, namespace, uid, resourceVersion, generation, creationTimestamp },
    ...(deletionTimestamp && { deletionTimestamp }),
    ...(finalizers && { finalizers }),
    ...(labels && { labels }),
    ...(ours.length > 0 && { annotations: Object.fromEntries(ours) }),
  } as ApiObjectMeta
}

/** Any object of the API server. */
export interface ApiObject {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ApiObjectMeta
}

/** One kind as the API server addresses it; the core group is ''. */
export interface Resource {
  readonly group: string
  readonly version: string
  readonly plural: string
}

/** The URL path of a kind, of a namespace's objects of it, of one object, or of a subresource. */
export function resourcePath(
  resource: Resource,
  at: { namespace?: string | undefined; name?: string | undefined; subresource?: string | undefined } = {},
): string {
  const { group, version, plural } = resource
  const parts = group === '' ? ['api', version] : ['apis', group, version]
  if (at.namespace !== undefined) parts.push('namespaces', at.namespace)
  parts.push(plural)
  if (at.name !== undefined) parts.push(at.name)
  if (at.subresource !== undefined) parts.push(at.subresource)
  return `/${parts.map(encodeURIComponent).join('/')}`
}

/** The key of an object in stores and queues: `namespace/name`, or `name` where the kind has no namespaces. */
export function objectKey({ metadata }: ApiObject): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`
}

/** A time as the API server's MicroTime wants it: exactly six fractional digits. */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z')
}
