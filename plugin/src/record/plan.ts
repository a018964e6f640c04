import type { RdataValues, RecordObject, RecordType } from '#crds'
import { newObject } from '../cluster.ts'
import { EXIT, Failure } from '../failure.ts'
import { printKeyed } from '../screen/keyed.ts'
import type { Change } from '../writing.ts'
import type { Owner } from './find.ts'
import { kindOfType, objectName, type RRset, recordObjects, textsOf } from './rrset.ts'

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
  const given = new Map(at.flatMap(object => textsOf(rrset.entry, object.spec).map(text => [text, object])))
  for (const text of rrset.rdatas.flatMap(values => textsOf(rrset.entry, values))) {
    const by = given.get(text)
    if (by) throw alreadyGiven(rrset, text, by)
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
  const free = [...at].sort(byFitness(objectName(rrset.owner)))
  const kept = wanted.map(object => {
    const before = free.splice(
      Math.max(
        0,
        free.findIndex(({ metadata }) => metadata.name === object.metadata.name),
      ),
      1,
    )[0]
    return before ? rewritten(rrset.entry, before, object.spec, author) : { kind, object, verb: 'created' as const }
  })
  return [...kept, ...free.map(object => deleted(rrset.entry, object))]
}

/** What takes values away, all of them where none is named. @throws Failure for a value that no object gives */
export function planDelete(existing: Existing, values: readonly string[] | undefined, author: Author): Change[] {
  const { entry, at } = existing
  const given = at.flatMap(object => textsOf(entry, object.spec))
  const missing = values?.filter(text => !given.includes(text)) ?? []
  if (missing.length > 0) {
    throw new Failure(`No ${entry.kind} there gives ${missing.join(', ')}`, {
      exit: EXIT.unknown,
      why: `there are: ${given.join(', ') || 'none'}`,
    })
  }
  return at.flatMap(object => {
    const left = textsOf(entry, object.spec).filter(text => values && !values.includes(text))
    if (left.length === 0) return [deleted(entry, object)]
    return left.length === textsOf(entry, object.spec).length
      ? []
      : [rewritten(entry, object, specWith(entry, object, left), author)]
  })
}

function rewritten(entry: RecordType, before: RecordObject, spec: object, { fieldManager, force }: Author): Change {
  const fields = entry.fields.flatMap(({ name, list }) => [name, ...(list ? [list] : [])])
  const drops = fields.filter(field => field in before.spec && !(field in spec))
  const others = drops.filter(field => !isManagedBy(before, field, fieldManager))
  if (others.length > 0 && !force) throw othersField(before, others[0] ?? '')
  const object = newObject(kindOfType(entry), before.metadata, spec)
  return { kind: kindOfType(entry), object, verb: 'configured', ...(others.length > 0 && { drops }) }
}

function deleted(entry: RecordType, object: RecordObject): Change {
  return {
    kind: kindOfType(entry),
    object: newObject(kindOfType(entry), object.metadata, object.spec),
    verb: 'deleted',
  }
}

function specWith({ fields: [field] }: RecordType, { spec }: RecordObject, left: readonly string[]): RdataValues {
  const { zone, name, ttl } = spec
  const values: RdataValues = left.length === 1 ? { [field?.name ?? '']: left[0] ?? '' } : { [field?.list ?? '']: left }
  return { zone, name, ...(ttl !== undefined && { ttl }), ...values }
}

// One by the very name first, then the older.
function byFitness(name: string) {
  return (a: RecordObject, b: RecordObject) =>
    Number(b.metadata.name === name) - Number(a.metadata.name === name) ||
    a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp)
}

interface Managed {
  readonly manager?: string
  readonly operation?: string
  readonly fieldsV1?: { readonly 'f:spec'?: Readonly<Record<string, unknown>> }
}

function isManagedBy({ metadata }: RecordObject, field: string, manager: string): boolean {
  const { managedFields = [] } = metadata as { readonly managedFields?: readonly Managed[] }
  const owners = managedFields.filter(({ fieldsV1 }) => fieldsV1?.['f:spec']?.[`f:${field}`] !== undefined)
  return owners.every(owner => owner.manager === manager && owner.operation === 'Apply')
}

function othersField(object: RecordObject, field: string): Failure {
  return new Failure(`Cannot change ${printKeyed(object)}: another manager wrote its spec.${field}`, {
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
