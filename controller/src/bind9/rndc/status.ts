import { BindyError } from '../errors.ts'

/** What named says of itself. */
export interface ServerStatus {
  /** `9.18.49` */
  readonly version: string
  readonly bootTime: Date | undefined
}

/** A zone that named knows. One that is not loaded answers SERVFAIL. */
export type ZoneStatus = { readonly loaded: false } | LoadedZone

export interface LoadedZone {
  readonly loaded: true
  /** `primary`, `secondary`, `mirror` and so on. */
  readonly type: string
  /** The zone's file first, then what it includes; named parts them with ", ", so that such a name reads as two. */
  readonly files: readonly string[]
  readonly serial: number
  /** The serial that it serves, where it signs what it holds in a copy of its own. */
  readonly signedSerial: number | undefined
  /** Of a secondary: when it asks its primaries next, and when it stops answering. */
  readonly nextRefresh: Date | undefined
  readonly expires: Date | undefined
  /** Whether it is signed. */
  readonly secure: boolean
  /** Whether it takes updates. */
  readonly dynamic: boolean
  readonly frozen: boolean
}

/** named answered with a text that lacks what it always holds. */
export class StatusError extends BindyError {
  constructor(verb: string, label: string) {
    super(`Cannot read the answer to "${verb}": it has no "${label}"`, { reason: 'MessageInvalid' })
  }
}

/** Reads what `status` prints (FACTS C1). @throws StatusError without a version */
export function parseServerStatus(text: string): ServerStatus {
  const fields = fieldsOf(text)
  const version = /\d+(?:\.\d+)+/.exec(fields.get('version') ?? '')?.[0]
  if (version === undefined) throw new StatusError('status', 'version')
  return { version, bootTime: dateOf(fields.get('boot time')) }
}

/** Reads what `zonestatus` prints of a loaded zone (FACTS C2). @throws StatusError without a type or a serial */
export function parseZoneStatus(text: string): LoadedZone {
  const fields = fieldsOf(text)
  const type = fields.get('type')
  const serial = numberOf(fields.get('serial'))
  if (type === undefined) throw new StatusError('zonestatus', 'type')
  if (serial === undefined) throw new StatusError('zonestatus', 'serial')
  return {
    loaded: true,
    type,
    files: fields.get('files')?.split(', ') ?? [],
    serial,
    signedSerial: numberOf(fields.get('signed serial')),
    nextRefresh: dateOf(fields.get('next refresh')),
    expires: dateOf(fields.get('expires')),
    secure: fields.get('secure') === 'yes',
    dynamic: fields.get('dynamic') === 'yes',
    frozen: fields.get('frozen') === 'yes',
  }
}

/** The files that delzone says it leaves: one a line after a sentence that ends so. */
export function parseLeftFiles(text: string): readonly string[] {
  const [, list = ''] = text.split('were in use and may now be removed:\n')
  return list.split('\n').filter(line => line !== '')
}

function fieldsOf(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, label, value] = /^([^:]+): (.*)$/.exec(line) ?? []
    if (label !== undefined && value !== undefined) fields.set(label, value)
  }
  return fields
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}

function dateOf(text: string | undefined): Date | undefined {
  const date = new Date(text ?? Number.NaN)
  return Number.isNaN(date.getTime()) ? undefined : date
}
