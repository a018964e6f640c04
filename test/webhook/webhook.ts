import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { connect } from 'node:tls'
import { loadConnection } from '#kube'
import { certificatesIn } from '../../webhook/src/certificate/authority.ts'
import { runWebhook, type WebhookOptions } from '../../webhook/src/webhook.ts'
import { type Output, type Port, type RunningApiServer, reservePort, startApiServer, until } from '../cluster/index.ts'

const CRDS = join(import.meta.dirname, '../../crds')
const apiVersion = 'bindy.firestoned.io/v1alpha1'

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

export type Changes = Partial<
  Pick<WebhookOptions, 'source' | 'certificateDirectory' | 'lookMs' | 'reach' | 'graceMs'>
> & {
  readonly kubeconfig?: string
}

export interface Said {
  readonly code: number
  readonly text: string
}

/** A webhook in this process, beside a real API server that asks it. */
export class RunningWebhook {
  readonly port: Port
  readonly log: LogLine[] = []
  readonly #abort = new AbortController()
  readonly #done: Promise<void>
  #failure: unknown

  /** Starts it; resolves when it is registered, or has said something else. */
  static async start(kubeconfig: string, changes: Changes = {}, said = 'Webhook registered'): Promise<RunningWebhook> {
    const webhook = new RunningWebhook(await reservePort(), changes.kubeconfig ?? kubeconfig, changes)
    await webhook.untilLogged(said)
    return webhook
  }

  private constructor(port: Port, kubeconfig: string, changes: Changes) {
    this.port = port
    this.#done = this.#run(kubeconfig, changes).catch(error => {
      this.#failure = error
    })
  }

  get url(): string {
    return `https://127.0.0.1:${this.port.number}`
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    await this.#done
    this.port.release()
    if (this.#failure) throw this.#failure
  }

  /** Asks it something else than the API server does, or the same: a body is a review. */
  async ask(path: string, { ca, body }: { readonly ca: readonly string[]; readonly body?: object }): Promise<Said> {
    const headers = { 'content-type': 'application/json' }
    const options = { host: '127.0.0.1', port: this.port.number, path, ca: [...ca], agent: false, headers }
    const sent = request({ ...options, method: body ? 'POST' : 'GET' }).end(body && JSON.stringify(body))
    const [answer] = await once(sent, 'response')
    return { code: answer.statusCode, text: await text(answer) }
  }

  /** The latest line of its log that says so; waits for it where there are not so many yet. */
  untilLogged(message: string, { times = 1 } = {}): Promise<LogLine> {
    const isLogged = () => {
      if (this.#failure) throw this.#failure
      const lines = this.log.filter(line => line.message === message)
      return lines.length >= times && lines.at(-1)
    }
    // It tries again after 10 s what the API server did not let it do.
    return until(`the webhook says "${message}"`, isLogged, { timeoutMs: 40_000 })
  }

  async #run(kubeconfig: string, changes: Changes): Promise<void> {
    const line =
      (level: LogLine['level']) =>
      (message: string, fields: LogLine['fields'] = {}) =>
        void this.log.push({ level, message, fields })
    const connection = await loadConnection({ kubeconfig })
    await runWebhook(
      {
        connection,
        log: { info: line('info'), warn: line('warn'), error: line('error') },
        source: { now: Date.now, randomBytes },
        reach: { url: this.url },
        host: '127.0.0.1',
        port: this.port.number,
        graceMs: () => 0,
        ...changes,
      },
      { signal: this.#abort.signal },
    )
  }
}

/** An API server with the CRDs. */
export async function startCluster(): Promise<RunningApiServer> {
  const api = await startApiServer()
  await api.installCrds(CRDS)
  return api
}

export interface Thing {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly [field: string]: unknown }
  readonly spec: Readonly<Record<string, unknown>>
}

export function thing(kind: string, name: string, spec: Readonly<Record<string, unknown>>): Thing {
  return { kind, metadata: { name }, spec }
}

/** A zone of which nothing is left out. */
export function zone(zoneName: string, spec: Readonly<Record<string, unknown>> = {}): Thing {
  const soaRecord = { primaryNs: `ns1.${zoneName}.`, adminEmail: `hostmaster@${zoneName}` }
  return thing('DNSZone', zoneName.replaceAll('.', '-'), { zoneName, clusterRef: 'ns', soaRecord, ...spec })
}

/** `kubectl apply` of objects, each a document of one text: the items of a List kubectl would check by itself. */
export function apply(api: RunningApiServer, things: readonly Thing[], args: readonly string[] = []): Promise<Output> {
  const input = things.map(one => JSON.stringify({ apiVersion, ...one })).join('\n---\n')
  return api.kubectl(['apply', '-f', '-', ...args], { input })
}

/** The authorities that the API server trusts of the webhook, each PEM. */
export async function trusted(api: RunningApiServer): Promise<string[]> {
  const what = ['validatingwebhookconfiguration', 'bindy-validate', '-o', 'json']
  const { webhooks } = JSON.parse((await api.kubectl(['get', ...what])).stdout)
  return certificatesIn(Buffer.from(webhooks[0]?.clientConfig.caBundle ?? '', 'base64').toString())
}

/** Applies a record again and again, each time with another value; tells how often, and what went wrong. */
export function load(api: RunningApiServer) {
  const failed: string[] = []
  let times = 0
  let isOver = false
  const done = (async () => {
    for (; !isOver; times++) {
      const spec = { zone: 'example.com', name: 'www', ttl: times, ipv4Address: '192.0.2.1' }
      const { code, stderr } = await apply(api, [thing('ARecord', 'www', spec)])
      if (code !== 0) failed.push(stderr)
    }
  })()
  return {
    failed,
    times: () => times,
    async stop() {
      isOver = true
      await done
    },
  }
}

/** The serial number of the certificate that a webhook shows, when `ca` is all that is trusted. */
export function shown({ port }: RunningWebhook, ca: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: port.number, ca: [...ca] }, () => {
      resolve(socket.getPeerCertificate().serialNumber)
      socket.destroy()
    })
    socket.on('error', reject)
  })
}
