import type { RecordType } from '#crds'
import { EXIT, Failure } from '../failure.ts'
import { BIN } from '../name.ts'
import { printKeyed } from '../screen/keyed.ts'
import { shownName } from '../zone/find.ts'
import type { FoundRecord, Owner } from './find.ts'
import { textsOf } from './rrset.ts'
import { typedType } from './value.ts'

export const CNAME = typedType('CNAME')

/** Refuses an alias where other data is, and other data where an alias is (RFC 1034 section 3.6.2). @throws Failure */
export function refuseAlias({ owner }: Owner, entry: RecordType, at: readonly FoundRecord[]): void {
  const other =
    at.find(record => (record.entry === CNAME) !== (entry === CNAME)) ?? (entry === CNAME ? at[0] : undefined)
  if (!other) return
  const value = textsOf(other.entry, other.object.spec).join(', ')
  throw new Failure(`Cannot add ${entry.type} at ${owner}: a CNAME may not share a name with other records`, {
    exit: EXIT.rejected,
    why: `${printKeyed(other.object)} gives ${owner} ${other.entry.type} ${value}`,
    fix: `${BIN} record delete ${shownName(owner)} ${other.entry.type} -n ${other.object.metadata.namespace}`,
  })
}
