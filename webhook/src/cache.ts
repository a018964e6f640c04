import { API_GROUP, API_VERSION, type DNSZone, type Kind, kinds, ObjectIndex, type Others, zoneKind } from '#crds'
import { type ApiObject, Informer, KubeApiError, type KubeClient, type Log, resourcePath, slimMetadata } from '#kube'

/** One text for all objects, in place of a copy for each. */
const VERSION = `${API_GROUP}/${API_VERSION}`

interface Cached extends ApiObject {
  readonly spec?: unknown
  readonly status?: DNSZone['status']
}

/** All objects of our kinds, by what rules ask of them, kept up to date by watches. */
export class Cache {
  readonly #index = new ObjectIndex()
  readonly #informers: ReadonlyMap<string, Informer<Cached>>

  constructor(client: KubeClient, log: Log) {
    this.#informers = new Map(kinds.map(kind => [kind.kind, this.#informer(kind, client, log)]))
  }

  get others(): Others {
    return this.#index
  }

  /** Kinds that have not been read yet. One that the cluster does not have has no objects. */
  get unread(): string[] {
    const isUnread = (informer: Informer<Cached>) => !informer.hasSynced && !isUnknown(informer.state.error)
    return [...this.#informers].filter(([, informer]) => isUnread(informer)).map(([kind]) => kind)
  }

  start(): void {
    for (const informer of this.#informers.values()) informer.start()
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#informers.values()].map(informer => informer.stop()))
  }

  #informer({ kind, plural }: Kind, client: KubeClient, log: Log): Informer<Cached> {
    const path = resourcePath({ group: API_GROUP, version: API_VERSION, plural })
    const informer = new Informer<Cached>({ client, path, log, prune: object => slim(kind, object) })
    informer.onChange((type, object) => (type === 'deleted' ? this.#index.drop(object) : this.#index.put(object)))
    return informer
  }
}

function isUnknown(error: Error | undefined): boolean {
  return error instanceof KubeApiError && error.status === 404
}

// What rules never ask for is not kept: of statuses all but whether servers have a zone.
function slim(kind: string, { metadata, spec, status }: Cached): Cached {
  const servers = kind === zoneKind.kind ? (status?.servers ?? []).slice(0, 1) : []
  const object = { apiVersion: VERSION, kind, metadata: slimMetadata(metadata), spec }
  return servers.length > 0 ? { ...object, status: { servers } } : object
}
