import { axfr, querySoa, RcodeError, ZoneNotShownError } from '#bind9'
import { type Bind9Instance, BindyError, keyOf, type Remark, serialCompare } from '#crds'
import type { Abortable } from '../abortable.ts'
import { type Peers, type Server, sameServer } from '../instance/server.ts'
import type { Servers } from '../instance/servers.ts'
import type { DesiredZone } from './desired.ts'
import { type PrimaryPass, PrimaryZone } from './primary.ts'
import { SecondaryZone, shownOrTaken } from './secondary.ts'
import { ServedZone } from './served.ts'
import { leavingView, primaryView, type ServerView, secondaryView } from './serverview.ts'
import { ForeignZoneError, type ZoneIdentity } from './statement.ts'
import { byAddzone, type Followers, StillInCatalogError, type Supply } from './supply.ts'
import type { PrimaryView } from './verdict.ts'
import { withdrawZone } from './withdraw.ts'

/** The zone may hold records of others, and a server that may have them does not answer. */
class OthersNotReadError extends BindyError {
  constructor(zone: string, server: string) {
    super(
      `${zone} may have records of others on ${server}, which does not answer: it is made anew when that server is back, or when its Bind9Instance is deleted`,
      { reason: 'OthersNotRead' },
    )
  }
}

/** What a pass brings to all primaries. */
type BringPass = Omit<PrimaryPass, 'server' | 'secondaries' | 'highestSerial' | 'copy' | 'isNew'> & {
  /** The highest that the zone's object tells of. */
  readonly reportedSerial: number | undefined
}

/** The servers of one zone: what each was last seen serving, and what stands against it. */
export class Roster {
  readonly #zone: ZoneIdentity
  readonly #servers: Servers
  readonly #primaries = new Map<string, PrimaryZone>()
  readonly #secondaries = new Map<string, SecondaryZone>()
  readonly #faults = new Map<string, BindyError>()
  /** Servers that the zone is to leave, with the role they had. */
  readonly #leaving = new Map<string, ServerView['role']>()
  readonly #left = new Set<string>()
  #highestSerial: number | undefined
  /** No server was ever seen with the zone, when the pass began. */
  #isNew = true
  #supply: (key: string) => Supply = () => byAddzone

  constructor(zone: ZoneIdentity, servers: Servers) {
    this.#zone = zone
    this.#servers = servers
  }

