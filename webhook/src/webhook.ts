import { setTimeout as pause } from 'node:timers/promises'
import { kinds } from '#crds'
import { type Connection, KubeClient, type Log, resourcePath } from '#kube'
import { ReviewedAccess } from './access.ts'
import { admissionApp, type Route } from './app.ts'
import { Cache } from './cache.ts'
import { lifetimeOf, type Source } from './certificate/authority.ts'
import type { Certificates } from './certificate/certificates.ts'
import { FileCertificates } from './certificate/files.ts'
import { OwnCertificates } from './certificate/own.ts'
import { AuthoritySecret } from './certificate/secret.ts'
import { forewarn } from './forewarn.ts'
import { Metrics } from './metrics.ts'
import { mutate } from './mutate.ts'
import { hostsOf, pathOf, type Reach, register, trustedBundle } from './registration.ts'
import type { Review, Verdict } from './review.ts'
import { AdmissionServer, type KeyPair } from './server.ts'
import { type Bench, validate } from './validate.ts'

/** How often the authority, or the files, are looked at: a clock that stood still is noticed as soon. */
const LOOK_MS = 10_000
const READ_MS = 20
const SECRET = 'bindy-webhook-ca'

export interface WebhookOptions {
  readonly connection: Connection
  readonly log: Log
  readonly source: Source
  readonly reach: Reach
  readonly port: number
  readonly host?: string | undefined
  /** Where tls.crt, tls.key and ca.crt lie; certificates of its own when absent. */
  readonly certificateDirectory?: string | undefined
  /** How long to go on answering after the end was asked for. */
  readonly graceMs: () => number
  readonly lookMs?: number
}

/**
 * Answers reviews until the signal is aborted:
 *
 *   certificate found, listening --all kinds read--> ready --> registered, certificate kept fresh --signal--> drained
 */
export async function runWebhook(options: WebhookOptions, { signal }: { readonly signal: AbortSignal }): Promise<void> {
  const webhook = new Webhook(options)
  try {
    await webhook.listen()
    await webhook.untilReady(signal)
    await webhook.keep(signal)
  } finally {
    await webhook.stop()
  }
}

class Webhook {
  readonly #options: WebhookOptions
  readonly #client: KubeClient
  readonly #cache: Cache
  readonly #bench: Bench
  readonly #metrics = new Metrics()
  readonly #certificates: Certificates
  #server: AdmissionServer | undefined
  #pair: KeyPair | undefined
  #expiresMs = 0
  #registered: { readonly caBundle: string | undefined } | undefined

