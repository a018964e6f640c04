import { BindyError, type Remark } from '#crds'
import type { Server } from '../instance/server.ts'
import type { Servers } from '../instance/servers.ts'
import { StillInCatalogError } from './supply.ts'

/** A server takes its time, and the others are not to wait for it. */
class SlowError extends BindyError {
  constructor(server: string) {
    super(`${server} has not answered for ${PATIENCE_MS / 1000} s`, { reason: 'OutcomeUnknown' })
  }
}

/** So long a server may hold the others up. */
const PATIENCE_MS = 2_000

const unmet = new BindyError('It has not answered yet', { reason: 'Pending' })

/** What the servers of one zone were asked to do, and what stood against it on each. */
export class Attempts {
  readonly #servers: Servers
  readonly #faults = new Map<string, BindyError>()
  /** Servers that are still busy with an earlier pass. */
  readonly #slow = new Set<string>()
  /** What went wrong in a part that went on by itself, and is no server's fault. */
  readonly #broken = new Map<string, unknown>()

  constructor(servers: Servers) {
    this.#servers = servers
  }

  /** What stood against a server's last part. */
  faultOf(key: string): BindyError | undefined {
    return this.#faults.get(key)
  }

  /** The same, or what stands against the server itself. */
  remark(key: string): Remark | undefined {
    return this.#faults.get(key) ?? this.#servers.fault(key)
  }

  isSlow(key: string): boolean {
    return this.#slow.has(key)
  }

  /** Forgets what stood against servers that have no part any more. */
  keepOnly(hasPart: (key: string) => boolean): void {
    for (const key of this.#faults.keys()) if (!hasPart(key)) this.#faults.delete(key)
  }

  /** What stands against a server that does answer: trying again may mend it. */
  get fault(): BindyError | undefined {
    const isDue = ([key, fault]: [string, BindyError]) =>
      this.#servers.ready(key) && !(fault instanceof StillInCatalogError || fault instanceof SlowError)
    return [...this.#faults].find(isDue)?.[1]
  }

  /** Whether a server is about to drop the zone, which its catalog lists no more. */
  get isWaiting(): boolean {
    return [...this.#faults.values()].some(fault => fault instanceof StillInCatalogError)
  }

  /** What stands against a server that is still busy with an earlier part. */
  get slowness(): BindyError | undefined {
    const [key] = this.#slow
    return key === undefined ? undefined : this.#faults.get(key)
  }

  /**
   * Runs one server's part; what stands against it is kept, and a server that fails is probed. One that is still busy with
   * an earlier part has no other beside it.
   */
  async run<T>(key: string, part: (server: Server) => Promise<T>): Promise<T | undefined> {
    if (this.#slow.has(key)) return undefined
    if (this.#broken.has(key)) throw this.#takeBroken(key)
    const server = this.#servers.ready(key)
    if (!server) {
      this.#faults.set(key, this.#servers.fault(key) ?? unmet)
      return undefined
    }
    try {
      const result = await part(server)
      this.#faults.delete(key)
      return result
    } catch (error) {
      if (!(error instanceof BindyError)) throw error
      this.#faults.set(key, error)
      this.#servers.suspect(key)
      return undefined
    }
  }

  /** As `run()`; a server that takes long goes on by itself, and `onEnd` hears when it has come to an end. */
  async runInTime<T>(
    key: string,
    part: (server: Server) => Promise<T>,
    { onEnd, signal }: { readonly onEnd: () => void; readonly signal?: AbortSignal | undefined },
  ): Promise<T | undefined> {
    const done = this.run(key, part)
    if (await isSettledIn(PATIENCE_MS, done)) return done
    this.#slow.add(key)
    this.#faults.set(key, new SlowError(key))
    const goOn = () => {
      this.#slow.delete(key)
      onEnd()
    }
    void done
      .catch(error => {
        if (!signal?.aborted) this.#broken.set(key, error)
      })
      .finally(goOn)
    return undefined
  }

  #takeBroken(key: string): unknown {
    const error = this.#broken.get(key)
    this.#broken.delete(key)
    return error
  }
}

async function isSettledIn(ms: number, work: Promise<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<false>()
  const timer = setTimeout(() => late.resolve(false), ms)
  const settled = work.then(
    () => true,
    () => true,
  )
  return Promise.race([settled, late.promise]).finally(() => clearTimeout(timer))
}
