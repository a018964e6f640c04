import type { RequestOptions } from 'node:https'
import { delimiter } from 'node:path'
import type { Cluster } from '@kubernetes/client-node/dist/config_types.js'
import { Agent, type Dispatcher, ProxyAgent } from 'undici'
import { GroupAloneError, KubeConfigError, KubeUnreachableError } from './error.ts'
import type { ExecPlugin } from './execplugin.ts'
import type { FullKubeConfig } from './kubeconfig.ts'

/** What one request needs to be let in: a pool of connections with the right TLS identity, and headers. */
export interface Credentials {
  readonly dispatcher: Dispatcher
  readonly headers: Readonly<Record<string, string | string[]>>
}

/** A way to one API server. */
export interface Connection {
  /** Scheme, host and port. */
  readonly origin: string
  /** What stands before every path, '' mostly; a proxy such as Rancher's has one. */
  readonly basePath: string
  /** The namespace of the context, or 'default'. */
  readonly namespace: string
  /** The name of the kubeconfig's context; undefined without one. */
  readonly context: string | undefined
  /** The names of all its contexts. */
  readonly contexts: readonly string[]
  authorize(): Promise<Credentials>
  close(): Promise<void>
}

// Certificates and tokens rotate in place. Reading three files for each of 400 patches a second helps nobody.
const credentialsMaxAgeMs = 1000

/** Which API server to speak to, and as whom. */
export interface ConnectionChoice {
  readonly kubeconfig?: string | undefined
  readonly context?: string | undefined
  /** The kubeconfig's cluster and user by name, in place of the context's. */
  readonly cluster?: string | undefined
  readonly user?: string | undefined
  /** The user, and the groups, to act as in place of the kubeconfig's; groups alone name nobody. */
  readonly as?: string | undefined
  readonly asGroups?: readonly string[] | undefined
  /** Requests under way at a time, watches too; further ones wait. 64 if absent. */
  readonly connections?: number | undefined
}

/**
 * Finds the API server: the given kubeconfig, else `KUBECONFIG`, else `~/.kube/config`, else the pod's service account.
 * It reads files only; nothing is sent yet.
 */
export async function loadConnection(options: ConnectionChoice = {}): Promise<Connection> {
  // Loaded late, because the library's generated client costs 80 MB unbundled and 300 ms.
  const { FullKubeConfig } = await import('./kubeconfig.ts')
  const config = new FullKubeConfig()
  read(config, options.kubeconfig)
  choose(config, options)
  const cluster = config.getCurrentCluster()
  if (!cluster?.server) throw new KubeConfigError(`Cannot use context "${config.currentContext}": it has no cluster`)
  if (!config.getCurrentUser()) {
    throw new KubeConfigError(`Cannot use context "${config.currentContext}": it has no user`)
  }
  // The library refuses http:// where TLS verification is on; there is none to verify (`kubectl proxy`).
  if (cluster.server.startsWith('http:')) Object.assign(cluster, { skipTLSVerify: true })
  await describeExec(config, cluster)
  const impersonation = impersonationOf(config, options)
  return new PooledConnection({
    server: cluster.server,
    context: config.currentContext,
    contexts: config.contexts.map(({ name }) => name),
    namespace: config.getContextObject(config.currentContext)?.namespace ?? 'default',
    proxyUrl: cluster.proxyUrl,
    connections: options.connections,
    identify: async () => {
      const identity: RequestOptions = {}
      await config.applyToHTTPSOptions(identity)
      return { ...identity, headers: { ...identity.headers, ...impersonation } }
    },
  })
}