  constructor(options: WebhookOptions) {
    const { connection, log, reach, source, certificateDirectory } = options
    this.#options = options
    this.#client = new KubeClient(connection, { userAgent: 'bindy-webhook' })
    this.#cache = new Cache(this.#client, log)
    this.#bench = {
      others: this.#cache.others,
      isTerminating: name => this.#isTerminating(name),
      access: new ReviewedAccess(this.#client, { log, now: source.now }),
    }
    const place = { client: this.#client, namespace: connection.namespace, name: SECRET, source, log }
    const registered = () => trustedBundle(this.#client)
    this.#certificates = certificateDirectory
      ? new FileCertificates(certificateDirectory, source, registered)
      : new OwnCertificates(new AuthoritySecret(place), hostsOf(reach), source, registered)
  }

  async listen(): Promise<void> {
    const { host, port, log } = this.#options
    this.#cache.start()
    await this.#certificates.look()
    const pair = await this.#certificates.pair(undefined)
    const waitsFor = () => this.#waitsFor()
    const app = admissionApp({ routes: this.#routes(), metrics: this.#metrics, log, waitsFor })
    this.#server = await AdmissionServer.listen(app, { pair, host, port })
    this.#serves(pair)
    log.info('Webhook listens', { port: this.#server.port })
  }

  async untilReady(signal: AbortSignal): Promise<void> {
    while (this.#waitsFor().length > 0 && !signal.aborted) await pause(READ_MS)
    if (!signal.aborted) this.#options.log.info('Webhook ready')
  }

  async keep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // What another authority signed is served only when the API server has trusted it since the look before.
      const trusted = this.#registered?.caBundle
      await this.#register().catch(error => this.#options.log.error('Webhook not registered', { error }))
      await this.#renew(trusted).catch(error => this.#options.log.error('Certificate not renewed', { error }))
      await pause(this.#options.lookMs ?? LOOK_MS, undefined, { signal }).catch(() => {})
    }
  }

  async stop(): Promise<void> {
    await this.#server?.drain({ graceMs: this.#options.graceMs() })
    await this.#cache.stop()
    await this.#client.close()
  }

  #waitsFor(): string[] {
    const isServing = this.#expiresMs > this.#options.source.now()
    const end = this.#server?.isDraining ? ['its end'] : []
    return [...this.#cache.unread, ...(isServing ? [] : ['a certificate that has not expired']), ...end]
  }

  async #register(): Promise<void> {
    await this.#certificates.look()
    const { caBundle } = this.#certificates
    if (this.#registered && this.#registered.caBundle === caBundle) return
    await register(this.#client, this.#options.reach, caBundle)
    this.#registered = { caBundle }
    this.#options.log.info('Webhook registered')
  }

  // Also while there is no word from the API server: the authority is at hand.
  async #renew(trusted: string | undefined): Promise<void> {
    const pair = await this.#certificates.pair(trusted)
    if (pair.cert === this.#pair?.cert) return
    this.#server?.renew(pair)
    this.#serves(pair)
  }

  #serves(pair: KeyPair): void {
    this.#pair = pair
    this.#expiresMs = lifetimeOf(pair.cert).untilMs
    this.#metrics.expires('serving', this.#expiresMs)
    const { caBundle } = this.#certificates
    if (caBundle) this.#metrics.expires('authority', lifetimeOf(caBundle).untilMs)
    this.#options.log.info('Certificate served', { until: new Date(this.#expiresMs).toISOString() })
  }

  #routes(): Route[] {
    const mutating = kinds.map(
      (kind): Route => ({
        path: pathOf('mutate', kind),
        kind: kind.kind,
        call: 'mutate',
        judge: review => this.#mutate(review),
      }),
    )
    const validating = kinds.map(
      (kind): Route => ({
        path: pathOf('validate', kind),
        kind: kind.kind,
        call: 'validate',
        judge: review => this.#validate(review),
      }),
    )
    return [...mutating, ...validating]
  }

  async #mutate(review: Review): Promise<Verdict> {
    // What is not known to be all may tell of one zone where there are two.
    if (this.#cache.unread.length > 0) return { allowed: true }
    const patch = mutate(review, { others: this.#cache.others, now: this.#options.source.now })
    return { allowed: true, patch, ...(await forewarn(review, patch, this.#bench)) }
  }

  async #validate(review: Review): Promise<Verdict> {
    const { unread } = this.#cache
    if (unread.length > 0 && review.operation !== 'DELETE') {
      const message = `The webhook has not read ${unread.join(', ')} yet, and judges by all objects: try again in a moment`
      return { allowed: false, code: 503, message }
    }
    return validate(review, this.#bench)
  }

  // Where that cannot be read the deletion is refused: that of a namespace is tried again until it goes through.
  async #isTerminating(namespace: string): Promise<boolean> {
    const path = resourcePath({ group: '', version: 'v1', plural: 'namespaces' }, { name: namespace })
    try {
      const { metadata } = await this.#client.get<{ metadata: { deletionTimestamp?: string } }>(path, {
        retries: 0,
        signal: AbortSignal.timeout(3_000),
      })
      return metadata.deletionTimestamp !== undefined
    } catch (error) {
      this.#options.log.warn('Namespace not read, so it counts as one that stays', { namespace, error })
      return false
    }
  }
}
