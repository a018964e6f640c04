import { axfr, ixfr, RCODE, RcodeError, type Soa, serialIncrement, UpdateError, type ZoneStatement } from '#bind9'
import { ALLOW_WITHDRAWAL, BindyError, type Claim, type DNSZone, type Node, type Remark, serialCompare } from '#crds'
import type { Server } from '../instance/server.ts'
import { applyChanges, type RefusedChange, replaceSoa, takesUpdates } from './apply.ts'
import { Brake, type MassWithdrawal } from './brake.ts'
import { configure } from './configure.ts'
import type { DesiredZone } from './desired.ts'
import { sameSoa } from './own.ts'
import type { PrimaryPass } from './pass.ts'
import type { NodeChange, Step } from './plan.ts'
import { planOwner } from './planowner.ts'
import { Refusals } from './refusals.ts'
import { highest } from './serials.ts'
import { ServedZone } from './served.ts'
import { primaryStatement, type ZoneIdentity } from './statement.ts'

// Rounds of compare and update within one pass; what is left then waits for the next.
const ROUNDS = 3

/**
 * One zone on one primary: what it was last seen serving, and what it does not serve yet.
 *
 *   (unknown) --established: there, ours, configured--> read whole --compared--> level
 *       ^                                                               ^          |
 *       '-- server met anew, zone not there any more --                 '- update, read back -- names marked, or strayed
 */
export class PrimaryZone {
  readonly #zone: ZoneIdentity
  #server: Server | undefined
  #statement: string | undefined
  /** What lets everybody ask, while the zone has not got its records yet and nobody may. */
  #opening: ZoneStatement | undefined
  #served: ServedZone | undefined
  /** The copy may lag behind the server: an update's outcome is unknown. */
  #isStale = false
  #comparesAll = true
  readonly #pending = new Set<string>()
  readonly #refusals = new Refusals()
  /** Owner names that somebody else changed. */
  readonly #strayed = new Set<string>()
  /** Somebody else changed the SOA, its serial aside. */
  #hasSoaStrayed = false
  /** What holds withdrawals back. */
  readonly brake: Brake
  #braked: ReadonlyMap<string, Node> = new Map()
  #ownFault: Remark | undefined
  /** What it served before it was met anew. */
  #lastServed: ServedZone | undefined
  #lastStrayed: ReadonlySet<string> = new Set()
  /** Why the zone took no update at all when it was last sent some. */
  #closed: BindyError | undefined
  /** The TTL that the SOA was given last: the server's max-zone-ttl may have made another of it. */
  #givenSoaTtl: number | undefined

  constructor(zone: ZoneIdentity, brake = new Brake()) {
    this.#zone = zone
    this.brake = brake
  }

  get serial(): number | undefined {
    return this.#served?.soa.serial
  }

  /** What it was last seen serving, be it before its last restart. */
  get copy(): ServedZone | undefined {
    return this.#served ?? this.#lastServed
  }

