import { API_GROUP, API_VERSION, type Condition, instanceKind, kinds, zoneKind } from '#crds'
import { type ApiObject, isNotFound, type KubeClient, resourcePath } from '#kube'
import { type Key, type RunningNamed, type UntilOptions, until } from '../../cluster/index.ts'
import { instanceObjects } from '../../cluster/objects.ts'
import { FOUND } from './patience.ts'

/** What a test reads of any object of ours. */
export interface Thing extends ApiObject {
  readonly kind: string
  readonly metadata: ApiObject['metadata'] & { readonly namespace: string; readonly generation: number }
  readonly spec: Readonly<Record<string, unknown>>
  readonly status?: {
    readonly observedGeneration?: number
    readonly conditions?: readonly Condition[]
    readonly [field: string]: unknown
  }
}

type Spec = Readonly<Record<string, unknown>>
type Role = 'primary' | 'secondary'

/** How a named stands among the objects; a role and a cluster by its name if absent. */
export interface Member {
  readonly role?: Role
  readonly clusterRef?: string | undefined
  readonly labels?: Record<string, string>
  /** What its Secrets hold in place of the keys that the server knows; null for no Secret at all. */
  readonly tsigSecret?: Fields | null
  readonly rndcSecret?: Fields | null
  /** What `external` says in place of where the server is. */
  readonly external?: Spec
}

/** What a namespace is in: the API server, and the servers of which it has instances. */
interface Surroundings<Name extends string> {
  readonly kube: KubeClient
  readonly named: Readonly<Record<Name, RunningNamed>>
}

/** A test's own namespace, with the objects in it. */
export class Namespace<Name extends string> {
  readonly name: string
  readonly #bindy: Surroundings<Name>

  constructor(bindy: Surroundings<Name>, name: string) {
    this.#bindy = bindy
    this.name = name
  }

