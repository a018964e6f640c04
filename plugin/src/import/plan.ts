import { canonicalName, type DNSZone, type RecordObject, serialCompare, zoneKind } from '#crds'
import { type NewObject, newObject } from '../cluster.ts'
import { type FoundRecord, fromZone } from '../zonefile/fromzone.ts'
import { asStored, ObjectZone, type Surroundings } from '../zonefile/objectzone.ts'
import { breachesOf } from './rules.ts'

/** What stands in the namespace already. */
export interface Standing {
  readonly zone: DNSZone | undefined
  /** All record objects of the namespace: their names are taken. */
  readonly records: readonly RecordObject[]
  readonly around: Surroundings
}

export interface ImportOptions {
  readonly apex: string
  readonly namespace: string
  /** Of the DNSZone, where there is none yet. */
  readonly name: string
  readonly clusterRef?: string | undefined
  readonly serialAtLeast?: number | undefined
  readonly skipsForeign: boolean
}

/** What an import will do: it creates objects, and changes none but the DNSZone. */
export interface ImportPlan {
  readonly zone: NewObject | undefined
  readonly zoneVerb: 'create' | 'change' | 'unchanged'
  readonly records: readonly NewObject[]
  /** Records that objects give already. */
  readonly standing: number
  /** Objects of the zone that give something else; they stay. */
  readonly others: readonly RecordObject[]
  readonly faults: readonly string[]
  readonly notes: readonly string[]
}

/** Compares what was found with what stands, and checks all of it as the controller will decide it. */
export function planImport(found: readonly FoundRecord[], options: ImportOptions, standing: Standing): ImportPlan {
  const { apex, clusterRef, namespace } = options
  const taken = new Set(standing.records.map(({ kind, metadata }) => `${kind} ${metadata.name}`))
  let result: NewObject | undefined
  const objects = fromZone(found, {
    apex,
    namespace,
    name: standing.zone?.metadata.name ?? options.name,
    skipsForeign: options.skipsForeign,
    spec: clusterRef === undefined ? {} : { clusterRef },
    isFree: (kind, name) => !taken.has(`${kind} ${name}`),
    standing: zone => {
      result = merged(zone, standing.zone, options.serialAtLeast)
      return new ObjectZone(asStored(result), standing.records, standing.around)
    },
  })
  const { notes, records } = objects
  const zone = result
  const breaches = breachesOf(zone ? [...records, zone] : records)
  const isSound = objects.faults.length === 0 && breaches.errors.length === 0
  const refused = zone && isSound ? refusals(zone, records, standing) : []
  return {
    zone,
    zoneVerb: zone ? verbOf(zone, standing.zone) : 'create',
    records,
    standing: objects.standing,
    others: zone ? othersIn(zone, found, standing) : [],
    faults: [...objects.faults, ...breaches.errors, ...refused],
    notes: [...notes, ...breaches.warnings],
  }
}

/** The DNSZone as it will be: what the file does not tell of stays as it is. */
function merged(zone: NewObject, before: DNSZone | undefined, serialAtLeast: number | undefined): NewObject {
  const spec = zone.spec as DNSZone['spec']
  const soaRecord = { ...spec.soaRecord, serial: serialOf(spec.soaRecord.serial ?? 1, before, serialAtLeast) }
  const nameServers = sameHosts(before, spec) ? before?.spec.nameServers : spec.nameServers
  return newObject(zoneKind, zone.metadata, { ...before?.spec, ...spec, soaRecord, nameServers })
}

// A served zone goes on from its own serial, which never moves backwards.
function serialOf(found: number, before: DNSZone | undefined, atLeast: number | undefined): number | undefined {
  const wanted = atLeast !== undefined && serialCompare(atLeast, found) > 0 ? atLeast : found
  const served = before?.status?.serial ?? before?.spec.soaRecord.serial
  return served === undefined || serialCompare(wanted, served) > 0 ? wanted : before?.spec.soaRecord.serial
}

function sameHosts(before: DNSZone | undefined, spec: DNSZone['spec']): boolean {
  const hosts = ({ nameServers = [] }: DNSZone['spec']) =>
    nameServers.map(({ hostname }) => canonicalName(hostname)).sort()
  return before !== undefined && hosts(before.spec).join(' ') === hosts(spec).join(' ')
}

function verbOf(zone: NewObject, before: DNSZone | undefined): ImportPlan['zoneVerb'] {
  if (!before) return 'create'
  return sortedJson(zone.spec) === sortedJson(before.spec) ? 'unchanged' : 'change'
}

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

/** New objects that would not be served as they say, beside those that stand. */
function refusals(zone: NewObject, records: readonly NewObject[], standing: Standing): string[] {
  const added = new Set(records.map(record => asStored<RecordObject>(record)))
  const whole = new ObjectZone(asStored(zone), [...standing.records, ...added], standing.around)
  return whole
    .unserved()
    .filter(({ object }) => added.has(object))
    .map(({ object, remark }) => `${object.kind} ${object.metadata.name}: ${remark.message}`)
}

/** Objects of the zone that give what was not found. */
function othersIn(zone: NewObject, found: readonly FoundRecord[], standing: Standing): RecordObject[] {
  const known = new Set(found.map(({ owner, type, rdata }) => `${owner} ${type} ${rdata}`))
  const before = new ObjectZone(asStored(zone), standing.records, standing.around)
  return [...before.claims()]
    .filter(({ owner, claim }) => !claim.rdata.every(octets => known.has(`${owner} ${claim.type} ${octets}`)))
    .map(({ object }) => object)
}
