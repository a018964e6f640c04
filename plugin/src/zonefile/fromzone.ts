import {
  BindyError,
  canonicalName,
  type DNSZone,
  faultOfOwner,
  formOf,
  isAtOrBelow,
  isSigning,
  keyOf,
  printFault,
  type RdataValues,
  RRTYPE,
  recordTypeOfCode,
  rname,
  typeName,
  zoneKind,
} from '#crds'
import { type NewObject, newObject } from '../cluster.ts'
import { recordObjects } from '../record/rrset.ts'
import { shownName } from '../zone/find.ts'
import { rdataCodec } from './codec.ts'
import type { ObjectZone } from './objectzone.ts'
import { type RRset, rrsetsOf, type ZoneRecord } from './rrset.ts'

const { SOA, NS } = RRTYPE
/** BIND's max-records-per-type. */
const MAX_RECORDS = 100
const MAX_NAME_SERVERS = 32

/** A record that may know its place in a file. */
export interface FoundRecord extends ZoneRecord {
  readonly file?: string
  readonly line?: number
  readonly column?: number
}

export interface FromZoneOptions {
  /** The zone's name, canonical. */
  readonly apex: string
  readonly namespace: string
  /** Of the DNSZone. */
  readonly name: string
  /** More of its spec, such as where it is served. */
  readonly spec?: Partial<DNSZone['spec']>
  /** Leaves records out that no object can say, in place of a fault. */
  readonly skipsForeign?: boolean
  /** What stands already, of the zone as it will be: records that it has need no object. */
  readonly standing?: (zone: NewObject) => ObjectZone
  /** Whether no object of a kind has a name; all are free if absent. */
  readonly isFree?: (kind: string, name: string) => boolean
}

/** A zone as objects. Where there are faults, they do not say all of it. */
export interface ZoneObjects {
  readonly zone: NewObject | undefined
  readonly records: readonly NewObject[]
  /** Records that stood already. */
  readonly standing: number
  readonly faults: readonly string[]
  /** What is not served as the records say, or is left out. */
  readonly notes: readonly string[]
}

/**
 * The objects that give a zone's records: a DNSZone of its SOA and apex NS, and for every other RRset one object where
 * its type has a list, else one for each record. The same records in any order give the same objects.
 */
export function fromZone(records: Iterable<FoundRecord>, options: FromZoneOptions): ZoneObjects {
  return new Conversion(options).convert(rrsetsOf(records))
}

class Conversion {
  readonly #options: FromZoneOptions
  readonly #faults: string[] = []
  readonly #notes: string[] = []
  readonly #names = new Set<string>()
  #standing = 0

  constructor(options: FromZoneOptions) {
    this.#options = options
  }

