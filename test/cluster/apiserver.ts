import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Output, run } from './child.ts'
import { type Daemon, startDaemon } from './daemon.ts'
import { type Directory, temporaryDirectory } from './directory.ts'
import { type Kubernetes, provideKubernetes } from './kubernetes.ts'
import { type Port, reservePort } from './ports.ts'
import { until } from './until.ts'

export interface KubectlOptions {
  /** Goes to kubectl's standard input: `kubectl(['apply', '-f', '-'], { input })`. */
  readonly input?: string
}

/** A real Kubernetes API server with an etcd of its own; no kubelet, no controller manager, so nothing runs pods. */
export interface RunningApiServer {
  readonly url: string
  /** A kubeconfig (mode 600) whose user may do everything. */
  readonly kubeconfig: string
  /** The certificate authority, PEM, and the bearer token of the kubeconfig's user. */
  readonly certificateAuthority: string
  readonly token: string
  readonly port: number
  readonly pid: number
  /** Runs kubectl as that user and answers with what it said, whatever its exit code. */
  kubectl(args: readonly string[], options?: KubectlOptions): Promise<Output>
  /** Applies all CRDs of a directory and waits until they are established; the first create of each takes 2 s more. */
  installCrds(directory: string): Promise<void>
  /** Ends the API server with the signal; etcd goes on. */
  kill(signal: NodeJS.Signals): Promise<void>
  /** Starts the API server again on its port, with its data; kills it first when it still runs. */
  restart(): Promise<void>
  /** What the API server has logged, over all restarts. */
  log(): string
  stop(): Promise<void>
}

export interface ApiServerOptions {
  /** Where its directory is made; a temporary one that goes with stop() if absent. */
  readonly parent?: string
}

const address = '127.0.0.1'

/** Starts etcd and the API server, and answers when it is ready and its namespace "default" is there. */
export async function startApiServer(options: ApiServerOptions = {}): Promise<RunningApiServer> {
  const programs = await provideKubernetes()
  const ports = { api: await reservePort(), client: await reservePort(), peer: await reservePort() }
  const place = options.parent ? undefined : temporaryDirectory()
  const directory = options.parent ? join(options.parent, 'kubernetes') : (place as Directory).path
  const server = new ApiServer({ programs, ports, directory, place })
  try {
    await server.start()
  } catch (error) {
    await server.stop()
    throw error
  }
  return server
}

interface Parts {
  readonly programs: Kubernetes
  readonly ports: { readonly api: Port; readonly client: Port; readonly peer: Port }
  readonly directory: string
  readonly place: Directory | undefined
}

