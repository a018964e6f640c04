import { randomBytes } from 'node:crypto'
import type { Remote, ShownZone, ZoneStatement } from '#bind9'
import { BindyError } from '#crds'
import type { Contact } from '../instance/server.ts'

/** A zone's identity: the name that is served and the object that asks for it. */
export interface ZoneIdentity {
  /** Canonical. */
  readonly name: string
  /** The DNSZone's UID: a zone made anew under an old name has another. */
  readonly uid: string
  /** It takes over a zone that a server has already; says what becomes of that one when the object goes. */
  readonly adopts?: 'delete' | 'retain' | undefined
}

/**
 * A path for the zone's file on a server, never used before: named deletes files late, and a file left behind would
 * bring old data back. The object's UID in it tells that the zone is ours, and for which object.
 */
export function newFile({ name, uid }: ZoneIdentity): string {
  const readable = name
    .slice(0, -1)
    .replace(/[^a-z0-9.-]/g, '_')
    .slice(0, 120)
  return `bindy-${readable}.${uid}.${randomBytes(4).toString('hex')}.db`
}

/** Whether a zone that a server shows was added for this object. */
export function isOurs({ uid }: ZoneIdentity, shown: { readonly file: string | undefined }): boolean {
  return (shown.file?.startsWith('bindy-') && shown.file.includes(`.${uid}.`)) ?? false
}

/** The server has a zone of this name that Bindy did not put there for this object. */
export class ForeignZoneError extends BindyError {
  constructor(zone: string, server: string) {
    super(
      `${server} already serves a zone ${zone} that this object did not make: say adopt: true to take it over as it is, or delete one of the two`,
      { reason: 'ZoneExists' },
    )
  }
}

/**
 * Whether a zone that a server shows may be deleted there for this object: what Bindy made for it may, and what it took
 * over only where that is not to be retained. That it was to be taken over does not say that it was.
 */
export function mayDelete(
  zone: ZoneIdentity,
  shown: { readonly file: string | undefined },
  { isSeen }: { readonly isSeen: boolean },
): boolean {
  return isOurs(zone, shown) || (zone.adopts === 'delete' && isSeen)
}

/** The zone as a primary serves it: updated and transferred under its key, announced at once to its secondaries. */
export function primaryStatement(
  zone: ZoneIdentity,
  file: string,
  primary: Contact,
  secondaries: readonly Contact[],
): ZoneStatement {
  return {
    zone: zone.name,
    type: 'primary',
    file,
    masterfileFormat: 'text',
    allowUpdate: [primary.tsigKey.name],
    allowTransfer: [primary.tsigKey.name],
    notify: 'explicit',
    notifyDelaySeconds: 0,
    maxIxfrRatio: 'unlimited',
    alsoNotify: secondaries.map(secondary => remote(secondary, primary.tsigKey.name)),
  }
}

/** The same while the zone lacks records: the server that holds the key may fill it, and nobody gets an answer. */
export function closed(statement: ZoneStatement, { tsigKey }: Contact): ZoneStatement {
  return { ...statement, allowQuery: [tsigKey.name] }
}

/** Whether a zone of ours is closed, whatever else its statement says by now: open it says nothing of who may ask. */
export function isClosed({ clauses }: ShownZone): boolean {
  return clauses.some(([keyword]) => keyword === 'allow-query')
}

/**
 * The zone as a secondary serves it: fetched from the primaries, each under its own key, and transferred under the
 * secondary's, for it may be the last that has the records of others.
 */
export function secondaryStatement(
  zone: ZoneIdentity,
  file: string,
  secondary: Contact,
  primaries: readonly Contact[],
): ZoneStatement {
  return {
    zone: zone.name,
    type: 'secondary',
    file,
    allowTransfer: [secondary.tsigKey.name],
    notify: 'no',
    primaries: primaries.map(primary => remote(primary, primary.tsigKey.name)),
  }
}

/** The zone as a primary-to-be fetches it from the seeder. */
export function seedStatement(zone: ZoneIdentity, file: string, seeder: Remote): ZoneStatement {
  return { zone: zone.name, type: 'secondary', file, masterfileFormat: 'text', notify: 'no', primaries: [seeder] }
}

function remote({ address, dnsPort }: Contact, key: string): Remote {
  return { address, port: dnsPort, key }
}
