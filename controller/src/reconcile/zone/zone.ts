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
  zoneKey,
} from '#crds'
import { isAdmitted, type RecordClaim, type ZoneClaims } from './claims.ts'
import type { SeedSource } from './create.ts'
import { type DeletionWorld, ZoneDeletion } from './deletion.ts'
import type { Sighting } from './departures.ts'
import { DesiredZone, type Others, type Unread } from './desired.ts'
import { happeningOn, type PrimaryHappening } from './happening.ts'
import { Judge } from './judge.ts'
import { KeptRecords, type KeptRecordsWorld } from './keptrecords.ts'
import { Looks } from './looks.ts'
import { Roster } from './roster.ts'
import { highest } from './serials.ts'
import { paused, verdictOfServers, type ZoneView } from './status.ts'
import type { Followers, Supply } from './supply.ts'
import { noZone, type Verdict, zoneNotReady } from './verdict.ts'

/** How long until a zone at rest is looked at whole, in milliseconds; its serials are watched all the time. */
const DRIFT_CHECK_MS = 600_000

/** What the reconcile of a zone reads and writes beside the servers. */
export interface ZoneWorld extends KeptRecordsWorld, DeletionWorld {
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
  claims(name: string): ZoneClaims
  /** Takes off the annotation that allowed a withdrawal, where there is one. */
  endPermission(zone: DNSZone, options: { readonly signal: AbortSignal }): Promise<void>
  /** Says of a record whether it is served. */
  reportRecord(record: RecordClaim, verdict: Verdict): void
  /** Says of a zone how it stands. */
  reportZone(zone: DNSZone, view: ZoneView): void
  /** Record kinds whose objects are not known. */
  readonly unread: () => Unread
  /** Why nothing at all may be written. */
  readonly hold: Remark | undefined
  /** Hears what happens on primaries, or would. */
  tell(zone: DNSZone, happening: PrimaryHappening): void
  /** Has a secondary looked at, after its primaries changed. */
  follow(name: string, instance: string): void
  readonly source: SeedSource
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
  #deletion: ZoneDeletion
  #judge: Judge
  /** UIDs of objects of the name that went since the last pass began. */
  readonly #ended = new Set<string>()
  #rivals = ''
  #desired: DesiredZone | undefined
  /** The generation of the object that was last decided on. */
  #generation = 0
  /** Why the zone's object cannot be read as a zone. */
  #fault: Remark | undefined
  #kept: KeptRecords
  /** Records of others, as last counted. */
  #unowned: number | undefined
  #nextCheckMs = 0
  readonly #looks: Looks
  #isLookedAt = false

  constructor(name: string, world: ZoneWorld) {
    this.name = name
    this.#world = world
    this.#roster = new Roster({ name, uid: '' }, world.servers)
    this.#deletion = new ZoneDeletion(name, this.#roster, world)
    this.#judge = new Judge((record, verdict) => this.#tellRecord(record, verdict))
    this.#kept = new KeptRecords(world)
    this.#looks = new Looks(world.now)
  }