  convert(rrsets: readonly RRset<FoundRecord>[]): ZoneObjects {
    const { apex } = this.#options
    const kept = rrsets.filter(rrset => this.#isSayable(rrset))
    const atApex = (type: number) => (rrset: RRset) => rrset.type === type && rrset.owner === apex
    const soa = kept.find(atApex(SOA))
    const ns = kept.find(atApex(NS))
    const zone = soa && ns && this.#zone(soa, ns)
    if (!rrsets.some(atApex(SOA))) this.#faults.push(`${shownName(apex)} has no SOA: one is wanted at the apex`)
    if (!rrsets.some(atApex(NS))) this.#faults.push(`${shownName(apex)} has no NS: one at least is wanted at the apex`)
    const rest = kept.filter(rrset => rrset !== soa && rrset !== ns)
    const standing = zone && this.#options.standing?.(zone)
    const objects = rest
      .map(rrset => (standing ? this.#without(rrset, standing) : rrset))
      .flatMap(rrset => this.#records(rrset, ns?.ttl))
    return { zone, records: objects, standing: this.#standing, faults: this.#faults, notes: this.#notes }
  }

  #zone(soa: RRset<FoundRecord>, ns: RRset<FoundRecord>): NewObject | undefined {
    const { apex, namespace, name, spec } = this.#options
    const [values, other] = this.#values(soa)
    const servers = this.#values(ns)
    if (!values || other) return undefined
    if (soa.ttl !== ns.ttl)
      this.#notes.push(`the SOA is served with the TTL of the NS, ${ns.ttl} in place of ${soa.ttl}`)
    if (servers.length > MAX_NAME_SERVERS)
      this.#faults.push(`${shownName(apex)} has ${servers.length} name servers: ${MAX_NAME_SERVERS} are allowed`)
    return newObject(
      zoneKind,
      { namespace, name },
      {
        zoneName: shownName(apex),
        ...spec,
        soaRecord: soaRecordOf(values),
        ttl: ns.ttl,
        nameServers: servers.map(({ nameserver }) => ({ hostname: nameserver })),
      },
    )
  }

  /** The records of an RRset that do not stand already. */
  #without(rrset: RRset<FoundRecord>, standing: ObjectZone): RRset<FoundRecord> {
    const { owner, type, ttl, records } = rrset
    const found = standing.node(owner).get(type)
    if (found && found.ttl !== ttl) {
      const by = standing.sources(owner, type, found.rdata[0] ?? '').map(object => `${object.kind} ${keyOf(object)}`)
      const what = `${typeName(type)} at ${owner} has the TTL ${ttl}`
      this.#fault(rrset, `${what}, and ${found.ttl} by ${by.join(', ')}: change that object first, or delete it`)
    }
    const left = records.filter(({ rdata }) => rdata === undefined || !standing.gives(owner, type, rdata))
    this.#standing += records.length - left.length
    return { ...rrset, records: left }
  }

  #records(rrset: RRset<FoundRecord>, zoneTtl: number | undefined): NewObject[] {
    const entry = recordTypeOfCode(rrset.type)
    const { apex, namespace } = this.#options
    const { owner, ttl } = rrset
    if (!entry || rrset.records.length === 0) return []
    const objects = recordObjects(
      { spec: { zoneName: shownName(apex) } } as DNSZone,
      { owner, entry, rdatas: this.#values(rrset), ...(ttl !== zoneTtl && { ttl }) },
      { namespace, isFree: name => this.#isFree(entry.kind, name) },
    )
    for (const { kind, metadata } of objects) this.#names.add(`${kind} ${metadata.name}`)
    return objects
  }

  #isFree(kind: string, name: string): boolean {
    return !this.#names.has(`${kind} ${name}`) && (this.#options.isFree?.(kind, name) ?? true)
  }

  /** Whether objects can say an RRset; says why not. */
  #isSayable(rrset: RRset<FoundRecord>): boolean {
    const { apex, skipsForeign } = this.#options
    const what = `${typeName(rrset.type)} at ${rrset.owner}`
    if (isSigning(rrset.type)) return this.#leaveOut(`${what}: the servers make it themselves`)
    const isOutside = !isAtOrBelow(rrset.owner, apex)
    const misplaced = isOutside ? `${rrset.owner} does not lie in the zone ${apex}` : undefined
    const fault = misplaced ?? faultOfOwner(rrset.owner, apex, rrset.type)?.message ?? faultOf(rrset, apex)
    if (fault) return this.#fault(rrset, fault)
    if (!formOf(rrset.type)) {
      if (skipsForeign) return this.#leaveOut(`${what}: Bindy has no object for the type`)
      return this.#fault(rrset, `${what}: Bindy has no object for the type; leave such records out with --skip-foreign`)
    }
    if (rrset.otherTtls.length > 0)
      this.#notes.push(`${what} has the TTLs ${[rrset.ttl, ...rrset.otherTtls].join(', ')}: ${rrset.ttl} is taken`)
    return true
  }

  #values(rrset: RRset<FoundRecord>): RdataValues[] {
    const form = formOf(rrset.type)
    return rrset.records.flatMap(record => {
      try {
        return form ? [rdataCodec.decode(form, record.rdata ?? '')] : []
      } catch (error) {
        if (!(error instanceof BindyError)) throw error
        this.#fault({ ...rrset, records: [record] }, `${typeName(rrset.type)} at ${rrset.owner}: ${error.message}`)
        return []
      }
    })
  }

  #fault({ records }: RRset<FoundRecord>, message: string): false {
    const { file, line, column } = records[0] ?? {}
    const isPlaced = file !== undefined && line !== undefined && column !== undefined
    this.#faults.push(isPlaced ? printFault({ file, line, column, message }) : message)
    return false
  }

  #leaveOut(what: string): false {
    this.#notes.push(`left out: ${what}`)
    return false
  }
}

function faultOf({ owner, type, records }: RRset, apex: string): string | undefined {
  const what = `${typeName(type)} at ${owner}`
  if (type === SOA && owner !== apex) return `${what}: a zone has its SOA at the apex, ${apex}`
  if (type === SOA && records.length > 1) return `${what}: a zone has one SOA, and here are ${records.length}`
  if (records.length > MAX_RECORDS)
    return `${what} has ${records.length} records: BIND serves at most ${MAX_RECORDS} of one name and type`
  return undefined
}

function soaRecordOf(soa: RdataValues): object {
  const { mname, serial, refresh, retry, expire, minimum } = soa
  return {
    primaryNs: mname,
    adminEmail: mailbox(String(soa.rname)),
    serial,
    refresh,
    retry,
    expire,
    negativeTtl: minimum,
  }
}

// The form with "@" is what people write; an RNAME that it cannot say stays as it is.
function mailbox(name: string): string {
  const [, local = '', domain = ''] = /^((?:\\.|[^.\\])+)\.(.+)\.$/.exec(name) ?? []
  const text = `${local.replaceAll('\\.', '.')}@${domain}`
  try {
    return rname(text) === canonicalName(name) ? text : name
  } catch {
    return name
  }
}