class ApiServer implements RunningApiServer {
  readonly token = randomBytes(24).toString('hex')
  readonly url: string
  readonly #parts: Parts
  #etcd: Daemon | undefined
  #daemon: Daemon | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    this.url = `https://${address}:${parts.ports.api.number}`
    mkdirSync(parts.directory, { recursive: true, mode: 0o700 })
  }

  get port() {
    return this.#parts.ports.api.number
  }
  get kubeconfig() {
    return this.#path('kubeconfig')
  }
  get certificateAuthority() {
    return readFileSync(this.#path('certificates/apiserver.crt'), 'utf8')
  }
  get pid() {
    return this.#daemon?.pid ?? 0
  }

  #path(file: string) {
    return join(this.#parts.directory, file)
  }

  log() {
    return readFileSync(this.#path('kube-apiserver.log'), 'utf8')
  }

  async start() {
    this.#writeSecrets()
    await this.#startEtcd()
    await this.restart()
    this.#writeKubeconfig()
  }

  async #startEtcd() {
    const { programs, ports } = this.#parts
    const client = `http://${address}:${ports.client.number}`
    const peer = `http://${address}:${ports.peer.number}`
    const flags = {
      name: 'bindy',
      'data-dir': this.#path('etcd'),
      'listen-client-urls': client,
      'advertise-client-urls': client,
      'listen-peer-urls': peer,
      'initial-advertise-peer-urls': peer,
      'initial-cluster': `bindy=${peer}`,
      'unsafe-no-fsync': 'true',
      'heartbeat-interval': '20',
      'election-timeout': '100',
      'log-level': 'warn',
    }
    this.#etcd = await startDaemon(programs.etcd, asFlags(flags), {
      name: 'etcd',
      log: this.#path('etcd.log'),
      isReady: () =>
        fetch(`${client}/health`).then(
          answer => answer.ok,
          () => false,
        ),
    })
  }

  async restart() {
    await this.#daemon?.kill('SIGKILL')
    this.#daemon = await startDaemon(this.#parts.programs['kube-apiserver'], asFlags(this.#flags()), {
      name: 'kube-apiserver',
      log: this.#path('kube-apiserver.log'),
      isReady: async () => Boolean((await this.#get('/readyz')) && (await this.#get('/api/v1/namespaces/default'))),
      timeoutMs: 90_000,
    })
  }

  #flags() {
    const { api, client } = this.#parts.ports
    return {
      'etcd-servers': `http://${address}:${client.number}`,
      'bind-address': address,
      'advertise-address': address,
      'secure-port': String(api.number),
      'cert-dir': this.#path('certificates'),
      'token-auth-file': this.#path('tokens.csv'),
      'authorization-mode': 'RBAC',
      'service-cluster-ip-range': '10.0.0.0/24',
      'service-account-issuer': this.url,
      'service-account-key-file': this.#path('service-account.key'),
      'service-account-signing-key-file': this.#path('service-account.key'),
      // Without a controller manager no namespace gets its service account, and no pod could be created.
      'disable-admission-plugins': 'ServiceAccount',
      'endpoint-reconciler-type': 'none',
    }
  }

  #writeSecrets() {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const options = { mode: 0o600 }
    writeFileSync(this.#path('service-account.key'), privateKey.export({ type: 'sec1', format: 'pem' }), options)
    writeFileSync(this.#path('tokens.csv'), `${this.token},admin,admin,"system:masters"\n`, options)
  }

  #writeKubeconfig() {
    const ca = Buffer.from(this.certificateAuthority).toString('base64')
    const config = `apiVersion: v1
kind: Config
current-context: bindy
contexts: [{ name: bindy, context: { cluster: bindy, user: admin } }]
clusters: [{ name: bindy, cluster: { server: "${this.url}", certificate-authority-data: ${ca} } }]
users: [{ name: admin, user: { token: ${this.token} } }]
`
    writeFileSync(this.kubeconfig, config, { mode: 0o600 })
  }

  /** What a path answers, if it answers 200 now. */
  #get(path: string): Promise<string | undefined> {
    if (!existsSync(this.#path('certificates/apiserver.crt'))) return Promise.resolve(undefined)
    const options = { ca: this.certificateAuthority, headers: { authorization: `Bearer ${this.token}` }, agent: false }
    return new Promise(resolve => {
      request(`${this.url}${path}`, options, response =>
        text(response).then(
          body => resolve(response.statusCode === 200 ? body : undefined),
          () => resolve(undefined),
        ),
      )
        .on('error', () => resolve(undefined))
        .end()
    })
  }

  kubectl(args: readonly string[], options: KubectlOptions = {}) {
    const env = { KUBECONFIG: this.kubeconfig, KUBECACHEDIR: this.#path('kubectl-cache'), KUBERC: 'off' }
    return run(this.#parts.programs.kubectl, args, { ...options, env })
  }

  async installCrds(directory: string) {
    const { code, stderr } = await this.kubectl(['apply', '--server-side', '-f', directory])
    if (code !== 0) throw new Error(`Cannot install the CRDs of ${directory}: ${stderr}`)
    const areEstablished = async () => {
      const list = await this.#get('/apis/apiextensions.k8s.io/v1/customresourcedefinitions')
      return list && JSON.parse(list).items.every(isEstablished)
    }
    await until('all CRDs are established', areEstablished, { timeoutMs: 60_000 })
  }

  kill(signal: NodeJS.Signals) {
    return this.#daemon?.kill(signal) ?? Promise.resolve()
  }

  async stop() {
    await this.kill('SIGKILL')
    await this.#etcd?.kill('SIGKILL')
    for (const port of Object.values(this.#parts.ports)) port.release()
    await this.#parts.place?.remove()
  }
}

interface Conditioned {
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

const isEstablished = ({ status }: Conditioned) =>
  status.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ?? false

const asFlags = (flags: Readonly<Record<string, string>>) => Object.entries(flags).map(([k, v]) => `--${k}=${v}`)
