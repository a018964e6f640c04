import { isDeepStrictEqual } from 'node:util'
import type { DNSZone, Kind, ObjectMeta, RecordObject } from '#crds'
import type { NewObject } from './cluster.ts'

/** An object that a command writes, as the API server has it. */
export type Stored = DNSZone | RecordObject

/** One change of an object, as it is asked for. */
export type Change =
  | {
      readonly kind: Kind
      readonly object: NewObject
      readonly verb: 'created'
      /** It takes a name that what is deleted before leaves: it cannot be checked while that stands. */
      readonly follows?: boolean
      readonly before?: undefined
    }
  | {
      readonly kind: Kind
      readonly object: NewObject
      readonly verb: 'configured'
      /** Fields of the spec that go, whoever wrote them. */
      readonly drops?: readonly string[]
      readonly follows?: boolean
      /** As it was read: what was written into the object since then is not written over. */
      readonly before: Stored
    }
  | {
      readonly kind: Kind
      readonly object: NewObject
      readonly verb: 'deleted'
      /** As it was read: what was written into the object since then is not deleted with it. */
      readonly read: ObjectMeta
    }

/** What stands at the API server after a change; of a dry run what would. */
export interface Written extends NewObject {
  readonly metadata: NewObject['metadata'] & { readonly uid?: string; readonly managedFields?: unknown }
}

/** Whether an object is as a change leaves it: the change was made, and nobody has written into it since. */
export function isAsMade(change: Change, now: Stored | undefined, fieldManager: string): boolean {
  if (change.verb === 'deleted') return now?.metadata.uid !== change.read.uid || isGoing(now)
  const { object, before } = change
  if (!now || !holds(now.spec, object.spec)) return false
  return before ? writesSince(before, now) === 1 : isMadeBy(fieldManager, now)
}

function isGoing(now: Stored | undefined): boolean {
  return now?.metadata.deletionTimestamp !== undefined
}

/** How often the spec of an object was written since it was read. */
export function writesSince({ metadata }: Stored, now: Stored): number {
  return now.metadata.generation - metadata.generation
}

/** Whether nobody else has a part in the spec of an object, nor has changed it. */
export function isMadeBy(fieldManager: string, { metadata }: Stored): boolean {
  const { generation, managedFields = [] } = metadata as ObjectMeta & { readonly managedFields?: readonly Managed[] }
  const others = managedFields.filter(({ manager, fieldsV1 = {} }) => 'f:spec' in fieldsV1 && manager !== fieldManager)
  return generation === 1 && others.length === 0
}

interface Managed {
  readonly manager?: string
  readonly fieldsV1?: object
}

/** Whether a value says all that another one does; it may have more fields, such as those that have defaults. */
function holds(value: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted))
    return Array.isArray(value) && value.length === wanted.length && wanted.every((one, i) => holds(value[i], one))
  if (typeof wanted !== 'object' || wanted === null) return isDeepStrictEqual(value, wanted)
  if (typeof value !== 'object' || value === null) return false
  const fields = Object.entries(wanted).filter(([, one]) => one !== undefined)
  return fields.every(([field, one]) => holds((value as Readonly<Record<string, unknown>>)[field], one))
}
