import {
  API_GROUP,
  API_VERSION,
  type Bind9Cluster,
  type Bind9Instance,
  clusterKind,
  type DNSZone,
  instanceKind,
  type Kind,
  type ObjectMeta,
  type RecordObject,
  recordKinds,
  zoneKind,
} from '#crds'
import { type ApiObject, isConflict, isNotFound, type KubeClient, resourcePath } from '#kube'

/** Where objects are looked for: one namespace, or all of them. */
export type Scope = { readonly namespace: string } | 'all'

/** How a write is to be made. */
export interface WriteOptions {
  readonly fieldManager: string
  readonly force?: boolean
  /** The API server checks it, webhooks too, and keeps nothing. */
  readonly isDryRun?: boolean
  /** Called before the write is sent once more, with what became of it before. */
  readonly onRepeat?: (error: unknown) => void
}

/** What must stand where an object is written. */
type Preconditions = Partial<Pick<ObjectMeta, 'uid' | 'resourceVersion'>>

// The API server compares it where an object is there, and no object has it: etcd's first revision is an empty store.
const ABSENT: Preconditions = { resourceVersion: '1' }

/** An object of ours as a command makes it, before the API server has seen it. */
export interface NewObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly labels?: Readonly<Record<string, string>>
  }
  readonly spec: object
}

/** An object of ours with its spec, named by its kind. */
export function newObject(
  kind: Kind,
  at: { readonly namespace: string; readonly name: string },
  spec: object,
): NewObject {
  const { namespace, name } = at
  return { apiVersion: `${API_GROUP}/${API_VERSION}`, kind: kind.kind, metadata: { name, namespace }, spec }
}

/** The objects of Bindy in a Kubernetes cluster, and where the command looks for them. */
export class Cluster {
  readonly client: KubeClient
  /** The namespace of --namespace, else of the context. */
  readonly namespace: string
  readonly signal: AbortSignal

  constructor(client: KubeClient, options: { readonly namespace: string; readonly signal: AbortSignal }) {
    this.client = client
    this.namespace = options.namespace
    this.signal = options.signal
  }

  /** The same, looked at from another namespace. */
  at(namespace: string): Cluster {
    return new Cluster(this.client, { namespace, signal: this.signal })
  }

  /** The same, whose requests another signal ends. */
  under(signal: AbortSignal): Cluster {
    return new Cluster(this.client, { namespace: this.namespace, signal })
  }

  /** The scope of -A, else the namespace. */
  scope(all: boolean | undefined): Scope {
    return all ? 'all' : { namespace: this.namespace }
  }

  /** Zones, those of a label selector alone where there is one. */
  zones(scope: Scope, selector?: string | undefined): Promise<DNSZone[]> {
    return this.list(zoneKind, scope, selector)
  }

  instances(scope: Scope): Promise<Bind9Instance[]> {
    return this.list(instanceKind, scope)
  }

  clusters(scope: Scope): Promise<Bind9Cluster[]> {
    return this.list(clusterKind, scope)
  }

  /** Records of some kinds, of all if absent. */
  async records(
    scope: Scope,
    { kinds = recordKinds }: { readonly kinds?: readonly Kind[] } = {},
  ): Promise<RecordObject[]> {
    return (await Promise.all(kinds.map(kind => this.list<RecordObject>(kind, scope)))).flat()
  }

  async list<T extends ApiObject>(kind: Kind, scope: Scope, selector?: string | undefined): Promise<T[]> {
    const namespace = scope === 'all' ? undefined : scope.namespace
    const path = resourcePath(resourceOf(kind), { namespace })
    const query = selector === undefined ? {} : { labelSelector: selector }
    return (await this.client.list<T>(path, { signal: this.signal, query })).items
  }

