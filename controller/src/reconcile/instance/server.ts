import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { DnsServer, keyOfSecret, query, RndcClient, RndcRefusedError, type TsigKey, TYPE } from '#bind9'
import { type Bind9Instance, BindyError, keyOf } from '#crds'
import { isNotFound, KubeApiError, type KubeClient, resourcePath } from '#kube'
import type { Abortable } from '../abortable.ts'

/** How to reach a server, as far as the objects say. */
export interface Contact {
  /** An IP address. */
  readonly address: string
  readonly dnsPort: number
  readonly rndcPort: number
  readonly rndcKey: TsigKey
  readonly tsigKey: TsigKey
}

/** Servers that a zone's statement names. */
export interface Peers {
  readonly contacts: readonly Contact[]
  /** False while the objects do not say how to reach each of them: nothing is taken away on that account. */
  readonly isWhole: boolean
}

/** One named that has answered us over RNDC and signed DNS, since its last start and under its present keys. */
export interface Server extends Contact {
  /** The instance's "namespace/name". */
  readonly key: string
  readonly role: 'primary' | 'secondary'
  readonly rndc: RndcClient
  readonly dns: DnsServer
  readonly version: string
  readonly bootTime: Date | undefined
}

interface Secret {
  readonly data?: Readonly<Record<string, string>>
}

/** What an instance's object gives wrongly or not at all. */
export class InstanceError extends BindyError {}

/** Reads the keys and resolves the address of an instance. Throws InstanceError with what to mend. */
export async function contactOf(
  instance: Bind9Instance,
  client: KubeClient,
  options: Abortable & { readonly address?: string | undefined },
): Promise<Contact> {
  const { address, dnsPort, rndcPort, rndcSecretRef, tsigSecretRef } = instance.spec.external
  const { namespace } = instance.metadata
  const [ip, rndcKey, tsig] = await Promise.all([
    resolve(address, options.address),
    readKey(client, namespace, rndcSecretRef.name, options),
    readKey(client, namespace, tsigSecretRef.name, options),
  ])
  return { address: ip, dnsPort, rndcPort, rndcKey, tsigKey: tsig }
}

/** Whether two contacts lead to one named. */
export function sameServer(a: Contact, b: Contact): boolean {
  return a.address === b.address && a.rndcPort === b.rndcPort
}

export function sameContact(a: Contact, b: Contact): boolean {
  return sameServer(a, b) && a.dnsPort === b.dnsPort && sameKey(a.rndcKey, b.rndcKey) && sameKey(a.tsigKey, b.tsigKey)
}

/** Opens both channels to a server and has each answer once. `onClose` hears when the control channel ends. */
export async function connect(
  instance: Bind9Instance,
  contact: Contact,
  options: Abortable & { readonly now: () => number; readonly onClose: () => void },
): Promise<Server> {
  const { now, onClose, signal } = options
  const { address, dnsPort, rndcPort, rndcKey, tsigKey } = contact
  const rndc = new RndcClient({ host: address, port: rndcPort, key: rndcKey, now, onClose })
  const dns = new DnsServer({ host: address, port: dnsPort, key: tsigKey, now })
  const server = { ...contact, key: keyOf(instance), role: instance.spec.role, rndc, dns }
  try {
    return { ...server, ...(await probe({ rndc, dns }, { signal })) }
  } catch (error) {
    disconnect(server)
    throw error
  }
}

/** Has both channels answer: RNDC with its status, DNS with anything at all under a valid signature. */
export async function probe(
  { rndc, dns }: Pick<Server, 'rndc' | 'dns'>,
  { signal }: Abortable,
): Promise<Pick<Server, 'version' | 'bootTime'>> {
  const [control, signed] = await Promise.allSettled([rndc.status({ signal }), answersSigned(dns, { signal })])
  // named closes the control channel without a word; when the clocks are the cause, only its signed DNS answer says so.
  const silent = control.status === 'rejected' && control.reason instanceof RndcRefusedError
  if (silent && signed.status === 'rejected' && isClockSkew(signed.reason)) throw signed.reason
  if (control.status === 'rejected') throw control.reason
  if (signed.status === 'rejected') throw signed.reason
  return { version: control.value.version, bootTime: control.value.bootTime }
}

export function disconnect({ rndc, dns }: Pick<Server, 'rndc' | 'dns'>): void {
  rndc.close()
  dns.close()
}

// Whether named serves the name does not matter: a refusal is signed as well.
async function answersSigned(dns: DnsServer, options: Abortable): Promise<void> {
  await query(dns, 'bindy.invalid.', TYPE.SOA, options)
}

function isClockSkew(error: unknown): boolean {
  return error instanceof BindyError && error.reason === 'ClockSkew'
}

// A name with several addresses is one server: the one reached before is kept while the name still has it.
async function resolve(address: string, before: string | undefined): Promise<string> {
  if (isIP(address)) return address
  try {
    const found = await lookup(address, { all: true })
    return (found.find(entry => entry.address === before) ?? (found[0] as LookupAddress)).address
  } catch (cause) {
    throw new InstanceError(`Cannot resolve ${address}: correct spec.external.address, or its entry in DNS`, {
      reason: 'AddressNotFound',
      cause,
    })
  }
}

async function readKey(client: KubeClient, namespace: string, name: string, options: Abortable): Promise<TsigKey> {
  const path = resourcePath({ group: '', version: 'v1', plural: 'secrets' }, { namespace, name })
  const secret = await client.get<Secret>(path, options).catch((cause: unknown) => {
    if (isNotFound(cause)) {
      const message = `Secret ${namespace}/${name} does not exist: create it with key-name, algorithm and secret`
      throw new InstanceError(message, { reason: 'SecretNotFound', cause })
    }
    if (cause instanceof KubeApiError && cause.status === 403) {
      const message = `Secret ${namespace}/${name} may not be read: let the controller get secrets in that namespace`
      throw new InstanceError(message, { reason: 'SecretForbidden', cause })
    }
    throw cause
  })
  try {
    return keyOfSecret(secret.data ?? {})
  } catch (cause) {
    if (!(cause instanceof BindyError)) throw cause
    throw new InstanceError(`Secret ${namespace}/${name} holds no usable key: ${cause.message}`, {
      reason: 'SecretInvalid',
      cause,
    })
  }
}

function sameKey(a: TsigKey, b: TsigKey): boolean {
  return a.name === b.name && a.algorithm === b.algorithm && a.secret.equals(b.secret)
}
