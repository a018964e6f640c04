import type { DNSZone, RecordObject, Remark } from '#crds'
import { type Changes, isAdmitted, type RecordClaim, type ZoneClaims } from './claims.ts'
import type { DesiredZone } from './desired.ts'
import { verdictOfServers } from './status.ts'
import { type PrimaryView, type Verdict, verdictOf, zoneNotReady } from './verdict.ts'

/** Tells the records of a zone what became of them, and counts those that are served. */
export class Judge {
  readonly #report: (record: RecordClaim, verdict: Verdict) => void
  readonly #servedAt = new Map<string, number>()
  #served = 0
  #against = ''

  constructor(report: (record: RecordClaim, verdict: Verdict) => void) {
    this.#report = report
  }

  /** Records that every primary serves. */
  get served(): number {
    return this.#served
  }

  /**
   * Judges the records that changed or stand at names that were looked at; all records where what stands against the zone
   * as a whole has changed. Records of another object of the zone's name hear what `othersVerdict` says.
   */
  judge(
    desired: DesiredZone,
    claims: ZoneClaims,
    primaries: readonly PrimaryView[],
    { changes, looked }: { readonly changes: Changes; readonly looked: Iterable<string> },
    othersVerdict: (record: RecordClaim) => Verdict | undefined,
  ): void {
    const { zone } = desired
    const obstacle = obstacleTo(primaries)
    const judgeOne = (record: RecordClaim): boolean => {
      const others = othersVerdict(record)
      if (others) {
        this.#report(record, others)
        return false
      }
      const isRefused = obstacle && isAdmitted(zone)(record)
      const verdict = isRefused ? zoneNotReady(record, zone, obstacle) : verdictOf(record, desired, primaries)
      if (verdict) this.#report(record, verdict)
      return verdict?.ready ?? isReady(record.object)
    }
    const all = this.#turned(zone, primaries)
    const owners = all ? this.#everyOwner(claims) : new Set([...looked, ...changes.claims, ...changes.statuses])
    for (const owner of owners) this.#count(owner, claims.at(owner).filter(judgeOne).length)
    for (const record of all ? claims.faulty() : claims.newlyFaulty(changes)) judgeOne(record)
  }

  /** Has all records judged the next time. */
  reopen(): void {
    this.#against = ''
  }

  /** Tells every record of a zone that nothing of it can be served; the records of its owner, where there is one, aside. */
  refuse(zone: DNSZone, claims: ZoneClaims, fault: Remark, owner?: DNSZone): void {
    if (!owner) this.reopen()
    for (const record of claims.all()) {
      const isServed = owner !== undefined && isAdmitted(owner)(record)
      if (!isServed && isAdmitted(zone)(record)) this.#report(record, zoneNotReady(record, zone, fault))
    }
  }

  #turned(zone: DNSZone, primaries: readonly PrimaryView[]): boolean {
    const faults = primaries.map(({ key, fault }) => [key, fault?.message])
    const against = JSON.stringify([faults, zone.metadata.uid, zone.metadata.generation])
    const turned = against !== this.#against
    this.#against = against
    return turned
  }

  #everyOwner(claims: ZoneClaims): Set<string> {
    return new Set([...claims.owners(), ...this.#servedAt.keys()])
  }

  #count(owner: string, served: number): void {
    this.#served += served - (this.#servedAt.get(owner) ?? 0)
    if (served > 0) this.#servedAt.set(owner, served)
    else this.#servedAt.delete(owner)
  }
}

// Only where nothing of the zone is ours to serve does the zone's fault become every record's.
function obstacleTo(primaries: readonly PrimaryView[]): Remark | undefined {
  if (primaries.length === 0) return verdictOfServers([])
  return primaries.map(({ fault }) => fault).find(fault => fault?.reason === 'ZoneExists')
}

function isReady({ status }: RecordObject): boolean {
  return status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
}
