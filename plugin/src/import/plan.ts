import {
  canonicalName,
  type DNSZone,
  type RecordObject,
  readName,
  rname,
  serialCompare,
  zoneKey,
  zoneKind,
} from '#crds'
import { type NewObject, newObject } from '../cluster.ts'
import type { Author } from '../record/plan.ts'
import { type FoundRecord, fromZone } from '../zonefile/fromzone.ts'
import { asStored, ObjectZone, type Surroundings } from '../zonefile/objectzone.ts'
import { mayGo, type Pruned, prune, type Surplus, surplusIn } from './prune.ts'
import { breachesOf } from './rules.ts'

/** What stands already. */
export interface Standing {
  /** That of the namespace. */
  readonly zone: DNSZone | undefined
  /** All record objects of the namespace, whose names are taken, and of those that the zone lets in. */
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
  /** Whoever takes away what was not found; it stays if absent. */
  readonly prunes?: Author | undefined
}

/** What an import will do: it creates objects, and changes none but the DNSZone and those that it prunes. */
export interface ImportPlan {
  readonly zone: NewObject | undefined
  readonly zoneVerb: 'create' | 'change' | 'unchanged'
  readonly records: readonly NewObject[]
  /** Records that objects give already. */
  readonly standing: number
  /** Objects that give something else, and what becomes of them. */
  readonly pruned: readonly Pruned[]
  /** How many records the objects of the zone give. */
  readonly given: number
  /** Objects of the zone that give something else, and stay. */
  readonly others: readonly RecordObject[]
  readonly faults: readonly string[]
  readonly notes: readonly string[]
}

/** Compares what was found with what stands, and checks all of it as the controller will decide it. */
export function planImport(found: readonly FoundRecord[], options: ImportOptions, standing: Standing): ImportPlan {
  const { apex, clusterRef, namespace } = options
  const here = standing.records.filter(({ metadata }) => metadata.namespace === namespace)
  const taken = new Set(here.map(({ kind, metadata }) => `${kind} ${metadata.name}`))
  let before: Before | undefined
  const objects = fromZone(found, {
    apex,
    namespace,
    name: standing.zone?.metadata.name ?? options.name,
    skipsForeign: options.skipsForeign,
    spec: clusterRef === undefined ? {} : { clusterRef },
    isFree: (kind, name) => !taken.has(`${kind} ${name}`),
    standing: zone => {
      before = beforeOf(merged(zone, standing.zone, options.serialAtLeast), found, options, standing)
      return before.left
    },
  })
  const { zone, going = [], staying = [], given = 0 } = before ?? {}
  const { pruned, created, faults } = prune(going, objects.records, apex, options.prunes)
  const rewritten = pruned.flatMap(({ change }) => (change.verb === 'deleted' ? [] : change.object))
  const zoneVerb = zone ? verbOf(zone, standing.zone) : 'create'
  const breaches = breachesOf([...created, ...rewritten, ...(zone && zoneVerb !== 'unchanged' ? [zone] : [])])
  const isSound = objects.faults.length === 0 && breaches.errors.length === 0
  const gone = new Set(going.map(({ object }) => object))
  const kept = standing.records.filter(record => !gone.has(record))
  const refused = zone && isSound ? refusals(zone, [...created, ...rewritten], kept, standing.around) : []
  return {
    zone,
    zoneVerb,
    records: created,
    standing: objects.standing,
    pruned,
    given,
    others: staying.map(({ object }) => object),
    faults: [...objects.faults, ...faults, ...breaches.errors, ...refused],
    notes: [...objects.notes, ...breaches.warnings],
  }
}

/** The zone as it will be, beside its records as they stand. */
interface Before {
  readonly zone: NewObject
  /** Without the objects that are pruned. */
  readonly left: ObjectZone
  /** What gives too much: objects that are pruned, and those that stay. */
  readonly going: readonly Surplus[]
  readonly staying: readonly Surplus[]
  readonly given: number
}

function beforeOf(
  zone: NewObject,
  found: readonly FoundRecord[],
  { prunes, namespace }: ImportOptions,
  standing: Standing,
): Before {
  const whole = new ObjectZone(asStored(zone), standing.records, standing.around)
  const surplus = surplusIn(whole, found)
  const going = prunes ? surplus.filter(({ object }) => mayGo(object, namespace)) : []
  const objects = new Set(going.map(({ object }) => object))
  const left = standing.records.filter(record => !objects.has(record))
  return {
    zone,
    left: going.length > 0 ? new ObjectZone(asStored(zone), left, standing.around) : whole,
    going,
    staying: surplus.filter(({ object, gone }) => !objects.has(object) && gone.length > 0),
    given: [...whole.claims()].reduce((sum, { claim }) => sum + claim.rdata.length, 0),
  }
}

/** The DNSZone as it will be: what the file does not tell of stays as it is, and what it says in other letters. */
function merged(zone: NewObject, before: DNSZone | undefined, serialAtLeast: number | undefined): NewObject {
  const spec = zone.spec as DNSZone['spec']
  const serial = serialOf(spec.soaRecord.serial ?? 1, before, serialAtLeast)
  if (!before) return newObject(zoneKind, zone.metadata, { ...spec, soaRecord: { ...spec.soaRecord, serial } })
  const { zoneName, nameServers, soaRecord } = before.spec
  const primaryNs = asWritten(spec.soaRecord.primaryNs, soaRecord.primaryNs, canonicalName)
  const adminEmail = asWritten(spec.soaRecord.adminEmail, soaRecord.adminEmail, rname)
  return newObject(zoneKind, zone.metadata, {
    ...before.spec,
    ...spec,
    zoneName,
    soaRecord: { ...spec.soaRecord, primaryNs, adminEmail, serial },
    nameServers: hostsOf(before.spec) === hostsOf(spec) ? nameServers : spec.nameServers,
  })
}

function asWritten(text: string, before: string, canonical: (text: string) => string): string {
  return readName(before, canonical).name === canonical(text) ? before : text
}

// A served zone goes on from its own serial, which never moves backwards.
function serialOf(found: number, before: DNSZone | undefined, atLeast: number | undefined): number | undefined {
  const wanted = atLeast !== undefined && serialCompare(atLeast, found) > 0 ? atLeast : found
  const served = before?.status?.serial ?? before?.spec.soaRecord.serial
  return served === undefined || serialCompare(wanted, served) > 0 ? wanted : before?.spec.soaRecord.serial
}

// A zone that lists none has its primary alone.
function hostsOf({ nameServers = [], soaRecord }: DNSZone['spec']): string {
  const listed = nameServers.map(({ hostname }) => hostname)
  const hosts = listed.length > 0 ? listed : [soaRecord.primaryNs]
  return hosts.map(zoneKey).sort().join(' ')
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

/** Objects that would not be served as they say, beside those that stand. */
function refusals(
  zone: NewObject,
  records: readonly NewObject[],
  kept: readonly RecordObject[],
  around: Surroundings,
): string[] {
  const added = new Set(records.map(record => asStored<RecordObject>(record)))
  const whole = new ObjectZone(asStored(zone), [...kept, ...added], around)
  return whole
    .unserved()
    .filter(({ object }) => added.has(object))
    .map(({ object, remark }) => `${object.kind} ${object.metadata.name}: ${remark.message}`)
}
