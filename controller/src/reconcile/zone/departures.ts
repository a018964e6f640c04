import { ZoneNotShownError } from '#bind9'
import { BindyError } from '#crds'
import type { Abortable } from '../abortable.ts'
import { type Server, sameServer } from '../instance/server.ts'
import type { Servers } from '../instance/servers.ts'
import type { Attempts } from './attempts.ts'
import type { PrimaryPass } from './pass.ts'
import { isMember, shownOrTaken } from './secondary.ts'
import { leavingView, type ServerView } from './serverview.ts'
import { ForeignZoneError, type ZoneIdentity } from './statement.ts'
import { StillInCatalogError, type Supply } from './supply.ts'
import { hasOurs, withdrawZone } from './withdraw.ts'

/** A server that has, or may have, the zone. */
export interface Sighting {
  readonly role: ServerView['role']
  /** Whether it was ever seen serving it: a zone of others that was never taken over is none of ours to delete. */
  readonly isSeen: boolean
}

interface Means {
  readonly servers: Servers
  readonly attempts: Attempts
  /** How a secondary comes by the zone. */
  readonly supply: (key: string) => Supply
  /** The instances that should serve the zone. */
  readonly staying: () => Iterable<string>
}

/** named writes what it deletes to its disk a moment after it says so: killed in that moment it has the zone again. */
const WRITTEN_MS = 60_000
/** So long a server that was given up may come back and be asked for the zone once more. */
const ABANDONED_MS = 7 * 86_400_000

/**
 * The servers that one zone is to leave:
 *
 *   leaving --withdrawn--> left
 *      '--its instance is gone--> lost
 *      '--given up--> asked once more when it comes back
 */
export class Departures {
  readonly #zone: ZoneIdentity
  readonly #means: Means
  readonly #leaving = new Map<string, Sighting>()
  readonly #left = new Set<string>()
  readonly #lost: string[] = []

  constructor(zone: ZoneIdentity, means: Means) {
    this.#zone = zone
    this.#means = means
  }

  /** Takes in servers that the zone is to leave, but for those that it has left. */
  add(sightings: Iterable<readonly [string, Sighting]>): void {
    for (const [key, { role, isSeen }] of sightings) {
      const wasSeen = this.#leaving.get(key)?.isSeen ?? false
      if (!this.#left.has(key)) this.#leaving.set(key, { role, isSeen: isSeen || wasSeen })
    }
  }

  /** The zone is to be on a server, be it again. */
  remove(key: string): void {
    this.#leaving.delete(key)
    this.#left.delete(key)
    this.#means.servers.doNotRepeat(key, this.#zone)
  }

  has(key: string): boolean {
    return this.#leaving.has(key)
  }

  /** The servers that the zone has not left yet. */
  keys(): string[] {
    return [...this.#leaving.keys()]
  }

  views(): ServerView[] {
    return [...this.#leaving].map(([key, { role }]) => leavingView(key, role, this.#means.attempts.remark(key)))
  }

  /** Says which servers the zone would leave. */
  async tell(
    tell: PrimaryPass['tell'],
    exists: (key: string) => boolean,
    options: { readonly signal: AbortSignal },
  ): Promise<void> {
    for (const [key, { isSeen }] of this.#leaving) {
      const server = this.#means.servers.ready(key)
      if (!server || !exists(key) || this.#isShared(key)) continue
      const isThere = await hasOurs(this.#zone, server, { ...options, isSeen }).catch(unlessFromCatalog)
      if (isThere) tell({ kind: 'wouldLeave', server: key })
    }
  }

  /** Takes the zone off the servers, as far as their instances still exist. */
  async leave(
    exists: (key: string) => boolean,
    options: { readonly signal: AbortSignal; readonly only?: (key: string) => boolean },
  ): Promise<void> {
    const { signal, only = () => true } = options
    const { attempts, supply } = this.#means
    for (const [key, { isSeen }] of this.#leaving) {
      const isShared = this.#isShared(key)
      if (exists(key) && !isShared) continue
      if (isSeen && !isShared) this.#lost.push(key)
      this.#hasLeft(key)
    }
    const isFirst = (key: string) => this.#leaving.get(key)?.role === 'secondary' && supply(key).isAsked
    const { first = [], then = [] } = Object.groupBy(this.keys().filter(only), key => (isFirst(key) ? 'first' : 'then'))
    await Promise.all(first.map(key => this.#withdraw(key, { signal })))
    // Who has the zone from a catalog can fetch it until it is out of there.
    if (!attempts.isWaiting) await Promise.all(then.map(key => this.#withdraw(key, { signal })))
  }

  /** Servers whose instances went before the zone had left them, told once. */
  takeLost(): string[] {
    return this.#lost.splice(0)
  }

  /** Gives up on the servers that have not let the zone go. Those that come back do so then. */
  abandon(): void {
    for (const key of this.#leaving.keys()) {
      const run = (server: Server) => this.#withdrawOwn(server).catch(unlessServers)
      this.#means.servers.repeatAfterRestart(key, this.#zone, { run, forMs: ABANDONED_MS })
    }
  }

  // By then another object may have taken over what was there.
  #withdrawOwn(server: Server): Promise<void> {
    return this.#withdrawFrom(server, { isSeen: false })
  }

  async #withdraw(key: string, options: { readonly signal: AbortSignal }): Promise<void> {
    const { servers, attempts } = this.#means
    const isSeen = this.#leaving.get(key)?.isSeen ?? false
    const isGone = await attempts.run(key, async server => {
      await this.#withdrawFrom(server, { ...options, isSeen })
      return true
    })
    if (!isGone) return
    const run = (server: Server) => this.#withdrawOwn(server).catch(unlessListed)
    servers.repeatAfterRestart(key, this.#zone, { run, forMs: WRITTEN_MS })
    this.#hasLeft(key)
  }

  async #withdrawFrom(server: Server, options: Abortable & Pick<Sighting, 'isSeen'>): Promise<void> {
    try {
      await withdrawZone(this.#zone, server, options)
    } catch (error) {
      if (!(error instanceof ZoneNotShownError)) throw error
      const supply = this.#means.supply(server.key)
      // A server that reads the catalog on its own account.
      if (supply.isListed) return
      const { isAsked, catalog } = supply
      if (isAsked && catalog !== undefined && (await isMember(this.#zone, catalog, server, options)))
        throw new StillInCatalogError(this.#zone.name, server.key, catalog, error)
      await shownOrTaken(this.#zone, server, supply, options).catch(error => {
        if (!(error instanceof ForeignZoneError)) throw error
      })
    }
  }

  #hasLeft(key: string): void {
    this.#leaving.delete(key)
    this.#left.add(key)
    this.#means.attempts.keepOnly(other => other !== key)
  }

  /** Whether another instance, which should serve the zone, stands for the same server. */
  #isShared(key: string): boolean {
    const { servers, staying } = this.#means
    const server = servers.contact(key)
    const others = [...staying()].map(other => servers.contact(other))
    return others.some(other => server && other && sameServer(server, other))
  }
}

// What is listed no more goes by itself.
function unlessListed(error: unknown): undefined {
  if (!(error instanceof StillInCatalogError)) throw error
}

// It was said that the zone may still be there.
function unlessServers(error: unknown): undefined {
  if (!(error instanceof BindyError)) throw error
}

// It goes when its catalog lists it no more, or stays with it.
function unlessFromCatalog(error: unknown): boolean {
  if (error instanceof ZoneNotShownError) return false
  throw error
}
