import { type Claim, type Octets, type RecordObject, recordTypeOfKind } from '#crds'
import type { NewObject } from '../cluster.ts'
import { EXIT, Failure } from '../failure.ts'
import { ownerOf } from '../record/owner.ts'
import { type Author, deleted, rewritten } from '../record/plan.ts'
import { counted } from '../screen/count.ts'
import type { Change } from '../writing.ts'
import type { FoundRecord } from '../zonefile/fromzone.ts'
import { asStored, type ObjectZone } from '../zonefile/objectzone.ts'

/** An object of a zone that gives what was not found. */
export interface Surplus {
  readonly object: RecordObject
  readonly owner: string
  readonly claim: Claim
  /** Its rdata that was not found; none where it gives all of an RRset that has another TTL. */
  readonly gone: readonly Octets[]
}

/** What becomes of an object that gives too much. */
export interface Pruned extends Surplus {
  readonly change: Change
}

/** Objects of a zone that give what was not found. */
export function surplusIn(zone: ObjectZone, found: readonly FoundRecord[]): Surplus[] {
  const rrset = (owner: string, type: number) => `${owner} ${type}`
  const known = new Set(found.map(({ owner, type, rdata }) => `${rrset(owner, type)} ${rdata}`))
  const ttls = new Map(found.toReversed().map(({ owner, type, ttl }) => [rrset(owner, type), ttl]))
  const claims = [...zone.claims()]
  const givers = Map.groupBy(claims, ({ owner, claim }) => rrset(owner, claim.type))
  return claims.flatMap(one => {
    const { owner, claim } = one
    const key = rrset(owner, claim.type)
    const gone = claim.rdata.filter(octets => !known.has(`${key} ${octets}`))
    const hasOtherTtl = givers.get(key)?.length === 1 && ttls.get(key) !== (claim.ttl ?? zone.zone.spec.ttl)
    return gone.length > 0 || hasOtherTtl ? [{ ...one, gone }] : []
  })
}

/** Whether an object may go from a namespace: what others let in is theirs, one that another controls would be made again. */
export function mayGo({ metadata }: RecordObject, namespace: string): boolean {
  const { ownerReferences = [] } = metadata as { readonly ownerReferences?: readonly { controller?: boolean }[] }
  return metadata.namespace === namespace && !ownerReferences.some(({ controller }) => controller)
}

/**
 * What takes away what objects give too much: one whose name and type have a new object is rewritten in its place, so that
 * a CNAME never stands beside another; any other is deleted.
 */
export function prune(
  surplus: readonly Surplus[],
  records: readonly NewObject[],
  apex: string,
  author: Author = { fieldManager: '', force: false },
): { readonly pruned: readonly Pruned[]; readonly created: readonly NewObject[]; readonly faults: readonly string[] } {
  if (surplus.length === 0) return { pruned: [], created: records, faults: [] }
  const at = (kind: string, owner: string | undefined) => `${kind} ${owner}`
  const free = Map.groupBy(records, record => at(record.kind, ownerOf(asStored(record), apex)))
  const faults: string[] = []
  const pruned = surplus.flatMap(one => {
    const { kind } = one.object
    const next = free.get(at(kind, one.owner))?.shift()
    try {
      const entry = recordTypeOfKind(kind)
      return [{ ...one, change: next ? rewritten(entry, one.object, next.spec, author) : deleted(entry, one.object) }]
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      faults.push([error.message, ...error.fix].join('; '))
      return []
    }
  })
  return { pruned, created: [...free.values()].flat(), faults }
}

/** A zone with fewer records may lose them all. */
export const FEW_RECORDS = 10

/**
 * Refuses to take more than so many percent of a zone's records away: a file that was cut short would do so, and another
 * zone's. @throws Failure
 */
export function refuseToEmpty(
  { pruned, given }: { readonly pruned: readonly Pruned[]; readonly given: number },
  most: number,
): void {
  const gone = pruned.reduce((sum, one) => sum + one.gone.length, 0)
  const percent = Math.ceil((100 * gone) / given)
  if (given < FEW_RECORDS || percent <= most) return
  const records = counted(given, 'record', 'records')
  throw new Failure(`--prune would take ${gone.toLocaleString('en')} of ${records} away, nothing was changed`, {
    exit: EXIT.rejected,
    why: `${percent} % go, and ${most} % may`,
    fix: `--max-delete-percent ${percent} lets it through`,
  })
}
