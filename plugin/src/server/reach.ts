import { DnsServer, keyOfSecret, RndcClient, type TsigKey } from '#bind9'
import { type Bind9Instance, BindyError, keyOf } from '#crds'
import { isNotFound, KubeApiError, resourcePath } from '#kube'
import type { Cluster } from '../cluster.ts'

/** What was asked of a server, or why it could not be: a right that is missing is named. */
export type Answered<T> =
  | { readonly value: T }
  | { readonly fault: string; readonly reason: string; readonly needs?: string }

interface Secret {
  readonly data?: Readonly<Record<string, string>>
}

const secrets = { group: '', version: 'v1', plural: 'secrets' }

/** Ways to the servers of a cluster: DNS without a key, signed DNS, and the control channel. */
export class Reach {
  readonly #cluster: Cluster
  readonly #timeoutMs: number
  readonly #keys = new Map<string, Promise<TsigKey>>()
  readonly #opened = new Map<string, { close(): void }>()

  constructor(cluster: Cluster, { timeoutMs }: { readonly timeoutMs: number }) {
    this.#cluster = cluster
    this.#timeoutMs = timeoutMs
  }

  /** Asks over DNS, unsigned: it needs no Secret. */
  plain<T>(instance: Bind9Instance, ask: (server: DnsServer) => Promise<T>): Promise<Answered<T>> {
    return answered(instance, async () => ask(this.#dns(instance, undefined)))
  }

  /** Asks over DNS with the instance's TSIG key. */
  signed<T>(instance: Bind9Instance, ask: (server: DnsServer) => Promise<T>): Promise<Answered<T>> {
    const { name } = instance.spec.external.tsigSecretRef
    return answered(instance, async () => ask(this.#dns(instance, await this.#key(instance, name))))
  }

  /** Runs commands over the control channel with the instance's RNDC key. */
  rndc<T>(instance: Bind9Instance, ask: (client: RndcClient) => Promise<T>): Promise<Answered<T>> {
    const { address, rndcPort, rndcSecretRef } = instance.spec.external
    return answered(instance, async () => {
      const key = await this.#key(instance, rndcSecretRef.name)
      const open = () => {
        const times = { connectTimeoutMs: this.#timeoutMs, commandTimeoutMs: this.#timeoutMs, keepAliveMs: 0 }
        return new RndcClient({ host: address, port: rndcPort, key, ...times })
      }
      return ask(this.#once(`rndc ${keyOf(instance)}`, open))
    })
  }

  /** Ends all connections. */
  close(): void {
    for (const one of this.#opened.values()) one.close()
  }

  #dns(instance: Bind9Instance, key: TsigKey | undefined): DnsServer {
    const { address: host, dnsPort: port } = instance.spec.external
    const timeoutMs = this.#timeoutMs
    const open = () => new DnsServer({ host, port, key, connectTimeoutMs: timeoutMs, replyTimeoutMs: timeoutMs })
    return this.#once(`${key ? 'signed' : 'plain'} ${keyOf(instance)}`, open)
  }

  #once<T extends { close(): void }>(name: string, open: () => T): T {
    const before = this.#opened.get(name)
    if (before) return before as T
    const opened = open()
    this.#opened.set(name, opened)
    return opened
  }

  #key({ metadata: { namespace } }: Bind9Instance, name: string): Promise<TsigKey> {
    const id = `${namespace}/${name}`
    const known = this.#keys.get(id)
    if (known) return known
    const { client, signal } = this.#cluster
    const path = resourcePath(secrets, { namespace, name })
    const key = client.get<Secret>(path, { signal }).then(({ data = {} }) => keyOfSecret(data))
    this.#keys.set(id, key)
    return key
  }
}

async function answered<T>({ metadata: { namespace } }: Bind9Instance, ask: () => Promise<T>): Promise<Answered<T>> {
  try {
    return { value: await ask() }
  } catch (error) {
    if (error instanceof KubeApiError && error.status === 403) {
      return { fault: 'forbidden', reason: 'SecretForbidden', needs: `get secrets in ${namespace}` }
    }
    if (isNotFound(error)) return { fault: (error as KubeApiError).said, reason: 'SecretNotFound' }
    if (error instanceof BindyError && !(error instanceof KubeApiError))
      return { fault: error.message, reason: error.reason }
    throw error
  }
}
