import type { ZoneContent } from '../content.ts'
import { ZoneDecider } from '../decider.ts'
import { BindyError } from '../error.ts'
import { zoneKind } from '../kinds.ts'
import { isAtOrBelow, isWildcard, lineage, zoneKey } from '../name.ts'
import type { Claim, Node, Remark } from '../node.ts'
import { API_GROUP, API_VERSION, type ObjectMeta } from '../object.ts'
import { givesNameServers, ownNodes } from '../own.ts'
import { admitsNamespace } from '../policy.ts'
import { rdataText } from '../rdatatext.ts'
import type { RecordObject } from '../record.ts'
import { RRTYPE } from '../records.ts'
import { isInside } from '../target.ts'
import type { DNSZone } from '../zone.ts'
import { type ClaimedContent, zoneContent } from '../zonecontent.ts'
import { asYoungest, type ClaimedRecord, type Others, type ZoneRecords } from './others.ts'

interface Remarks {
  readonly refused?: Remark | undefined
  readonly adjusted?: Remark | undefined
}

type Placed = NonNullable<ReturnType<Candidate['claim']>>

/** A record that may come to stand among the others. */
interface Candidate {
  readonly object: unknown
  readonly namespace: string
  readonly name: string
  /** Canonical. */
  readonly owner: string | undefined
  isOf(object: RecordObject): boolean
  claim(metadata: ObjectMeta): { readonly owner: string; readonly claim: Claim } | undefined
}

/**
 * How a record stands in its zone beside the others: what the controller would decide of it. A new state of an object
 * counts as the youngest, so that it never takes the place of what is served. Once it is stored it is as old as ever.
 */
export class Standing {
  readonly others: Others
  readonly #record: Candidate
  readonly #zoneName: string
  #decided: Remarks | undefined
  #actual: Remarks | undefined
  #own: Placed | undefined
  #isRead = false

  constructor(record: Candidate, zoneName: string, others: Others) {
    this.#record = record
    this.#zoneName = zoneName
    this.others = others
  }