/** A connection from settings at hand, without a kubeconfig. */
export function connectionTo(
  server: string,
  options: { namespace?: string; token?: string; tls?: Pick<RequestOptions, 'ca' | 'cert' | 'key'> } = {},
): Connection {
  const { namespace = 'default', token, tls = {} } = options
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` }
  return new PooledConnection({
    server,
    namespace,
    context: undefined,
    contexts: [],
    identify: async () => ({ ...tls, headers }),
  })
}

function read(config: FullKubeConfig, kubeconfig: string | undefined): void {
  const source = kubeconfig ?? process.env.KUBECONFIG ?? 'the default kubeconfig'
  const listed = (process.env.KUBECONFIG ?? '').split(delimiter).filter(file => file !== '')
  try {
    if (kubeconfig !== undefined) config.loadFromFile(kubeconfig)
    else if (listed.length > 0) config.loadFromFiles(listed)
    else config.loadFromDefault()
  } catch (cause) {
    throw new KubeConfigError(`Cannot read ${source}: ${(cause as Error).message}`, { cause })
  }
  // The library's last resort, which nobody runs any more.
  if (kubeconfig === undefined && config.getCurrentCluster()?.server === 'http://localhost:8080') {
    throw new KubeConfigError(
      'Cannot find an API server: set KUBECONFIG, pass --kubeconfig, write ~/.kube/config, or run in a pod with a service account',
    )
  }
}

function choose(config: FullKubeConfig, { context, cluster, user }: ConnectionChoice): void {
  const names = config.contexts.map(({ name }) => `"${name}"`).join(', ') || 'none'
  const wanted = context ?? config.currentContext
  if (!wanted) throw new KubeConfigError(`Cannot choose a context: no current-context is set and there are: ${names}`)
  const chosen = config.getContextObject(wanted)
  if (!chosen) throw new KubeConfigError(`Cannot find context "${wanted}" in the kubeconfig: there are: ${names}`)
  if (cluster !== undefined && !config.getCluster(cluster))
    throw new KubeConfigError(`Cannot find cluster "${cluster}" in the kubeconfig`)
  if (user !== undefined && !config.getUser(user))
    throw new KubeConfigError(`Cannot find user "${user}" in the kubeconfig`)
  Object.assign(chosen, cluster !== undefined && { cluster }, user !== undefined && { user })
  config.setCurrentContext(wanted)
}

async function describeExec(config: FullKubeConfig, cluster: Cluster): Promise<void> {
  const exec = config.getCurrentUser()?.exec as ExecPlugin | undefined
  if (!exec) return
  const { execInfo, terminalExecAuth } = await import('./execplugin.ts')
  const info = execInfo(exec, cluster, {
    isTerminal: process.stdin.isTTY === true,
    config: config.execConfigs.get(cluster.name),
  })
  exec.env = [...(exec.env ?? []), { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }]
  // The library asks its own before those that are added.
  if (info.spec.interactive) Object.assign(config, { authenticators: [terminalExecAuth()] })
}

function impersonationOf({ impersonated }: FullKubeConfig, { as, asGroups }: ConnectionChoice) {
  const user = as ?? impersonated.user
  const groups = asGroups ?? (as === undefined ? impersonated.groups : [])
  if (groups.length > 0 && !user) {
    if (asGroups) throw new GroupAloneError('Cannot act as a group alone: --as must name a user')
    throw new KubeConfigError('Cannot act as a group alone: the kubeconfig has as-groups without as')
  }
  return { ...(user && { 'Impersonate-User': user }), ...(groups.length > 0 && { 'Impersonate-Group': [...groups] }) }
}

interface ConnectionOptions {
  readonly server: string
  readonly context: string | undefined
  readonly contexts: readonly string[]
  readonly namespace: string
  readonly proxyUrl?: string | undefined
  readonly connections?: number | undefined
  readonly identify: () => Promise<RequestOptions>
}

/** Keeps one pool of connections per TLS identity; the library would open a TLS connection per request. */
class PooledConnection implements Connection {
  readonly origin: string
  readonly basePath: string
  readonly namespace: string
  readonly context: string | undefined
  readonly contexts: readonly string[]
  readonly #options: ConnectionOptions
  #credentials: Promise<Credentials> | undefined
  #readAtMs = 0
  #identity = ''
  #dispatcher: Dispatcher | undefined

  constructor(options: ConnectionOptions) {
    const url = URL.parse(options.server)
    if (!url) throw new KubeConfigError(`Cannot use server "${options.server}": it is not a URL`)
    this.origin = url.origin
    this.basePath = url.pathname.replace(/\/+$/, '')
    this.namespace = options.namespace
    this.context = options.context
    this.contexts = options.contexts
    this.#options = options
  }

  authorize(): Promise<Credentials> {
    // The first use of `performance` loads its module, which a short command has no other need of.
    const nowMs = process.uptime() * 1000
    if (!this.#credentials || nowMs - this.#readAtMs > credentialsMaxAgeMs) {
      this.#readAtMs = nowMs
      const reading = this.#read()
      this.#credentials = reading
      // A failed read is not kept: the next request tries again.
      reading.catch(() => {
        if (this.#credentials === reading) this.#credentials = undefined
      })
    }
    return this.#credentials
  }

  async close(): Promise<void> {
    await this.#dispatcher?.destroy()
  }

  async #read(): Promise<Credentials> {
    let identity: RequestOptions
    try {
      identity = await this.#options.identify()
    } catch (cause) {
      const message = `Cannot get credentials for ${this.origin}: ${(cause as Error).message}`
      throw new KubeUnreachableError(message, { unsent: true, cause })
    }
    return { dispatcher: this.#pool(identity), headers: headersOf(identity) }
  }

  #pool({ ca, cert, key, pfx, passphrase, servername, rejectUnauthorized }: RequestOptions): Dispatcher {
    const tls = { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized }
    const identity = Object.values(tls).map(String).join('\n')
    if (this.#dispatcher && identity === this.#identity) return this.#dispatcher
    // The old pool ends when its last watch does. Errors of its requests are reported by the requests.
    this.#dispatcher?.close().catch(() => {})
    this.#identity = identity
    const given = Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined))
    this.#dispatcher = newPool(given, this.#options)
    return this.#dispatcher
  }
}

function newPool(tls: object, { proxyUrl, connections = 64 }: ConnectionOptions): Dispatcher {
  // 30 s: cloud load balancers forget an idle connection after 60 s.
  const socket = { keepAlive: true, keepAliveInitialDelay: 30_000 }
  // HTTP/1.1: each watch holds a connection, and each request under way. Over HTTP/2 one would do for all, but when it
  // breaks under an aborted request undici 8 leaves a stream without a listener for its error, which ends the process.
  const pool = { keepAliveTimeout: 60_000, connections, allowH2: false }
  if (!proxyUrl) return new Agent({ ...pool, connect: { ...tls, ...socket, timeout: 10_000 } })
  if (!/^https?:/.test(proxyUrl)) {
    throw new KubeConfigError(`Cannot use proxy-url "${proxyUrl}": only http:// and https:// proxies are known`)
  }
  return new ProxyAgent({ ...pool, uri: proxyUrl, requestTls: { ...tls, ...socket } })
}

function headersOf({ headers, auth }: RequestOptions): Record<string, string | string[]> {
  const plain: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(headers ?? {})) {
    plain[name] = Array.isArray(value) ? value.map(String) : String(value)
  }
  if (auth) plain.Authorization = `Basic ${Buffer.from(auth).toString('base64')}`
  return plain
}
