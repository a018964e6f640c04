import { printRdata, type RdataValues, type RecordObject, type RecordType, rdatasOf } from '#crds'
import { newObject } from '../cluster.ts'
import { EXIT, Failure } from '../failure.ts'
import { printKeyed } from '../screen/keyed.ts'
import type { Change } from '../writing.ts'
import type { Owner } from './find.ts'
import { kindOfType } from './kind.ts'
import { keyOfRdata, type RRset, recordObjects, specValues, textsOf } from './rrset.ts'

export interface Existing {
  readonly entry: RecordType
  /** The objects of the type at the owner name. */
  readonly at: readonly RecordObject[]
  readonly namespace: string
  /** Names that objects of the kind have in the namespace. */
  readonly taken: ReadonlySet<string>
}

export interface Author {
  readonly fieldManager: string
  readonly force: boolean
}

/** New objects for values that no object gives yet. @throws Failure for one that does */
export function planAdd({ zone }: Owner, rrset: RRset, { at, namespace, taken }: Existing): Change[] {
  const { entry } = rrset
  const given = new Map(at.flatMap(object => keysOf(entry, object).map(key => [key, object])))
  for (const values of rrset.rdatas) {
    const by = given.get(keyOfRdata(entry, values))
    if (by) throw alreadyGiven(rrset, printRdata(entry, values), by)
  }
  const objects = recordObjects(zone, rrset, { namespace, isFree: name => !taken.has(name) })
  return objects.map(object => ({ kind: kindOfType(rrset.entry), object, verb: 'created' }))
}

/** What makes the objects give an RRset and nothing else: what is there is written anew, what is too much goes last. */
export function planSet({ zone }: Owner, rrset: RRset, existing: Existing, author: Author): Change[] {
  const { at, namespace, taken } = existing
  const kind = kindOfType(rrset.entry)
  const own = new Set(at.map(({ metadata }) => metadata.name))
  const wanted = recordObjects(zone, rrset, { namespace, isFree: name => !taken.has(name) || own.has(name) })
  const names = new Set(wanted.map(({ metadata }) => metadata.name))
  const namesakes = new Map(at.map(object => [object.metadata.name, object]))
  const free = at.filter(({ metadata }) => !names.has(metadata.name)).sort(byAge)
  const kept = wanted.map(object => {
    const before = namesakes.get(object.metadata.name) ?? free.shift()
    return before ? rewritten(rrset.entry, before, object.spec, author) : { kind, object, verb: 'created' as const }
  })
  return [...kept, ...free.map(object => deleted(rrset.entry, object))]
}

/** What takes values away, all of them where none is named. @throws Failure for a value that no object gives */
export function planDelete(existing: Existing, values: readonly RdataValues[] | undefined, author: Author): Change[] {
  const { entry, at } = existing
  const given = new Set(at.flatMap(object => keysOf(entry, object)))
  const missing = values?.filter(one => !given.has(keyOfRdata(entry, one))) ?? []
  if (missing.length > 0) {
    throw new Failure(`No ${entry.kind} there gives ${missing.map(one => printRdata(entry, one)).join(', ')}`, {
      exit: EXIT.unknown,
      why: `there are: ${at.flatMap(object => textsOf(entry, object.spec)).join(', ') || 'none'}`,
    })
  }
  const goes = values && new Set(values.map(one => keyOfRdata(entry, one)))
  return at.flatMap(object => {
    const rdatas = rdatasOf(entry, object.spec)
    const left = rdatas.filter(one => goes && !goes.has(keyOfRdata(entry, one)))
    if (left.length === 0) return [deleted(entry, object)]
    return left.length === rdatas.length ? [] : [rewritten(entry, object, specWith(entry, object, left), author)]
  })
}

function keysOf(entry: RecordType, { spec }: RecordObject): string[] {
  return rdatasOf(entry, spec).map(values => keyOfRdata(entry, values))
}

/** What makes an object give what a spec says. @throws Failure where another manager wrote a field that goes */
export function rewritten(
  entry: RecordType,
  before: RecordObject,
  spec: object,
  { fieldManager, force }: Author,
): Change {
  const fields = ['ttl', ...entry.fields.flatMap(({ name, list }) => [name, ...(list ? [list] : [])])]
  const drops = fields.filter(field => field in before.spec && !(field in spec))
  const others = drops.flatMap(field => otherManagers(before, field, fieldManager).map(manager => ({ field, manager })))
  if (others[0] && !force) throw othersField(before, others[0])
  const object = newObject(kindOfType(entry), before.metadata, spec)
  return { kind: kindOfType(entry), object, verb: 'configured', before, ...(others.length > 0 && { drops }) }
}

export function deleted(entry: RecordType, object: RecordObject): Change {
  return {
    kind: kindOfType(entry),
    object: newObject(kindOfType(entry), object.metadata, object.spec),
    verb: 'deleted',
    read: object.metadata,
  }
}

function specWith(entry: RecordType, { spec }: RecordObject, left: readonly RdataValues[]): RdataValues {
  const { zone, name, ttl } = spec
  const [values = {}] = specValues(entry, left)
  return { zone, name, ...(ttl !== undefined && { ttl }), ...values }
}

function byAge(a: RecordObject, b: RecordObject): number {
  return a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp)
}

interface Managed {
  readonly manager?: string
  readonly operation?: string
  readonly fieldsV1?: { readonly 'f:spec'?: Readonly<Record<string, unknown>> }
}

function otherManagers({ metadata }: RecordObject, field: string, manager: string): string[] {
  const { managedFields = [] } = metadata as { readonly managedFields?: readonly Managed[] }
  return managedFields
    .filter(({ fieldsV1 }) => fieldsV1?.['f:spec']?.[`f:${field}`] !== undefined)
    .filter(owner => owner.manager !== manager || owner.operation !== 'Apply')
    .map(owner => owner.manager ?? '')
}

function othersField(object: RecordObject, { field, manager }: { field: string; manager: string }): Failure {
  return new Failure(`Cannot change ${printKeyed(object)}: "${manager}" wrote its spec.${field}`, {
    exit: EXIT.rejected,
    fix: 'add --force-conflicts to write over it',
  })
}

function alreadyGiven({ owner, entry }: RRset, text: string, by: RecordObject): Failure {
  return new Failure(`${owner} ${entry.type} ${text} is there already`, {
    exit: EXIT.rejected,
    why: `${printKeyed(by)} gives it`,
  })
}
