import { serialCompare, type ZoneStatus, zoneStatusSchema } from '#crds'

/** Serials that primaries were seen serving, the newest first; undefined where none was. */
export type SerialHistory = ZoneStatus['history']

const { maxItems } = zoneStatusSchema.properties.history

/**
 * A history with the serial that the primaries serve now, at a time in milliseconds since 1970. An older one is no news: the
 * newest primary is away, or has lost what it had, and is to be taken above that.
 */
export function withSerial(history: SerialHistory, serial: number | undefined, nowMs: number): SerialHistory {
  const newest = history?.[0]
  if (serial === undefined || (newest && serialCompare(serial, newest.serial) <= 0)) return history
  return [{ serial, time: new Date(nowMs).toISOString() }, ...(history ?? [])].slice(0, maxItems)
}
