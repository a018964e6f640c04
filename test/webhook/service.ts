import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent, type RequestOptions, request } from 'node:https'
import { text } from 'node:stream/consumers'
import { type AppOptions, admissionApp } from '../../webhook/src/app.ts'
import { createAuthority, issueCertificate } from '../../webhook/src/certificate/authority.ts'
import { Metrics } from '../../webhook/src/metrics.ts'
import { AdmissionServer, type KeyPair, type Patience } from '../../webhook/src/server.ts'

export const systemSource = { now: Date.now, randomBytes }

/** What an admission server answers. */
export interface Answer {
  readonly code: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
}

/** An admission server on loopback that trusts nobody, and a client that trusts it. */
export class Service {
  readonly server: AdmissionServer
  readonly ca: string
  readonly #authority: KeyPair
  readonly #agent: Agent

  static async start(options: Partial<AppOptions>, patience?: Patience): Promise<Service> {
    const authority = await createAuthority(systemSource)
    const pair = await issueCertificate(authority, ['127.0.0.1'], systemSource)
    const log = { info() {}, warn() {}, error() {} }
    const app = admissionApp({ routes: [], metrics: new Metrics(), log, waitsFor: () => [], ...options })
    const listen = { pair, port: 0, host: '127.0.0.1', ...(patience && { patience }) }
    return new Service(await AdmissionServer.listen(app, listen), authority)
  }

  private constructor(server: AdmissionServer, authority: KeyPair) {
    this.server = server
    this.ca = authority.cert
    this.#authority = authority
    this.#agent = new Agent({ keepAlive: true, ca: this.ca, maxSockets: 8 })
  }

  /** Has it show another certificate by the same authority. */
  async renew(): Promise<void> {
    this.server.renew(await issueCertificate(this.#authority, ['127.0.0.1'], systemSource))
  }

  async stop(): Promise<void> {
    this.#agent.destroy()
    await this.server.drain({ graceMs: 0 })
  }

  get(path: string): Promise<Answer> {
    return this.send({ path })
  }

  /** Posts a text, or a value as JSON. */
  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const octets = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
    return this.send({ path, method: 'POST', headers: { 'content-type': 'application/json', ...headers } }, octets)
  }

  async send(options: RequestOptions, body?: string | Buffer): Promise<Answer> {
    const sent = request({ host: '127.0.0.1', port: this.server.port, agent: this.#agent, ...options })
    const answered = once(sent, 'response')
    sent.end(body)
    const [response] = await answered
    return { code: response.statusCode, headers: response.headers, text: await text(response) }
  }
}

/** An AdmissionReview of a request; the object stands for what is asked about. */
export function reviewOf(request: Readonly<Record<string, unknown>>): object {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: { uid: 'u-1', operation: 'CREATE', namespace: 'default', name: 'www', ...request },
  }
}

/** What a review's answer says. */
export interface Response {
  readonly uid: string
  readonly allowed: boolean
  readonly status?: {
    readonly code: number
    readonly reason: string
    readonly message: string
    readonly details?: { readonly causes?: object[] }
  }
  readonly warnings?: readonly string[]
  readonly patchType?: string
  readonly patch?: string
}

export function responseIn({ text }: Answer): Response {
  const { apiVersion, kind, response } = JSON.parse(text)
  if (apiVersion !== 'admission.k8s.io/v1' || kind !== 'AdmissionReview') throw new Error(`Not a review: ${text}`)
  return response
}
