import type { KeyPair } from '../server.ts'
import { CertificateError, isSignedBy, issueCertificate, renewalMs, type Source } from './authority.ts'
import type { Certificates } from './certificates.ts'
import type { AuthoritySecret, Shared } from './secret.ts'

/**
 * Certificates of an authority of our own. Each replica has one for itself, in memory alone.
 *
 *   authority A --2/3 of its life--> B made, A and B trusted --next look--> served by B --A expires--> B alone trusted
 */
export class OwnCertificates implements Certificates {
  readonly #secret: AuthoritySecret
  readonly #hosts: readonly string[]
  readonly #source: Source
  #shared: Shared | undefined
  #pair: KeyPair | undefined

  /** The hosts are names and addresses that the API server calls the webhook by. */
  constructor(secret: AuthoritySecret, hosts: readonly string[], source: Source) {
    this.#secret = secret
    this.#hosts = hosts
    this.#source = source
  }

  async look(): Promise<void> {
    this.#shared = await this.#secret.shared(this.#shared?.trusted ?? [])
  }

  get caBundle(): string | undefined {
    return this.#shared?.trusted.join('')
  }

  async pair(trusted: string | undefined): Promise<KeyPair> {
    if (!this.#shared) throw new CertificateError('Cannot issue a certificate: there is no authority yet')
    const { authority } = this.#shared
    const isNew = this.#pair === undefined || !isSignedBy(this.#pair.cert, authority.cert)
    // Under another authority only once the API server trusts it.
    const isDue = isNew ? !this.#pair || trusted?.includes(authority.cert) : this.#isOld(this.#pair as KeyPair)
    if (!this.#pair || isDue) this.#pair = await issueCertificate(authority, this.#hosts, this.#source)
    return this.#pair
  }

  #isOld({ cert }: KeyPair): boolean {
    return this.#source.now() >= renewalMs(cert)
  }
}
