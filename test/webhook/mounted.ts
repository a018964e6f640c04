import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createAuthority, issueCertificate } from '../../webhook/src/certificate/authority.ts'
import { systemSource } from './service.ts'

/** A Secret of a certificate as kubelet mounts it: links to files behind one link, which is exchanged as a whole. */
export class MountedSecret {
  readonly directory: string
  #version = 0

  constructor(directory: string) {
    this.directory = directory
    for (const file of ['tls.crt', 'tls.key', 'ca.crt']) symlinkSync(join('..data', file), join(directory, file))
  }

  /** Puts another certificate there, by a new authority, which is returned. */
  async change(): Promise<string> {
    const authority = await createAuthority(systemSource)
    const { cert, key } = await issueCertificate(authority, ['127.0.0.1'], systemSource)
    const [before, name] = [`..${this.#version}`, `..${++this.#version}`]
    mkdirSync(join(this.directory, name))
    const files = { 'tls.crt': cert, 'tls.key': key, 'ca.crt': authority.cert }
    for (const [file, text] of Object.entries(files)) writeFileSync(join(this.directory, name, file), text)
    symlinkSync(name, join(this.directory, '..data_tmp'))
    renameSync(join(this.directory, '..data_tmp'), join(this.directory, '..data'))
    rmSync(join(this.directory, before), { recursive: true, force: true })
    return authority.cert
  }
}
