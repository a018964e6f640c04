import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { API_GROUP, API_VERSION, type Condition, clusterKind, instanceKind, kinds, zoneKind } from '#crds'
import {
  type ApiObject,
  isNotFound,
  KubeClient,
  type Log,
  loadConnection,
  type RequestRecord,
  resourcePath,
} from '#kube'
import { type ControllerOptions, runController } from '../../../controller/src/controller.ts'
import {
  type ClusterOptions,
  type Key,
  type NamedChanges,
  type RunningCluster,
  type RunningNamed,
  randomKey,
  startCluster,
  type UntilOptions,
  until,
} from '../../cluster/index.ts'
import { instanceObjects } from '../../cluster/objects.ts'

const CRDS = join(import.meta.dirname, '../../../crds')

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly atMs: number
}

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

/** How a test's controller differs from the usual one. */
export type ControllerChanges = Pick<Partial<ControllerOptions>, 'now'> & {
  /** Its kubeconfig, in place of the one whose user may do everything. */
  readonly kubeconfig?: string
}

/** One controller in this process, with what it logged and asked the API server for. */
export class RunningController {
  readonly log: LogLine[] = []
  readonly requests: RequestRecord[] = []
  readonly #abort = new AbortController()
  readonly #done: Promise<void>
  #failure: unknown

