import {
  type Bind9Instance,
  BindyError,
  type DNSZone,
  deletionPolicy,
  isHeld,
  isPaused,
  keyOf,
  namespaceOf,
  type RecordObject,
  type Remark,
  sentence,
  toldIn,
} from '#crds'
import type { Happening, Log } from '#kube'
import type { Servers } from '../instance/servers.ts'
import { isAdmitted, type RecordClaim, type ZoneClaims } from './claims.ts'
import type { SeedSource } from './create.ts'
import { DesiredZone, type Others, type Unread } from './desired.ts'
import { happeningOn, orphaned, type PrimaryHappening, retained } from './happening.ts'
import { Judge } from './judge.ts'
import { KeptRecords, type KeptRecordsWorld } from './keptrecords.ts'
import { Roster } from './roster.ts'
import type { ServerView } from './serverview.ts'
import { paused, verdictOfServers, type ZoneView } from './status.ts'
import type { Followers, Supply } from './supply.ts'
import { noZone, type Verdict } from './verdict.ts'

/** How long until a zone at rest is looked at whole, in milliseconds; its serials are watched all the time. */
const DRIFT_CHECK_MS = 600_000

/** A deleted zone leaves those who have it from a catalog within this, mostly: so long nothing is said of it. */
const CATALOG_MS = 3_000

/** What the reconcile of a zone reads and writes beside the servers. */
export interface ZoneWorld extends KeptRecordsWorld {
  /** The DNSZones of a zone name, the one that owns it first. */
  zonesNamed(name: string): readonly DNSZone[]
  /** The zone above that keeps a DNSZone of another namespace from being served. */
  forbiddenBy(zone: DNSZone): DNSZone | undefined
  /** The instances that should serve a zone. */
  placed(zone: DNSZone): readonly Bind9Instance[]
  /** How a secondary comes by a zone. */
  supply(zone: DNSZone, instance: string): Supply
  /** Which values of a catalog are left alone; undefined for a zone that is none. */
  others(zone: DNSZone): Others | undefined
  readonly followers: Followers
  instance(key: string): Bind9Instance | undefined
  claims(name: string): ZoneClaims
  /** Returns false when the object has changed meanwhile: its event brings the next pass. */
  setFinalizer(zone: DNSZone, present: boolean, options: { readonly signal: AbortSignal }): Promise<boolean>
  /** Says of a record whether it is served. */
  reportRecord(record: RecordClaim, verdict: Verdict): void
  /** Says of a zone how it stands. */
  reportZone(zone: DNSZone, view: ZoneView): void
  /** Says of a zone what happened to it, once. */
  recordEvent(zone: DNSZone, happening: Happening): void
  /** Has the zone's next pass come at a time, in milliseconds since 1970, at the latest. */
  wake(name: string, atMs: number): void
  /** Record kinds whose objects are not known. */
  readonly unread: () => Unread
  /** Why nothing at all may be written. */
  readonly hold: Remark | undefined
  /** Hears what happens on primaries, or would. */
  tell(zone: DNSZone, happening: PrimaryHappening): void
  /** Has a secondary looked at, after its primaries changed. */
  follow(name: string, instance: string): void
  readonly servers: Servers
  readonly source: SeedSource
  readonly log: Log
}

/** One zone name: the story of a pass is `reconcile()`, and what was seen of the servers is kept between passes. */
export class ZoneReconcile {
  readonly name: string
  readonly #world: ZoneWorld
  /** The object that the rest is about: a zone made anew under the old name starts from nothing. */
  #uid: string | undefined
  #adopts: ReturnType<typeof adoption>
  /** There was no object of the zone's name when last looked, and its records have heard so. */
  #isMissed = false
  #roster: Roster
  #judge: Judge
  #ended: string | undefined
  /** The zone stays on its servers although its object is gone. */
  #isLeftServed = false
  #rivals = ''
  #desired: DesiredZone | undefined
  /** Why the zone's object cannot be read as a zone. */
  #fault: Remark | undefined
  #kept: KeptRecords
  /** Records of others, as last counted. */
  #unowned: number | undefined
  #nextCheckMs = 0
  #isLookedAt = false

  constructor(name: string, world: ZoneWorld) {
    this.name = name
    this.#world = world
    this.#roster = new Roster({ name, uid: '' }, world.servers)
    this.#judge = new Judge((record, verdict) => this.#tellRecord(record, verdict))
    this.#kept = new KeptRecords(world)
  }

