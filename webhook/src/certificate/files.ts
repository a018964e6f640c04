import { readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { KeyPair } from '../server.ts'
import { CertificateError, certificatesIn, lifetimeOf, mustBeUsable, type Source } from './authority.ts'
import type { Certificates } from './certificates.ts'

/**
 * A certificate from a directory with tls.crt and tls.key, and ca.crt where the authority is nobody's whom the API server
 * knows: a mounted Secret of cert-manager's. The files are read again at each look. Other replicas may have the files of
 * before for a while, and serve by them: what was trusted before stays trusted until it expires.
 */
export class FileCertificates implements Certificates {
  readonly #directory: string
  readonly #source: Pick<Source, 'now'>
  readonly #registered: () => Promise<string>
  /** As the files have it now. */
  #found: KeyPair | undefined
  #authorities: readonly string[] = []
  #pair: KeyPair | undefined
  #trusted: readonly string[] | undefined

  /** What the API server trusts when it starts is told by `registered`, PEM. */
  constructor(directory: string, source: Pick<Source, 'now'>, registered: () => Promise<string>) {
    this.#directory = directory
    this.#source = source
    this.#registered = registered
  }

  async look(): Promise<void> {
    const [cert, key, ca] = await this.#files()
    if (!cert || !key) throw new CertificateError(`Cannot serve: tls.crt or tls.key is missing in ${this.#directory}`)
    mustBeUsable({ cert, key }, { isAuthority: false })
    const authorities = certificatesIn(ca)
    this.#trusted = authorities.length > 0 ? [...new Set([...authorities, ...(await this.#before())])] : []
    this.#authorities = authorities
    this.#found = { cert, key }
  }

  get caBundle(): string | undefined {
    return this.#trusted?.length ? this.#trusted.join('') : undefined
  }

  async pair(trusted: string | undefined): Promise<KeyPair> {
    if (!this.#found) throw new CertificateError(`Cannot serve: ${this.#directory} has not been read`)
    const isTrusted = this.#authorities.every(one => trusted?.includes(one))
    if (!this.#pair || isTrusted || lifetimeOf(this.#pair.cert).untilMs <= this.#source.now()) this.#pair = this.#found
    return this.#pair
  }

  async #before(): Promise<string[]> {
    const trusted = this.#trusted ?? certificatesIn(await this.#registered())
    return trusted.filter(one => lifetimeOf(one).untilMs > this.#source.now())
  }

  // A mounted Secret is a link to a directory of each version, which another takes the place of at any moment.
  async #files(): Promise<[cert: string, key: string, ca: string]> {
    const version = () => realpath(join(this.#directory, '..data')).catch(() => this.#directory)
    const at = await version()
    const read = (file: string) => this.#read(join(at, file))
    const files = await Promise.all([read('tls.crt'), read('tls.key'), read('ca.crt')])
    return at === (await version()) ? files : this.#files()
  }

  async #read(path: string): Promise<string> {
    try {
      return await readFile(path, 'utf8')
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return ''
      throw new CertificateError(`Cannot read ${path}: ${(cause as Error).message}`, { cause })
    }
  }
}
