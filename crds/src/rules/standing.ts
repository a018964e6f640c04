import type { ZoneContent } from '../content.ts'
import { ZoneDecider } from '../decider.ts'
import { BindyError } from '../error.ts'
import { zoneKind } from '../kinds.ts'
import { isAtOrBelow, zoneKey } from '../name.ts'
import type { Claim, Node, Remark } from '../node.ts'
import { API_GROUP, API_VERSION, type ObjectMeta } from '../object.ts'
import { givesNameServers, ownNodes } from '../own.ts'
import { admitsNamespace } from '../policy.ts'
import { rdataText } from '../rdatatext.ts'
import type { RecordObject } from '../record.ts'
import { RRTYPE } from '../records.ts'
import type { DNSZone } from '../zone.ts'
import { type ClaimedContent, zoneContent } from '../zonecontent.ts'
import { asYoungest, type ClaimedRecord, type Others, type ZoneRecords } from './others.ts'

interface Remarks {
  readonly refused?: Remark | undefined
  readonly adjusted?: Remark | undefined
}

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
 * counts as the youngest, so that it never takes the place of what is served.
 */
export class Standing {
  readonly others: Others
  readonly #record: Candidate
  readonly #zoneName: string
  #decided: Remarks | undefined
  #own: ReturnType<Candidate['claim']>
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

  /** Why it is not served. */
  get refused(): Remark | undefined {
    return this.#decide().refused
  }

  /** In what it is not served as it says. */
  get adjusted(): Remark | undefined {
    return this.#decide().adjusted
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
    this.#decided ??= this.#find()
    return this.#decided
  }

  #find(): Remarks {
    const { zone } = this
    const own = this.#claim()
    if (!zone || !own) return {}
    const { refused, adjusted } = new ZoneDecider(this.#content(zone, own)).decide(own.owner)
    return { refused: refused.get(own.claim), adjusted: adjusted.get(own.claim) }
  }

  #claim(): ReturnType<Candidate['claim']> {
    if (!this.#isRead)
      this.#own =
        this.zone && this.#record.claim(this.others.standingOf(this.#record.object) ?? asYoungest(this.#record))
    this.#isRead = true
    return this.#own
  }

  #content(zone: DNSZone, { owner, claim }: { readonly owner: string; readonly claim: Claim }): ZoneContent {
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
function hostsOf(
  { hosts }: ZoneRecords,
  { owner, claim: { targets = [] } }: { readonly owner: string; readonly claim: Claim },
): ZoneContent['hosts'] {
  if (targets.length === 0) return hosts
  return {
    naming: host => new Set([...hosts.naming(host), ...(targets.includes(host) ? [owner] : [])]),
    *under(name) {
      yield* hosts.under(name)
      for (const host of targets) if (isAtOrBelow(host, name) && hosts.naming(host).size === 0) yield host
    },
  }
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
