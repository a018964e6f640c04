import { isIP } from 'node:net'
import { BindyError } from '../errors.ts'
import { keyName } from '../key.ts'
import { quote } from './clause.ts'
import { zoneName } from './zonename.ts'

/** A server that a zone is fetched from or announced to. */
export interface Remote {
  /** An IPv4 or IPv6 address; named takes no host name here. */
  readonly address: string
  /** 1 to 65535. */
  readonly port: number
  /** The name of the TSIG key to sign with. named does not check that it knows the key (FACTS C4). */
  readonly key?: string
}

/** A zone as `addzone` and `modzone` take it: `modzone` replaces the whole statement. */
export interface ZoneStatement {
  /** Absolute, in presentation format: `example.com.` */
  readonly zone: string
  readonly type: 'primary' | 'secondary'
  /** A path below named's working directory. */
  readonly file: string
  readonly masterfileFormat?: 'text'
  /** Names of the keys that may update a primary zone; none when empty. */
  readonly allowUpdate?: readonly string[]
  /** Names of the keys that may ask; none when empty. Left out, the server's own setting holds. */
  readonly allowQuery?: readonly string[]
  /** Names of the keys that may transfer the zone; none when empty. Left out, the server's own setting holds. */
  readonly allowTransfer?: readonly string[]
  /** `explicit` announces to `alsoNotify` alone, and not to the zone's NS as well. */
  readonly notify?: 'no' | 'explicit'
  readonly alsoNotify?: readonly Remote[]
  /** Whole seconds. It works only from the first statement on: a later modzone leaves a timer running (FACTS E2). */
  readonly notifyDelaySeconds?: number
  /** `unlimited` answers IXFR with the steps however long; left out, a small zone is sent whole instead. */
  readonly maxIxfrRatio?: 'unlimited'
  /** Where a secondary fetches from, in this order; at least one. */
  readonly primaries?: readonly Remote[]
  /** The name of a policy in named.conf, or `default`, for a primary zone that named signs. */
  readonly dnssecPolicy?: string
}

/** The statement says what named would not take, or not take as meant. The message lists every fault. */
export class StatementError extends BindyError {
  readonly faults: readonly string[]

  constructor(zone: string, faults: readonly string[]) {
    super(`Cannot write the statement of zone ${JSON.stringify(zone.slice(0, 300))}: ${faults.join('; ')}`, {
      reason: 'RndcCommandInvalid',
      retry: 'never',
    })
    this.faults = faults
  }
}

/**
 * The text after `addzone` or `modzone`: `"example.com." { type primary; file "..."; ... };`. Every word that is not a
 * keyword of ours is checked and, unless a number or an address, quoted.
 *
 * @throws ZoneNameError, StatementError
 */
export function statementText(statement: ZoneStatement): string {
  return `${quote(zoneName(statement.zone))} ${blockText(statement)}`
}

/** The braces of a zone statement and what is between them. */
export function blockText(statement: ZoneStatement): string {
  const faults = faultsOf(statement)
  if (faults.length > 0) throw new StatementError(statement.zone, faults)
  return `{ ${clausesOf(statement)
    .map(clause => `${clause}; `)
    .join('')}};`
}

function clausesOf(statement: ZoneStatement): string[] {
  const { masterfileFormat, allowUpdate, allowQuery, allowTransfer } = statement
  const { notify, alsoNotify, notifyDelaySeconds, maxIxfrRatio } = statement
  return [
    `type ${statement.type}`,
    `file ${quote(statement.file)}`,
    masterfileFormat && `masterfile-format ${masterfileFormat}`,
    statement.primaries && `primaries ${remotes(statement.primaries)}`,
    allowUpdate && `allow-update ${keys(allowUpdate)}`,
    allowQuery && `allow-query ${keys(allowQuery)}`,
    allowTransfer && `allow-transfer ${keys(allowTransfer)}`,
    notify && `notify ${notify}`,
    alsoNotify && `also-notify ${remotes(alsoNotify)}`,
    notifyDelaySeconds !== undefined && `notify-delay ${notifyDelaySeconds}`,
    maxIxfrRatio === 'unlimited' && 'max-ixfr-ratio unlimited',
    statement.dnssecPolicy && `dnssec-policy ${quote(statement.dnssecPolicy)}`,
  ].filter(clause => typeof clause === 'string')
}

