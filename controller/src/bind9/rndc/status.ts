import { BindyError } from '../errors.ts'

/** What named says of itself. Dates and numbers are absent when named does not say them. */
export interface ServerStatus {
  /** `9.18.49` */
  readonly version: string
  /** The whole line, with the distributor's suffix. */
  readonly versionText: string
  readonly bootTime: Date | undefined
  /** When the configuration was last read; commands that add zones count too. */
  readonly lastConfigured: Date | undefined
  readonly configurationFile: string | undefined
  /** With the automatic ones. */
  readonly zones: number | undefined
  readonly automaticZones: number | undefined
  readonly workerThreads: number | undefined
  readonly transfersRunning: number | undefined
  /** Every line of the form `label: value`, also those of later versions. */
  readonly fields: ReadonlyMap<string, string>
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
  /** The serial of the signed zone, where `inline-signing` makes one beside the other. */
  readonly signedSerial: number | undefined
  readonly nodes: number | undefined
  readonly lastLoaded: Date | undefined
  /** Of a secondary: when it asks its primaries next, and when it stops answering. */
  readonly nextRefresh: Date | undefined
  readonly expires: Date | undefined
  /** Whether it is signed. */
  readonly secure: boolean
  /** Whether it takes updates. */
  readonly dynamic: boolean
  readonly frozen: boolean
  /** Whether it was added by addzone (or a catalog) rather than by named.conf. */
  readonly reconfigurable: boolean
  readonly fields: ReadonlyMap<string, string>
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
  const versionText = fields.get('version')
  const version = /\d+(?:\.\d+)+/.exec(versionText ?? '')?.[0]
  if (versionText === undefined || version === undefined) throw new StatusError('status', 'version')
  const [, zones, automatic] = /^(\d+) \((\d+) automatic\)/.exec(fields.get('number of zones') ?? '') ?? []
  return {
    version,
    versionText,
    bootTime: dateOf(fields.get('boot time')),
    lastConfigured: dateOf(fields.get('last configured')),
    configurationFile: fields.get('configuration file'),
    zones: numberOf(zones),
    automaticZones: numberOf(automatic),
    workerThreads: numberOf(fields.get('worker threads')),
    transfersRunning: numberOf(fields.get('xfers running')),
    fields,
  }
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
    nodes: numberOf(fields.get('nodes')),
    lastLoaded: dateOf(fields.get('last loaded')),
    nextRefresh: dateOf(fields.get('next refresh')),
    expires: dateOf(fields.get('expires')),
    secure: fields.get('secure') === 'yes',
    dynamic: fields.get('dynamic') === 'yes',
    frozen: fields.get('frozen') === 'yes',
    reconfigurable: fields.get('reconfigurable via modzone') === 'yes',
    fields,
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
