import { KubeApiError, type KubeClient, type Log, resourcePath } from '#kube'
import type { KeyPair } from '../server.ts'
import {
  CertificateError,
  certificatesIn,
  createAuthority,
  lifetimeOf,
  mustBeUsable,
  renewalMs,
  type Source,
} from './authority.ts'

/** The authority that all replicas of the webhook issue their certificates from. */
export interface Shared {
  readonly authority: KeyPair
  /** The certificates that the API server is to trust: the authority's, then those before it that have not expired. */
  readonly trusted: readonly string[]
}

export interface AuthoritySecretOptions {
  readonly client: KubeClient
  readonly namespace: string
  readonly name: string
  readonly source: Source
  readonly log: Log
}

interface Secret {
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly uid: string
    readonly resourceVersion: string
  }
  readonly type?: string
  readonly immutable?: boolean
  readonly data?: Readonly<Record<string, string>>
}

const TYPE = 'kubernetes.io/tls'
const SECRETS = { group: '', version: 'v1', plural: 'secrets' }
/** So often may another replica be quicker. */
const ATTEMPTS = 5

/**
 * Keeps the authority in a Secret. Whichever replica comes first creates it, or puts another in its place when two thirds
 * of its life are over; the API server lets one of them do so, and the others take what it made.
 */
export class AuthoritySecret {
  readonly #options: AuthoritySecretOptions

  constructor(options: AuthoritySecretOptions) {
    this.#options = options
  }

  /** The authority as it is to be used now; `known` is what was trusted before, should the Secret have been lost. */
  async shared(known: () => Promise<readonly string[]>): Promise<Shared> {
    for (let attempt = 1; ; attempt++) {
      const secret = await this.#read()
      const found = secret && this.#found(secret)
      if (found && this.#options.source.now() < renewalMs(found.authority.cert)) return found
      const next = await this.#next(found?.trusted ?? (await known()))
      try {
        await this.#write(next, secret)
        this.#options.log.info('Certificate authority created', { secret: this.#options.name })
        return next
      } catch (error) {
        // Another has made it, or taken away what this one was to replace.
        const wasQuicker = error instanceof KubeApiError && [404, 409].includes(error.status)
        if (!wasQuicker || attempt === ATTEMPTS) throw error
      }
    }
  }

  async #next(before: readonly string[]): Promise<Shared> {
    const { source } = this.#options
    const authority = await createAuthority(source)
    const good = before.filter(cert => lifetimeOf(cert).untilMs > source.now())
    return { authority, trusted: [...new Set([authority.cert, ...good])] }
  }

  // One that cannot be used is as good as none.
  #found(secret: Secret): Shared | undefined {
    const read = (file: string) => Buffer.from(secret.data?.[file] ?? '', 'base64').toString()
    const authority = { cert: certificatesIn(read('tls.crt'))[0] ?? '', key: read('tls.key') }
    try {
      mustBeUsable(authority, { isAuthority: true })
      const before = certificatesIn(read('ca.crt')).filter(
        cert => lifetimeOf(cert).untilMs > this.#options.source.now(),
      )
      return { authority, trusted: [...new Set([authority.cert, ...before])] }
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error
      this.#options.log.warn('Certificate authority unusable', { secret: this.#options.name, error })
      return undefined
    }
  }

  async #read(): Promise<Secret | undefined> {
    const { client, namespace, name } = this.#options
    try {
      return await client.get<Secret>(resourcePath(SECRETS, { namespace, name }))
    } catch (error) {
      if (error instanceof KubeApiError && error.status === 404) return undefined
      throw error
    }
  }

  async #write({ authority, trusted }: Shared, before: Secret | undefined): Promise<void> {
    const { client, namespace, name } = this.#options
    const texts = { 'tls.crt': authority.cert, 'tls.key': authority.key, 'ca.crt': trusted.join('') }
    const data = Object.fromEntries(
      Object.entries(texts).map(([file, text]) => [file, Buffer.from(text).toString('base64')]),
    )
    const meta = { name, namespace }
    const secret = { apiVersion: 'v1', kind: 'Secret', type: TYPE, metadata: meta, data }
    if (before && isOurs(before)) {
      await client.update(resourcePath(SECRETS, meta), { ...secret, metadata: before.metadata })
      return
    }
    if (before) await this.#delete(before)
    await client.create(resourcePath(SECRETS, { namespace }), secret)
  }

  async #delete({ metadata: { name, namespace, uid, resourceVersion } }: Secret): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion } }
    await this.#options.client.delete(resourcePath(SECRETS, { namespace, name }), { body })
  }
}

// Neither the type of a Secret nor one that is immutable can be changed.
function isOurs({ type, immutable }: Secret): boolean {
  return type === TYPE && immutable !== true
}
