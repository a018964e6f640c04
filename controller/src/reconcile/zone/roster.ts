import { axfr, querySoa, RcodeError, ZoneNotShownError } from '#bind9'
import { type Bind9Instance, BindyError, keyOf, type Remark, serialCompare } from '#crds'
import type { Abortable } from '../abortable.ts'
import type { Peers, Server } from '../instance/server.ts'
import type { Servers } from '../instance/servers.ts'
import { Attempts } from './attempts.ts'
import { bringAll, type Convoy, topOf } from './convoy.ts'
import { Departures, type Sighting } from './departures.ts'
import type { DesiredZone, ServerAddresses } from './desired.ts'
import type { PrimaryPass } from './pass.ts'
import { PrimaryZone } from './primary.ts'
import { SecondaryZone } from './secondary.ts'
import { highest } from './serials.ts'
import { ServedZone } from './served.ts'
import { primaryView, type ServerView, secondaryView } from './serverview.ts'
import type { ZoneIdentity } from './statement.ts'
import { byAddzone, type Followers, type Supply } from './supply.ts'
import type { PrimaryView } from './verdict.ts'

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
type BringPass = Omit<
  PrimaryPass,
  'server' | 'secondaries' | 'highestSerial' | 'copy' | 'strayed' | 'braked' | 'isNew' | 'wasSeen'
> & {
  /** The highest that the zone's object tells of. */
  readonly reportedSerial: number | undefined
  /** The highest that it tells of a primary. */
  readonly servedSerial: number | undefined
  /** Has the next pass come at once. */
  readonly wake: () => void
}

/** The servers of one zone: what each was last seen serving, and what stands against it. */
export class Roster {
  readonly #zone: ZoneIdentity
  readonly #servers: Servers
  readonly #primaries = new Map<string, PrimaryZone>()
  readonly #secondaries = new Map<string, SecondaryZone>()
  readonly #attempts: Attempts
  /** The servers that the zone is to leave. */
  readonly departures: Departures
  #recorded: ReadonlyMap<string, Sighting> = new Map()
  /** Secondaries whose serial does not tell what they have: they are to fetch the zone whole. */
  readonly #distrusted = new Set<string>()
  #highestSerial: number | undefined
  /** No server was ever seen with the zone, when the pass began. */
  #isNew = true
  #supply: (key: string) => Supply = () => byAddzone