  /** The object, or undefined where there is none. */
  async find<T>(kind: Kind, at: { readonly namespace: string; readonly name: string }): Promise<T | undefined> {
    try {
      return await this.client.get<T>(resourcePath(resourceOf(kind), at), { signal: this.signal })
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  /** Server-side apply: the fields of the object become the manager's, all others stay as they are. */
  apply<T>(kind: Kind, object: NewObject, options: WriteOptions, preconditions: Preconditions = {}): Promise<T> {
    const { fieldManager, force = false, isDryRun = false, onRepeat } = options
    const path = resourcePath(resourceOf(kind), object.metadata)
    const query = { fieldManager, force, ...(isDryRun && { dryRun: 'All' }) }
    const body = { ...object, metadata: { ...object.metadata, ...preconditions } }
    return this.client.patch<T>(path, body, { type: 'apply', query, signal: this.signal, onRepeat })
  }

  /** The same of an object that is not there yet. @throws KubeApiError, a conflict, where one is */
  create<T>(kind: Kind, object: NewObject, options: WriteOptions): Promise<T> {
    return this.apply(kind, object, options, ABSENT)
  }

  /** The same of an object as it was read. @throws KubeApiError, a conflict, where it says something else by now */
  rewrite<T>(kind: Kind, object: NewObject, read: ObjectMeta, options: WriteOptions): Promise<T> {
    return this.#asRead(kind, read, preconditions => this.apply<T>(kind, object, options, preconditions))
  }

  /** Writes the fields of an object's spec over whoever wrote them, and takes some away. Apply never takes away another's. */
  replaceFields<T>(
    kind: Kind,
    { spec }: NewObject,
    drops: readonly string[],
    read: ObjectMeta,
    { fieldManager, isDryRun = false, onRepeat }: WriteOptions,
  ): Promise<T> {
    const path = resourcePath(resourceOf(kind), read)
    const fields = { ...spec, ...Object.fromEntries(drops.map(field => [field, null])) }
    const query = { fieldManager, ...(isDryRun && { dryRun: 'All' }) }
    const options = { query, signal: this.signal, onRepeat }
    return this.#asRead(kind, read, metadata => this.client.patch<T>(path, { metadata, spec: fields }, options))
  }

  /** Deletes an object as it was read; one that says something else by now stays. Its status may have changed. */
  delete(
    kind: Kind,
    read: ObjectMeta,
    { isDryRun = false, onRepeat }: Pick<WriteOptions, 'isDryRun' | 'onRepeat'> = {},
  ): Promise<void> {
    const path = resourcePath(resourceOf(kind), read)
    // The API server reads it where there is no body: one that is lost on the way makes no dry run a real one.
    const query = isDryRun ? { dryRun: 'All' } : {}
    return this.#asRead(kind, read, preconditions => {
      const body = { preconditions, ...(isDryRun && { dryRun: ['All'] }) }
      return this.client.delete(path, { body, query, signal: this.signal, onRepeat })
    })
  }

  /** Does something with an object as it was read, and again where its status alone has changed. */
  async #asRead<T>(kind: Kind, read: ObjectMeta, work: (preconditions: Preconditions) => Promise<T>): Promise<T> {
    for (let { uid, resourceVersion } = read; ; ) {
      try {
        return await work({ uid, resourceVersion })
      } catch (error) {
        const now = isConflict(error) ? await this.find<ApiObject & { metadata: ObjectMeta }>(kind, read) : undefined
        const isSame = now?.metadata.uid === uid && now.metadata.generation === read.generation
        if (!isSame || now.metadata.resourceVersion === resourceVersion) throw error
        resourceVersion = now.metadata.resourceVersion
      }
    }
  }
}

/** A kind as the API server addresses it. */
export function resourceOf({ plural }: Kind) {
  return { group: API_GROUP, version: API_VERSION, plural }
}

/** An object as kubectl names it in its answers: "dnszone.bindy.firestoned.io/example-com". */
export function printedName({
  kind,
  metadata,
}: {
  readonly kind: string
  readonly metadata: { readonly name: string }
}): string {
  return `${kind.toLowerCase()}.${API_GROUP}/${metadata.name}`
}
