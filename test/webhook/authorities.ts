import 'reflect-metadata'
import { createPrivateKey } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import type { KeyPair } from '../../webhook/src/server.ts'

/* Authorities as others make them. */

/** The same authority, its key in the form of RFC 5915. */
export function sec1({ cert, key }: KeyPair): KeyPair {
  return { cert, key: createPrivateKey(key).export({ type: 'sec1', format: 'pem' }).toString() }
}

/** An authority with a key of RSA, good for a day. */
export async function rsaAuthority(): Promise<KeyPair> {
  const algorithm = {
    ...{ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048 },
    publicExponent: new Uint8Array([1, 0, 1]),
  }
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=another',
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 86_400_000),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
  })
  const key = x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')
  return { cert: `${certificate.toString('pem')}\n`, key: `${key}\n` }
}