  /**
   * One pass: gather, plan, apply, verify, report. Returns when the zone wants the next one, in milliseconds since 1970.
   * Throws when a server did not do its part and another try is due; everything else is done by then.
   */
  async reconcile(options: { readonly signal: AbortSignal }): Promise<number | undefined> {
    const { servers } = this.#world
    if (!this.#world.hold) {
      if (this.hasEnded) await this.#deletion.clearUp(options)
      // Who is gone by now is not met below; who goes while this pass is under way is for the next one.
      this.#ended.clear()
    }
    const [zone, ...others] = this.#world.zonesNamed(this.name)
    if (!zone) return this.#withoutZone(options)
    const placed = this.#world.placed(zone)
    const seenOn = recorded(zone)
    // Its turn comes when all of its servers have answered, or failed to.
    const all = [...placed.map(keyOf), ...[...seenOn.keys()].filter(key => this.#exists(key))]
    if (all.some(key => !servers.isMet(key))) return undefined
    const areNew = this.#facing(others)
    for (const other of others) await this.#turnAway(other, zone, { ...options, isNew: areNew })
    this.#recognize(zone)
    const parent = zone.metadata.deletionTimestamp ? undefined : this.#world.forbiddenBy(zone)
    if (parent) return this.#forbid(zone, parent)
    this.#roster.place(placed, seenOn, key => this.#world.supply(zone, key))
    try {
      return await (zone.metadata.deletionTimestamp ? this.#withdraw(zone, options) : this.#serve(zone, options))
    } finally {
      this.#isLookedAt = true
    }
  }

  /** Looks at one secondary; returns whether it has what the primaries serve. */
  async follow(instance: string, options: { readonly signal: AbortSignal }): Promise<boolean> {
    const [zone] = this.#world.zonesNamed(this.name)
    const hold = zone && this.#holdOf(zone)
    const isCurrent = await this.#roster.look(instance, { ...options, hold })
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
    this.#ended.add(zone.metadata.uid)
    const staysServed = deletionPolicy(zone) === 'retain' || isPaused(zone)
    if (this.hasEnded && staysServed) this.#deletion.leaveServed()
  }

  /** Whether its object is gone and its servers have yet to be looked at for that. */
  get hasEnded(): boolean {
    return this.#uid !== undefined && this.#ended.has(this.#uid)
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

  async #serve(zone: DNSZone, options: { readonly signal: AbortSignal }): Promise<number | undefined> {
    try {
      return await this.#tryToServe(zone, options)
    } catch (error) {
      // Where the API server failed us on the way, records have not heard what became of them.
      if (error !== this.#roster.fault) this.#judge.reopen()
      throw error
    }
  }

  async #tryToServe(zone: DNSZone, { signal }: { readonly signal: AbortSignal }): Promise<number | undefined> {
    const { source, log, now } = this.#world
    const claims = this.#world.claims(this.name)
    const changes = claims.takeChanges(zone)
    this.#roster.mark(changes.claims)
    const desired = this.#decide(zone, claims)
    const hold = this.#holdOf(zone)
    const mayServe = desired && (hold || isHeld(zone) || (await this.#world.setFinalizer(zone, true, { signal })))
    if (!desired || !mayServe) {
      this.#judge.reopen()
      if (!hold) await this.#leave(zone, { signal })
      return undefined
    }
    if (!hold) await this.#kept.keep(zone, claims, claims.touched(changes), { signal })
    const check = now() >= this.#nextCheckMs

    const servedSerial = zone.status?.serial
    const reportedSerial = highest([servedSerial, ...(zone.status?.servers ?? []).map(({ serial }) => serial)])
    const tell = (happening: PrimaryHappening) => this.#tell(zone, happening)
    const wake = () => this.#world.wake(this.name, now())
    const pass = { desired, source, check, now, signal, reportedSerial, servedSerial, hold, tell, wake }
    const isKnown = this.#roster.serial !== undefined
    const { looked, hasChanged } = await this.#roster.bringPrimaries(pass)
    if (hasChanged) log.info(isKnown ? 'Zone changed' : 'Zone read', { zone: this.name, serial: this.#roster.serial })
    if (this.#world.hold) {
      await this.#roster.tellSecondaries(tell, { signal })
      await this.#roster.departures.tell(tell, key => this.#exists(key), { signal })
    }
    if (!hold) {
      // The next withdrawal may be of the same records.
      if (this.#roster.isReleased) await this.#world.endPermission(zone, { signal })
      await this.#roster.bringSecondaries({ signal, followers: this.#world.followers })
      await this.#leave(zone, { signal })
    }

    for (const key of hasChanged || check ? this.#roster.secondaries : this.#roster.unseen) {
      this.#world.follow(this.name, key)
    }
    if (check) this.#nextCheckMs = now() + DRIFT_CHECK_MS * (0.8 + Math.random() * 0.4)
    if (!hold) await this.#release(claims, zone, { signal })
    if (desired.isShared && (looked.size > 0 || check)) this.#unowned = this.#roster.others(desired)
    if (!desired.isShared) this.#unowned = undefined
    const views = this.#roster.primaryViews()
    this.#judge.judge(desired, claims, views, { changes, looked }, record => this.#othersVerdict(zone, record))
    this.#report(zone)
    if (this.#roster.fault) throw this.#roster.fault
    if (this.#roster.isWaiting) return this.#looks.nextMs()
    this.#looks.end()
    return Math.min(this.#nextCheckMs, this.#roster.retryAtMs)
  }

  async #release(
    claims: ZoneClaims,
    zone: DNSZone | undefined,
    options: { readonly signal: AbortSignal },
  ): Promise<void> {
    const isSettled = (owner: string) => zone === undefined || this.#roster.isSettled(owner)
    const graceSeconds = zone?.spec.deletionGraceSeconds ?? 0
    const endsMs = await this.#kept.release(claims, { isSettled, graceSeconds }, options)
    if (endsMs < Number.POSITIVE_INFINITY) this.#world.wake(this.name, endsMs)
  }

  /**
   * Takes the zone off servers that it is not meant for, once a primary serves it. Where none should, the last ones keep
   * it, for that may be a slip of the pen; but not those whose instances are deleted.
   */
  async #leave(zone: DNSZone, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    const isServed = this.#roster.serial !== undefined
    const only = (key: string) => isServed || (!this.#roster.hasPrimary && this.#isGoing(key))
    await this.#roster.departures.leave(key => this.#exists(key), { signal, only })
    this.#deletion.tellLost(zone)
  }

  /** What the zone should hold; undefined where its object cannot be read as a zone, which it then says. */
  #decide(zone: DNSZone, claims: ZoneClaims): DesiredZone | undefined {
    this.#generation = zone.metadata.generation
    try {
      const before = this.#desired
      const others = this.#world.others(zone)
      // What a catalog lists is no object of the API server.
      const unread = others ? undefined : this.#world.unread()
      this.#desired = new DesiredZone(zone, claims, this.#roster.addresses(), unread, others)
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

  #withdraw(zone: DNSZone, options: { readonly signal: AbortSignal }): Promise<number | undefined> {
    const tell = ({ reason, message: why }: Remark) => {
      const message = `The zone waits to be deleted from a server: ${why}`
      const { generation } = zone.metadata
      this.#world.reportZone(zone, { ...this.#view(), generation, verdict: { ready: false, reason, message } })
      this.#judge.refuse(zone, this.#world.claims(this.name), {
        reason: 'ZoneDeleting',
        message: 'It is being deleted',
      })
    }
    return this.#deletion.proceed(zone, { ...options, hold: this.#holdOf(zone), tell })
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
  async #turnAway(
    other: DNSZone,
    owner: DNSZone,
    { isNew, ...options }: { readonly signal: AbortSignal; readonly isNew: boolean },
  ): Promise<void> {
    if (other.metadata.deletionTimestamp) {
      if (!isHeld(other) || this.#holdOf(other)) return
      const roster = new Roster({ name: this.name, uid: other.metadata.uid }, this.#world.servers)
      roster.place([], recorded(other))
      if (!(await roster.withdraw(key => this.#exists(key), options)))
        await this.#world.setFinalizer(other, false, options)
      return
    }
    const fault = duplicate(other, owner)
    this.#logUnnamed(other, fault)
    // What becomes of its records after that they hear with the owner's.
    if (isNew) this.#judge.refuse(other, this.#world.claims(this.name), fault, owner)
    this.#reportRefused(other, fault)
  }

  /** The zone above is of another namespace and does not let this one in: no server is touched. */
  #forbid(zone: DNSZone, parent: DNSZone): undefined {
    const message = `${parent.spec.zoneName} is a DNSZone of another namespace, which makes the zones below it: ask its owner to list ${zone.metadata.namespace} in allowedNamespaces`
    this.#refuse(zone, { reason: 'NamespaceNotAllowed', message })
  }

  /** Says of a zone, and of its records, that nothing of it is served. */
  #refuse(zone: DNSZone, fault: Remark): void {
    this.#reportRefused(zone, fault)
    this.#judge.refuse(zone, this.#world.claims(this.name), fault)
  }

  #reportRefused(zone: DNSZone, fault: Remark): void {
    const { generation } = zone.metadata
    const verdict = { ready: false, ...fault }
    this.#world.reportZone(zone, { generation, servers: [], records: 0, glueFromServers: [], verdict })
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
  #facing(others: readonly DNSZone[]): boolean {
    const rivals = others.map(({ metadata }) => metadata.uid).join()
    const areNew = rivals !== this.#rivals
    if (areNew) this.#judge.reopen()
    this.#rivals = rivals
    return areNew
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
    this.#deletion = new ZoneDeletion(this.name, this.#roster, this.#world)
    this.#judge = new Judge((record, verdict) => this.#tellRecord(record, verdict))
    this.#desired = undefined
    this.#fault = undefined
    this.#nextCheckMs = 0
    this.#looks.end()
    this.#kept = new KeptRecords(this.#world)
    this.#isLookedAt = false
  }

  #exists(instance: string): boolean {
    return this.#world.instance(instance) !== undefined
  }

  #isGoing(instance: string): boolean {
    return this.#world.instance(instance)?.metadata.deletionTimestamp !== undefined
  }

  /** What a record hears that belongs to another object of the zone's name. */
  #othersVerdict(zone: DNSZone, record: RecordClaim): Verdict | undefined {
    if (isAdmitted(zone)(record)) return undefined
    const other = this.#world.zonesNamed(this.name).find(other => isAdmitted(other)(record))
    return other && zoneNotReady(record, other, duplicate(other, zone))
  }

  #report(zone: DNSZone): void {
    if (!zone.metadata.deletionTimestamp) this.#world.reportZone(zone, { ...this.#view(), isPaused: isPaused(zone) })
  }

  #view(): ZoneView {
    const servers = this.#roster.serverViews()
    return {
      generation: this.#generation,
      servers,
      records: this.#judge.served,
      glueFromServers: this.#desired?.glueFromServers ?? [],
      unowned: this.#unowned,
      verdict: this.#fault ? { ready: false, ...this.#fault } : verdictOfServers(servers),
    }
  }
}

/** What a zone hears whose name another owns. */
function duplicate(zone: DNSZone, owner: DNSZone): Remark {
  const by = `DNSZone ${keyOf(owner)}`
  const told = sentence(toldIn(zone.metadata.namespace, by))
  const message = `${told} owns ${zoneKey(zone.spec.zoneName)} already: delete one of the two`
  return { reason: 'DuplicateZone', message, by }
}

/** Whether a zone takes over one that is there already, and what becomes of that when its object goes. */
function adoption(zone: DNSZone): 'delete' | 'retain' | undefined {
  return zone.spec.adopt ? deletionPolicy(zone) : undefined
}

/** The servers that the zone's object says it was seen on, by the keys of their instances. */
function recorded({ metadata, status }: DNSZone): Map<string, Sighting> {
  const sightings = status?.servers?.map(({ instance, role, serial }) => {
    return [`${metadata.namespace}/${instance}`, { role, isSeen: serial !== undefined }] as const
  })
  return new Map(sightings)
}