  /** Owner names of the copy that others changed, and that were not mended yet. */
  get strayed(): ReadonlySet<string> {
    return new Set([...this.#lastStrayed, ...this.#strayed])
  }

  /** What it serves of names whose withdrawal waits to be allowed, as last seen. */
  get braked(): ReadonlyMap<string, Node> {
    return this.#braked
  }

  /** Marks owner names whose desired data may have changed. What named refused there before gets another try. */
  mark(owners: ReadonlySet<string>): void {
    for (const owner of owners) this.#markOne(owner)
    // named takes an MX, or an NS of the apex, only with an address at its target, which may have come now.
    for (const owner of this.#refusals.pointingAt(owners)) this.#markOne(owner)
  }

  /** Has every name compared in the next pass. */
  compareAll(): void {
    this.#comparesAll = true
  }

  /** Whether the server was seen serving all that a claim says, as part of the RRset that is desired and no more. */
  serves(owner: string, claim: Claim, desired: Node): boolean {
    const wanted = desired.get(claim.type)
    const rrset = this.#served?.node(owner).get(claim.type)
    if (!wanted || !rrset || rrset.ttl !== wanted.ttl) return false
    const isIncluded = claim.rdata.every(octets => rrset.rdata.includes(octets))
    return isIncluded && rrset.rdata.every(octets => wanted.rdata.includes(octets))
  }

  /** Whether it is unknown what the server has at an owner name, or known to be behind, or that nobody may ask it. */
  isPending(owner: string): boolean {
    return this.#comparesAll || this.#opening !== undefined || this.#pending.has(owner)
  }

  /** Whether the server was seen holding at an owner name what it should, and nothing else. */
  isSettled(owner: string): boolean {
    return this.#served !== undefined && !this.isPending(owner) && !this.#refusals.has(owner)
  }

  /** Why the server does not take what a claim says. */
  refusal(owner: string, claim: Claim): Remark | undefined {
    return this.#refusals.of(owner, claim)
  }

  /** Why the server does not serve the zone's own data, its records aside. */
  get ownFault(): Remark | undefined {
    return this.#ownFault
  }

  /** When a refused change is due for another try, in milliseconds since 1970. */
  get retryAtMs(): number {
    return this.#refusals.retryAtMs
  }

  /** Sees to it that the server has the zone, and that its content is known. */
  read(pass: PrimaryPass): Promise<void> {
    if (this.#server !== pass.server) this.#meet(pass.server)
    return this.#unlessGone(pass, () => this.#read(pass))
  }

  /** Makes the server serve the zone as desired, and reads back that it does. Returns the owner names it looked at. */
  bring(pass: PrimaryPass): Promise<ReadonlySet<string>> {
    return this.#unlessGone(pass, () => this.#bring(pass))
  }

  // named no longer answers for the zone: whether it is still there is to be asked first.
  async #unlessGone<T>(pass: PrimaryPass, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof RcodeError && !(error instanceof UpdateError && error.rcode !== RCODE.NOTAUTH))
        this.#meet(pass.server)
      throw error
    }
  }

  async #read(pass: PrimaryPass): Promise<void> {
    for (const owner of this.#refusals.releaseHeld()) this.#markOne(owner)
    const isUnread = this.#served === undefined
    await this.#establish(pass)
    if (this.#isStale || (pass.check && !isUnread)) {
      const isOurs = this.#isStale
      const before = this.#served?.soa
      const found = await this.#catchUp(pass)
      if (!isOurs && found !== 'all') for (const owner of found) this.#strayed.add(owner)
      this.#hasSoaStrayed ||= !isOurs && before !== undefined && !sameSoa(before, (this.#served as ServedZone).soa)
      this.#compareLater(found)
    }
  }

  async #bring(pass: PrimaryPass): Promise<ReadonlySet<string>> {
    const looked = new Set<string>()
    // What others changed between our update and its reading is looked at in the next round.
    for (let round = 0; round < ROUNDS && this.#hasWork(pass); round++) {
      const due = this.#due(pass)
      const plan = this.#plan(due, pass)
      const changes = round === 0 ? this.#release(plan, pass) : plan
      const found = changes.length > 0 ? await this.#change(changes, pass) : []
      this.#tellMended(changes, pass)
      this.#comparesAll = false
      for (const owner of due) {
        this.#pending.delete(owner)
        looked.add(owner)
      }
      const others = found === 'all' ? found : [...found].filter(owner => !due.has(owner))
      if (others !== 'all') for (const owner of others) this.#strayed.add(owner)
      this.#compareLater(others)
    }
    this.brake.ended(pass.now())
    this.#ownFault = this.#refusals.heldFor ?? this.#faultOf(pass.desired.own.nodes)
    await this.#bringSoa(pass)
    if (this.#opening && !pass.hold) {
      await pass.server.rndc.modzone(this.#opening, { signal: pass.signal })
      this.#opening = undefined
    }
    return looked
  }

  /** What of a plan may be written now; the rest is held. What others added may always go: the zone never had it. */
  #release(plan: readonly NodeChange[], pass: PrimaryPass): readonly NodeChange[] {
    const { hold, server, tell, now, desired } = pass
    const served = this.#served as ServedZone
    const allowed = desired.zone.metadata.annotations?.[ALLOW_WITHDRAWAL]
    const scale = { records: () => served.records, nowMs: now(), allowed }
    if (hold) {
      const held = desired.isCatalog ? undefined : new Brake().sort(plan, scale).held
      if (plan.length > 0) tell({ kind: 'wouldChange', server: server.key, changes: plan, held })
      this.#refusals.hold(plan, hold)
      return []
    }
    // What is listed follows from zones that are there or were deleted: it is no loss to be weighed again.
    if (desired.isCatalog) return plan
    const { strayed = [], own = [] } = Object.groupBy(plan, ({ owner }) =>
      this.#strayed.has(owner) ? 'strayed' : 'own',
    )
    const { free, held } = this.brake.sort(own, scale)
    this.#braked = new Map(held?.changes.map(({ owner }) => [owner, served.node(owner)]))
    if (held) this.#refusals.hold(held.changes, massWithdrawal(held, desired.zone))
    return [...strayed, ...free]
  }

  #tellMended(changes: readonly NodeChange[], { server, tell }: PrimaryPass): void {
    const mended = changes.filter(({ owner }) => this.#strayed.has(owner) && !this.#refusals.has(owner))
    this.#strayed.clear()
    if (mended.length > 0) tell({ kind: 'mended', server: server.key, changes: mended, serial: this.serial })
  }

  // named was restarted, or is reached in another way: what it serves is to be read again.
  #meet(server: Server): void {
    this.#server = server
    this.#statement = undefined
    this.#opening = undefined
    this.#lastServed = this.copy
    this.#lastStrayed = this.strayed
    this.#served = undefined
    this.#strayed.clear()
    this.#comparesAll = true
  }

