import { axfr, DnsServer, parseKeyStatement, RcodeError, type TsigKey, tsigKey, type ZoneCopy } from '#bind9'
import { type Bind9Instance, BindyError } from '#crds'
import { isNotFound, KubeApiError, resourcePath } from '#kube'
import type { Cluster } from '../cluster.ts'

/** A server as somebody has to be told of it. */
export interface AskedServer {
  readonly instance: Bind9Instance
  /** "primary dns-pri 192.0.2.1:53". */
  readonly label: string
}

/** A zone as a server gives it, and whether it was asked with the key of its instance. */
export interface Transferred {
  readonly copy: ZoneCopy
  readonly isSigned: boolean
}

interface Secret {
  readonly data?: Readonly<Record<string, string>>
}

const TIMEOUT_MS = 10_000

export function askedServer(instance: Bind9Instance): AskedServer {
  const { role, external } = instance.spec
  return { instance, label: `${role} ${instance.metadata.name} ${external.address}:${external.dnsPort}` }
}

/**
 * Transfers a zone from an instance's server, signed with its key; without, where the Secret may not be read: many servers
 * give a zone to whoever may ask. @throws BindyError that says what stands against it
 */
export async function transferFrom(cluster: Cluster, instance: Bind9Instance, apex: string): Promise<Transferred> {
  const key = await readKey(cluster, instance)
  const { address, dnsPort } = instance.spec.external
  return {
    copy: await transfer({ host: address, port: dnsPort, key }, apex, cluster.signal),
    isSigned: key !== undefined,
  }
}

/** Transfers a zone from any server. */
export async function transfer(
  { host, port, key }: { readonly host: string; readonly port: number; readonly key?: TsigKey | undefined },
  apex: string,
  signal: AbortSignal,
): Promise<ZoneCopy> {
  const server = new DnsServer({ host, port, ...(key && { key }), connections: 1 })
  try {
    return await axfr(server, apex, { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS * 6)]) })
  } catch (error) {
    if (error instanceof RcodeError && !key)
      throw new BindyError(`${error.message}; it was asked without a key`, { reason: error.reason, cause: error })
    throw error
  } finally {
    server.close()
  }
}

/** The key that a Secret holds; undefined where it may not be read. @throws BindyError where it holds none */
export async function keyInSecret(cluster: Cluster, namespace: string, name: string): Promise<TsigKey | undefined> {
  const path = resourcePath({ group: '', version: 'v1', plural: 'secrets' }, { namespace, name })
  try {
    return keyOf(await cluster.client.get<Secret>(path, { signal: cluster.signal }))
  } catch (error) {
    if (error instanceof KubeApiError && error.status === 403) return undefined
    if (isNotFound(error))
      throw new BindyError(`Cannot read Secret ${namespace}/${name}: it does not exist`, { reason: 'SecretNotFound' })
    throw error
  }
}

function readKey(cluster: Cluster, { metadata, spec }: Bind9Instance): Promise<TsigKey | undefined> {
  return keyInSecret(cluster, metadata.namespace, spec.external.tsigSecretRef.name)
}

function keyOf({ data = {} }: Secret): TsigKey {
  const text = (field: string) =>
    Buffer.from(data[field] ?? '', 'base64')
      .toString('utf8')
      .trim()
  if (data['rndc.key'] !== undefined) return parseKeyStatement(text('rndc.key'))
  return tsigKey({ name: text('key-name'), algorithm: text('algorithm'), secret: text('secret') })
}
