import { type Bind9Instance, type BindyError, type DNSZone, deletionPolicy, isHeld, type Remark } from '#crds'
import type { Happening, Log } from '#kube'
import type { Servers } from '../instance/servers.ts'
import { orphaned, retained } from './happening.ts'
import { Looks } from './looks.ts'
import type { Roster } from './roster.ts'

/** A deleted zone leaves those who have it from a catalog within this, mostly: so long nothing is said of it. */
const CATALOG_MS = 3_000

/** So often at least a server that answers is told to let a deleted zone go. */
const WITHDRAWALS = 4

/** What the deletion of a zone reads and writes beside the servers. */
export interface DeletionWorld {
  instance(key: string): Bind9Instance | undefined
  /** Returns false when the object has changed meanwhile: its event brings the next pass. */
  setFinalizer(zone: DNSZone, present: boolean, options: { readonly signal: AbortSignal }): Promise<boolean>
  /** Says of a zone what happened to it, once. */
  recordEvent(zone: DNSZone, happening: Happening): void
  /** Has the zone's next pass come at a time, in milliseconds since 1970, at the latest. */
  wake(name: string, atMs: number): void
  readonly servers: Servers
  readonly log: Log
  readonly now: () => number
}

/**
 * One zone whose object is deleted:
 *
 *   held --withdrawn from every server--> let go
 *     |--deletionPolicy retain----------> let go, the zone stays served
 *     '--the grace is over--------------> let go, the servers that may still have it are named
 */
export class ZoneDeletion {
  readonly #name: string
  readonly #roster: Roster
  readonly #world: DeletionWorld
  readonly #looks: Looks
  /** How often the servers were told to let the zone go. */
  #withdrawals = 0
  /** The zone stays on its servers although its object is gone. */
  #isLeftServed = false

  constructor(name: string, roster: Roster, world: DeletionWorld) {
    this.#name = name
    this.#roster = roster
    this.#world = world
    this.#looks = new Looks(world.now)
  }

  /** Hears that the zone is to stay where it is served. */
  leaveServed(): void {
    this.#isLeftServed = true
  }

  /**
   * Takes the zone off every server that has it; the finalizer goes when none has it any more. Tells what it waits for.
   * Returns when to look again, in milliseconds since 1970; throws what a server has against it.
   */
  async proceed(
    zone: DNSZone,
    { hold, tell, signal }: { readonly hold: Remark | undefined; readonly tell: (fault: Remark) => void } & Signalled,
  ): Promise<number | undefined> {
    if (deletionPolicy(zone) === 'retain') return this.#retain(zone, { signal })
    if (!isHeld(zone)) {
      if (!hold) await this.clearUp({ signal })
      return undefined
    }
    if (hold) {
      tell(hold)
      return undefined
    }
    const fault = await this.#roster.withdraw(key => this.#exists(key), { signal })
    this.#withdrawals++
    this.tellLost(zone)
    if (!fault || this.#isOverdue(zone)) {
      if (fault) this.#tellOrphaned(zone, fault)
      await this.#letGo(zone, { signal })
      return undefined
    }
    const { isWaiting } = this.#roster
    const isSoon = this.#world.now() < Date.parse(zone.metadata.deletionTimestamp ?? '') + CATALOG_MS
    if (!isWaiting || !isSoon) tell(fault)
    if (isWaiting) return this.#looks.nextMs()
    this.#world.wake(this.#name, patienceEndsMs(zone))
    throw fault
  }

  /**
   * After the object is gone: where two controllers run, one may let it go while the other, in a pass, brings its zone to
   * a server again.
   */
  async clearUp({ signal }: Signalled): Promise<void> {
    if (this.#isLeftServed) return
    await this.#roster.withdraw(key => this.#exists(key), { signal })
    const fault = this.#roster.fault ?? this.#roster.slowness
    if (fault) throw fault
  }

  /** Names the servers whose instances went before the zone had left them. */
  tellLost(zone: DNSZone): void {
    const lost = this.#roster.departures.takeLost()
    const why = 'The Bind9Instance is gone, and its server did not answer'
    if (lost.length > 0) this.#world.recordEvent(zone, orphaned(this.#name, lost, why))
  }

  /** Lets the object go and leaves the zone where it is served. */
  async #retain(zone: DNSZone, options: Signalled): Promise<undefined> {
    this.#isLeftServed = true
    const servers = this.#roster.serverViews().map(({ instance }) => instance)
    if (!isHeld(zone) || !(await this.#world.setFinalizer(zone, false, options))) return undefined
    this.#world.recordEvent(zone, retained(this.#name, servers))
    return undefined
  }

  async #letGo(zone: DNSZone, options: Signalled): Promise<void> {
    if (await this.#world.setFinalizer(zone, false, options))
      this.#world.log.info('Zone withdrawn', { zone: this.#name })
  }

  /** Whether the time to wait for servers is over. One that answers is asked a few times even where that was long ago. */
  #isOverdue(zone: DNSZone): boolean {
    const mayYield =
      this.#withdrawals < WITHDRAWALS && this.#roster.departures.keys().some(key => this.#world.servers.ready(key))
    return this.#world.now() >= patienceEndsMs(zone) && !mayYield
  }

  #tellOrphaned(zone: DNSZone, { message }: BindyError): void {
    this.#isLeftServed = true
    this.#roster.departures.abandon()
    this.#world.recordEvent(zone, orphaned(this.#name, this.#roster.departures.keys(), message))
  }

  #exists(instance: string): boolean {
    return this.#world.instance(instance) !== undefined
  }
}

interface Signalled {
  readonly signal: AbortSignal
}

/** When a deleted zone stops waiting for servers, in milliseconds since 1970. */
function patienceEndsMs({ metadata, spec }: DNSZone): number {
  return Date.parse(metadata.deletionTimestamp ?? '') + spec.deletionGraceSeconds * 1000
}