  /** The DNSZones of the name, those that are going aside. */
  get zones(): readonly DNSZone[] {
    return this.others.zonesNamed(this.#zoneName).filter(({ metadata }) => !metadata.deletionTimestamp)
  }

  /** The zone that takes the record; one of its own namespace where there is none yet. */
  get zone(): DNSZone | undefined {
    const [owner] = this.zones
    if (!owner) return zoneToCome(this.#zoneName, this.#record.namespace)
    return admitsNamespace(owner, this.#record.namespace) ? owner : undefined
  }

  /** What the record claims. */
  get own(): Claim | undefined {
    return this.#claim()?.claim
  }

  /** Why it is not served, or would not be as the youngest. */
  get refused(): Remark | undefined {
    return this.#decide().refused
  }

  /** What it will hear once it is stored: why it is not served, or in what not as it says. */
  get actual(): Remarks {
    const isAsStored = this.others.standingOf(this.#record.object) !== undefined
    const stored = isAsStored ? undefined : this.#stored()
    this.#actual ??= stored ? this.#find(stored) : this.#decide()
    return this.#actual
  }

  /** A claim of another that a change of the object takes from DNS: as the youngest it would not. */
  get displaced(): Claim | undefined {
    const { zone } = this
    const [young, stored] = [this.#record.claim(asYoungest(this.#record)), this.#stored()]
    if (!zone || !young || !stored) return undefined
    const content = this.#content(zone, young)
    const names = namesAround(young, content)
    if (names.size === 0) return undefined
    const [before, after] = [new ZoneDecider(content), new ZoneDecider(this.#content(zone, stored))]
    for (const owner of names) {
      const kept = before.decide(owner).refused
      for (const claim of after.decide(owner).refused.keys())
        if (claim !== stored.claim && !kept.has(claim)) return claim
    }
    return undefined
  }

  /** The other records of its owner name that the zone takes. */
  get siblings(): readonly ClaimedRecord[] {
    const { zone } = this
    const { owner } = this.#record
    return zone && owner !== undefined ? this.#at(zone, owner) : []
  }

  /** The others of its zone whose MX or NS names the owner name of the record. */
  get naming(): readonly RecordObject[] {
    const { zone } = this
    const { owner } = this.#record
    if (!zone || owner === undefined) return []
    const records = this.others.naming(owner).filter(isRecord)
    return records.filter(object => zoneKey(object.spec.zone) === this.#zoneName && this.#isOther(zone, { object }))
  }

  #at(zone: DNSZone, owner: string): readonly ClaimedRecord[] {
    const records = this.others.recordsIn(this.#zoneName).at(owner)
    return records.filter(record => this.#isOther(zone, record))
  }

  #isOther(zone: DNSZone, { object }: Pick<ClaimedRecord, 'object'>): boolean {
    const { namespace, deletionTimestamp } = object.metadata
    return !this.#record.isOf(object) && admitsNamespace(zone, namespace) && !deletionTimestamp
  }

  #decide(): Remarks {
    this.#decided ??= this.#find(this.#claim())
    return this.#decided
  }

  #find(own: Placed | undefined): Remarks {
    const { zone } = this
    if (!zone || !own) return {}
    const { refused, adjusted } = new ZoneDecider(this.#content(zone, own)).decide(own.owner)
    return { refused: refused.get(own.claim), adjusted: adjusted.get(own.claim) }
  }

  #stored(): Placed | undefined {
    const metadata = this.zone && this.others.storedAs(this.#record.object)
    return metadata && this.#record.claim(metadata)
  }

  #claim(): Placed | undefined {
    if (!this.#isRead)
      this.#own =
        this.zone && this.#record.claim(this.others.standingOf(this.#record.object) ?? asYoungest(this.#record))
    this.#isRead = true
    return this.#own
  }

  #content(zone: DNSZone, { owner, claim }: Placed): ZoneContent {
    const apex = this.#zoneName
    const records = this.others.recordsIn(apex)
    const claims = (name: string) => {
      const known = this.#at(zone, name).map(({ claim }) => claim)
      return name === owner ? [...known, claim] : known
    }
    const claimed = {
      claims,
      *below(name: string) {
        yield* records.below(name)
        if (owner !== name && isAtOrBelow(owner, name)) yield owner
      },
      hosts: hostsOf(records, { owner, claim }),
      delegates: records.delegates || (claim.type === RRTYPE.NS && owner !== apex),
      children: this.others.childrenOf(apex),
    }
    return zoneContent(zone, claimed, ownOf(zone, claimed))
  }
}

/** The hosts that the records of a zone name, with one more record. */
function hostsOf({ hosts }: ZoneRecords, { owner, claim: { targets = [] } }: Placed): ZoneContent['hosts'] {
  if (targets.length === 0) return hosts
  return {
    naming: host => new Set([...hosts.naming(host), ...(targets.includes(host) ? [owner] : [])]),
    *under(name) {
      yield* hosts.under(name)
      for (const host of targets) if (isAtOrBelow(host, name) && hosts.naming(host).size === 0) yield host
    },
  }
}

/**
 * The names at which the age of a claim may decide: below its own top label and those of its targets, where hosts are named,
 * and below the names that are delegated to them.
 */
function namesAround({ owner, claim }: Placed, { apex, hosts, below }: ZoneContent): ReadonlySet<string> {
  const top = (name: string) => lineage(name, apex)[0]
  const own = top(owner)
  const near = own !== undefined && isWildcard(own) ? [...hosts.under(apex)].map(top) : [own]
  const targets = (claim.targets ?? []).filter(target => isInside(target, apex)).map(top)
  const roots = [...new Set([...near, ...targets])].filter(root => root !== undefined)
  const named = roots.flatMap(root => [...hosts.under(root)])
  if (named.length === 0) return new Set()
  const naming = [...new Set(named.flatMap(host => [...hosts.naming(host)]))]
  const names = [...roots, ...naming]
  return new Set(names.flatMap(name => (name === apex ? [name] : [name, ...below(name)])))
}

// Nothing is known of it but its name: not its TTL, not its name servers, not what others will put into it.
function zoneToCome(zoneName: string, namespace: string): DNSZone {
  const soaRecord = { primaryNs: '.', adminEmail: '.' }
  const spec = { zoneName, soaRecord, recordPolicy: 'owned' } as DNSZone['spec']
  return {
    apiVersion: `${API_GROUP}/${API_VERSION}`,
    kind: zoneKind.kind,
    metadata: asYoungest({ namespace, name: '' }),
    spec,
  }
}

function isRecord(object: RecordObject | DNSZone): object is RecordObject {
  return 'zone' in object.spec
}

const NO_NODES: ReadonlyMap<string, Node> = new Map()
// Stands for those of the servers, whatever they are.
const SERVER_ADDRESS = '0.0.0.0'

function ownOf(zone: DNSZone, claimed: ClaimedContent): ReadonlyMap<string, Node> {
  if (!givesNameServers(zone)) return NO_NODES
  try {
    return ownNodes(zone, [SERVER_ADDRESS], { content: own => zoneContent(zone, claimed, own), encode: rdataText })
      .nodes
  } catch (error) {
    // A name server of the zone whose name is none: the zone's own fault, told there.
    if (error instanceof BindyError) return NO_NODES
    throw error
  }
}
