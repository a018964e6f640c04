import { type BindyError, type Remark, serialCompare } from '#crds'
import type { PrimaryZone } from './primary.ts'
import type { SecondaryZone } from './secondary.ts'
import { byAddzone, CATALOG_LINES, type Supply } from './supply.ts'

/** One server of a zone, as last seen. */
export interface ServerView {
  /** Name of the Bind9Instance. */
  readonly instance: string
  readonly role: 'primary' | 'secondary'
  /** The serial last seen there. */
  readonly serial: number | undefined
  /** Why it does not serve the zone as it should. */
  readonly fault: Remark | undefined
}

// A transfer takes milliseconds; so many looks at growing pauses take some seconds.
const PATIENCE = 15

const pending: Remark = { reason: 'Pending', message: 'It was not seen serving the zone yet' }

/** A primary, by the key of its instance; `fault` is what stands against the server. */
export function primaryView(
  key: string,
  { serial, ownFault }: Pick<PrimaryZone, 'serial' | 'ownFault'>,
  fault: Remark | undefined,
): ServerView {
  const own = ownFault ?? (serial === undefined ? pending : undefined)
  return { instance: nameOf(key), role: 'primary', serial, fault: fault ?? own }
}

/** A secondary, beside the serial that the primaries have. */
export function secondaryView(
  key: string,
  zone: Pick<SecondaryZone, 'serial' | 'fault' | 'looksInVain' | 'supply'>,
  wanted: number | undefined,
  fault: Remark | undefined,
): ServerView {
  return { instance: nameOf(key), role: 'secondary', serial: zone.serial, fault: fault ?? lag(zone, wanted) }
}

/** A server that is to serve the zone no longer, and may still do so. */
export function leavingView(key: string, role: ServerView['role'], fault: Remark | undefined): ServerView {
  const why = fault ? `: ${fault.message}` : ', until another primary serves it'
  const message = `It is not to serve the zone any more, and still does${why}`
  return { instance: nameOf(key), role, serial: undefined, fault: { reason: 'Leaving', message } }
}

function lag(
  { serial, fault, looksInVain, supply }: Pick<SecondaryZone, 'serial' | 'fault' | 'looksInVain' | 'supply'>,
  wanted: number | undefined,
): Remark | undefined {
  if (serial === undefined) return fault && looksInVain > PATIENCE ? notTransferred(fault, supply) : pending
  if (wanted === undefined || serial === wanted) return undefined
  const reason = serialCompare(serial, wanted) > 0 ? 'Ahead' : 'Behind'
  return { reason, message: `It serves serial ${serial}, the primary ${wanted}` }
}

function notTransferred(fault: BindyError, { by, catalog }: Supply = byAddzone): Remark {
  // One that has the zone by now, and cannot fetch it, lacks what every secondary needs.
  if (by !== 'addzone' && fault.reason !== 'ZoneNotLoaded') {
    const what = by === 'catalog' ? `the zone from the catalog zone ${catalog}` : 'the catalog zone'
    return { reason: 'NotInCatalog', message: `It has not taken ${what} yet: ${CATALOG_LINES}. ${fault.message}` }
  }
  return {
    reason: 'NotTransferred',
    message: `It has not fetched the zone from its primary yet; does its named.conf hold the primary's TSIG key? ${fault.message}`,
  }
}

function nameOf(key: string): string {
  return key.slice(key.indexOf('/') + 1)
}
