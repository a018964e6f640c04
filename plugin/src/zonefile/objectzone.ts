import {
  admitsNamespace,
  type Claim,
  canonicalName,
  type Decision,
  type DNSZone,
  givesNameServers,
  Hosts,
  isAtOrBelow,
  keyOf,
  lineage,
  NameTree,
  type Node,
  type Octets,
  ownNodes,
  parentOf,
  placeRecord,
  type RdataValues,
  type RecordObject,
  type Remark,
  RRTYPE,
  recordPolicy,
  rname,
  unmanagedBy,
  ZoneDecider,
  zoneKey,
} from '#crds'
import type { NewObject } from '../cluster.ts'
import { ownerOf } from '../record/owner.ts'
import { rdataCodec } from './codec.ts'
import { byText, sortKey } from './rrset.ts'

const NOTHING: readonly Claim[] = []

/** What bears on a zone beside its own objects. */
export interface Surroundings {
  /** Of the primaries: name servers inside the zone that have no address get these. */
  readonly serverAddresses: readonly string[]
  /** Apexes of zones below on the same servers, each with the name of its object. */
  readonly children: ReadonlyMap<string, string>
}

/** A record object that gives nothing, and why. */
export interface Unserved {
  readonly object: RecordObject
  readonly remark: Remark
}

/** A zone as its objects make it: what the controller would have its servers serve. */
export class ObjectZone {
  readonly zone: DNSZone
  /** Canonical. */
  readonly apex: string
  /** What its object gives of itself; in a zone of others too, its name servers only where it lists them. */
  readonly own: ReadonlyMap<string, Node>
  readonly #birth: ReadonlyMap<string, Node>
  readonly #claims = new Map<string, Claim[]>()
  readonly #objects = new Map<Claim, RecordObject>()
  readonly #faulty: Unserved[] = []
  readonly #decider: ZoneDecider
  readonly #names: NameTree
  readonly #hosts: Hosts
  readonly #delegates: boolean
  readonly #isUnmanaged: (owner: string, type: number) => boolean

  constructor(zone: DNSZone, records: Iterable<RecordObject>, around: Surroundings) {
    this.zone = zone
    this.apex = canonicalName(zone.spec.zoneName)
    this.#isUnmanaged = unmanagedBy(zone)
    for (const record of records) this.#take(record)
    this.#names = new NameTree(this.apex, () => this.#claims.keys())
    this.#hosts = this.#hostsNamed()
    this.#delegates = [...this.#objects.keys()].some(({ type }) => type === RRTYPE.NS) && this.#hasDelegation()
    const content = (own: ReadonlyMap<string, Node>) => this.#content(own, around.children)
    const { nodes } = ownNodes(zone, around.serverAddresses, { content, encode: rdataCodec.encode })
    this.#birth = nodes
    this.own = givesNameServers(zone) ? nodes : new Map()
    this.#decider = new ZoneDecider(content(this.own))
  }

