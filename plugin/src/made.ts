import { isDeepStrictEqual } from 'node:util'
import type { DNSZone, ObjectMeta, RecordObject } from '#crds'
import type { Change } from './writing.ts'

/** An object that a command writes, as the API server has it. */
export type Stored = DNSZone | RecordObject

type Put = Exclude<Change, { verb: 'deleted' }>

/** Whether an object is as a change leaves it: the change was made, and nobody has written into it since. */
export function isAsMade({ object, before }: Put, now: Stored, fieldManager: string): boolean {
  if (!holds(now.spec, object.spec)) return false
  return before ? writesSince(before, now) === 1 : isMadeBy(fieldManager, now)
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
