import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { API_GROUP, API_VERSION, clusterKind, kinds } from '#crds'
import { type ApiObject, KubeClient, loadConnection, resourcePath } from '#kube'
import {
  type ClusterOptions,
  type NamedChanges,
  type RunningCluster,
  type RunningNamed,
  randomKey,
  startCluster,
  until,
} from '../../cluster/index.ts'
import { type Member, Namespace } from './namespace.ts'
import { type ControllerChanges, RunningController } from './runningcontroller.ts'

const CRDS = join(import.meta.dirname, '../../../crds')

/** A whole Bindy for the tests of one file: API server, named processes, controller. Each test takes a namespace of its own. */
export class Bindy<Name extends string> {
  readonly #options: ClusterOptions<Name>['named']
  #cluster: RunningCluster<Name> | undefined
  #kube: KubeClient | undefined
  #controller: RunningController | undefined
  readonly #namespaces: Namespace<Name>[] = []

  /** All servers know one TSIG key, as transfers between them need it; BIND9_VERSION says which BIND they are. */
  constructor(named: ClusterOptions<Name>['named']) {
    const { BIND9_VERSION: version } = process.env
    const common = { tsigKey: randomKey('bindy'), ...(version && { version }) }
    const withKey = Object.entries<NamedChanges>(named).map(([name, options]) => [name, { ...common, ...options }])
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
    await until(`${plural} are served`, () => this.kube.list(path).catch(() => undefined), { timeoutMs: 60_000 })
    await this.kube.create(path, {}).catch(() => undefined)
  }
}
