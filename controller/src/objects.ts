import {
  API_GROUP,
  API_VERSION,
  type Bind9Cluster,
  type Bind9Instance,
  clusterKind,
  type DNSZone,
  instanceKind,
  type Kind,
  kinds,
  type ObjectMeta,
  type RecordObject,
  recordKinds,
  recordTypeOfKind,
  ZoneTree,
  zoneKind,
} from '#crds'
import {
  Informer,
  type InformerState,
  KubeApiError,
  type KubeClient,
  type Log,
  resourcePath,
  slimMetadata,
} from '#kube'
import type { Unread } from './reconcile/zone/desired.ts'

type Watched = DNSZone | Bind9Instance | Bind9Cluster | RecordObject

const plurals = new Map(kinds.map(({ kind, plural }) => [kind, plural]))

const NOTHING_UNREAD: Unread = { types: new Set(), forbidden: [] }

/** The URL path of one of our objects. */
export function pathOf({
  kind = '',
  metadata,
}: {
  kind?: string
  metadata: { name: string; namespace?: string }
}): string {
  const { name, namespace } = metadata
  return resourcePath(
    { group: API_GROUP, version: API_VERSION, plural: plurals.get(kind) ?? kind },
    { namespace, name },
  )
}

/** Copies of all objects of our kinds, kept up to date by watches. */
export class Objects {
  readonly zones: Informer<DNSZone>
  readonly instances: Informer<Bind9Instance>
  readonly clusters: Informer<Bind9Cluster>
  readonly records: readonly Informer<RecordObject>[]
  /** The zones by their names. */
  readonly tree = new ZoneTree(key => this.zones.get(key))
  readonly #informers: ReadonlyMap<string, Informer<never>>
  readonly #client: KubeClient
  readonly #log: Log
  readonly #refusals = new Map<string, { readonly first: PromiseWithResolvers<void>; status: number | undefined }>()
  /** Kinds whose CRDs are asked after. */
  readonly #asked = new Set<string>()
  #unread = NOTHING_UNREAD
  #onUnread: () => void = () => {}

  constructor(client: KubeClient, log: Log) {
    const all = new Map<string, Informer<never>>()
    const inform = <T extends Watched>({ kind, plural }: Kind): Informer<T> => {
      const path = resourcePath({ group: API_GROUP, version: API_VERSION, plural })
      const onState = (state: InformerState) => this.#heed(kind, state)
      const informer = new Informer<T>({ client, path, prune: slim, log, onState })
      all.set(kind, informer as unknown as Informer<never>)
      return informer
    }
    this.zones = inform<DNSZone>(zoneKind)
    this.instances = inform<Bind9Instance>(instanceKind)
    this.clusters = inform<Bind9Cluster>(clusterKind)
    for (const { kind } of recordKinds) this.#refusals.set(kind, { first: Promise.withResolvers(), status: undefined })
    this.records = recordKinds.map(kind => inform<RecordObject>(kind))
    this.#informers = all
    this.#client = client
    this.#log = log
    for (const [i, informer] of this.records.entries()) {
      informer.onChange(type => type === 'deleted' && void this.#ask(recordKinds[i] as Kind))
    }
    this.zones.onChange((type, zone) => (type === 'deleted' ? this.tree.drop(zone) : this.tree.put(zone)))
  }

  start(): void {
    for (const informer of this.#informers.values()) informer.start()
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#informers.values()].map(informer => informer.stop()))
  }

  /** Record kinds that the API server refuses to list. */
  get unread(): Unread {
    return this.#unread
  }

  /** Has a handler hear when other kinds are unread. */
  onUnread(handler: () => void): void {
    this.#onUnread = handler
  }

  /**
   * Resolves when every kind has been read whole: before that, an object that is not here may still exist. A record kind
   * that may not be listed, or that the cluster does not have, keeps no other back.
   */
  async synced({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const report = setInterval(() => {
      const waiting = [...this.#informers].filter(([, informer]) => !informer.hasSynced)
      const kinds = waiting.map(([kind, { state }]) => (state.error ? `${kind} (${state.error.message})` : kind))
      this.#log.warn('Waiting to read all objects', { kinds })
    }, 5_000)
    try {
      await Promise.all(
        [...this.#informers].map(([kind, informer]) => {
          const synced = informer.synced({ signal })
          const refused = this.#refusals.get(kind)?.first.promise
          return refused ? Promise.race([synced, refused]) : synced
        }),
      )
    } finally {
      clearInterval(report)
    }
  }

  /** Whether a kind goes as a whole: the API server deletes all its objects, one by one, before it removes the CRD. */
  async #ask({ kind, plural }: Kind): Promise<void> {
    if (this.#asked.has(kind)) return
    this.#asked.add(kind)
    try {
      const { metadata } = await this.#client.get<{ metadata: ObjectMeta }>(crdPath(plural))
      if (metadata.deletionTimestamp) this.#refuse(kind, 404)
    } catch {
      // Not ours to read, or gone: then the kind's own list says so.
    } finally {
      this.#asked.delete(kind)
    }
  }

  #heed(kind: string, { phase, error }: InformerState): void {
    const isRefused = error instanceof KubeApiError && (error.status === 403 || error.status === 404)
    if (isRefused) this.#refuse(kind, error.status)
    else if (phase === 'watching') this.#refuse(kind, undefined)
  }

  #refuse(kind: string, status: number | undefined): void {
    const refusal = this.#refusals.get(kind)
    if (!refusal || status === refusal.status) return
    refusal.status = status
    refusal.first.resolve()
    const kinds = [...this.#refusals].filter(([, { status }]) => status !== undefined)
    const forbidden = kinds.filter(([, { status }]) => status === 403).map(([name]) => name)
    this.#unread = { types: new Set(kinds.map(([name]) => recordTypeOfKind(name).code)), forbidden }
    this.#log.warn('Record kinds that cannot be read', { kinds: kinds.map(([name]) => name), reason: 'KindNotRead' })
    this.#onUnread()
  }
}

function crdPath(plural: string): string {
  const resource = { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' }
  return resourcePath(resource, { name: `${plural}.${API_GROUP}` })
}

function slim<T extends Watched>({ apiVersion, kind, metadata, spec, status }: T): T {
  return { apiVersion, kind, metadata: slimMetadata(metadata), spec, ...(status && { status }) } as T
}
