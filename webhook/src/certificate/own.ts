import type { KeyPair } from '../server.ts'
import { CertificateError, certificatesIn, isSignedBy, issueCertificate, renewalMs, type Source } from './authority.ts'
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
  readonly #registered: () => Promise<string>
  #shared: Shared | undefined
  /** The authority that is issued from. */
  #issuer: KeyPair | undefined
  #pair: KeyPair | undefined

  /**
   * The hosts are names and addresses that the API server calls the webhook by. What it trusts when there is no authority,
   * as other replicas may serve by it still, is told by `registered`, PEM.
   */
  constructor(secret: AuthoritySecret, hosts: readonly string[], source: Source, registered: () => Promise<string>) {
    this.#secret = secret
    this.#hosts = hosts
    this.#source = source
    this.#registered = registered
  }

  async look(): Promise<void> {
    this.#shared = await this.#secret.shared(
      async () => this.#shared?.trusted ?? certificatesIn(await this.#registered()),
    )
  }

  get caBundle(): string | undefined {
    return this.#shared?.trusted.join('')
  }

  async pair(trusted: string | undefined): Promise<KeyPair> {
    if (!this.#shared) throw new CertificateError('Cannot issue a certificate: there is no authority yet')
    const { authority } = this.#shared
    // From another authority only once the API server trusts it; until then from the one before.
    if (!this.#issuer || trusted?.includes(authority.cert)) this.#issuer = authority
    const isGood = this.#pair && isSignedBy(this.#pair.cert, this.#issuer.cert) && !this.#isOld(this.#pair)
    if (!this.#pair || !isGood) this.#pair = await issueCertificate(this.#issuer, this.#hosts, this.#source)
    return this.#pair
  }

  #isOld({ cert }: KeyPair): boolean {
    return this.#source.now() >= renewalMs(cert)
  }
}