  constructor(kubeconfig: string, changes: Omit<ControllerChanges, 'kubeconfig'>) {
    this.#done = this.#run(kubeconfig, changes).catch(error => {
      this.#failure = error
    })
  }

  /** Ends it as SIGTERM would; fails when it had ended by itself. */
  async stop(): Promise<void> {
    this.#abort.abort()
    await this.#done
    if (this.#failure) throw this.#failure
  }

  /** Requests that change something at the API server, as "patch /apis/...". Events are not counted: they are lost freely. */
  writes(): string[] {
    return this.requests.filter(isWrite).map(({ verb, path }) => `${verb} ${path}`)
  }

  lines(message: string): LogLine[] {
    return this.log.filter(line => line.message === message)
  }

  async #run(kubeconfig: string, changes: Omit<ControllerChanges, 'kubeconfig'>): Promise<void> {
    const connection = await loadConnection({ kubeconfig })
    const onRequest = (request: RequestRecord) => void this.requests.push(request)
    const options = { connection, log: this.#collect(), identity: 'test', onRequest, ...changes }
    await runController(options, { signal: this.#abort.signal }).finally(() => connection.close())
  }

  #collect(): Log {
    const line =
      (level: LogLine['level']) =>
      (message: string, fields: LogLine['fields'] = {}) =>
        void this.log.push({ level, message, fields, atMs: performance.now() })
    return { info: line('info'), warn: line('warn'), error: line('error') }
  }
}

const isWrite = ({ verb, path }: RequestRecord) =>
  ['create', 'update', 'patch', 'delete'].includes(verb) && !path.includes('/events')

/** A whole Bindy for the tests of one file: API server, named processes, controller. Each test takes a namespace of its own. */
export class Bindy<Name extends string> {
  readonly #options: ClusterOptions<Name>['named']
  #cluster: RunningCluster<Name> | undefined
  #kube: KubeClient | undefined
  #controller: RunningController | undefined
  readonly #namespaces: Namespace<Name>[] = []

  /** All servers know one TSIG key, as transfers between them need it. */
  constructor(named: ClusterOptions<Name>['named']) {
    const tsigKey = randomKey('bindy')
    const withKey = Object.entries<NamedChanges>(named).map(([name, options]) => [name, { tsigKey, ...options }])
    this.#options = Object.fromEntries(withKey)
  }

  get cluster(): RunningCluster<Name> {
    if (!this.#cluster) throw new Error('start() comes first')
    return this.#cluster
  }
  get named() {
    return this.cluster.named
  }
  get api() {
    return this.cluster.api
  }
  get kube(): KubeClient {
    if (!this.#kube) throw new Error('start() comes first')
    return this.#kube
  }
  get controller(): RunningController {
    if (!this.#controller) throw new Error('no controller runs')
    return this.#controller
  }

  async start(): Promise<void> {
    this.#cluster = await startCluster({ named: this.#options })
    await this.api.installCrds(CRDS)
    this.#kube = new KubeClient(await loadConnection({ kubeconfig: this.api.kubeconfig }), { userAgent: 'test' })
    // The first create of each kind takes 2 s: all at once, so that no test waits for them.
    await Promise.all(kinds.map(({ plural }) => this.#warmUp(plural)))
    this.startController()
  }

  startController(changes: ControllerChanges = {}): RunningController {
    this.#controller = this.newController(changes)
    return this.#controller
  }

  /** One more controller beside the other; stopping it is the test's. */
  newController(changes: ControllerChanges = {}): RunningController {
    const { kubeconfig = this.api.kubeconfig, ...options } = changes
    return new RunningController(kubeconfig, options)
  }

  async stopController(): Promise<void> {
    const controller = this.#controller
    this.#controller = undefined
    await controller?.stop()
  }

  async restartController(changes: ControllerChanges = {}): Promise<RunningController> {
    await this.stopController()
    return this.startController(changes)
  }

  /** Waits until the API server's dates move on: it dates objects to the second, and the older one wins. */
  async nextSecond(): Promise<void> {
    const path = '/api/v1/namespaces/default/configmaps'
    const body = { metadata: { generateName: 'dated-' } }
    const date = async () => {
      const { metadata } = await this.kube.create<ApiObject>(path, body, { query: { dryRun: 'All' } })
      return metadata.creationTimestamp
    }
    const before = await date()
    await until('the API server dates by the next second', async () => (await date()) !== before)
  }

  /** A namespace with instances: of all named, members of the cluster "dns", or of those in `members`, as it says. */
  async namespace(members?: { readonly [name in Name]?: Member }): Promise<Namespace<Name>> {
    const made = await this.kube.create<ApiObject>('/api/v1/namespaces', { metadata: { generateName: 'test-' } })
    const namespace = new Namespace(this, made.metadata.name)
    this.#namespaces.push(namespace)
    await namespace.apply([
      { apiVersion: `${API_GROUP}/${API_VERSION}`, kind: clusterKind.kind, metadata: { name: 'dns' }, spec: {} },
    ])
    for (const name of Object.keys(members ?? this.named) as Name[]) await namespace.instance(name, members?.[name])
    return namespace
  }

  /** What the controller does in a time: requests to the API server, and what the servers log of commands and updates. */
  async busyness(ms: number): Promise<{ requests: number; commands: number }> {
    const asked = / control channel command | invalid command from |signer "[^"]*" approved|tsig verify failure/g
    const heard = (named: RunningNamed) => named.log().match(asked)?.length ?? 0
    const count = () => ({
      requests: this.controller.requests.length,
      commands: Object.values<RunningNamed>(this.named).reduce((sum, named) => sum + heard(named), 0),
    })
    const before = count()
    await pause(ms)
    const after = count()
    return { requests: after.requests - before.requests, commands: after.commands - before.commands }
  }

  /** Deletes what the test made, and sees it gone: zones leave the servers. */
  async clear(): Promise<void> {
    for (const namespace of this.#namespaces.splice(0)) await namespace.clear()
  }

  async stop(): Promise<void> {
    try {
      await this.stopController()
    } finally {
      await this.#kube?.close()
      await this.#cluster?.stop()
    }
  }

  async #warmUp(plural: string): Promise<void> {
    const path = resourcePath({ group: API_GROUP, version: API_VERSION, plural }, { namespace: 'default' })
    await until(`${plural} are served`, () => this.kube.list(path).catch(() => undefined))
    await this.kube.create(path, {}).catch(() => undefined)
  }
}

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

/** A test's own namespace, with the objects in it. */
export class Namespace<Name extends string> {
  readonly name: string
  readonly #bindy: Bindy<Name>

  constructor(bindy: Bindy<Name>, name: string) {
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
    for (const zone of zones) await this.gone(zone, { timeoutMs: 20_000 })
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

/** The records of one name and type in a server's answer, a delegation's too, in order: "192.0.2.1", or with their TTL. */
export async function ask(
  named: RunningNamed,
  name: string,
  type: string,
  options: { readonly ttl?: boolean } = {},
): Promise<string[]> {
  const owner = `${name.toLowerCase().replace(/\.$/, '')}.`
  const output = await named.dig('+noall', '+answer', '+authority', '+norecurse', '+nosplit', owner, type)
  return output
    .split('\n')
    .map(line => /^(\S+)\s+(\d+)\s+IN\s+(\S+)\s+(.*)$/.exec(line) ?? [])
    .filter(([, found, , kind]) => found?.toLowerCase() === owner && kind === type)
    .map(([, , ttl, , rdata]) => (options.ttl ? `${ttl} ${rdata}` : `${rdata}`))
    .sort()
}

/** Waits until all of the servers answer with these records and no others. */
export async function answers(
  servers: readonly RunningNamed[],
  name: string,
  type: string,
  expected: readonly string[],
  options: UntilOptions & { readonly ttl?: boolean } = {},
): Promise<void> {
  const wanted = JSON.stringify([...expected].sort())
  for (const named of servers) {
    let last = ''
    const isSo = async () => {
      last = JSON.stringify(await ask(named, name, type, options))
      return last === wanted
    }
    await until(`${named.name} answers ${wanted} to ${name} ${type}`, isSo, options).catch(error => {
      throw new Error(`${error.message}; it answers ${last}`, { cause: error })
    })
  }
}

/** The serial that a server has of a zone, or undefined where it has none. */
export async function serialOf(named: RunningNamed, zone: string): Promise<number | undefined> {
  const [soa] = await ask(named, zone, 'SOA')
  const serial = Number(soa?.split(' ')[2])
  return Number.isInteger(serial) ? serial : undefined
}

/** What others have had a server do: updates that it took, and commands that change something, from its log. */
export function dnsWrites(named: RunningNamed): string[] {
  return [...named.log().matchAll(/signer "[^"]*" approved|received control channel command '([^']*)'/g)]
    .map(([line, command]) => command ?? line)
    .filter(line => !/^(null|status|showzone|zonestatus)\b/.test(line))
}