  /**
   * Takes in which instances should serve the zone, how secondaries come by it, and where its object says it was seen: it
   * leaves the others.
   */
  place(
    instances: readonly Bind9Instance[],
    recorded: ReadonlyMap<string, ServerView['role']>,
    supply = this.#supply,
  ): void {
    this.#supply = supply
    const primaries = instances.filter(({ spec }) => spec.role === 'primary').map(keyOf)
    const secondaries = instances.filter(({ spec }) => spec.role === 'secondary').map(keyOf)
    for (const [key, role] of this.#known()) if (!this.#left.has(key)) this.#leaving.set(key, role)
    for (const [key, role] of recorded) if (!this.#left.has(key)) this.#leaving.set(key, role)
    keepOnly(this.#primaries, primaries, () => new PrimaryZone(this.#zone))
    keepOnly(this.#secondaries, secondaries, () => new SecondaryZone(this.#zone))
    for (const key of [...primaries, ...secondaries]) {
      this.#leaving.delete(key)
      this.#left.delete(key)
      this.#servers.doNotRepeat(key, this.#zone.name)
    }
    for (const key of this.#faults.keys()) if (!this.#isHere(key) && !this.#leaving.has(key)) this.#faults.delete(key)
  }

  /** The addresses of the servers, as far as they are known. */
  addresses(): string[] {
    const known = [...this.#known().keys()].map(key => this.#servers.address(key))
    return [...new Set(known.filter(address => address !== undefined))].sort()
  }

  /** Marks owner names whose desired data may have changed. */
  mark(owners: Iterable<string>): void {
    const marked = new Set(owners)
    for (const primary of this.#primaries.values()) primary.mark(marked)
  }

  /** Has every name compared in the next pass. */
  compareAll(): void {
    for (const primary of this.#primaries.values()) primary.compareAll()
  }

  /** Brings every primary to what is desired; returns the owner names looked at and whether any of them changed. */
  async bringPrimaries(
    pass: BringPass,
  ): Promise<{ readonly looked: ReadonlySet<string>; readonly hasChanged: boolean }> {
    const secondaries = this.#peers(this.#secondaries)
    const highestSerial = () => this.#highestSeen(pass.reportedSerial, pass)
    const copy = () => this.#copy(pass)
    const before = this.serial
    this.#isNew = before === undefined && this.#highestSerial === undefined && pass.reportedSerial === undefined
    const isNew = this.#isNew
    const on = (server: Server): PrimaryPass => ({ ...pass, server, secondaries, highestSerial, copy, isNew })
    const looked = await Promise.all(
      [...this.#primaries].map(([key, primary]) => this.#attempt(key, server => primary.bring(on(server)))),
    )
    if (!pass.hold) await this.#levelSerials(on)
    return { looked: new Set(looked.flatMap(owners => [...(owners ?? [])])), hasChanged: this.serial !== before }
  }

  /** A secondary may fetch from any primary: the same data has the same serial on all of them. */
  async #levelSerials(on: (server: Server) => PrimaryPass): Promise<void> {
    const top = this.serial
    const lagging = [...this.#primaries].filter(([key, { serial }]) => serial !== top && !this.#faults.has(key))
    if (top === undefined) return
    await Promise.all(
      lagging.map(([key, primary]) => this.#attempt(key, server => primary.replaceSoa(top, on(server)))),
    )
  }

  /**
   * The zone as a primary was last read, else as a server has it now: what others put into it is nowhere else. Undefined
   * where no server has it; one that may have it and does not answer is no server without it. A zone that was never served
   * and takes over none has nothing anywhere: what a server has under its name then is another zone.
   */
  async #copy({ desired, reportedSerial, signal }: BringPass): Promise<ServedZone | undefined> {
    const copies = [...this.#primaries.values()].map(({ copy }) => copy).filter(copy => copy !== undefined)
    const latest = copies.sort((a, b) => serialCompare(a.soa.serial, b.soa.serial)).at(-1)
    if (latest) return latest
    if (reportedSerial === undefined && !this.#zone.adopts && !desired.isCatalog) return undefined
    const keys = [...this.#primaries.keys(), ...this.#secondaries.keys()]
    const answers = await Promise.all(keys.map(async key => ({ key, serial: await this.#serialNow(key, { signal }) })))
    const having = answers.filter((answer): answer is { key: string; serial: number } =>
      Number.isInteger(answer.serial),
    )
    const best = having.sort((a, b) => serialCompare(a.serial, b.serial)).at(-1)
    const server = best && this.#servers.ready(best.key)
    if (server) return new ServedZone(await axfr(server.dns, this.#zone.name, { signal }))
    const silent = answers.find(({ serial }) => serial === 'unknown')
    if (silent && reportedSerial !== undefined) throw new OthersNotReadError(this.#zone.name, silent.key)
    return undefined
  }

  async #serialNow(key: string, options: Abortable): Promise<number | undefined | 'unknown'> {
    const server = this.#servers.ready(key)
    if (!server) return 'unknown'
    try {
      return (await querySoa(server.dns, this.#zone.name, options))?.serial
    } catch (error) {
      if (!(error instanceof BindyError)) throw error
      return error instanceof RcodeError ? undefined : 'unknown'
    }
  }

  /** The highest serial that any server of the zone was ever seen with, or has now. */
  async #highestSeen(reported: number | undefined, options: Abortable) {
    await Promise.all(
      [...this.#secondaries].map(([key, secondary]) => {
        const server = this.#servers.ready(key)
        return server && secondary.look(server, options)
      }),
    )
    this.#remember(reported, this.serial, ...serials(this.#secondaries))
    return this.#highestSerial
  }

  #remember(...serials: readonly (number | undefined)[]): void {
    this.#highestSerial = highest([this.#highestSerial, ...serials])
  }

  /** Adds the zone to every secondary that lacks it, once there is a primary to fetch it from. */
  async bringSecondaries(options: { readonly signal: AbortSignal; readonly followers: Followers }): Promise<void> {
    if (this.serial === undefined) return
    const primaries = this.#peers(this.#primaries)
    const { followers } = options
    await Promise.all(
      [...this.#secondaries].map(([key, secondary]) =>
        this.#attempt(key, server => {
          const source = { primaries, supply: this.#supply(key), followers, isNew: this.#isNew }
          return secondary.bring(server, source, options)
        }),
      ),
    )
  }

  /** Says which secondaries would be given the zone. */
  async tellSecondaries(tell: PrimaryPass['tell'], options: { readonly signal: AbortSignal }): Promise<void> {
    for (const [key, secondary] of this.#secondaries) {
      const server = this.#servers.ready(key)
      if (!server) continue
      await secondary.look(server, options)
      const { by, catalog = '', isListed } = this.#supply(key)
      if (secondary.serial !== undefined || (by === 'catalog' && isListed)) continue
      tell(by === 'catalog' ? { kind: 'wouldList', server: key, catalog } : { kind: 'wouldAdd', server: key })
    }
  }

  /** Takes the zone off the servers that it is no longer meant for, as far as their instances still exist. */
  async leave(
    exists: (key: string) => boolean,
    options: { readonly signal: AbortSignal; readonly only?: (key: string) => boolean },
  ): Promise<void> {
    const { signal, only = () => true } = options
    for (const key of this.#leaving.keys()) if (!exists(key) || this.#isShared(key)) this.#hasLeft(key)
    const keys = [...this.#leaving.keys()].filter(only)
    const [first, then] = partition(keys, key => this.#leaving.get(key) === 'secondary' && this.#supply(key).isAsked)
    await Promise.all(first.map(key => this.#withdraw(key, { signal })))
    // Who has the zone from a catalog can fetch it until it is out of there.
    if (!this.isWaiting) await Promise.all(then.map(key => this.#withdraw(key, { signal })))
  }

  /** Whether a server is about to drop the zone, which its catalog lists no more. */
  get isWaiting(): boolean {
    return [...this.#faults.values()].some(fault => fault instanceof StillInCatalogError)
  }

  /** Takes the zone off every server; returns what stands against it. */
  async withdraw(
    exists: (key: string) => boolean,
    options: { readonly signal: AbortSignal },
  ): Promise<BindyError | undefined> {
    this.place([], new Map())
    await this.leave(exists, options)
    return [...this.#leaving.keys()].map(key => this.#faults.get(key)).find(fault => fault !== undefined)
  }

  /** Whether another instance, which should serve the zone, stands for the same server. */
  #isShared(key: string): boolean {
    const server = this.#servers.contact(key)
    const others = [...this.#known().keys()].map(other => this.#servers.contact(other))
    return others.some(other => server && other && sameServer(server, other))
  }

  async #withdraw(key: string, options: { readonly signal: AbortSignal }): Promise<void> {
    const isGone = await this.#attempt(key, async server => {
      await this.#withdrawFrom(server, options)
      return true
    })
    if (!isGone) return
    this.#servers.repeatAfterRestart(key, this.#zone.name, server => this.#withdrawFrom(server, {}).catch(unlessListed))
    this.#hasLeft(key)
  }

  async #withdrawFrom(server: Server, options: Abortable): Promise<void> {
    try {
      await withdrawZone(this.#zone, server, options)
    } catch (error) {
      if (!(error instanceof ZoneNotShownError)) throw error
      const supply = this.#supply(server.key)
      // A server that reads the catalog on its own account.
      if (supply.isListed) return
      if (supply.isAsked) throw new StillInCatalogError(this.#zone.name, server.key, supply.catalog as string, error)
      await shownOrTaken(this.#zone, server, supply, options).catch(error => {
        if (!(error instanceof ForeignZoneError)) throw error
      })
    }
  }

  #hasLeft(key: string): void {
    this.#leaving.delete(key)
    this.#faults.delete(key)
    this.#left.add(key)
  }

  /** Asks one secondary for its serial; returns whether it has what the primaries serve, or cannot be asked now. */
  async look(key: string, options: { readonly signal: AbortSignal }): Promise<boolean> {
    const server = this.#servers.ready(key)
    const secondary = this.#secondaries.get(key)
    const { serial } = this
    if (!server || !secondary || serial === undefined) return true
    await secondary.look(server, options)
    this.#remember(secondary.serial)
    const isLevel = secondary.serial === this.serial
    if (isLevel) secondary.wasAway = false
    return isLevel
  }

  /** Whether every primary was seen holding at an owner name what it should, and nothing else. */
  isSettled(owner: string): boolean {
    return [...this.#primaries].every(([key, primary]) => !this.#faults.has(key) && primary.isSettled(owner))
  }

  /** Asks a server for its serial; returns whether it is another than last seen, or the zone is not there any more. */
  async hasStrayed(key: string, options: { readonly signal: AbortSignal }): Promise<boolean> {
    const server = this.#servers.ready(key)
    const zone = this.#primaries.get(key) ?? this.#secondaries.get(key)
    if (!server || zone?.serial === undefined) return false
    try {
      const soa = await querySoa(server.dns, this.#zone.name, options)
      return soa?.serial !== zone.serial
    } catch (error) {
      if (error instanceof RcodeError) return true
      if (!(error instanceof BindyError)) throw error
      this.#servers.suspect(key)
      return false
    }
  }

  /** The serial last seen on a secondary. */
  serialAt(key: string): number | undefined {
    return this.#secondaries.get(key)?.serial
  }

  /** Whether a secondary did not answer at some moment since it last had what the primaries serve. */
  wasAway(key: string): boolean {
    return this.#secondaries.get(key)?.wasAway ?? false
  }

  /** Has a secondary ask for the zone now, or fetch it. */
  async hurry(key: string, verb: 'refresh' | 'retransfer', options: { readonly signal: AbortSignal }): Promise<void> {
    const server = this.#servers.ready(key)
    if (server) await this.#secondaries.get(key)?.hurry(server, verb, options)
  }

  /** The servers that the zone has not left yet. */
  get leaving(): string[] {
    return [...this.#leaving.keys()]
  }

  /** How many records others have in the zone, where it is shared. */
  others(desired: DesiredZone): number {
    const copies = [...this.#primaries.values()].map(({ copy }) => copy).filter(copy => copy !== undefined)
    return Math.max(0, ...copies.map(copy => desired.othersIn(copy)))
  }

  /** The highest serial seen on a primary. */
  get serial(): number | undefined {
    return highest(serials(this.#primaries))
  }

  get primaries(): IterableIterator<string> {
    return this.#primaries.keys()
  }

  get secondaries(): IterableIterator<string> {
    return this.#secondaries.keys()
  }

  /** Secondaries that were not seen serving the zone since they were met. */
  get unseen(): string[] {
    return [...this.#secondaries].filter(([, { serial }]) => serial === undefined).map(([key]) => key)
  }

  /** What stands against a server that does answer: trying again may mend it. */
  get fault(): BindyError | undefined {
    const isDue = ([key, fault]: [string, BindyError]) =>
      this.#servers.ready(key) && !(fault instanceof StillInCatalogError)
    return [...this.#faults].find(isDue)?.[1]
  }

  /** When the first change that was refused is due for another try on a server that answers, in ms since 1970. */
  get retryAtMs(): number {
    const ready = [...this.#primaries].filter(([key]) => this.#servers.ready(key))
    return Math.min(...ready.map(([, { retryAtMs }]) => retryAtMs))
  }

  /** The primaries that were seen serving the zone. */
  get serving(): string[] {
    return [...this.#primaries].filter(([, { serial }]) => serial !== undefined).map(([key]) => key)
  }

  /** Whether every secondary that answers has the zone for a command, and not from a catalog. */
  get isAdded(): boolean {
    const present = [...this.#secondaries].filter(([key]) => this.#servers.ready(key))
    return present.every(([key, { supply }]) => supply?.by === 'addzone' && !this.#faults.has(key))
  }

  primaryViews(): PrimaryView[] {
    return [...this.#primaries].map(([key, zone]) => ({ key, zone, fault: this.#faults.get(key) }))
  }

  serverViews(): ServerView[] {
    const primaries = [...this.#primaries].map(([key, zone]) => primaryView(key, zone, this.#remark(key)))
    const secondaries = [...this.#secondaries].map(([key, zone]) =>
      secondaryView(key, zone, this.serial, this.#remark(key)),
    )
    const leaving = [...this.#leaving].map(([key, role]) => leavingView(key, role, this.#remark(key)))
    return [...primaries, ...secondaries, ...leaving]
  }

  #known(): Map<string, ServerView['role']> {
    const primaries = [...this.#primaries.keys()].map(key => [key, 'primary'] as const)
    const secondaries = [...this.#secondaries.keys()].map(key => [key, 'secondary'] as const)
    return new Map<string, ServerView['role']>([...primaries, ...secondaries])
  }

  /** Whether the zone is, or may still be, on the server of an instance. */
  has(key: string): boolean {
    return this.#isHere(key) || this.#leaving.has(key)
  }

  /** Whether any primary should serve the zone. */
  get hasPrimary(): boolean {
    return this.#primaries.size > 0
  }

  #isHere(key: string): boolean {
    return this.#primaries.has(key) || this.#secondaries.has(key)
  }

  #remark(key: string): Remark | undefined {
    return this.#faults.get(key) ?? this.#servers.fault(key)
  }

  /** Runs one server's part; what stands against it is kept, and a server that fails is probed. */
  async #attempt<T>(key: string, part: (server: Server) => Promise<T>): Promise<T | undefined> {
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

  #peers(zones: ReadonlyMap<string, unknown>): Peers {
    const contacts = [...zones.keys()].map(key => this.#servers.contact(key)).filter(contact => contact !== undefined)
    return { contacts, isWhole: contacts.length === zones.size }
  }
}

const unmet = new BindyError('It has not answered yet', { reason: 'Pending' })

// What is listed no more goes by itself.
function unlessListed(error: unknown): undefined {
  if (!(error instanceof StillInCatalogError)) throw error
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter(item => !isFirst(item))]
}

function keepOnly<T>(known: Map<string, T>, keys: readonly string[], make: () => T): void {
  for (const key of known.keys()) if (!keys.includes(key)) known.delete(key)
  for (const key of keys) if (!known.has(key)) known.set(key, make())
}

function serials(zones: ReadonlyMap<string, { readonly serial: number | undefined }>): (number | undefined)[] {
  return [...zones.values()].map(({ serial }) => serial)
}

function highest(serials: readonly (number | undefined)[]): number | undefined {
  return serials.reduce(
    (top, serial) => (serial !== undefined && (top === undefined || serialCompare(serial, top) > 0) ? serial : top),
    undefined,
  )
}
