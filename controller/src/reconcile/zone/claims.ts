import { encodeRdata, octetsOf } from '#bind9'
import {
  admitsNamespace,
  BindyError,
  type Claim,
  canonicalName,
  type DNSZone,
  type Hosts,
  isAddress,
  isAtOrBelow,
  isHeld,
  keyOf,
  MAX_RDATA,
  type Octets,
  placeRecord,
  type RdataValues,
  type RecordObject,
  type RecordType,
  type Remark,
  RRTYPE,
  recordTypeOfKind,
  unmanagedBy,
  zoneKey,
} from '#crds'
import { Neighbours } from './neighbours.ts'
import { type Trace, Traces } from './traces.ts'

/** A record object with what it claims: data at an owner name of its zone, or a fault that keeps it out. */
export interface RecordClaim {
  readonly object: RecordObject
  readonly owner?: string
  readonly claim?: Claim
  readonly fault?: Remark
  /** Where it was served before, as long as it is not known to be gone from there. */
  readonly former?: Place
}

/** A place in DNS: a zone's canonical name and an owner name in it. */
export interface Place {
  readonly zone: string
  readonly owner: string
}

/** What to look at: owner names whose claims changed, those where only a status did, and new records that claim nothing. */
export interface Changes {
  readonly claims: ReadonlySet<string>
  readonly statuses: ReadonlySet<string>
  readonly faulty: ReadonlySet<string>
}

/** The records of one zone name, by owner name, with what changed since that was last taken. */
export class ZoneClaims {
  readonly #zone: string
  readonly #nodes = new Map<string, Map<string, RecordClaim>>()
  readonly #faulty = new Map<string, RecordClaim>()
  readonly #neighbours: Neighbours
  readonly #traces = new Traces()
  #children: ReadonlyMap<string, string> = new Map()
  #changed = new Set<string>()
  #moved = new Set<string>()
  #newFaulty = new Set<string>()
  /** Names below which all may look different. */
  #uncovered = new Set<string>()
  /** Hosts that are named anew, or no more. */
  #named = new Set<string>()

  constructor(zone: string) {
    this.#zone = zone
    this.#neighbours = new Neighbours(zone, () => this.#nodes.keys())
  }

  /** Apexes of zones below that the same servers serve, each with the name of its object. */
  get children(): ReadonlyMap<string, string> {
    return this.#children
  }

  /** Whether any record claims NS below the apex. */
  get delegates(): boolean {
    return this.#neighbours.delegates
  }

  /** The hosts that records name. */
  get hosts(): Hosts {
    return this.#neighbours.hosts
  }

  /** Owner names below a name. */
  below(name: string): Iterable<string> {
    return this.#neighbours.below(name)
  }

