import { DnsServer, keyOfSecret, RndcClient, type TsigKey } from '#bind9'
import { type Bind9Instance, BindyError, keyOf } from '#crds'
import { isNotFound, KubeApiError, type PodPort, PortForwardError, resourcePath } from '#kube'
import type { Cluster } from '../cluster.ts'
import { findPod, MissingRight, missing } from './pod.ts'

/** What was asked of a server and the way it came, or why it could not be asked: a right that is missing is named. */
export type Answered<T> = Reached<T> | { readonly fault: string; readonly reason: string; readonly needs?: string }

export interface Reached<T> {
  readonly value: T
  readonly way: string
}

/** The way of an answer that came from the server itself. */
export const STRAIGHT = 'straight'

interface Secret {
  readonly data?: Readonly<Record<string, string>>
}

interface Way {
  readonly name: string
  readonly connectTimeoutMs: number
  readonly pod?: PodPort
}

interface Opened {
  close(): void
}

const secrets = { group: '', version: 'v1', plural: 'secrets' }

// A network that drops what is for pods says nothing. Who is slower to take a connection is asked again, with patience.
const QUICK_MS = 2_000

/**
 * Ways to the servers of a cluster: DNS without a key, signed DNS, and the control channel; straight or, where no
 * connection can be made, by port-forward to the pod that the address leads to. Ctrl-C ends what is asked.
 */
export class Reach {
  readonly #cluster: Cluster
  readonly #timeoutMs: number
  readonly #keys = new Map<string, Promise<TsigKey>>()
  readonly #opened = new Map<string, Opened>()
  readonly #pods = new Map<string, Promise<PodPort | undefined>>()

  constructor(cluster: Cluster, { timeoutMs }: { readonly timeoutMs: number }) {
    this.#cluster = cluster
    this.#timeoutMs = timeoutMs
  }

  /** Asks over DNS, unsigned: it needs no Secret. */
  plain<T>(instance: Bind9Instance, ask: (server: DnsServer) => Promise<T>): Promise<Answered<T>> {
    const { dnsPort } = instance.spec.external
    return this.#answer(instance, dnsPort, way => ask(this.#dns(instance, way, undefined)))
  }

  /** Asks over DNS with the instance's TSIG key. */
  signed<T>(instance: Bind9Instance, ask: (server: DnsServer) => Promise<T>): Promise<Answered<T>> {
    const { dnsPort, tsigSecretRef } = instance.spec.external
    return this.#answer(instance, dnsPort, async way =>
      ask(this.#dns(instance, way, await this.#key(instance, tsigSecretRef.name))),
    )
  }

  /** Runs commands over the control channel with the instance's RNDC key. */
  rndc<T>(instance: Bind9Instance, ask: (client: RndcClient) => Promise<T>): Promise<Answered<T>> {
    const { rndcPort, rndcSecretRef } = instance.spec.external
    return this.#answer(instance, rndcPort, async way =>
      ask(this.#control(instance, way, await this.#key(instance, rndcSecretRef.name))),
    )
  }

  /** Ends all connections. */
  close(): void {
    for (const one of this.#opened.values()) one.close()
  }

  async #answer<T>(instance: Bind9Instance, port: number, ask: (way: Way) => Promise<T>): Promise<Answered<T>> {
    try {
      return await this.#ask(instance, port, ask)
    } catch (error) {
      return faultOf(error, instance)
    }
  }

