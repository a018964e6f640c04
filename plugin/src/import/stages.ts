import {
  check,
  type DNSZone,
  isAtOrBelow,
  type Kind,
  keyOf,
  lineage,
  ObjectIndex,
  placeRecord,
  type RecordObject,
  readName,
  recordKinds,
  zoneKind,
} from '#crds'
import type { NewObject } from '../cluster.ts'
import type { Change } from '../writing.ts'
import { rdataCodec } from '../zonefile/codec.ts'
import { asStored } from '../zonefile/objectzone.ts'
import type { ImportPlan, Standing } from './plan.ts'

/** Changes in the order in which they are made: none of the next stage before all of one. */
export type Stages = readonly (readonly Change[])[]

type Planned = Pick<ImportPlan, 'zone' | 'zoneVerb' | 'records' | 'pruned'>
type Made = Exclude<Change, { verb: 'deleted' }>

/**
 * The stages of an import. A zone whose records are there is served whole from the beginning, and what goes is served to
 * the end: a new zone comes last of all. But what the rule book refuses beside what stands follows what makes room for
 * it: a CNAME the addresses of its name, a delegation the records below it.
 */
export function importStages({ zone, zoneVerb, records, pruned }: Planned, apex: string, standing: Standing): Stages {
  const created = records.map((object): Made => ({ kind: kindOf(object), object, verb: 'created' }))
  const rewritten = pruned.flatMap(({ change }) => (change.verb === 'deleted' ? [] : change))
  const goes = pruned.map(({ change }) => change).filter(({ verb }) => verb === 'deleted')
  const isRefused = pruned.length > 0 ? refusedBeside(standing) : () => false
  const { first = [], then = [] } = Object.groupBy([...created, ...rewritten], change =>
    isRefused(change) ? 'then' : 'first',
  )
  const makesRoom = then.length > 0 ? nearTo(then, apex) : () => false
  return [
    first,
    goes.filter(makesRoom),
    then.map(change => ({ ...change, follows: true })),
    zone && zoneVerb === 'change'
      ? [{ kind: zoneKind, object: zone, verb: 'configured', before: standing.zone as DNSZone }]
      : [],
    goes.filter(change => !makesRoom(change)),
    zone && zoneVerb === 'create' ? [{ kind: zoneKind, object: zone, verb: 'created' }] : [],
  ]
}

/** Whether a change takes a place that one of the stages before it leaves. */
export function follows(change: Change): boolean {
  return change.verb !== 'deleted' && change.follows === true
}

/** Tells of a change whether the rule book refuses it while all that stands is there. */
function refusedBeside({ zone, records }: Standing): (change: Made) => boolean {
  const others = ObjectIndex.of([...(zone ? [zone] : []), ...records])
  const before = new Map(records.map(record => [nameOf(record), record]))
  return ({ object }) =>
    check(object, { others, old: before.get(nameOf(object)) }).some(({ severity }) => severity === 'error')
}

/** Tells of a record that goes whether it may be what one of some changes is refused for. */
function nearTo(changes: readonly Made[], apex: string): (change: Change) => boolean {
  const places = changes.map(({ object }) => placeOf(object, apex))
  const owners = new Set(places.map(({ owner }) => owner))
  const touched = new Set(places.flatMap(({ touches }) => touches))
  return ({ object }) => {
    const { owner, touches } = placeOf(object, apex)
    return touched.has(owner) || touches.some(name => owners.has(name))
  }
}

/** A record's owner name, and the names whose data bears on it: its own, those above it, and those that it points at. */
function placeOf(object: NewObject, apex: string): { readonly owner: string; readonly touches: readonly string[] } {
  const record = asStored<RecordObject>(object)
  const { owner = apex, claim } = placeRecord(record, apex, rdataCodec.encode)
  const { name: alias } = readName(record.kind === 'CNAMERecord' ? String(record.spec.target) : undefined)
  const above = isAtOrBelow(owner, apex) ? lineage(owner, apex) : []
  return { owner, touches: [owner, ...above, ...(claim?.targets ?? []), ...(alias ? [alias] : [])] }
}

function nameOf({ kind, metadata }: NewObject | RecordObject): string {
  return `${kind} ${keyOf({ metadata })}`
}

function kindOf(object: NewObject): Kind {
  return recordKinds.find(({ kind }) => kind === object.kind) as Kind
}
