import {
  axfr,
  ixfr,
  RCODE,
  RcodeError,
  type ShownZone,
  type Soa,
  sameStatement,
  serialIncrement,
  UpdateError,
  type ZoneStatement,
  type ZoneStatus,
} from '#bind9'
import {
  ALLOW_WITHDRAWAL,
  BindyError,
  type Claim,
  type DNSZone,
  type Node,
  type Octets,
  type Remark,
  serialCompare,
} from '#crds'
import type { Abortable } from '../abortable.ts'
import type { Peers, Server } from '../instance/server.ts'
import { openToUs } from './adopt.ts'
import { applyChanges, type RefusedChange, replaceSoa } from './apply.ts'
import { Brake, type MassWithdrawal } from './brake.ts'
import { addedIfAbsent, createZone, type SeedSource, serves } from './create.ts'
import type { DesiredZone } from './desired.ts'
import { firstSerial } from './firstserial.ts'
import type { PrimaryHappening } from './happening.ts'
import { sameSoa } from './own.ts'
import { type NodeChange, planNode, type Step } from './plan.ts'
import { Refusals } from './refusals.ts'
import { removeZone } from './remove.ts'
import { showSaved } from './saved.ts'
import { recordsIn, ServedZone } from './served.ts'
import { closed, ForeignZoneError, isOurs, primaryStatement, type ZoneIdentity } from './statement.ts'

/** The zone is not on the server, and may not be made there now. */
export class HeldError extends BindyError {
  constructor(zone: string, server: string, { reason, message }: Remark) {
    super(`${server} has no zone ${zone}, and none is made: ${message}`, { reason })
  }
}

// Rounds of compare and update within one pass; what is left then waits for the next.
const ROUNDS = 3