  // Where no connection could be made nothing was done, so that it may be asked by another way.
  async #ask<T>(instance: Bind9Instance, port: number, ask: (way: Way) => Promise<T>): Promise<Reached<T>> {
    const id = `${keyOf(instance)} ${port}`
    const by = async (way: Way) => ({ value: await ask(way), way: way.name })
    const quick = { name: STRAIGHT, connectTimeoutMs: Math.min(QUICK_MS, this.#timeoutMs) }
    const straight = this.#pods.has(id) ? undefined : await by(quick).catch(unlessUnreachable)
    if (straight && 'value' in straight) return straight
    const pod = await this.#pod(id, instance, port).catch(error => {
      throw straight && error instanceof MissingRight ? new Unseen(straight, error) : error
    })
    if (!pod && straight && this.#timeoutMs <= QUICK_MS) throw straight
    if (!pod) return by({ name: STRAIGHT, connectTimeoutMs: this.#timeoutMs })
    return by({ name: wayTo(pod, instance), connectTimeoutMs: this.#timeoutMs, pod }).catch(error => {
      // Pods come and go.
      if (forwardFaultOf(error)) this.#pods.delete(id)
      throw error
    })
  }

  #pod(id: string, instance: Bind9Instance, port: number): Promise<PodPort | undefined> {
    const known = this.#pods.get(id)
    if (known) return known
    const found = findPod(this.#cluster, instance, port)
    this.#pods.set(id, found)
    found.catch(() => this.#pods.delete(id))
    return found
  }

  #dns(instance: Bind9Instance, way: Way, key: TsigKey | undefined): DnsServer {
    const { address: host, dnsPort: port } = instance.spec.external
    const { connectTimeoutMs } = way
    const { signal } = this.#cluster
    const times = { connectTimeoutMs, replyTimeoutMs: this.#timeoutMs }
    return this.#once(
      `${key ? 'signed' : 'plain'} ${keyOf(instance)}`,
      way,
      () => new DnsServer({ host, port, key, signal, ...times, ...this.#openerOf(way) }),
    )
  }

  #control(instance: Bind9Instance, way: Way, key: TsigKey): RndcClient {
    const { address: host, rndcPort: port } = instance.spec.external
    const { connectTimeoutMs } = way
    const { signal } = this.#cluster
    const times = { connectTimeoutMs, commandTimeoutMs: this.#timeoutMs, keepAliveMs: 0 }
    return this.#once(
      `rndc ${keyOf(instance)}`,
      way,
      () => new RndcClient({ host, port, key, signal, ...times, ...this.#openerOf(way) }),
    )
  }

  #openerOf({ pod }: Way) {
    if (!pod) return {}
    const { client } = this.#cluster
    const open = (wait: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined }) =>
      client.portForward(pod, wait).catch(error => {
        const denied = missing(error, `get and create pods/portforward in ${pod.namespace}`)
        if (denied instanceof MissingRight || !(error instanceof KubeApiError)) throw denied
        throw new PortForwardError(error.message, { cause: error })
      })
    return { open }
  }

  #once<T extends Opened>(name: string, { name: way, connectTimeoutMs, pod }: Way, open: () => T): T {
    const id = [name, way, connectTimeoutMs, pod?.port].join(' ')
    const before = this.#opened.get(id)
    if (before) return before as T
    const opened = open()
    this.#opened.set(id, opened)
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

/** A line for each server that was reached otherwise than straight. */
export function detours(answers: readonly { readonly instance: string; readonly way?: string }[]): string[] {
  const lines = answers.flatMap(({ instance, way }) =>
    way === undefined || way === STRAIGHT ? [] : [`${instance} answered by ${way}`],
  )
  return [...new Set(lines)]
}

/** A server that cannot be reached straight, and for want of a right nobody knows whether it is a pod. */
class Unseen extends BindyError {
  constructor(straight: BindyError, { needs }: MissingRight) {
    super(`${straight.message}; to look for a pod of this address needs ${needs}`, { reason: 'Unreachable' })
  }
}

function wayTo({ namespace, pod }: PodPort, { metadata }: Bind9Instance): string {
  return `port-forward to pod ${namespace === metadata.namespace ? pod : `${namespace}/${pod}`}`
}

function unlessUnreachable(error: unknown): BindyError {
  if (error instanceof BindyError && error.reason === 'Unreachable') return error
  throw error
}

/** What the port-forward itself says, under an error of what was asked through it. */
function forwardFaultOf(error: unknown): PortForwardError | undefined {
  if (error instanceof PortForwardError) return error
  const { cause } = error as { cause?: unknown }
  return cause instanceof PortForwardError ? cause : undefined
}

function faultOf(error: unknown, { metadata: { namespace } }: Bind9Instance): Answered<never> {
  if (error instanceof MissingRight)
    return { fault: `a port-forward needs ${error.needs}`, reason: 'Forbidden', needs: error.needs }
  if (error instanceof KubeApiError && error.status === 403) {
    return { fault: 'forbidden', reason: 'SecretForbidden', needs: `get secrets in ${namespace}` }
  }
  if (error instanceof KubeApiError)
    return { fault: error.said, reason: isNotFound(error) ? 'SecretNotFound' : error.reason }
  if (error instanceof BindyError) return { fault: (forwardFaultOf(error) ?? error).message, reason: error.reason }
  throw error
}