function keys(names: readonly string[]): string {
  return names.length === 0 ? '{ none; }' : `{ ${keyList(names)}}`
}

function remotes(list: readonly Remote[]): string {
  return `{ ${remoteList(list)}}`
}

/** The elements of an address match list that lets these keys in. @throws KeyError */
export function keyList(names: readonly string[]): string {
  return names.map(name => `key ${quote(keyName(name))}; `).join('')
}

/** The elements of a list of servers. */
export function remoteList(list: readonly Remote[]): string {
  const texts = list.map(({ address, port, key }) => {
    const signed = key === undefined ? '' : ` key ${quote(keyName(key))}`
    return `${address} port ${port}${signed}; `
  })
  return texts.join('')
}

function faultsOf(statement: ZoneStatement): string[] {
  const { type, primaries = [], alsoNotify = [], allowUpdate = [], allowQuery = [], allowTransfer = [] } = statement
  return [
    ...oneOf('type', type, ['primary', 'secondary']),
    ...oneOf('masterfileFormat', statement.masterfileFormat, ['text', undefined]),
    ...oneOf('notify', statement.notify, ['no', 'explicit', undefined]),
    ...fileFaults(statement.file),
    ...numberFaults('notifyDelaySeconds', statement.notifyDelaySeconds ?? 0, { min: 0, max: 0xffffffff }),
    ...policyFaults(statement.dnssecPolicy),
    ...allowUpdate.flatMap((name, i) => keyFaults(`allowUpdate[${i}]`, name)),
    ...allowQuery.flatMap((name, i) => keyFaults(`allowQuery[${i}]`, name)),
    ...allowTransfer.flatMap((name, i) => keyFaults(`allowTransfer[${i}]`, name)),
    ...primaries.flatMap((remote, i) => remoteFaults(`primaries[${i}]`, remote)),
    ...alsoNotify.flatMap((remote, i) => remoteFaults(`alsoNotify[${i}]`, remote)),
    ...(type === 'secondary' ? secondaryFaults(statement) : primaryFaults(statement)),
  ]
}

function secondaryFaults({ primaries = [], allowUpdate, dnssecPolicy }: ZoneStatement): string[] {
  return [
    primaries.length === 0 && 'primaries: a secondary wants at least one',
    allowUpdate && 'allowUpdate: a secondary takes no updates',
    dnssecPolicy && 'dnssecPolicy: a secondary serves what its primary signed',
  ].filter(fault => typeof fault === 'string')
}

function primaryFaults({ primaries }: ZoneStatement): string[] {
  return primaries ? ['primaries: a primary has none'] : []
}

function oneOf(field: string, value: string | undefined, allowed: readonly (string | undefined)[]): string[] {
  if (allowed.includes(value)) return []
  return [`${field}: ${show(value)} is none of ${allowed.filter(Boolean).join(', ')}`]
}

const segment = /^(?!\.{1,2}$)[A-Za-z0-9._+=-]{1,255}$/

function fileFaults(file: string): string[] {
  if (file.length <= 1024 && file.split('/').every(part => segment.test(part))) return []
  return [
    `file: ${show(file)} is not a path below the working directory of letters, digits, ".", "_", "+", "=", "-" and "/"`,
  ]
}

function policyFaults(policy: string | undefined): string[] {
  if (policy === undefined || /^[A-Za-z0-9_.-]{1,255}$/.test(policy)) return []
  return [`dnssecPolicy: ${show(policy)} is not a name of letters, digits, ".", "_" and "-"`]
}

function remoteFaults(field: string, { address, port, key }: Remote): string[] {
  return [
    // An address with a zone ("fe80::1%eth0") means something on our machine only.
    ...(isIP(address) !== 0 && !address.includes('%') ? [] : [`${field}.address: ${show(address)} is no IP address`]),
    ...numberFaults(`${field}.port`, port, { min: 1, max: 65535 }),
    ...(key === undefined ? [] : keyFaults(`${field}.key`, key)),
  ]
}

function numberFaults(field: string, value: number, { min, max }: { min: number; max: number }): string[] {
  if (Number.isInteger(value) && value >= min && value <= max) return []
  return [`${field}: ${value} is no whole number from ${min} to ${max}`]
}

function keyFaults(field: string, name: string): string[] {
  try {
    keyName(name)
    return []
  } catch (error) {
    return [`${field}: ${error instanceof Error ? error.message : error}`]
  }
}

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 300) ?? 'nothing'
}
