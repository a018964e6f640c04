import { setTimeout as pause } from 'node:timers/promises'

/** How often each zone's servers are asked, in milliseconds: what somebody else changed is seen within it. */
const ROUND_MS = 3_000
/** The same while many zones wait to be worked on: what is found would wait behind them. */
const BUSY_ROUND_MS = 12_000
/** Zones are asked about in groups, so often. */
const TICK_MS = 50
/** At most so many zones at one tick; with more than 1,200 zones a round takes longer. */
const MAX_GROUP = 20

/** A zone whose servers can be asked for its serial. */
export interface Watched {
  /** Asks every server for the zone's serial, and has looked after what is not as it was last seen. */
  watchSerials(options: { readonly signal: AbortSignal }): Promise<void>
}

/**
 * Notices that somebody else changed a zone: only the serial tells (RFC 1982). Asking costs a server a tenth of a
 * millisecond, and a zone at rest nothing else.
 */
export async function watchSerials(
  zones: () => Iterable<Watched>,
  { isBusy, signal }: { readonly isBusy: () => boolean; readonly signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    const round = [...zones()]
    const group = Math.min(MAX_GROUP, Math.ceil((round.length * TICK_MS) / ROUND_MS))
    const ticks = Math.max(Math.ceil(round.length / Math.max(group, 1)), 1)
    for (let i = 0; i < ticks; i++) {
      const asked = round.slice(i * group, (i + 1) * group).map(zone => zone.watchSerials({ signal }))
      const tickMs = Math.max(TICK_MS, (isBusy() ? BUSY_ROUND_MS : ROUND_MS) / ticks)
      await Promise.all([...asked, pause(tickMs, undefined, { signal }).catch(() => undefined)])
      if (signal.aborted) return
    }
  }
}
