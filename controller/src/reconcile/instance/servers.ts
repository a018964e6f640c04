import { isIP } from 'node:net'
import { type Bind9Instance, BindyError } from '#crds'
import { KubeApiError, type KubeClient, KubeUnreachableError, type Log } from '#kube'
import type { Abortable } from '../abortable.ts'
import {
  type Contact,
  connect,
  contactOf,
  disconnect,
  InstanceError,
  probe,
  type Server,
  sameContact,
} from './server.ts'

interface Known {
  readonly address: string | undefined
  readonly contact: Contact | undefined
  readonly server: Server | undefined
  readonly fault: BindyError | undefined
}

/** A zone by its name and the UID of its object: made anew under an old name it is another. */
interface Identified {
  readonly name: string
  readonly uid: string
}

/** A job that is done again when the server has been restarted. */
interface Afterthought {
  readonly untilMs: number
  readonly run: (server: Server) => Promise<void>
}

export interface ServersOptions {
  readonly client: KubeClient
  readonly log: Log
  readonly now: () => number
  /** A server is to be probed: it hung up, or did not answer. */
  readonly onDoubt: (key: string) => void
  /** A server came, went, or was restarted: its zones have something to do. */
  readonly onTurn: (key: string) => void
}

/**
 * The servers of all instances, and whether each can be spoken to now:
 *
 *   (new) --meet--> ready --hung up, refused, restarted, other keys--> met anew
 *              '--> fault --met again after a growing pause--> ready
 *
 * A Server object stands for one life of a named: after a restart there is another.
 */
export class Servers {
  readonly #options: ServersOptions
  readonly #known = new Map<string, Known>()
  /** By server, then by the zone's name and UID. */
  readonly #afterthoughts = new Map<string, Map<string, Afterthought>>()

  constructor(options: ServersOptions) {
    this.#options = options
  }

  /** The server, when it answered the last probe. */
  ready(key: string): Server | undefined {
    return this.#known.get(key)?.server
  }

  /** Why the server is not ready. */
  fault(key: string): BindyError | undefined {
    return this.#known.get(key)?.fault
  }

  /** Whether the server has answered, or failed to, since the instance became known. */
  isMet(key: string): boolean {
    return this.#known.has(key)
  }

  /** The server's IP address, as far as its object or the last resolution says. */
  address(key: string): string | undefined {
    return this.#known.get(key)?.address
  }

  /** How the server is reached, whether or not it answers; undefined while its objects do not say. */
  contact(key: string): Contact | undefined {
    return this.#known.get(key)?.contact
  }

  /** Has the server probed soon: something about it was odd. */
  suspect(key: string): void {
    this.#options.onDoubt(key)
  }

  /** Probes the server of an instance, meeting it first where it is new or changed. Throws what stands against it. */
  async meet(key: string, instance: Bind9Instance, options: Abortable): Promise<Server> {
    const before = this.#known.get(key)
    this.#forgetThoughts(key)
    let contact = before?.contact
    try {
      contact = await this.#contact(instance, before?.contact, options)
      const server = await this.#serverAt(key, instance, contact, options)
      this.#learn(key, { address: contact.address, contact, server, fault: undefined })
      return server
    } catch (error) {
      if (!isServers(error) || options.signal?.aborted) throw error
      const { address } = instance.spec.external
      this.#learn(key, { address: isIP(address) ? address : before?.address, contact, server: undefined, fault: error })
      throw error
    }
  }

  /** Has what was done to a zone on a server done again, should the server be restarted, or come back, within a time. */
  repeatAfterRestart(
    key: string,
    zone: Identified,
    { run, forMs }: Pick<Afterthought, 'run'> & { readonly forMs: number },
  ): void {
    const thoughts = this.#afterthoughts.get(key) ?? new Map<string, Afterthought>()
    const untilMs = this.#options.now() + forMs
    this.#afterthoughts.set(key, thoughts.set(idOf(zone), { untilMs, run }))
  }

  /** The zone is to be on the server again. */
  doNotRepeat(key: string, zone: Identified): void {
    this.#afterthoughts.get(key)?.delete(idOf(zone))
  }

  #forgetThoughts(key: string): void {
    const thoughts = this.#afterthoughts.get(key) ?? new Map<string, Afterthought>()
    const nowMs = this.#options.now()
    for (const [id, { untilMs }] of thoughts) if (untilMs < nowMs) thoughts.delete(id)
  }

  async #repeat(key: string, server: Server): Promise<void> {
    const thoughts = this.#afterthoughts.get(key) ?? new Map<string, Afterthought>()
    for (const [zone, { untilMs, run }] of thoughts) {
      if (untilMs > this.#options.now()) await run(server)
      thoughts.delete(zone)
    }
  }

  /** Forgets the server of an instance that is gone. */
  forget(key: string): void {
    this.#learn(key, { address: undefined, contact: undefined, server: undefined, fault: undefined })
    this.#known.delete(key)
    this.#afterthoughts.delete(key)
  }

  close(): void {
    for (const { server } of this.#known.values()) if (server) disconnect(server)
    this.#known.clear()
  }

  // The API server's troubles are not the server's: then what was last read of its keys holds. So it does for an instance
  // that is to go, whose Secrets may be gone before its zones are.
  async #contact(instance: Bind9Instance, before: Contact | undefined, options: Abortable): Promise<Contact> {
    try {
      return await contactOf(instance, this.#options.client, { ...options, address: before?.address })
    } catch (error) {
      const isLeaving = instance.metadata.deletionTimestamp !== undefined
      if (before && (isLeaving || !(error instanceof InstanceError))) return before
      throw error
    }
  }

  async #serverAt(key: string, instance: Bind9Instance, contact: Contact, { signal }: Abortable): Promise<Server> {
    const before = this.#known.get(key)
    if (
      before?.server &&
      before.contact &&
      sameContact(before.contact, contact) &&
      before.server.role === instance.spec.role
    ) {
      const { bootTime } = await probe(before.server, { signal })
      if (bootTime?.getTime() === before.server.bootTime?.getTime()) return before.server
    }
    const { now, onDoubt } = this.#options
    const server = await connect(instance, contact, { now, onClose: () => onDoubt(key), ...(signal && { signal }) })
    try {
      await this.#repeat(key, server)
      return server
    } catch (error) {
      disconnect(server)
      throw error
    }
  }

  #learn(key: string, next: Known): void {
    const before = this.#known.get(key)
    this.#known.set(key, next)
    if (before?.server && before.server !== next.server) disconnect(before.server)
    if (before?.server === next.server && before?.fault?.message === next.fault?.message) return
    this.#options.onTurn(key)
  }
}

function idOf({ name, uid }: Identified): string {
  return `${name} ${uid}`
}

function isServers(error: unknown): error is BindyError {
  return error instanceof BindyError && !(error instanceof KubeApiError) && !(error instanceof KubeUnreachableError)
}