  /**
   * One pass: gather, plan, apply, verify, report. Returns when the zone wants the next one, in milliseconds since 1970.
   * Throws when a server did not do its part and another try is due; everything else is done by then.
   */
  async reconcile(options: { readonly signal: AbortSignal }): Promise<number | undefined> {
    const { servers } = this.#world
    const [zone, ...others] = this.#world.zonesNamed(this.name)
    if (this.hasEnded && !this.#world.hold) await this.#clearUp(options)
    if (!zone) return this.#withoutZone(options)
    const placed = this.#world.placed(zone)
    // Its turn comes when all of its servers have answered, or failed to.
    if (placed.some(instance => !servers.isMet(keyOf(instance)))) return undefined
    for (const other of others) await this.#turnAway(other, zone, options)
    this.#recognize(zone)
    this.#facing(others)
    const parent = this.#world.forbiddenBy(zone)
    if (parent) return this.#forbid(zone, parent)
    this.#roster.place(placed, recorded(zone), key => this.#world.supply(zone, key))
    try {
      return await (zone.metadata.deletionTimestamp ? this.#withdraw(zone, options) : this.#serve(zone, options))
    } finally {
      this.#isLookedAt = true
    }
  }

  /** Looks at one secondary; returns whether it has what the primaries serve. */
  async follow(instance: string, options: { readonly signal: AbortSignal }): Promise<boolean> {
    const isCurrent = await this.#roster.look(instance, options)
    const [zone] = this.#world.zonesNamed(this.name)
    if (zone && zone.metadata.uid === this.#uid) this.#report(zone)
    return isCurrent
  }

  /** Asks every server for the zone's serial, and has looked after what is not as it was last seen. */
  async watchSerials(options: { readonly signal: AbortSignal }): Promise<void> {
    if (this.#uid === undefined) return
    const primaries = [...this.#roster.primaries].map(async key => {
      if (await this.#roster.hasStrayed(key, options)) this.#strayed()
    })
    const secondaries = [...this.#roster.secondaries].map(async key => {
      if (await this.#roster.hasStrayed(key, options)) this.#world.follow(this.name, key)
    })
    await Promise.all([...primaries, ...secondaries])
  }

  #strayed(): void {
    this.checkSoon()
    this.#world.wake(this.name, this.#world.now())
  }

  /** The serial last seen on a secondary. */
  serialAt(instance: string): number | undefined {
    return this.#roster.serialAt(instance)
  }

  /** Whether a secondary did not answer at some moment since it last had what the primaries serve. */
  wasAway(instance: string): boolean {
    return this.#roster.wasAway(instance)
  }

  /** The highest serial seen on a primary. */
  get serial(): number | undefined {
    return this.#roster.serial
  }

  /** The primaries that were seen serving the zone. */
  get serving(): readonly string[] {
    return this.#roster.serving
  }

  /** Whether a pass has ended, be it with a fault: what is not known of the zone then is not to be waited for. */
  get isLookedAt(): boolean {
    return this.#isLookedAt
  }

  /** Whether every secondary that answers has the zone for a command, and not from a catalog. */
  get isAdded(): boolean {
    return this.#roster.isAdded
  }

  /** Has every name compared in the next pass. */
  compareAll(): void {
    this.#roster.compareAll()
  }

  /** Hears that an object of this name was deleted and is gone, whoever let it go. */
  end(zone: DNSZone): void {
    this.#ended = zone.metadata.uid
    if (this.#ended === this.#uid) this.#isLeftServed ||= deletionPolicy(zone) === 'retain' || isPaused(zone)
  }

  /** Whether its object is gone and its servers have yet to be looked at for that. */
  get hasEnded(): boolean {
    return this.#uid !== undefined && this.#ended === this.#uid
  }

  /** Whether the zone is, or may still be, on the server of an instance. */
  isOn(instance: string): boolean {
    return this.#roster.has(instance)
  }

  /** Has the servers asked for their serials in the next pass. */
  checkSoon(): void {
    this.#nextCheckMs = 0
  }

  /** Has a secondary that stays behind ask for the zone, or fetch it anew. */
  async hurry(
    instance: string,
    verb: 'refresh' | 'retransfer',
    options: { readonly signal: AbortSignal },
  ): Promise<void> {
    const [zone] = this.#world.zonesNamed(this.name)
    if (zone && !this.#holdOf(zone)) await this.#roster.hurry(instance, verb, options)
  }

  /** Why nothing of a zone may be written now. */
  #holdOf(zone: DNSZone): Remark | undefined {
    return this.#world.hold ?? (isPaused(zone) ? paused : undefined)
  }

  async #serve(zone: DNSZone, { signal }: { readonly signal: AbortSignal }): Promise<number | undefined> {
    const { source, log, now } = this.#world
    const claims = this.#world.claims(this.name)
    const changes = claims.takeChanges()
    this.#roster.mark(changes.claims)
    const desired = this.#decide(zone, claims)
    const hold = this.#holdOf(zone)
    const mayServe = desired && (hold || isHeld(zone) || (await this.#world.setFinalizer(zone, true, { signal })))
    if (!desired || !mayServe) {
      this.#judge.reopen()
      await this.#leave({ signal })
      return undefined
    }
    if (!hold) await this.#kept.keep(zone, claims, claims.touched(changes), { signal })
    const check = now() >= this.#nextCheckMs

    const reportedSerial = zone.status?.serial
    const tell = (happening: PrimaryHappening) => this.#tell(zone, happening)
    const pass = { desired, source, check, now, signal, reportedSerial, hold, tell }
    const isKnown = this.#roster.serial !== undefined
    const { looked, hasChanged } = await this.#roster.bringPrimaries(pass)
    if (hasChanged) log.info(isKnown ? 'Zone changed' : 'Zone read', { zone: this.name, serial: this.#roster.serial })
    if (this.#world.hold) await this.#roster.tellSecondaries(tell, { signal })
    if (!hold) {
      await this.#roster.bringSecondaries({ signal, followers: this.#world.followers })
      await this.#leave({ signal })
    }

    for (const key of hasChanged || check ? this.#roster.secondaries : this.#roster.unseen) {
      this.#world.follow(this.name, key)
    }
    if (check) this.#nextCheckMs = now() + DRIFT_CHECK_MS * (0.8 + Math.random() * 0.4)
    if (!hold) await this.#release(claims, zone, { signal })
    if (desired.isShared && (looked.size > 0 || check)) this.#unowned = this.#roster.others(desired)
    if (!desired.isShared) this.#unowned = undefined
    const views = this.#roster.primaryViews()
    this.#judge.judge(desired, claims, views, { changes, looked }, record => this.#isOthers(zone, record))
    this.#report(zone)
    if (this.#roster.fault) throw this.#roster.fault
    return this.#roster.isWaiting ? now() : Math.min(this.#nextCheckMs, this.#roster.retryAtMs)
  }

  #release(claims: ZoneClaims, zone: DNSZone | undefined, options: { readonly signal: AbortSignal }): Promise<void> {
    const isSettled = (owner: string) => zone === undefined || this.#roster.isSettled(owner)
    const graceSeconds = zone?.spec.deletionGraceSeconds ?? 0
    return this.#kept.release(claims, { isSettled, graceSeconds }, options)
  }

  /**
   * Takes the zone off servers that it is not meant for, once a primary serves it. Where none should, the last ones keep
   * it, for that may be a slip of the pen; but not those whose instances are deleted.
   */
  #leave({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const isServed = this.#roster.serial !== undefined
    const only = (key: string) => isServed || (!this.#roster.hasPrimary && this.#isGoing(key))
    return this.#roster.leave(key => this.#exists(key), { signal, only })
  }

  /** What the zone should hold; undefined where its object cannot be read as a zone, which it then says. */
  #decide(zone: DNSZone, claims: ZoneClaims): DesiredZone | undefined {
    try {
      const before = this.#desired
      this.#desired = new DesiredZone(
        zone,
        claims,
        this.#roster.addresses(),
        this.#world.unread(),
        this.#world.others(zone),
      )
      if (before) this.#roster.mark(this.#desired.ownersUnlike(before))
      if (before && this.#desired.isSharedUnlike(before)) this.#roster.compareAll()
      this.#fault = undefined
      return this.#desired
    } catch (error) {
      if (!(error instanceof BindyError)) throw error
      this.#fault = { reason: error.reason, message: error.message }
      this.#report(zone)
      this.#judge.refuse(zone, claims, this.#fault)
      return undefined
    }
  }

  /** Takes the zone off every server that has it; the finalizer goes when none has it any more. */
  async #withdraw(zone: DNSZone, options: { readonly signal: AbortSignal }): Promise<number | undefined> {
    if (!isHeld(zone)) return this.#world.hold ? undefined : this.#clearUp(options)
    if (deletionPolicy(zone) === 'retain') return this.#retain(zone, options)
    const hold = this.#holdOf(zone)
    const fault = hold ?? (await this.#roster.withdraw(key => this.#exists(key), options))
    if (!fault || (!hold && this.#isOverdue(zone))) {
      if (fault) this.#tellOrphaned(zone, fault)
      if (await this.#world.setFinalizer(zone, false, options))
        this.#world.log.info('Zone withdrawn', { zone: this.name })
      return undefined
    }
    const { isWaiting } = this.#roster
    const isSoon = this.#world.now() < Date.parse(zone.metadata.deletionTimestamp ?? '') + CATALOG_MS
    if (isWaiting && isSoon) return this.#world.now()
    const message = `The zone waits to be deleted from a server: ${fault.message}`
    this.#world.reportZone(zone, { ...this.#view(), verdict: { ready: false, reason: fault.reason, message } })
    this.#judge.refuse(zone, this.#world.claims(this.name), { reason: 'ZoneDeleting', message: 'It is being deleted' })
    if (hold) return undefined
    if (isWaiting) return this.#world.now()
    this.#world.wake(this.name, patienceEndsMs(zone))
    throw fault
  }

  /** Lets the object go and leaves the zone where it is served. */
  async #retain(zone: DNSZone, options: { readonly signal: AbortSignal }): Promise<undefined> {
    this.#isLeftServed = true
    const servers = this.#roster.serverViews().map(({ instance }) => instance)
    if (!(await this.#world.setFinalizer(zone, false, options))) return undefined
    this.#world.recordEvent(zone, retained(this.name, servers))
    return undefined
  }

  /** Whether only servers that do not answer still have the zone, and the time to wait for them is over. */
  #isOverdue(zone: DNSZone): boolean {
    return this.#world.now() >= patienceEndsMs(zone)
  }

  #tellOrphaned(zone: DNSZone, { message }: Remark): void {
    this.#isLeftServed = true
    this.#world.recordEvent(zone, orphaned(this.name, this.#roster.leaving, message))
  }

  // Where two controllers run, one may let an object go while the other, in a pass, brings its zone to a server again.
  async #clearUp(options: { readonly signal: AbortSignal }): Promise<undefined> {
    if (!this.#isLeftServed) await this.#roster.withdraw(key => this.#exists(key), options)
    if (this.#roster.fault && !this.#isLeftServed) throw this.#roster.fault
    this.#ended = undefined
  }

  /** Says what happened beyond the objects' own changes. */
  #tell(zone: DNSZone, happening: PrimaryHappening): void {
    const event = happeningOn(this.name, happening)
    if (event) {
      this.#world.recordEvent(zone, event)
      this.#world.log.info(event.reason, { zone: this.name, server: happening.server })
    }
    this.#world.tell(zone, happening)
  }

  /** Another object owns the zone name: this one touches no server. */
  async #turnAway(other: DNSZone, owner: DNSZone, options: { readonly signal: AbortSignal }): Promise<void> {
    if (other.metadata.deletionTimestamp) {
      if (!isHeld(other) || this.#holdOf(other)) return
      const roster = new Roster({ name: this.name, uid: other.metadata.uid }, this.#world.servers)
      roster.place([], recorded(other))
      if (!(await roster.withdraw(key => this.#exists(key), options)))
        await this.#world.setFinalizer(other, false, options)
      return
    }
    const by = `DNSZone ${keyOf(owner)}`
    const told = sentence(toldIn(other.metadata.namespace, by))
    const message = `${told} owns ${this.name} already: delete one of the two`
    const fault: Remark = { reason: 'DuplicateZone', message, by }
    this.#logUnnamed(other, fault)
    this.#refuse(other, fault, owner)
  }

  /** The zone above is of another namespace and does not let this one in: no server is touched. */
  #forbid(zone: DNSZone, parent: DNSZone): undefined {
    const message = `${parent.spec.zoneName} is a DNSZone of another namespace, which makes the zones below it: ask its owner to list ${zone.metadata.namespace} in allowedNamespaces`
    this.#refuse(zone, { reason: 'NamespaceNotAllowed', message })
  }

  /** Says of a zone, and of its records, that nothing of it is served; the records of the name's owner aside. */
  #refuse(zone: DNSZone, fault: Remark, owner?: DNSZone): void {
    const verdict = { ready: false, ...fault }
    this.#world.reportZone(zone, { servers: [], records: 0, glueFromServers: [], verdict })
    this.#judge.refuse(zone, this.#world.claims(this.name), fault, owner)
  }

  /** Tells the records that their zone is missing, each once. */
  async #withoutZone(options: { readonly signal: AbortSignal }): Promise<undefined> {
    const claims = this.#world.claims(this.name)
    const changes = claims.takeChanges()
    const records = this.#isMissed ? claims.touched(changes) : claims.all()
    if (!this.#isMissed) this.#forget(undefined)
    this.#isMissed = true
    for (const record of records) this.#world.reportRecord(record, noZone(record))
    if (!this.#world.hold) await this.#release(claims, undefined, options)
    return undefined
  }

  #tellRecord(record: RecordClaim, verdict: Verdict): void {
    this.#logUnnamed(record.object, verdict)
    this.#world.reportRecord(record, verdict)
  }

  /** Logs what stands against an object from another namespace, once: its status does not name that. */
  #logUnnamed({ kind, metadata, status }: DNSZone | RecordObject, { reason, by }: Remark): void {
    if (by === undefined || namespaceOf(by) === metadata.namespace) return
    const isKnown = status?.conditions?.some(condition => condition.type === 'Ready' && condition.reason === reason)
    if (!isKnown) this.#world.log.info(reason, { zone: this.name, object: `${kind} ${keyOf({ metadata })}`, by })
  }

  // A record of a namespace where no object of this name is left hears that from here on.
  #facing(others: readonly DNSZone[]): void {
    const rivals = others.map(({ metadata }) => metadata.uid).join()
    if (rivals !== this.#rivals) this.#judge.reopen()
    this.#rivals = rivals
  }

  #recognize(zone: DNSZone): void {
    this.#isMissed = false
    const isSame = this.#uid === zone.metadata.uid && this.#adopts === adoption(zone)
    if (!isSame) this.#forget(zone)
  }

  #forget(zone: DNSZone | undefined): void {
    this.#uid = zone?.metadata.uid
    this.#adopts = zone && adoption(zone)
    const identity = { name: this.name, uid: this.#uid ?? '', adopts: this.#adopts }
    this.#roster = new Roster(identity, this.#world.servers)
    this.#judge = new Judge((record, verdict) => this.#tellRecord(record, verdict))
    this.#desired = undefined
    this.#fault = undefined
    this.#nextCheckMs = 0
    this.#isLeftServed = false
    this.#kept = new KeptRecords(this.#world)
    this.#isLookedAt = false
  }

  #exists(instance: string): boolean {
    return this.#world.instance(instance) !== undefined
  }

  #isGoing(instance: string): boolean {
    return this.#world.instance(instance)?.metadata.deletionTimestamp !== undefined
  }

  #isOthers(zone: DNSZone, record: RecordClaim): boolean {
    return !isAdmitted(zone)(record) && this.#world.zonesNamed(this.name).some(other => isAdmitted(other)(record))
  }

  #report(zone: DNSZone): void {
    if (!zone.metadata.deletionTimestamp) this.#world.reportZone(zone, { ...this.#view(), isPaused: isPaused(zone) })
  }

  #view(): ZoneView {
    const servers = this.#roster.serverViews()
    return {
      servers,
      records: this.#judge.served,
      glueFromServers: this.#desired?.own.glueFromServers ?? [],
      unowned: this.#unowned,
      verdict: this.#fault ? { ready: false, ...this.#fault } : verdictOfServers(servers),
    }
  }
}

/** Whether a zone takes over one that is there already, and what becomes of that when its object goes. */
function adoption(zone: DNSZone): 'delete' | 'retain' | undefined {
  return zone.spec.adopt ? deletionPolicy(zone) : undefined
}

/** When a deleted zone stops waiting for servers, in milliseconds since 1970. */
function patienceEndsMs({ metadata, spec }: DNSZone): number {
  return Date.parse(metadata.deletionTimestamp ?? '') + spec.deletionGraceSeconds * 1000
}

/** The servers that the zone's object says it was seen on, by the keys of their instances. */
function recorded({ metadata, status }: DNSZone): Map<string, ServerView['role']> {
  return new Map(status?.servers?.map(({ instance, role }) => [`${metadata.namespace}/${instance}`, role]))
}
