// Before x509, which throws without it.
import 'reflect-metadata'
import { createPrivateKey, type KeyObject, X509Certificate as Parsed, type webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import * as x509 from '@peculiar/x509'
import { BindyError } from '#crds'
import type { KeyPair } from '../server.ts'

/** Time and randomness, of the system or of a test. */
export interface Source {
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly randomBytes: (size: number) => Uint8Array
}

/** A certificate or a key that cannot be used. */
export class CertificateError extends BindyError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { reason: 'CertificateInvalid', cause: options.cause })
  }
}

const DAY_MS = 86_400_000
const AUTHORITY_MS = 365 * DAY_MS
const CERTIFICATE_MS = 7 * DAY_MS
/** What an API server's clock may be behind ours. */
const SKEW_MS = 5 * 60_000

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** Makes a certificate authority that signs itself, for 365 days. */
export async function createAuthority(source: Source): Promise<KeyPair> {
  const keys = await newKeys()
  const nowMs = source.now()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(source),
    // Told apart by name too: during a rotation two of them are trusted.
    name: `CN=bindy-webhook-ca-${new Date(nowMs).toISOString().slice(0, 10)}`,
    notBefore: new Date(nowMs - SKEW_MS),
    notAfter: new Date(nowMs + AUTHORITY_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { cert: `${certificate.toString('pem')}\n`, key: await pemOf(keys.privateKey) }
}

/** Issues a server's certificate for host names and IP addresses, for 7 days and no longer than its authority. */
export async function issueCertificate(authority: KeyPair, hosts: readonly string[], source: Source): Promise<KeyPair> {
  const [keys, signingKey] = await Promise.all([newKeys(), signingKeyOf(authority)])
  const issuer = new x509.X509Certificate(authority.cert)
  const nowMs = source.now()
  const names = hosts.map(value => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value }))
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(source),
    subject: 'CN=bindy-webhook',
    issuer: issuer.subject,
    notBefore: new Date(nowMs - SKEW_MS),
    notAfter: new Date(Math.min(nowMs + CERTIFICATE_MS, issuer.notAfter.getTime())),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { cert: `${certificate.toString('pem')}\n`, key: await pemOf(keys.privateKey) }
}

/** From when until when a certificate is good, in milliseconds since 1970; throws CertificateError. */
export function lifetimeOf(cert: string): { readonly fromMs: number; readonly untilMs: number } {
  const { validFromDate, validToDate } = parsed(cert)
  return { fromMs: validFromDate.getTime(), untilMs: validToDate.getTime() }
}

/** When a certificate is to be replaced: after two thirds of its life. */
export function renewalMs(cert: string): number {
  const { fromMs, untilMs } = lifetimeOf(cert)
  return fromMs + ((untilMs - fromMs) * 2) / 3
}

/** Whether a certificate is signed by an authority. */
export function isSignedBy(cert: string, authority: string): boolean {
  return parsed(cert).verify(parsed(authority).publicKey)
}

/** What stands against a key pair that is to serve, or to sign where it is an authority's; throws CertificateError. */
export function mustBeUsable({ cert, key }: KeyPair, { isAuthority }: { readonly isAuthority: boolean }): void {
  const certificate = parsed(cert)
  if (isAuthority && !certificate.ca) throw new CertificateError('Cannot use a certificate as authority: it is none')
  const privateKey = keyIn(key)
  if (!certificate.checkPrivateKey(privateKey))
    throw new CertificateError('Cannot use a private key: it does not belong to the certificate')
  const { namedCurve } = privateKey.asymmetricKeyDetails ?? {}
  if (isAuthority && namedCurve !== 'prime256v1')
    throw new CertificateError(
      `Cannot sign with a key of ${namedCurve ?? privateKey.asymmetricKeyType}: P-256 is wanted`,
    )
}

/** Each certificate of a PEM text, the first one first. */
export function certificatesIn(pem: string): string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)?.map(one => `${one}\n`) ?? []
}

function parsed(cert: string): Parsed {
  try {
    return new Parsed(cert)
  } catch (cause) {
    throw new CertificateError(`Cannot read a certificate: ${(cause as Error).message}`, { cause })
  }
}

// RFC 5280 section 4.1.2.2: positive, at most 20 octets.
function serialNumber({ randomBytes }: Source): string {
  const octets = Buffer.from(randomBytes(16))
  octets[0] = ((octets[0] ?? 0) & 0x7f) | 0x40
  return octets.toString('hex')
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
}

// In whatever form the key is written: PKCS #8, or that of RFC 5915.
async function signingKeyOf({ key }: KeyPair): Promise<webcrypto.CryptoKey> {
  const octets = keyIn(key).export({ type: 'pkcs8', format: 'der' })
  return crypto.subtle.importKey('pkcs8', octets, ALGORITHM, false, ['sign'])
}

function keyIn(key: string): KeyObject {
  try {
    return createPrivateKey(key)
  } catch (cause) {
    throw new CertificateError(`Cannot read a private key: ${(cause as Error).message}`, { cause })
  }
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`
}
