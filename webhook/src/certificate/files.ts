import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KeyPair } from '../server.ts'
import { CertificateError, certificatesIn, lifetimeOf, mustBeUsable, type Source } from './authority.ts'
import type { Certificates } from './certificates.ts'

/**
 * A certificate from a directory with tls.crt and tls.key, and ca.crt where the authority is nobody's whom the API server
 * knows: a mounted Secret of cert-manager's. The files are read again at each look.
 */
export class FileCertificates implements Certificates {
  readonly #directory: string
  readonly #source: Pick<Source, 'now'>
  #pair: KeyPair | undefined
  #trusted: readonly string[] = []

  constructor(directory: string, source: Pick<Source, 'now'>) {
    this.#directory = directory
    this.#source = source
  }

  async look(): Promise<void> {
    const [cert, key, ca] = await Promise.all([this.#read('tls.crt'), this.#read('tls.key'), this.#read('ca.crt')])
    if (!cert || !key) throw new CertificateError(`Cannot serve: tls.crt or tls.key is missing in ${this.#directory}`)
    mustBeUsable({ cert, key }, { isAuthority: false })
    // Another replica may have the files of before for a while, and serve by them.
    const before = this.#trusted.filter(one => lifetimeOf(one).untilMs > this.#source.now())
    this.#trusted = [...new Set([...certificatesIn(ca), ...(ca ? before : [])])]
    this.#pair = { cert, key }
  }

  get caBundle(): string | undefined {
    return this.#trusted.length > 0 ? this.#trusted.join('') : undefined
  }

  async pair(): Promise<KeyPair> {
    if (!this.#pair) throw new CertificateError(`Cannot serve: ${this.#directory} has not been read`)
    return this.#pair
  }

  async #read(file: string): Promise<string> {
    try {
      return await readFile(join(this.#directory, file), 'utf8')
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return ''
      throw new CertificateError(`Cannot read ${file} in ${this.#directory}: ${(cause as Error).message}`, { cause })
    }
  }
}