  constructor(zone: ZoneIdentity, servers: Servers) {
    this.#zone = zone
    this.#servers = servers
    this.#attempts = new Attempts(servers)
    const supply = (key: string) => this.#supply(key)
    const staying = () => this.#known().keys()
    this.departures = new Departures(zone, { servers, attempts: this.#attempts, supply, staying })
  }

  /**
   * Takes in which instances should serve the zone, how secondaries come by it, and where its object says it was seen: it
   * leaves the others.
   */
  place(instances: readonly Bind9Instance[], recorded: ReadonlyMap<string, Sighting>, supply = this.#supply): void {
    this.#supply = supply
    this.#recorded = recorded
    const primaries = instances.filter(({ spec }) => spec.role === 'primary').map(keyOf)
    const secondaries = instances.filter(({ spec }) => spec.role === 'secondary').map(keyOf)
    this.departures.add([...recorded, ...this.#known()])
    const holding = [...this.#primaries.values()].find(({ brake }) => brake.isHolding)
    keepOnly(this.#primaries, primaries, () => new PrimaryZone(this.#zone, holding?.brake.copy()))
    keepOnly(this.#secondaries, secondaries, () => new SecondaryZone(this.#zone))
    for (const key of [...primaries, ...secondaries]) this.departures.remove(key)
    this.#attempts.keepOnly(key => this.has(key))
  }

  /** The addresses of the servers, as far as they are known. */
  addresses(): ServerAddresses {
    const all = [...this.#known().keys()].map(key => this.#servers.address(key))
    const known = all.filter(address => address !== undefined)
    return { known: [...new Set(known)].sort(), areAll: known.length === all.length }
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
    const strayed = () => new Set([...this.#primaries.values()].flatMap(({ strayed }) => [...strayed]))
    const braked = () => [...this.#primaries.values()].flatMap(({ braked }) => [...braked])
    const before = this.serial
    this.#isNew = before === undefined && this.#highestSerial === undefined && pass.reportedSerial === undefined
    const isNew = this.#isNew
    const on = (server: Server): PrimaryPass => {
      const wasSeen = this.#recorded.get(server.key)?.isSeen ?? false
      return { ...pass, server, secondaries, highestSerial, copy, strayed, braked, isNew, wasSeen }
    }
    const attempt: Convoy['attempt'] = (key, part) => this.#attempt(key, part, pass)
    const faultOf = (key: string) => this.#attempts.faultOf(key)
    const free = new Map([...this.#primaries].filter(([key]) => !this.#attempts.isSlow(key)))
    const copies = [...this.#primaries.values()].map(({ copy }) => copy?.soa.serial)
    const floor = highest([pass.servedSerial, ...copies])
    const { looked, haveParted } = await bringAll(free, { on, attempt, faultOf, hold: pass.hold, floor })
    if (haveParted) this.#distrust()
    return { looked, hasChanged: this.serial !== before }
  }

  /**
   * The zone as a primary was last read, else as a server has it now: what others put into it, and what waits to be
   * withdrawn, is nowhere else. Undefined where no server has it, or hands it out: the objects make it whole, but for what
   * others put there, and a server that may have that and does not tell is no server without it. A zone that was never served and takes over none has nothing anywhere: what a server
   * has under its name then is another zone.
   */
  async #copy({ desired, reportedSerial, signal }: BringPass): Promise<ServedZone | undefined> {
    const copies = [...this.#primaries.values()].map(({ copy }) => copy).filter(copy => copy !== undefined)
    const latest = copies.sort((a, b) => serialCompare(a.soa.serial, b.soa.serial)).at(-1)
    if (latest) return latest
    if (reportedSerial === undefined && !this.#zone.adopts && !desired.isCatalog) return undefined
    const keys = [...this.#primaries.keys(), ...this.#secondaries.keys(), ...this.departures.keys()]
    const answers = await Promise.all(keys.map(async key => ({ key, serial: await this.#serialNow(key, { signal }) })))
    const having = answers.filter((answer): answer is { key: string; serial: number } =>
      Number.isInteger(answer.serial),
    )
    let refusal: RcodeError | undefined
    for (const { key } of having.sort((a, b) => serialCompare(b.serial, a.serial))) {
      const server = this.#servers.ready(key)
      if (!server) continue
      try {
        return new ServedZone(await axfr(server.dns, this.#zone.name, { signal }))
      } catch (error) {
        if (!(error instanceof RcodeError)) throw error
        refusal ??= error
      }
    }
    if (!desired.isShared || reportedSerial === undefined) return undefined
    if (refusal) throw refusal
    const silent = answers.find(({ serial }) => serial === 'unknown')
    if (silent) throw new OthersNotReadError(this.#zone.name, silent.key)
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
    const copies = [...this.#primaries.values()].map(({ copy }) => copy?.soa.serial)
    this.#remember(reported, ...copies, ...serials(this.#secondaries))
    return this.#highestSerial
  }

  #remember(...serials: readonly (number | undefined)[]): void {
    this.#highestSerial = highest([this.#highestSerial, ...serials])
  }

  /** Adds the zone to every secondary that lacks it, once there is a primary to fetch it from. */
  async bringSecondaries(options: { readonly signal: AbortSignal; readonly followers: Followers }): Promise<void> {
    if (this.serial === undefined) return
    // One that has a zone of others under this name would give them that.
    const isForeign = (key: string) => this.#attempts.faultOf(key)?.reason === 'ZoneExists'
    const primaries = this.#peers(new Map([...this.#primaries].filter(([key]) => !isForeign(key))))
    const { followers } = options
    await Promise.all(
      [...this.#secondaries].map(([key, secondary]) =>
        this.#attempts.run(key, server => {
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
      const turns = by === 'addzone' && isListed && (await isFromCatalog(this.#zone, server, options))
      if (!turns && (secondary.serial !== undefined || (by === 'catalog' && isListed))) continue
      tell(by === 'catalog' ? { kind: 'wouldList', server: key, catalog } : { kind: 'wouldAdd', server: key })
    }
  }

  /** What stands against a server that is still busy with an earlier pass. */
  get slowness(): BindyError | undefined {
    return this.#attempts.slowness
  }

  /** Whether a server is about to drop the zone, which its catalog lists no more. */
  get isWaiting(): boolean {
    return this.#attempts.isWaiting
  }

  /** Takes the zone off every server; returns what stands against it. */
  async withdraw(
    exists: (key: string) => boolean,
    options: { readonly signal: AbortSignal },
  ): Promise<BindyError | undefined> {
    this.place([], new Map())
    await this.departures.leave(exists, options)
    const faults = this.departures.keys().map(key => this.#attempts.faultOf(key))
    return faults.find(fault => fault !== undefined)
  }

  /** Asks one secondary for its serial; returns whether it has what the primaries serve, or cannot be asked now. */
  async look(
    key: string,
    { hold, ...options }: { readonly signal: AbortSignal; readonly hold: Remark | undefined },
  ): Promise<boolean> {
    const server = this.#servers.ready(key)
    const secondary = this.#secondaries.get(key)
    const { serial } = this
    if (!server || !secondary || serial === undefined) return true
    await secondary.look(server, options)
    this.#remember(secondary.serial)
    const isLevel = secondary.serial === this.serial
    if (isLevel) secondary.wasAway = false
    if (isLevel && !hold && this.#distrusted.has(key)) {
      await secondary.hurry(server, 'retransfer', options)
      this.#distrusted.delete(key)
    }
    return isLevel
  }

  /** Whether every primary was seen holding at an owner name what it should, and nothing else. */
  isSettled(owner: string): boolean {
    return [...this.#primaries].every(([key, primary]) => !this.#attempts.faultOf(key) && primary.isSettled(owner))
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

  /** Whether there are primaries, and each was seen serving the zone with nothing that waits to be withdrawn. */
  get isReleased(): boolean {
    const isDone = ([key, { serial, braked }]: [string, PrimaryZone]) =>
      serial !== undefined && braked.size === 0 && !this.#attempts.faultOf(key)
    return this.hasPrimary && [...this.#primaries].every(isDone)
  }

  /** How many records others have in the zone, where it is shared. */
  others(desired: DesiredZone): number {
    const copies = [...this.#primaries.values()].map(({ copy }) => copy).filter(copy => copy !== undefined)
    return Math.max(0, ...copies.map(copy => desired.othersIn(copy)))
  }

  /** The highest serial seen on a primary. */
  get serial(): number | undefined {
    return topOf(this.#primaries)
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
    return this.#attempts.fault
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
    return present.every(([key, { supply }]) => supply?.by === 'addzone' && !this.#attempts.faultOf(key))
  }

  primaryViews(): PrimaryView[] {
    return [...this.#primaries].map(([key, zone]) => ({ key, zone, fault: this.#attempts.faultOf(key) }))
  }

  serverViews(): ServerView[] {
    const remark = (key: string) => this.#attempts.remark(key)
    const primaries = [...this.#primaries].map(([key, zone]) => primaryView(key, zone, remark(key)))
    const secondaries = [...this.#secondaries].map(([key, zone]) => secondaryView(key, zone, this.serial, remark(key)))
    return [...primaries, ...secondaries, ...this.departures.views()]
  }

  #known(): Map<string, Sighting> {
    const known = new Map<string, Sighting>()
    for (const [key, { copy }] of this.#primaries) known.set(key, { role: 'primary', isSeen: copy !== undefined })
    for (const [key, { serial }] of this.#secondaries)
      known.set(key, { role: 'secondary', isSeen: serial !== undefined })
    return known
  }

  /** Whether the zone is, or may still be, on the server of an instance. */
  has(key: string): boolean {
    return this.#isHere(key) || this.departures.has(key)
  }

  /** Whether any primary should serve the zone. */
  get hasPrimary(): boolean {
    return this.#primaries.size > 0
  }

  #isHere(key: string): boolean {
    return this.#primaries.has(key) || this.#secondaries.has(key)
  }

  /** Runs a primary's part. Beside others, one that takes long goes on by itself, and is compared anew when it has ended. */
  #attempt<T>(
    key: string,
    part: (server: Server) => Promise<T>,
    { wake, signal, hold }: Pick<BringPass, 'wake' | 'signal' | 'hold'>,
  ): Promise<T | undefined> {
    if (this.#primaries.size < 2 || hold) return this.#attempts.run(key, part)
    const primary = this.#primaries.get(key)
    const before = primary?.serial
    const onEnd = () => {
      // What the others took meanwhile may have had the same serials.
      if (primary?.serial !== before) this.#distrust()
      primary?.compareAll()
      wake()
    }
    return this.#attempts.runInTime(key, part, { onEnd, signal })
  }

  #distrust(): void {
    for (const key of this.#secondaries.keys()) this.#distrusted.add(key)
  }

  #peers(zones: ReadonlyMap<string, unknown>): Peers {
    const contacts = [...zones.keys()].map(key => this.#servers.contact(key)).filter(contact => contact !== undefined)
    return { contacts, isWhole: contacts.length === zones.size }
  }
}

async function isFromCatalog({ name }: ZoneIdentity, { rndc }: Server, options: Abortable): Promise<boolean> {
  try {
    await rndc.showzone(name, options)
    return false
  } catch (error) {
    if (error instanceof ZoneNotShownError) return true
    throw error
  }
}

function keepOnly<T>(known: Map<string, T>, keys: readonly string[], make: () => T): void {
  for (const key of known.keys()) if (!keys.includes(key)) known.delete(key)
  for (const key of keys) if (!known.has(key)) known.set(key, make())
}

function serials(zones: ReadonlyMap<string, { readonly serial: number | undefined }>): (number | undefined)[] {
  return [...zones.values()].map(({ serial }) => serial)
}