  /** Owner names with data, in the order of RFC 4034 section 6.1. */
  owners(): string[] {
    const keys = [...new Set([this.apex, ...this.#birth.keys(), ...this.#claims.keys()])]
    return keys
      .map((name): [string, string] => [name, sortKey(name)])
      .sort(([, a], [, b]) => byText(a, b))
      .map(([name]) => name)
  }

  /** What is served at an owner name; the SOA aside. */
  node(owner: string): Node {
    return this.#decider.decide(owner).node
  }

  /** Where the data stands that answers for a name: there, or at the wildcard of its closest encloser (RFC 4592 section 3.3.1). */
  answering(name: string): string {
    let encloser = name
    while (encloser !== this.apex && !this.#exists(encloser)) encloser = parentOf(encloser)
    return encloser === name ? name : `*.${encloser}`
  }

  /** The delegation that a name stands at, or lies below. */
  cutAbove(name: string): string | undefined {
    return lineage(name, this.apex).find(one => this.node(one).has(RRTYPE.NS))
  }

  /** The same where the zone is made anew: it has name servers then, and they have addresses. */
  bornNode(owner: string): Node {
    return new Map([...(this.#birth.get(owner) ?? []), ...this.node(owner)])
  }

  /** What of the zone's object leaves an RRset to others; undefined where it is the objects'. */
  leftToOthers(owner: string, type: number): 'unmanaged' | 'owned' | undefined {
    if (this.#isUnmanaged(owner, type)) return 'unmanaged'
    if (recordPolicy(this.zone) !== 'owned') return undefined
    // In a shared zone an RRset is an object's as a whole, but for the name servers of the apex.
    const isApexNs = type === RRTYPE.NS && owner === this.apex
    const isClaimed = (this.#claims.get(owner) ?? NOTHING).some(claim => claim.type === type)
    return (isApexNs ? this.own.has(owner) : isClaimed) ? undefined : 'owned'
  }

  /** Whether a record needs no further object: one gives it, or does once the host that it names has an address. */
  gives(owner: string, type: number, rdata: Octets): boolean {
    const { node, refused } = this.#decider.decide(owner)
    const waits = (claim: Claim) => claim.type === type && refused.get(claim)?.reason === 'TargetMissing'
    const waiting = (this.#claims.get(owner) ?? NOTHING).filter(waits)
    return [node.get(type), ...waiting].some(given => given?.rdata.includes(rdata))
  }

  /** The objects that give a record; the zone's own where it gives it itself. */
  sources(owner: string, type: number, rdata: Octets): (RecordObject | DNSZone)[] {
    const decision = this.#decider.decide(owner)
    const isOwn = this.#birth.get(owner)?.get(type)?.rdata.includes(rdata) ?? false
    const records = (this.#claims.get(owner) ?? NOTHING)
      .filter(claim => claim.type === type && claim.rdata.includes(rdata) && !decision.refused.has(claim))
      .map(claim => this.#objects.get(claim))
      .filter(object => object !== undefined)
    return isOwn ? [this.zone, ...records] : records
  }

  /** The record objects of the zone, by owner name. */
  records(): RecordObject[] {
    const served = this.owners().flatMap(owner => this.#claims.get(owner) ?? NOTHING)
    const objects = served.map(claim => this.#objects.get(claim)).filter(object => object !== undefined)
    return [...objects, ...this.#faulty.map(({ object }) => object)]
  }

  /** Those of them that stand at an owner name. */
  recordsAt(owner: string): RecordObject[] {
    return this.records().filter(object => ownerOf(object, this.apex) === owner)
  }

  /** What each record object asks for, whether or not it is served. */
  *claims(): Generator<{ readonly object: RecordObject; readonly owner: string; readonly claim: Claim }> {
    for (const [owner, claims] of this.#claims) {
      for (const claim of claims) {
        const object = this.#objects.get(claim)
        if (object) yield { object, owner, claim }
      }
    }
  }

  /** Objects of the zone that are not served as they say, or at all. */
  unserved(): Unserved[] {
    const remarked = ({ refused, adjusted }: Decision) =>
      [...refused, ...adjusted].flatMap(([claim, remark]) => {
        const object = this.#objects.get(claim)
        return object ? [{ object, remark }] : []
      })
    return [...this.#faulty, ...[...this.#claims.keys()].flatMap(owner => remarked(this.#decider.decide(owner)))]
  }

  #take(object: RecordObject): void {
    const { zone } = object.spec
    if (object.metadata.deletionTimestamp) return
    if (zone !== this.zone.spec.zoneName && zoneKey(zone) !== this.apex) return
    if (!admitsNamespace(this.zone, object.metadata.namespace)) return
    const { owner, claim, fault } = placeRecord(object, this.apex, rdataCodec.encode)
    if (fault) this.#faulty.push({ object, remark: fault })
    if (owner === undefined || !claim) return
    const claims = this.#claims.get(owner)
    if (claims) claims.push(claim)
    else this.#claims.set(owner, [claim])
    this.#objects.set(claim, object)
  }

  // As an empty non-terminal does too.
  #exists(name: string): boolean {
    const owners = [...this.own.keys(), ...this.#claims.keys()]
    return owners.some(owner => isAtOrBelow(owner, name) && this.node(owner).size > 0)
  }

  #hostsNamed(): Hosts {
    const hosts = new Hosts(this.apex)
    for (const [owner, claims] of this.#claims)
      for (const host of claims.flatMap(({ targets = [] }) => targets)) hosts.relate(owner, host, true)
    return hosts
  }

  #hasDelegation(): boolean {
    return [...this.#claims].some(
      ([owner, claims]) => owner !== this.apex && claims.some(({ type }) => type === RRTYPE.NS),
    )
  }

  #content(own: ReadonlyMap<string, Node>, children: ReadonlyMap<string, string>) {
    const below = (name: string) => (name === this.apex ? this.#claims.keys() : this.#names.below(name))
    return {
      apex: this.apex,
      ttl: this.zone.spec.ttl,
      claims: (owner: string) => this.#claims.get(owner) ?? NOTHING,
      own: (owner: string) => own.get(owner),
      *below(name: string) {
        for (const owner of below(name)) if (owner !== name) yield owner
        for (const owner of own.keys()) if (owner !== name && isAtOrBelow(owner, name)) yield owner
      },
      delegates: this.#delegates,
      hosts: this.#hosts,
      children,
      isUnmanaged: this.#isUnmanaged,
      isShared: recordPolicy(this.zone) === 'owned',
    }
  }
}

/** The rdata of a zone's SOA, by field, with the serial that is served, as far as its object knows. */
export function soaOf({ spec, status }: DNSZone): RdataValues {
  const { primaryNs, adminEmail, refresh, retry, expire, negativeTtl } = spec.soaRecord
  const serial = status?.serial ?? spec.soaRecord.serial ?? 1
  const mname = canonicalName(primaryNs)
  return { mname, rname: rname(adminEmail), serial, refresh, retry, expire, minimum: negativeTtl }
}

/** How a line names an object of a zone: its kind and name, with the namespace where that is another one. */
export function sourceName({ kind, metadata }: RecordObject | DNSZone, namespace: string): string {
  return metadata.namespace === namespace ? `${kind}/${metadata.name}` : `${kind} ${keyOf({ metadata })}`
}

/** A new object as it will stand among stored ones: the youngest of all. */
export function asStored<T extends RecordObject | DNSZone>(object: NewObject): T {
  const { name, namespace } = object.metadata
  const metadata = {
    ...object.metadata,
    uid: `~${namespace}/${name}`,
    creationTimestamp: '~',
    resourceVersion: '',
    generation: 1,
  }
  return { ...object, metadata } as unknown as T
}