  /** Sees to it that the zone is there, is ours and is configured as it should be, and that its content is known. */
  async #establish(pass: PrimaryPass): Promise<void> {
    const { server, secondaries, signal } = pass
    const wanted = JSON.stringify(primaryStatement(this.#zone, '', server, secondaries.contacts))
    if (this.#statement !== wanted) {
      const { opening, served } = await configure(this.#zone, pass, { isRead: this.#served !== undefined })
      this.#opening = opening
      this.#served = served ?? this.#served
      this.#statement = pass.hold ? undefined : wanted
    }
    this.#served ??= new ServedZone(await axfr(server.dns, this.#zone.name, { signal }))
    this.#lastServed = undefined
    this.#lastStrayed = new Set()
  }

  /** Reads what changed on the server since the copy was made; returns the owner names, or that it is read anew. */
  async #catchUp({ server, signal }: PrimaryPass): Promise<Set<string> | 'all'> {
    const served = this.#served as ServedZone
    const { name } = this.#zone
    const answer = await ixfr(server.dns, name, served.soa.serial, { signal })
    this.#isStale = false
    if (answer.kind === 'incremental') return served.apply(answer)
    if (answer.kind === 'unchanged' && answer.soa.serial === served.soa.serial) return new Set()
    // A serial that went backwards, or a journal that does not reach back: only the whole zone tells.
    this.#served = new ServedZone(answer.kind === 'full' ? answer : await axfr(server.dns, name, { signal }))
    return 'all'
  }

  #markOne(owner: string): void {
    this.#pending.add(owner)
    this.#refusals.delete(owner)
  }

