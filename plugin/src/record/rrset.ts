import { createHash } from 'node:crypto'
import {
  BindyError,
  canonicalName,
  type DNSZone,
  isAtOrBelow,
  printRdata,
  type RdataValues,
  type RecordType,
  rdatasOf,
} from '#crds'
import { type NewObject, newObject } from '../cluster.ts'
import { apexOf, shownName } from '../zone/find.ts'
import { rdataCodec } from '../zonefile/codec.ts'
import { kindOfType } from './kind.ts'

/** The owner name as an object gives it: relative to the zone, "@" for its apex; whole where it would be read so. */
export function relativeName(owner: string, apex: string): string {
  if (owner === apex) return '@'
  if (apex === '.') return owner
  const relative = owner.slice(0, -apex.length - 1)
  return isAtOrBelow(canonicalName(relative), apex) ? owner : relative
}

/** What an object gives, one text for each record, as a zone file has it. */
export function textsOf(entry: RecordType, spec: RdataValues): string[] {
  return rdatasOf(entry, spec).map(values => printRdata(entry, values))
}

/** By what a server knows a record, however it is spelt: its octets; its text where it has none. */
export function keyOfRdata(entry: RecordType, values: RdataValues): string {
  try {
    return rdataCodec.encode(entry, values)
  } catch (error) {
    if (error instanceof BindyError) return printRdata(entry, values)
    throw error
  }
}

export interface RRset {
  /** Canonical. */
  readonly owner: string
  readonly entry: RecordType
  readonly rdatas: readonly RdataValues[]
  /** Seconds; the zone's if absent. */
  readonly ttl?: number | undefined
}

/**
 * The objects that give an RRset: one for all of it where the type has a list, else one for each record. They lie in a
 * namespace, and `isFree` says which names are not taken there.
 */
export function recordObjects(
  zone: DNSZone,
  { owner, entry, rdatas, ttl }: RRset,
  at: { readonly namespace: string; readonly isFree: (name: string) => boolean },
): NewObject[] {
  const apex = apexOf(zone) ?? '.'
  const base = { zone: zone.spec.zoneName, name: relativeName(owner, apex), ...(ttl !== undefined && { ttl }) }
  const taken = new Set<string>()
  const isFree = (name: string) => at.isFree(name) && !taken.has(name)
  return specValues(entry, eachOnce(entry, rdatas)).map(values => {
    const name = freeName(objectName(owner), () => digestOf(owner, entry, values), isFree)
    taken.add(name)
    return newObject(kindOfType(entry), { namespace: at.namespace, name }, { ...base, ...values })
  })
}

function eachOnce(entry: RecordType, rdatas: readonly RdataValues[]): readonly RdataValues[] {
  if (rdatas.length < 2) return rdatas
  const spellings = Map.groupBy(rdatas, values => keyOfRdata(entry, values))
  return [...spellings.values()].flatMap(([first]) => (first ? [first] : []))
}

// Objects are rewritten in place: one that has the digest in its name may give something else by now.
function freeName(plain: string, digest: () => string, isFree: (name: string) => boolean): string {
  if (isFree(plain)) return plain
  const digested = `${plain.slice(0, 240).replace(/[.-]+$/, '')}-${digest()}`
  let name = digested
  for (let number = 2; !isFree(name); number++) name = `${digested}-${number}`
  return name
}

/** An object's name for an owner name: its labels, without what Kubernetes has no place for. */
export function objectName(owner: string): string {
  const labels = shownName(owner)
    .replaceAll('*', 'wildcard')
    .split('.')
    .map(label => label.replace(/[^a-z0-9-]/g, '').replace(/^-+|-+$/g, ''))
  const name = labels.filter(label => label !== '').join('.')
  return name.slice(0, 253).replace(/[.-]+$/, '') || 'root'
}

/** Rdata as specs have it: all in one where the type has a list, else each by itself. */
export function specValues(entry: RecordType, rdatas: readonly RdataValues[]): RdataValues[] {
  const [field] = entry.fields
  if (!field?.list || rdatas.length < 2) return [...rdatas]
  return [{ [field.list]: rdatas.map(values => values[field.name] as string) }]
}

function digestOf(owner: string, entry: RecordType, values: RdataValues): string {
  const text = [owner, ...textsOf(entry, values)].join('\n')
  return createHash('sha256').update(text).digest('hex').slice(0, 6)
}
