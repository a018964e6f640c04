import {
  bytesOf,
  type Change,
  encodeSoa,
  MessageError,
  RCODE,
  type Soa,
  TYPE,
  UPDATE_BATCH,
  UpdateError,
  update,
} from '#bind9'
import { BindyError, type Remark } from '#crds'
import type { Abortable } from '../abortable.ts'
import type { Server } from '../instance/server.ts'
import { batches, type NodeChange, split } from './plan.ts'

// So many names failed one by one, and none taken: it is the zone that takes no updates, such as one whose journal
// cannot be written, and not the records. Those that failed are left out for a while, so that the next try is another's.
const FAILED_BEFORE_GIVING_UP = 8

// For private use (RFC 6895 section 3.1): to remove it changes nothing, and shows who may.
const NOBODYS_TYPE = 65_280

/** A change that named does not take. */
export interface RefusedChange extends Remark {
  readonly change: NodeChange
}

/** named takes no update of a zone at all. */
export class ZoneUpdateError extends BindyError {}

/**
 * Sends changes to one primary, as few messages as will do; each is taken as a whole or not at all (RFC 2136 section
 * 3.4). Returns the smallest parts that named refused, with the reason; all others it took, unless it seems to take
 * none: then `fault` says so.
 */
export async function applyChanges(
  server: Server,
  zone: string,
  changes: readonly NodeChange[],
  {
    leap,
    ...options
  }: Abortable & {
    /** Goes with the first message that is taken. */
    readonly leap?: Parameters<typeof soaChange>[1] | undefined
  },
): Promise<{ readonly refused: readonly RefusedChange[]; readonly fault?: BindyError }> {
  const refused: RefusedChange[] = []
  const queue = batches(changes, UPDATE_BATCH)
  let taken = 0
  let isDoubted = true
  for (let batch = queue.shift(); batch; batch = queue.shift()) {
    try {
      const first = leap && taken === 0 ? [soaChange(zone, leap)] : []
      await update(server.dns, { zone, updates: [...first, ...batch.flatMap(changesOf)] }, options)
      taken += batch.length
    } catch (error) {
      if (!isAboutRecords(error)) throw error
      if (refused.length === 0 && taken === 0) await unlessFrozen(server, zone, error, options)
      const parts = split(batch)
      if (parts.length > 1) queue.unshift(...parts)
      else for (const change of batch) refused.push({ change, reason: error.reason, message: error.message })
      if (taken > 0 || refused.length < FAILED_BEFORE_GIVING_UP || !isDoubted) continue
      const isFailing = isRcode(error, RCODE.SERVFAIL)
      if (isFailing || !(await takesUpdates(server, zone, options))) {
        return { refused, fault: notUpdatable(zone, server, error) }
      }
      isDoubted = false
    }
  }
  return { refused }
}

/** Replaces the SOA; named ignores one whose serial does not move forward (RFC 2136 section 3.4.2.2). */
export async function replaceSoa(
  server: Server,
  zone: string,
  soa: Soa,
  ttl: number,
  options: Abortable,
): Promise<void> {
  try {
    await update(server.dns, { zone, updates: [soaChange(zone, { soa, ttl })] }, options)
  } catch (error) {
    if (error instanceof BindyError) await unlessFrozen(server, zone, error, options)
    throw error
  }
}

function soaChange(zone: string, { soa, ttl }: { readonly soa: Soa; readonly ttl: number }): Change {
  return { kind: 'add', name: zone, type: TYPE.SOA, ttl, rdata: encodeSoa(soa) }
}

// named refuses a frozen zone's updates with the same word as a bad record's: only its status tells.
async function unlessFrozen(server: Server, zone: string, cause: BindyError, options: Abortable): Promise<void> {
  if (!isRcode(cause, RCODE.REFUSED)) return
  const status = await server.rndc.zonestatus(zone, options)
  if (!status?.loaded || !status.frozen) return
  throw new ZoneUpdateError(
    `Cannot update ${zone} on ${server.key}: somebody has frozen it; rndc thaw ${zone} lets changes in again`,
    { reason: 'ZoneFrozen', cause },
  )
}

/** Whether a zone takes updates from us at all. */
export async function takesUpdates(server: Server, zone: string, options: Abortable): Promise<boolean> {
  try {
    await update(server.dns, { zone, updates: [{ kind: 'deleteRRset', name: zone, type: NOBODYS_TYPE }] }, options)
    return true
  } catch (error) {
    if (isRcode(error, RCODE.REFUSED)) return false
    throw error
  }
}

function isRcode(error: unknown, rcode: number): boolean {
  return error instanceof UpdateError && error.rcode === rcode
}

function changesOf({ owner: name, steps }: NodeChange): Change[] {
  return steps.map(({ kind, type, ttl, rdata }) => ({ kind, name, type, ttl, rdata: bytesOf(rdata) }))
}

function isAboutRecords(error: unknown): error is BindyError {
  if (error instanceof UpdateError) return error.rcode !== RCODE.NOTAUTH
  return error instanceof MessageError && error.reason === 'MessageTooBig'
}

function notUpdatable(zone: string, server: Server, cause: BindyError): ZoneUpdateError {
  return new ZoneUpdateError(
    `Cannot update ${zone} on ${server.key}: every change fails, the last so: ${cause.message}`,
    {
      reason: cause.reason,
      cause,
    },
  )
}
