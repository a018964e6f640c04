import { setTimeout as pause } from 'node:timers/promises'
import { BindyError } from '#crds'
import type { Abortable } from '../abortable.ts'
import type { Server } from '../instance/server.ts'
import type { ZoneIdentity } from './statement.ts'

/** Deletes a zone from a server, with its files, and waits until it is gone. */
export async function removeZone(zone: ZoneIdentity, server: Server, options: Abortable): Promise<void> {
  await server.rndc.delzone(zone.name, { ...options, clean: true })
  await gone(zone, server, options)
}

/** Waits until a deleted zone has left the server: named removes it a moment after it says so. */
export async function gone(zone: ZoneIdentity, { rndc, key }: Server, options: Abortable): Promise<void> {
  const isGone = async () => (await rndc.zonestatus(zone.name, options)) === undefined
  if (await poll(isGone, 10_000, options)) return
  throw new BindyError(`Cannot delete ${zone.name} from ${key}: named says it did, and still has the zone after 10 s`, {
    reason: 'DeleteFailed',
  })
}

/** Asks again and again, less often each time; returns whether it came to be in time. */
export async function poll(isDone: () => Promise<boolean>, limitMs: number, { signal }: Abortable): Promise<boolean> {
  const deadline = performance.now() + limitMs
  for (let waitMs = 2; performance.now() < deadline; waitMs = Math.min(waitMs * 1.5, 200)) {
    if (await isDone()) return true
    await pause(waitMs, undefined, signal ? { signal } : {})
  }
  return false
}
