import { BindyError } from './error.ts'
import { hashFault } from './hash.ts'
import { canonicalName, isAtOrBelow, isWildcard, ownerName } from './name.ts'
import { type Claim, type Octets, type Remark, sortedSet } from './node.ts'
import type { RecordObject } from './record.ts'
import { type RdataValues, type RecordType, rdatasOf, recordTypeOfKind } from './records.ts'

/** The octets of one record's rdata in canonical form, or a text that stands for them; throws BindyError. */
export type EncodeRdata = (entry: RecordType, values: RdataValues) => Octets

/** What a record gives: data at an owner name of its zone, or a fault that keeps it out. */
export interface Placed {
  readonly owner?: string
  readonly claim?: Claim
  readonly fault?: Remark
}

const NS = recordTypeOfKind('NSRecord')
const MX = recordTypeOfKind('MXRecord')

/** Reads a record as what it gives to the zone of a canonical name. */
export function placeRecord(object: RecordObject, zone: string, encode: EncodeRdata): Placed {
  try {
    const entry = recordTypeOfKind(object.kind)
    const owner = ownerName(object.spec.name, zone)
    const fault = faultOfOwner(owner, zone, entry.code)
    if (fault) return { fault }
    const unreadable = faultOfHash(entry, object.spec)
    if (unreadable) return { fault: unreadable }
    const targets = targetsOf(object)
    const rdata = sortedSet(rdatasOf(entry, object.spec).map(values => encode(entry, values)))
    return { owner, claim: { ...identity(object), type: entry.code, rdata, ...(targets && { targets }) } }
  } catch (error) {
    if (!(error instanceof BindyError)) throw error
    return { fault: { reason: error.reason, message: error.message } }
  }
}

/** What stands against a record of a type at an owner name, whatever else there is; both names canonical. */
export function faultOfOwner(owner: string, zone: string, type: number): Remark | undefined {
  if (!isAtOrBelow(owner, zone)) return { reason: 'OutOfZone', message: `${owner} does not lie in the zone ${zone}` }
  // named ignores it in an update, and loads no zone that holds it (RFC 4592 section 4.2 leaves it without meaning).
  if (isWildcard(owner) && type === NS.code)
    return { reason: 'InvalidName', message: `${owner} is a wildcard, and an NS cannot stand there` }
  return undefined
}

// named cannot read such a record, and answers FORMERR to all that comes with it.
function faultOfHash(entry: RecordType, spec: RdataValues): Remark | undefined {
  const fault = entry.type === 'SSHFP' ? hashFault(entry, spec) : undefined
  if (!fault) return undefined
  return {
    reason: 'InvalidRdata',
    message: `Cannot serve SSHFP ${fault.field}: ${fault.wanted} are wanted, and it has ${fault.value.length}`,
  }
}

function identity({ kind, metadata, spec }: RecordObject) {
  return { kind, metadata, ...(spec.ttl !== undefined && { ttl: spec.ttl }) }
}

/** Hosts that DNS wants to have addresses, where the record is of a type that names such. */
function targetsOf(object: RecordObject): readonly string[] | undefined {
  const entry = [NS, MX].find(({ kind }) => kind === object.kind)
  const names = entry?.fields.filter(({ wire }) => wire === 'name')
  return names?.map(({ name }) => canonicalName(object.spec[name] as string))
}
