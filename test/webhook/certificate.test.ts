import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import {
  certificatesIn,
  createAuthority,
  isSignedBy,
  issueCertificate,
  lifetimeOf,
  mustBeUsable,
  renewalMs,
} from '../../webhook/src/certificate/authority.ts'
import { FileCertificates } from '../../webhook/src/certificate/files.ts'
import { OwnCertificates } from '../../webhook/src/certificate/own.ts'
import type { AuthoritySecret, Shared } from '../../webhook/src/certificate/secret.ts'
import { rsaAuthority, sec1 } from './authorities.ts'
import { systemSource } from './service.ts'

const DAY_MS = 86_400_000
const START_MS = Date.UTC(2026, 0, 1)

let nowMs = START_MS
const source = { ...systemSource, now: () => nowMs }
beforeEach(() => {
  nowMs = START_MS
})

const days = (cert: string) => Math.round((lifetimeOf(cert).untilMs - nowMs) / DAY_MS)

describe('an authority', () => {
  test('is one, for 365 days, and issues for 7', async () => {
    const authority = await createAuthority(source)
    const { cert } = await issueCertificate(authority, ['bindy-webhook.bindy-system.svc', '192.0.2.1', '::1'], source)
    expect([days(authority.cert), days(cert)]).toEqual([365, 7])
    expect(new X509Certificate(authority.cert).ca).toBe(true)
    const leaf = new X509Certificate(cert)
    expect(leaf.ca).toBe(false)
    expect(isSignedBy(cert, authority.cert)).toBe(true)
    expect(leaf.subjectAltName).toBe(
      'DNS:bindy-webhook.bindy-system.svc, IP Address:192.0.2.1, IP Address:0:0:0:0:0:0:0:1',
    )
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']) // serverAuth
  })

  test('issues nothing that outlives it', async () => {
    const authority = await createAuthority(source)
    nowMs += 363 * DAY_MS
    expect(days((await issueCertificate(authority, ['x'], source)).cert)).toBe(2)
  })

  test('issues with a key in either form, and is unusable with one of another sort', async () => {
    const authority = sec1(await createAuthority(source))
    mustBeUsable(authority, { isAuthority: true })
    expect(isSignedBy((await issueCertificate(authority, ['x'], source)).cert, authority.cert)).toBe(true)
    const rsa = await rsaAuthority()
    mustBeUsable(rsa, { isAuthority: false })
    expect(() => mustBeUsable(rsa, { isAuthority: true })).toThrow('Cannot sign with a key of rsa: P-256 is wanted')
  })

  test('is due at two thirds of its life', async () => {
    const { cert } = await createAuthority(source)
    expect(Math.round((renewalMs(cert) - START_MS) / DAY_MS)).toBe(243)
  })
})

describe('OwnCertificates', () => {
  let shared: Shared
  const secret = { shared: async () => shared } as unknown as AuthoritySecret
  const authority = async (...before: readonly string[]): Promise<Shared> => {
    const made = await createAuthority(source)
    return { authority: made, trusted: [made.cert, ...before] }
  }

  async function start(): Promise<OwnCertificates> {
    shared = await authority()
    const certificates = new OwnCertificates(secret, ['127.0.0.1'], source, async () => '')
    await certificates.look()
    return certificates
  }

  test('keep a certificate for two thirds of its life', async () => {
    const certificates = await start()
    const first = await certificates.pair(undefined)
    nowMs += 4 * DAY_MS
    expect(await certificates.pair(certificates.caBundle)).toBe(first)
    nowMs += 1 * DAY_MS
    const second = await certificates.pair(certificates.caBundle)
    expect(second.cert).not.toBe(first.cert)
    expect(days(second.cert)).toBe(7)
  })

  test('serve under a new authority only when it is trusted', async () => {
    const certificates = await start()
    const before = certificates.caBundle
    const first = await certificates.pair(before)
    shared = await authority(...shared.trusted)
    await certificates.look()
    expect(certificatesIn(certificates.caBundle as string)).toEqual(shared.trusted)
    expect(await certificates.pair(before)).toBe(first)
    const second = await certificates.pair(certificates.caBundle)
    expect(isSignedBy(second.cert, shared.authority.cert)).toBe(true)
  })

  test('are renewed from the authority of before for as long as the new one is not trusted', async () => {
    const certificates = await start()
    const before = certificates.caBundle as string
    const first = await certificates.pair(before)
    shared = await authority(...shared.trusted)
    await certificates.look()
    nowMs += 5 * DAY_MS
    const second = await certificates.pair(before)
    expect([second.cert === first.cert, isSignedBy(second.cert, before), days(second.cert)]).toEqual([false, true, 7])
  })
})

describe('FileCertificates', () => {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'bindy-'))
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  async function write(): Promise<string> {
    const authority = await createAuthority(source)
    const { cert, key } = await issueCertificate(authority, ['127.0.0.1'], source)
    const files = { 'tls.crt': cert, 'tls.key': key, 'ca.crt': authority.cert }
    for (const [file, text] of Object.entries(files)) writeFileSync(join(directory, file), text)
    return authority.cert
  }

  const start = (registered = '') => new FileCertificates(directory, source, async () => registered)

  test('are read again, and the authority of before stays trusted until it expires', async () => {
    const certificates = start()
    const first = await write()
    await certificates.look()
    const second = await write()
    await certificates.look()
    expect(certificates.caBundle).toBe(second + first)
    nowMs += 366 * DAY_MS
    const third = await write()
    await certificates.look()
    expect(certificates.caBundle).toBe(third)
  })

  test('serve under a new authority only when it is trusted, or what there is has expired', async () => {
    const certificates = start()
    const first = await write()
    await certificates.look()
    const served = async (trusted: string | undefined) => {
      const { cert } = await certificates.pair(trusted)
      return isSignedBy(cert, first) ? 'first' : 'second'
    }
    expect(await served(undefined)).toBe('first')
    const second = await write()
    await certificates.look()
    expect([await served(first), await served(second + first)]).toEqual(['first', 'second'])
  })

  test('serve what there is when what was served has expired', async () => {
    const certificates = start()
    const first = await write()
    await certificates.look()
    const before = await certificates.pair(undefined)
    nowMs += 8 * DAY_MS
    await write()
    await certificates.look()
    expect((await certificates.pair(first)).cert).not.toBe(before.cert)
  })

  test('leave trusted what other replicas may still serve by', async () => {
    const first = await write()
    const second = await write()
    const certificates = start(first)
    await certificates.look()
    expect(certificates.caBundle).toBe(second + first)
    nowMs += 366 * DAY_MS
    const third = await write()
    await certificates.look()
    expect(certificates.caBundle).toBe(third)
  })

  test('stay as they were while the files do not fit together', async () => {
    const certificates = start()
    await write()
    await certificates.look()
    const before = await certificates.pair(undefined)
    writeFileSync(join(directory, 'tls.key'), (await createAuthority(source)).key)
    await expect(certificates.look()).rejects.toThrow('Cannot use a private key: it does not belong to the certificate')
    expect(await certificates.pair(undefined)).toBe(before)
    writeFileSync(join(directory, 'tls.key'), '')
    await expect(certificates.look()).rejects.toThrow('tls.crt or tls.key is missing')
  })
})