  async instance(name: Name, member: Member = {}): Promise<void> {
    const role = member.role ?? (name.startsWith('secondary') ? 'secondary' : 'primary')
    const clusterRef = 'clusterRef' in member ? member.clusterRef : 'dns'
    const { labels, external } = member
    const objects = instanceObjects(this.#bindy.named[name], {
      role,
      ...(clusterRef && { clusterRef }),
      ...(labels && { labels }),
    }) as (Kinded & { spec?: { external: object } })[]
    const instance = objects.find(({ kind }) => kind === instanceKind.kind)
    if (instance?.spec) Object.assign(instance.spec.external, external)
    const secrets = { [`${name}-tsig`]: member.tsigSecret, [`${name}-rndc`]: member.rndcSecret }
    const kept = objects.filter(({ metadata }) => secrets[metadata.name] === undefined)
    await this.apply(kept)
    for (const [secret, fields] of Object.entries(secrets)) if (fields) await this.secret(secret, fields)
  }

  /** Puts a Secret in the place of one that may be there. */
  async secret(name: string, fields: Fields): Promise<void> {
    const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: fields }
    await this.delete(object)
    await this.apply([object])
  }

  async apply(objects: readonly object[]): Promise<void> {
    await Promise.all(objects.map(object => this.#bindy.kube.create(this.#pathOf(object as Kinded, ''), object)))
  }

  create(kind: string, name: string, spec: Spec): Promise<Thing> {
    const body = { apiVersion: `${API_GROUP}/${API_VERSION}`, kind, metadata: { name }, spec }
    return this.#bindy.kube.create(this.#pathOf(body, ''), body)
  }

  /** A DNSZone of the fewest fields, named after its zone. */
  zone(zoneName: string, spec: Spec = {}): Promise<Thing> {
    const name = zoneName.toLowerCase().replace(/\.$/, '')
    const soaRecord = { primaryNs: `ns1.${name}.`, adminEmail: `admin.${name}.` }
    return this.create(zoneKind.kind, name, { zoneName, clusterRef: 'dns', soaRecord, ...spec })
  }

  get({ kind, metadata: { name } }: Kinded): Promise<Thing> {
    return this.#bindy.kube.get(this.#pathOf({ kind, metadata: { name } }, name))
  }

  /** The object, or undefined where there is none. */
  find(object: Kinded): Promise<Thing | undefined> {
    return this.get(object).catch(error => {
      if (isNotFound(error)) return undefined
      throw error
    })
  }

  /** Sets annotations of our group; null takes one off. */
  annotate(object: Kinded, annotations: Readonly<Record<string, string | null>>): Promise<Thing> {
    const ours = Object.entries(annotations).map(([name, value]) => [`${API_GROUP}/${name}`, value])
    return this.patch(object, { metadata: { annotations: Object.fromEntries(ours) } })
  }

  /** The notes of the Events of a reason about an object. */
  async notes(object: Kinded, reason: string): Promise<string[]> {
    const path = resourcePath({ group: 'events.k8s.io', version: 'v1', plural: 'events' }, { namespace: this.name })
    const { items } = await this.#bindy.kube.list<ApiObject & Regarding>(path)
    const isAbout = ({ regarding }: Regarding) =>
      regarding.kind === object.kind && regarding.name === object.metadata.name
    return items.filter(event => isAbout(event) && event.reason === reason).map(({ note }) => note)
  }

  /** Waits for an Event of a reason about an object; returns its note. */
  noted(object: Kinded, reason: string): Promise<string> {
    return until(`an Event ${reason} of ${object.metadata.name}`, async () => (await this.notes(object, reason))[0])
  }

  list(plural: string): Promise<Thing[]> {
    const path = resourcePath({ group: API_GROUP, version: API_VERSION, plural }, { namespace: this.name })
    return this.#bindy.kube.list<Thing>(path).then(({ items }) => items)
  }

  /** Merges into the spec. */
  edit(object: Kinded, spec: Spec): Promise<Thing> {
    return this.patch(object, { spec })
  }

  patch(object: Kinded, body: object): Promise<Thing> {
    return this.#bindy.kube.patch(this.#pathOf(object, object.metadata.name), body)
  }

  async delete(object: Kinded): Promise<void> {
    await this.#bindy.kube.delete(this.#pathOf(object, object.metadata.name)).catch(error => {
      if (!isNotFound(error)) throw error
    })
  }

  /** Waits until the object is gone. */
  async gone(object: Kinded, options?: UntilOptions): Promise<void> {
    const { kind, metadata } = object
    await until(`${kind} ${metadata.name} is gone`, async () => (await this.find(object)) === undefined, options)
  }

  /** Waits until the object says that it is ready, as it stands now. */
  ready(object: Kinded, options?: UntilOptions): Promise<Thing> {
    return this.says(object, { status: 'True' }, options)
  }

  /** Waits until the object's condition, Ready unless told, says so of the object as it stands now. */
  says(object: Kinded, wanted: Partial<Condition>, options?: UntilOptions): Promise<Thing> {
    const { type = 'Ready', ...fields } = wanted
    let last: Thing | undefined
    return until(
      `${object.kind} ${object.metadata.name} says ${JSON.stringify(wanted)}`,
      async () => {
        last = await this.get(object)
        const found = conditionOf(last, type)
        const isCurrent = found?.observedGeneration === last.metadata.generation
        return (
          isCurrent &&
          Object.entries(fields).every(([field, value]) => found[field as keyof Condition] === value) &&
          last
        )
      },
      options,
    ).catch(error => {
      throw new Error(`${error.message}; it says ${JSON.stringify(last?.status)}`, { cause: error })
    })
  }

  /** Waits until all objects of a kind say that they are ready, as they stand now. */
  async allReady(plural: string, options?: UntilOptions): Promise<Thing[]> {
    return until(
      `all ${plural} are ready`,
      async () => {
        const all = await this.list(plural)
        return all.every(isReady) && all
      },
      { everyMs: 100, ...options },
    )
  }

  /** Waits until all objects of a kind say this of themselves: the controller has seen each of them. */
  async allSaid(plural: string, reason: string): Promise<void> {
    const haveSaid = async () => (await this.list(plural)).every(object => conditionOf(object)?.reason === reason)
    await until(`all ${plural} say ${reason}`, haveSaid, { everyMs: 100, timeoutMs: 20_000 })
  }

  async clear(): Promise<void> {
    const zones = await this.list(zoneKind.plural)
    await Promise.all(kinds.filter(kind => kind !== instanceKind).map(({ plural }) => this.#deleteAll(plural)))
    for (const zone of zones) await this.gone(zone, FOUND)
    await this.#deleteAll(instanceKind.plural)
  }

  async #deleteAll(plural: string): Promise<void> {
    await this.#bindy.kube.delete(
      resourcePath({ group: API_GROUP, version: API_VERSION, plural }, { namespace: this.name }),
    )
  }

  #pathOf({ kind }: Kinded, name: string): string {
    const plural = kinds.find(known => known.kind === kind)?.plural
    const resource = plural
      ? { group: API_GROUP, version: API_VERSION, plural }
      : { group: '', version: 'v1', plural: 'secrets' }
    return resourcePath(resource, { namespace: this.name, name: name || undefined })
  }
}

/** The fields of the Secret that holds a key. */
export function fieldsOf({ name, algorithm, secret }: Key): Fields {
  return { 'key-name': name, algorithm, secret }
}

interface Regarding {
  readonly regarding: { readonly kind: string; readonly name: string }
  readonly reason: string
  readonly note: string
}

type Fields = Readonly<Record<string, string>>
type Kinded = { readonly kind: string; readonly metadata: { readonly name: string } }

function isReady(object: Thing): boolean {
  const ready = conditionOf(object)
  return ready?.status === 'True' && ready.observedGeneration === object.metadata.generation
}

export function conditionOf(object: Thing | undefined, type = 'Ready'): Condition | undefined {
  return object?.status?.conditions?.find(condition => condition.type === type)
}