  /** Takes in which zones below the same servers serve: what is at and below their names is to be looked at. */
  hide(children: ReadonlyMap<string, string>): void {
    if (children === this.#children) return
    const names = new Set([...this.#children.keys(), ...children.keys()])
    for (const name of names) if (this.#children.get(name) !== children.get(name)) this.#uncovered.add(name)
    this.#children = children
  }

  /** Owner names with all others whose data may depend on them. */
  around(owners: ReadonlySet<string>): ReadonlySet<string> {
    return this.#neighbours.around({ changed: owners, uncovered: NOBODY, hosts: NOBODY })
  }

  /** Owner names that records claim data at. */
  owners(): IterableIterator<string> {
    return this.#nodes.keys()
  }

  at(owner: string): RecordClaim[] {
    return [...(this.#nodes.get(owner)?.values() ?? [])]
  }

  /** Records that claim nothing, for the fault they hold. */
  faulty(): IterableIterator<RecordClaim> {
    return this.#faulty.values()
  }

  /** The records that changes tell of. */
  *touched({ claims, statuses, faulty }: Changes): Generator<RecordClaim> {
    for (const owner of new Set([...claims, ...statuses])) yield* this.#nodes.get(owner)?.values() ?? []
    yield* this.newlyFaulty({ faulty })
  }

  /** The records of changes that claim nothing. */
  *newlyFaulty({ faulty }: Pick<Changes, 'faulty'>): Generator<RecordClaim> {
    for (const id of faulty) {
      const record = this.#faulty.get(id)
      if (record) yield record
    }
  }

  *all(): Generator<RecordClaim> {
    for (const node of this.#nodes.values()) yield* node.values()
    yield* this.#faulty.values()
  }

  get isEmpty(): boolean {
    return this.#nodes.size === 0 && this.#faulty.size === 0 && this.#traces.isEmpty
  }

  /** Where records were, and what they gave there. */
  traces(): Iterable<Trace> {
    return this.#traces.all()
  }

  tracesAt(owner: string): Iterable<Trace> {
    return this.#traces.at(owner)
  }

  trace(id: string, trace: Trace): void {
    this.#traces.add(id, trace)
    this.#changed.add(trace.owner)
  }

  /** Forgets a trace, whose data has left every server. */
  forget(trace: Trace): void {
    this.#traces.delete(trace)
  }

  /** What changed since the last call, and what may depend on it, by what the zone takes in and leaves to others. */
  takeChanges(zone?: DNSZone): Changes {
    const hosts = zone ? this.#hostsWithout(zone) : this.#named
    const changed = hosts.size + this.#changed.size > 0 ? new Set([...this.#changed, ...this.#aliasOfAll()]) : NOBODY
    const claims = this.#neighbours.around({ changed, uncovered: this.#uncovered, hosts })
    const changes = { claims, statuses: this.#moved, faulty: this.#newFaulty }
    this.#changed = new Set()
    this.#uncovered = new Set()
    this.#named = new Set()
    this.#moved = new Set()
    this.#newFaulty = new Set()
    return changes
  }

  /** The other owner names of the circle of CNAMEs that one closes, or closed. */
  #circleOf({ owner, object }: RecordClaim): string[] {
    const others: string[] = []
    let name = aliasTarget(object)
    while (name !== owner && others.length < LONGEST_CHAIN) {
      const next = this.at(name).find(({ claim }) => claim?.type === RRTYPE.CNAME)
      if (!next) return []
      others.push(name)
      name = aliasTarget(next.object)
    }
    return name === owner ? others : []
  }

  put(id: string, claim: RecordClaim, options: { readonly changed: boolean }): void {
    if (claim.owner === undefined) {
      this.#faulty.set(id, claim)
      this.#newFaulty.add(id)
      return
    }
    if (!this.#nodes.has(claim.owner)) this.#neighbours.add(claim.owner)
    entryOf(this.#nodes, claim.owner, () => new Map()).set(id, claim)
    if (options.changed) {
      this.#changed.add(claim.owner)
      this.#relate(claim)
    } else this.#moved.add(claim.owner)
  }

  drop(id: string, claim: RecordClaim): void {
    this.#faulty.delete(id)
    if (claim.owner === undefined) return
    const node = this.#nodes.get(claim.owner)
    node?.delete(id)
    this.#changed.add(claim.owner)
    this.#relate(claim)
    if (node?.size !== 0) return
    this.#nodes.delete(claim.owner)
    this.#neighbours.delete(claim.owner)
  }

  // Whether it may answer for them hangs on every host that MX and NS name.
  #aliasOfAll(): string[] {
    const wildcard = `*.${this.#zone}`
    const isAlias =
      this.hosts.size + this.#named.size > 0 && this.at(wildcard).some(({ claim }) => claim?.type === RRTYPE.CNAME)
    return isAlias ? [wildcard] : []
  }

  // Hosts that are named anew, or no more, without an address that nobody can take away: no CNAME stands beside it.
  #hostsWithout(zone: DNSZone): ReadonlySet<string> {
    const isUnmanaged = unmanagedBy(zone)
    const hasAddress = (host: string) => {
      const types = admitted(zone, this.at(host)).map(({ type }) => type)
      return types.some(type => isAddress(type) && !isUnmanaged(host, type)) && !types.includes(RRTYPE.CNAME)
    }
    return new Set([...this.#named].filter(host => !hasAddress(host)))
  }

  // Only NS and MX tie what is decided at their owner name to others.
  #relate(record: RecordClaim): void {
    const { owner = '', claim } = record
    if (claim?.type === RRTYPE.CNAME) for (const name of this.#circleOf(record)) this.#moved.add(name)
    if (!claim?.targets) return
    const claims = this.at(owner)
      .map(({ claim }) => claim)
      .filter(claim => claim?.targets !== undefined)
    const targets = new Set(claims.flatMap(claim => claim?.targets ?? []))
    for (const target of claim.targets) {
      this.#neighbours.relate(owner, target, targets.has(target))
      if (isAtOrBelow(target, this.#zone)) this.#named.add(target)
    }
    if (claim.type !== RRTYPE.NS) return
    this.#neighbours.delegate(
      owner,
      claims.some(claim => claim?.type === RRTYPE.NS),
    )
    this.#uncovered.add(owner)
  }
}

const NOBODY: ReadonlySet<string> = new Set()

/** Of CNAMEs in a circle no longer one is heard: resolvers follow no more. */
const LONGEST_CHAIN = 16

/** All record objects, indexed by the zone name that they give. */
export class Claims {
  readonly #zones = new Map<string, ZoneClaims>()
  readonly #placed = new Map<string, { zone: string; record: RecordClaim }>()

  of(zone: string): ZoneClaims {
    return entryOf(this.#zones, zone, () => new ZoneClaims(zone))
  }

  /** Zone names that records give. */
  zones(): IterableIterator<string> {
    return this.#zones.keys()
  }

  /** Takes an object in; returns the zone names that have something to do for it. */
  put(object: RecordObject): string[] {
    const id = idOf(object)
    const before = this.#placed.get(id)
    const zone = zoneKey(object.spec.zone)
    if (object.metadata.deletionTimestamp) return this.#retire(object, zone)
    if (before && before.zone === zone && sameClaim(before.record.object, object)) {
      const record = withFormer({ ...before.record, object }, zone)
      this.#placed.set(id, { zone, record })
      this.of(zone).put(id, record, { changed: false })
      return [zone]
    }
    if (before) this.of(before.zone).drop(id, before.record)
    const record = withFormer(claimOf(object, zone), zone)
    const left = this.#leave(record, zone, before)
    this.#placed.set(id, { zone, record })
    this.of(zone).put(id, record, { changed: true })
    return [...new Set([...left, ...(before ? [before.zone] : []), zone])]
  }

  /** Lets an object go; returns the zone names that have something to do for it. */
  drop(object: RecordObject): string[] {
    return this.#placed.has(idOf(object)) ? this.#retire(object, zoneKey(object.spec.zone)) : []
  }

  /** The object gives nothing any more; what it gave is to be taken away. */
  #retire(object: RecordObject, zone: string): string[] {
    const id = idOf(object)
    const before = this.#placed.get(id)
    this.#placed.delete(id)
    if (before) this.of(before.zone).drop(id, before.record)
    const record = claimOf(object, zone)
    const places = [before && placeOf(before.record, before.zone), formerPlace(object), placeOf(record, zone)]
    return this.#traceAll(places, before?.record ?? record, object)
  }

  /** The object gives its data at another place than before, in this life of ours or an earlier one. */
  #leave(record: RecordClaim, zone: string, before: { zone: string; record: RecordClaim } | undefined): string[] {
    const places = [before && placeOf(before.record, before.zone), record.former]
    const elsewhere = places.filter(place => place && !(place.zone === zone && place.owner === record.owner))
    return this.#traceAll(elsewhere, before?.record ?? record, record.object)
  }

  #traceAll(places: readonly (Place | undefined)[], { claim }: RecordClaim, object: RecordObject): string[] {
    const zones = new Set<string>()
    for (const place of places) {
      if (!place) continue
      const trace = { owner: place.owner, type: typeOf(object), rdata: claim?.rdata ?? [], object }
      this.of(place.zone).trace(idOf(object), trace)
      zones.add(place.zone)
    }
    return [...zones]
  }

  /** A record with its former place only as long as something may be left there. */
  settled(record: RecordClaim): RecordClaim {
    const { former, object } = record
    if (!former) return record
    const isLeft = [...this.of(former.zone).tracesAt(former.owner)].some(trace => idOf(trace.object) === idOf(object))
    if (isLeft) return record
    const { former: _, ...rest } = record
    return rest
  }

  /** Has a record told again how it stands; returns its zone name. */
  retell(object: RecordObject): string | undefined {
    const id = idOf(object)
    const placed = this.#placed.get(id)
    if (placed) this.of(placed.zone).put(id, placed.record, { changed: false })
    return placed?.zone
  }

  /** Forgets a zone name that no record gives any more; returns whether none does. */
  prune(zone: string): boolean {
    const isEmpty = this.#zones.get(zone)?.isEmpty ?? true
    if (isEmpty) this.#zones.delete(zone)
    return isEmpty
  }
}

function placeOf({ owner }: RecordClaim, zone: string): Place | undefined {
  return owner === undefined ? undefined : { zone, owner }
}

/** Where an object that outlives its data was served last, as it says itself. */
function formerPlace(object: RecordObject): Place | undefined {
  const { ownerName, zoneName } = object.status ?? {}
  return isHeld(object) && ownerName !== undefined && zoneName !== undefined
    ? { zone: zoneName, owner: ownerName }
    : undefined
}

function withFormer({ former: _, ...record }: RecordClaim, zone: string): RecordClaim {
  const former = formerPlace(record.object)
  return former && (former.zone !== zone || former.owner !== record.owner) ? { ...record, former } : record
}

function idOf(object: RecordObject): string {
  return `${object.kind}/${keyOf(object)}`
}

function sameClaim(before: RecordObject, after: RecordObject): boolean {
  return before.metadata.uid === after.metadata.uid && before.metadata.generation === after.metadata.generation
}

function claimOf(object: RecordObject, zone: string): RecordClaim {
  return { object, ...placeRecord(object, zone, rdataOf) }
}

function aliasTarget({ spec }: RecordObject): string {
  return canonicalName(spec.target as string)
}

function typeOf(object: RecordObject): number {
  return recordTypeOfKind(object.kind).code
}

function rdataOf(entry: RecordType, values: RdataValues): Octets {
  const octets = octetsOf(encodeRdata(entry, values))
  if (octets.length <= MAX_RDATA) return octets
  throw new BindyError(
    `The record takes ${octets.length} octets, and a DNS message has room for ${MAX_RDATA}: shorten it`,
    { reason: 'RecordTooLong', retry: 'never' },
  )
}

/** The value of a key, made when there is none. */
export function entryOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}

/** Whether a zone takes a record: it stands in the zone's namespace, or in one that the zone allows. */
export function isAdmitted(zone: DNSZone): (record: RecordClaim) => boolean {
  return ({ object }) => admitsNamespace(zone, object.metadata.namespace)
}

/** What records claim of a zone, of those that it takes. */
export function admitted(zone: DNSZone, records: readonly RecordClaim[]): Claim[] {
  return records
    .filter(isAdmitted(zone))
    .map(({ claim }) => claim)
    .filter(claim => claim !== undefined)
}
