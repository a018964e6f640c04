import type { Key, RunningNamed } from './named.ts'

const apiVersion = 'bindy.firestoned.io/v1alpha1'

/** The Bind9Instance of a running named and the Secrets with its keys, as `kubectl apply` takes them. */
export function instanceObjects(
  named: Pick<RunningNamed, 'name' | 'address' | 'dnsPort' | 'rndcPort' | 'rndcKey' | 'tsigKey'>,
  spec: {
    readonly role: 'primary' | 'secondary'
    readonly clusterRef?: string
    readonly labels?: Record<string, string>
  },
): object[] {
  const { name, address, dnsPort, rndcPort } = named
  const { labels, ...rest } = spec
  const external = {
    address,
    dnsPort,
    rndcPort,
    rndcSecretRef: { name: `${name}-rndc` },
    tsigSecretRef: { name: `${name}-tsig` },
  }
  return [
    keySecret(`${name}-rndc`, named.rndcKey),
    keySecret(`${name}-tsig`, named.tsigKey),
    { apiVersion, kind: 'Bind9Instance', metadata: { name, ...(labels && { labels }) }, spec: { ...rest, external } },
  ]
}

/** A Secret that holds a key as its three parts. */
export function keySecret(name: string, key: Key): object {
  const stringData = { 'key-name': key.name, algorithm: key.algorithm, secret: key.secret }
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData }
}

/** Several objects as one text for `kubectl apply -f -`. */
export function manifest(objects: readonly object[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
}