export interface PrimaryPass extends Abortable {
  readonly server: Server
  readonly desired: DesiredZone
  readonly secondaries: Peers
  readonly source: SeedSource
  /** Looks for the highest serial that the zone ever had, on any server; undefined when it never had one. */
  readonly highestSerial: () => Promise<number | undefined>
  /** No server was ever seen with the zone. */
  readonly isNew: boolean
  /** Ask the server whether the zone changed under us, also when nothing is to be done. */
  readonly check: boolean
  /** Why nothing may be written now: it is looked what would be. */
  readonly hold: Remark | undefined
  /** The best copy of the zone as some server has, or had, it: of use where not all of it is ours. */
  readonly copy: () => Promise<ServedZone | undefined>
  /** Hears what is done, or would be. */
  readonly tell: (happening: PrimaryHappening) => void
  readonly now: () => number
}

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
  readonly #brake = new Brake()
  #ownFault: Remark | undefined
  /** What it served before it was met anew. */
  #lastServed: ServedZone | undefined
  /** The TTL that the SOA was given last: the server's max-zone-ttl may have made another of it. */
  #givenSoaTtl: number | undefined

  constructor(zone: ZoneIdentity) {
    this.#zone = zone
  }

  get serial(): number | undefined {
    return this.#served?.soa.serial
  }

  /** What it was last seen serving, be it before its last restart. */
  get copy(): ServedZone | undefined {
    return this.#served ?? this.#lastServed
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

  /** Whether it is unknown what the server has at an owner name, or known to be behind. */
  isPending(owner: string): boolean {
    return this.#comparesAll || this.#pending.has(owner)
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

  /** Makes the server serve the zone as desired, and reads back that it does. Returns the owner names it looked at. */
  async bring(pass: PrimaryPass): Promise<ReadonlySet<string>> {
    if (this.#server !== pass.server) this.#meet(pass.server)
    try {
      return await this.#bring(pass)
    } catch (error) {
      // named no longer answers for the zone: whether it is still there is to be asked first.
      if (error instanceof RcodeError && !(error instanceof UpdateError && error.rcode !== RCODE.NOTAUTH))
        this.#meet(pass.server)
      throw error
    }
  }

  async #bring(pass: PrimaryPass): Promise<ReadonlySet<string>> {
    for (const owner of this.#refusals.releaseHeld()) this.#markOne(owner)
    const isUnread = this.#served === undefined
    await this.#establish(pass)
    if (this.#isStale || (pass.check && !isUnread)) {
      const isOurs = this.#isStale
      const found = await this.#catchUp(pass)
      if (!isOurs && found !== 'all') for (const owner of found) this.#strayed.add(owner)
      this.#compareLater(found)
    }
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
    this.#brake.ended(pass.now())
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
    if (hold) {
      if (plan.length > 0) tell({ kind: 'wouldChange', server: server.key, changes: plan })
      this.#refusals.hold(plan, hold)
      return []
    }
    // What is listed follows from zones that are there or were deleted: it is no loss to be weighed again.
    if (desired.isCatalog) return plan
    const { strayed = [], own = [] } = Object.groupBy(plan, ({ owner }) =>
      this.#strayed.has(owner) ? 'strayed' : 'own',
    )
    const records = () => (this.#served as ServedZone).records
    const allowed = desired.zone.metadata.annotations?.[ALLOW_WITHDRAWAL]
    const { free, held } = this.#brake.sort(own, { records, nowMs: now(), allowed })
    if (held) this.#refusals.hold(held.changes, massWithdrawal(held, desired.zone))
    return [...strayed, ...free]
  }

  #tellMended(changes: readonly NodeChange[], { server, tell }: PrimaryPass): void {
    const mended = changes.filter(({ owner }) => this.#strayed.has(owner) && !this.#refusals.has(owner))
    this.#strayed.clear()
    if (mended.length > 0) tell({ kind: 'mended', server: server.key, changes: mended })
  }

  // named was restarted, or is reached in another way: what it serves is to be read again.
  #meet(server: Server): void {
    this.#server = server
    this.#statement = undefined
    this.#opening = undefined
    this.#lastServed = this.copy
    this.#served = undefined
    this.#strayed.clear()
    this.#comparesAll = true
  }

  /** Sees to it that the zone is there, is ours and is configured as it should be, and that its content is known. */
  async #establish(pass: PrimaryPass): Promise<void> {
    const { server, secondaries, signal } = pass
    const wanted = JSON.stringify(primaryStatement(this.#zone, '', server, secondaries.contacts))
    if (this.#statement !== wanted) {
      await this.#configure(pass)
      this.#statement = pass.hold ? undefined : wanted
    }
    this.#served ??= new ServedZone(await axfr(server.dns, this.#zone.name, { signal }))
    this.#lastServed = undefined
  }

  async #configure(pass: PrimaryPass): Promise<void> {
    const { server, secondaries, signal } = pass
    const { rndc } = server
    const { name } = this.#zone
    const mayAdd = pass.isNew && !pass.hold && !this.#zone.adopts && !(await serves(server, name, { signal }))
    if (mayAdd && (await addedIfAbsent(() => this.#create(pass)))) return
    const statementOf = (file: string) => primaryStatement(this.#zone, file, server, secondaries.contacts)
    const shown = await (pass.hold
      ? rndc.showzone(name, { signal })
      : showSaved(this.#zone, server, statementOf, { signal }))
    if (shown && !isOurs(this.#zone, shown)) {
      if (!this.#zone.adopts) throw new ForeignZoneError(name, server.key)
      return this.#adopt(shown, await rndc.zonestatus(name, { signal }), pass)
    }
    if (shown?.file && shown.type === 'primary' && (await this.#isLoaded(pass))) {
      const statement = statementOf(shown.file)
      if (sameStatement(closed(statement, server), shown)) this.#opening = statement
      else if (!pass.hold && secondaries.isWhole && !sameStatement(statement, shown))
        await rndc.modzone(statement, { signal })
      return
    }
    // What is there then was a seeding that was cut short, or lost its file: it answers for nothing, and is made anew.
    await this.#create(pass, () => (shown ? removeZone(this.#zone, server, { signal }) : Promise.resolve()))
  }

  async #create(pass: PrimaryPass, makeWay = async () => {}): Promise<void> {
    const { server, desired, hold, signal } = pass
    const nodes = desired.nodesBeside(desired.isShared ? await pass.copy() : undefined)
    if (hold) pass.tell({ kind: 'wouldCreate', server: server.key, records: recordsIn(nodes) })
    const obstacle = hold ?? notWhole(desired)
    if (obstacle) throw new HeldError(this.#zone.name, server.key, obstacle)
    await makeWay()
    const on = { ...pass, primary: server }
    const serial = firstSerial(desired.zone.spec.soaRecord.serial, await pass.highestSerial(), pass.now())
    this.#opening = await createZone(this.#zone, { desired, nodes, serial }, on, { signal })
  }

  /** Whether the server has the zone's content; a zone that was not read yet is read by the way. */
  async #isLoaded({ server, signal }: PrimaryPass): Promise<boolean> {
    const { name } = this.#zone
    const reads = async () => {
      this.#served = new ServedZone(await axfr(server.dns, name, { signal }))
      return true
    }
    const isRead = this.#served === undefined && (await reads().catch(unlessRefused))
    return isRead || (await server.rndc.zonestatus(name, { signal }))?.loaded === true
  }

  /** Takes over a zone that was there before, as it is: its file, its serial and its statement stay. */
  async #adopt(shown: ShownZone, status: ZoneStatus | undefined, pass: PrimaryPass): Promise<void> {
    const { server, secondaries, hold, signal, tell } = pass
    if (hold) return tell({ kind: 'wouldAdopt', server: server.key })
    await openToUs({ zone: this.#zone, shown, status, server, secondaries: secondaries.contacts }, { signal })
    this.#served = new ServedZone(await axfr(server.dns, this.#zone.name, { signal }))
    tell({ kind: 'adopted', server: server.key, records: this.#served.records })
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
      const change = this.#planOne(owner, desired)
      if (change) changes.push(change)
      else this.#refusals.delete(owner)
    }
    return changes
  }

  #planOne(owner: string, desired: DesiredZone): NodeChange | undefined {
    const isOthers = (type: number, rdata: Octets) => desired.isOthers(owner, type, rdata)
    const served = (this.#served as ServedZone).node(owner)
    return planNode(owner, desired.nodeOver(owner, served), served, isOthers)
  }

  async #change(changes: readonly NodeChange[], pass: PrimaryPass): Promise<Set<string> | 'all'> {
    this.#isStale = true
    const { refused, fault } = await applyChanges(pass.server, this.#zone.name, changes, { signal: pass.signal })
    const found = await this.#catchUp(pass)
    const byOwner = Map.groupBy(refused, ({ change }) => change.owner)
    for (const [owner, parts] of byOwner) this.#refusals.refuse(owner, parts, pass.now())
    if (fault) throw fault
    for (const { owner } of changes) {
      if (byOwner.has(owner)) continue
      const part = this.#unserved(owner, pass.desired)
      if (part) this.#refusals.refuse(owner, [part], pass.now())
      else this.#refusals.delete(owner)
    }
    return found
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
    const change = this.#planOne(owner, desired)
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
    const raises = asked !== undefined && serialCompare(asked, soa.serial) > 0
    const { ttl } = desired.zone.spec
    const isSame = sameSoa(desired.own.soa, soa) && (soaTtl === ttl || this.#givenSoaTtl === ttl)
    if (isSame && !raises) return
    if (pass.hold) {
      this.#ownFault = pass.hold
      pass.tell({ kind: 'wouldReplaceSoa', server: pass.server.key })
    } else await this.replaceSoa(raises ? asked : serialIncrement(soa.serial), pass)
  }

  /** Gives the zone the SOA of its object, at a higher serial. */
  async replaceSoa(serial: number, pass: PrimaryPass): Promise<void> {
    const { desired, server, signal } = pass
    const soa: Soa = { ...desired.own.soa, serial }
    this.#isStale = true
    this.#givenSoaTtl = desired.zone.spec.ttl
    await replaceSoa(server, this.#zone.name, soa, desired.zone.spec.ttl, { signal })
    this.#compareLater(await this.#catchUp(pass))
    if (sameSoa(soa, (this.#served as ServedZone).soa)) return
    throw new BindyError(
      `Cannot change the SOA of ${this.#zone.name} on ${server.key}: named took the update and serves the SOA as before`,
      { reason: 'SoaNotServed' },
    )
  }
}

// Without the records of a kind that exists the zone would be born with a part of them missing.
function notWhole({ unread }: DesiredZone): Remark | undefined {
  const [kind] = unread.forbidden
  if (kind === undefined) return undefined
  return { reason: 'KindNotRead', message: `${kind} objects may not be listed: let the controller list and watch them` }
}

function massWithdrawal({ leaving, of, such, digest }: MassWithdrawal, { metadata }: DNSZone): Remark {
  const command = `kubectl annotate dnszone ${metadata.name} -n ${metadata.namespace} --overwrite ${ALLOW_WITHDRAWAL}=${digest}`
  return {
    reason: 'MassWithdrawal',
    message: `${leaving} of ${of} records would leave at once (${such}), and wait until you say that it is meant: ${command}`,
  }
}

// Perhaps for another reason than that it is not loaded.
function unlessRefused(error: unknown): false {
  if (error instanceof RcodeError) return false
  throw error
}

function hasRdata(node: Node, { type, rdata }: Step): boolean {
  return node.get(type)?.rdata.includes(rdata) ?? false
}
