import type { ZoneContent } from '../content.ts'
import { ZoneDecider } from '../decider.ts'
import { BindyError } from '../error.ts'
import { isAtOrBelow } from '../name.ts'
import type { Claim, Node, Remark } from '../node.ts'
import type { ObjectMeta } from '../object.ts'
import { givesNameServers, ownNodes } from '../own.ts'
import { admitsNamespace } from '../policy.ts'
import { rdataText } from '../rdatatext.ts'
import type { RecordObject } from '../record.ts'
import { RRTYPE } from '../records.ts'
import type { DNSZone } from '../zone.ts'
import { type ClaimedContent, zoneContent } from '../zonecontent.ts'
import { asYoungest, type ClaimedRecord, type Others } from './others.ts'

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

  /** The zone that takes the record. */
  get zone(): DNSZone | undefined {
    const [owner] = this.zones
    return owner && admitsNamespace(owner, this.#record.namespace) ? owner : undefined
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

  /** The others whose MX or NS names the owner name of the record. */
  get naming(): readonly ClaimedRecord[] {
    const { zone } = this
    const { owner } = this.#record
    if (!zone || owner === undefined) return []
    return this.others
      .recordsIn(this.#zoneName)
      .naming(owner)
      .filter(record => this.#isOther(zone, record))
  }

  #at(zone: DNSZone, owner: string): readonly ClaimedRecord[] {
    const records = this.others.recordsIn(this.#zoneName).at(owner)
    return records.filter(record => this.#isOther(zone, record))
  }

  #isOther(zone: DNSZone, { object }: ClaimedRecord): boolean {
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
      delegates: records.delegates || (claim.type === RRTYPE.NS && owner !== apex),
      children: this.others.childrenOf(apex),
    }
    return zoneContent(zone, claimed, ownOf(zone, claimed))
  }
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