  #compareLater(found: Iterable<string> | 'all'): void {
    if (found === 'all') this.#comparesAll = true
    else for (const owner of found) this.#pending.add(owner)
  }

  #hasWork({ now }: PrimaryPass): boolean {
    return this.#comparesAll || this.#pending.size > 0 || this.retryAtMs <= now()
  }

  #due({ desired, now }: PrimaryPass): Set<string> {
    if (this.#comparesAll) return new Set([...desired.owners(), ...(this.#served as ServedZone).owners])
    return new Set([...this.#pending, ...this.#refusals.due(now())])
  }

  #plan(owners: Iterable<string>, { desired, now }: PrimaryPass): NodeChange[] {
    const changes: NodeChange[] = []
    const nowMs = now()
    for (const owner of owners) {
      if (this.#refusals.isEarly(owner, nowMs)) continue
      const change = planOwner(owner, desired, this.#served as ServedZone)
      if (change) changes.push(change)
      else this.#refusals.delete(owner)
    }
    return changes
  }

  async #change(changes: readonly NodeChange[], pass: PrimaryPass): Promise<Set<string> | 'all'> {
    if (this.#closed && !(await takesUpdates(pass.server, this.#zone.name, { signal: pass.signal }))) throw this.#closed
    this.#closed = undefined
    this.#isStale = true
    const leap = this.#leapOver(pass.above)
    const { refused, fault } = await applyChanges(pass.server, this.#zone.name, changes, { signal: pass.signal, leap })
    const found = await this.#catchUp(pass)
    const byOwner = Map.groupBy(refused, ({ change }) => change.owner)
    for (const [owner, parts] of byOwner) this.#refusals.refuse(owner, parts, pass.now())
    // Whoever reads named.conf anew has it forget that it lets us in.
    if (this.#zone.adopts && refused.some(({ reason }) => reason === 'UpdateRefused')) this.#statement = undefined
    this.#closed = fault
    if (fault) throw fault
    for (const { owner } of changes) {
      if (byOwner.has(owner)) continue
      const part = this.#unserved(owner, pass.desired)
      if (part) this.#refusals.refuse(owner, [part], pass.now())
      else this.#refusals.delete(owner)
    }
    return found
  }

  /** The SOA that takes the zone above a serial, with the first change. */
  #leapOver(serial: number | undefined): { readonly soa: Soa; readonly ttl: number } | undefined {
    const { soa, soaTtl } = this.#served as ServedZone
    if (serial === undefined || serialCompare(soa.serial, serial) > 0) return undefined
    return { soa: { ...soa, serial: serialIncrement(serial) }, ttl: soaTtl }
  }

  #faultOf(nodes: ReadonlyMap<string, Node>): Remark | undefined {
    for (const [owner, node] of nodes) {
      const own = this.#refusals.partsAt(owner).find(({ change }) => change.steps.some(step => hasRdata(node, step)))
      if (own) return own
    }
    return undefined
  }

  // NOERROR is not proof: named passes over some changes in silence.
  #unserved(owner: string, desired: DesiredZone): RefusedChange | undefined {
    const change = planOwner(owner, desired, this.#served as ServedZone)
    return (
      change && {
        change,
        reason: 'NotServed',
        message: `named answered NOERROR to the change of ${owner} and does not serve it: another record of that name may stand against it, or the server's max-zone-ttl`,
      }
    )
  }

  async #bringSoa(pass: PrimaryPass): Promise<void> {
    const { desired } = pass
    const { soa, soaTtl } = this.#served as ServedZone
    const asked = desired.zone.spec.soaRecord.serial
    const base = highest([soa.serial, pass.above]) as number
    const raises = asked !== undefined && serialCompare(asked, base) > 0
    const { ttl } = desired.zone.spec
    const isSame = sameSoa(desired.own.soa, soa) && (soaTtl === ttl || this.#givenSoaTtl === ttl)
    if (isSame) this.#hasSoaStrayed = false
    if (isSame && !raises) return
    if (pass.hold) {
      this.#ownFault = pass.hold
      pass.tell({ kind: 'wouldReplaceSoa', server: pass.server.key })
      return
    }
    await this.replaceSoa(raises ? asked : serialIncrement(base), pass)
    if (this.#hasSoaStrayed) pass.tell({ kind: 'soaMended', server: pass.server.key, serial: this.serial })
    this.#hasSoaStrayed = false
  }

  /** Gives the zone the SOA of its object, at a higher serial. */
  async replaceSoa(serial: number, pass: PrimaryPass): Promise<void> {
    const { desired, server, signal } = pass
    const soa: Soa = { ...desired.own.soa, serial }
    this.#isStale = true
    this.#givenSoaTtl = desired.zone.spec.ttl
    await replaceSoa(server, this.#zone.name, soa, desired.zone.spec.ttl, { signal })
    this.#compareLater(await this.#catchUp(pass))
    const { soa: served } = this.#served as ServedZone
    if (sameSoa(soa, served) && !(serialCompare(served.serial, serial) < 0)) return
    throw new BindyError(
      `Cannot change the SOA of ${this.#zone.name} on ${server.key}: named took the update and serves the SOA as before`,
      { reason: 'SoaNotServed' },
    )
  }
}

function massWithdrawal({ leaving, of, such, digest }: MassWithdrawal, { metadata }: DNSZone): Remark {
  const command = `kubectl annotate dnszone ${metadata.name} -n ${metadata.namespace} --overwrite ${ALLOW_WITHDRAWAL}=${digest}`
  return {
    reason: 'MassWithdrawal',
    message: `${leaving} of ${of} records would leave at once (${such}), and wait until you say that it is meant: ${command}`,
  }
}

function hasRdata(node: Node, { type, rdata }: Step): boolean {
  return node.get(type)?.rdata.includes(rdata) ?? false
}
