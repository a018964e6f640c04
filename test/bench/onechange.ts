import { setTimeout as pause } from 'node:timers/promises'
import { nowMs } from './clock.ts'
import { atMost, type Figure, ms, times } from './figure.ts'
import { addScript, nsupdate } from './nsupdate.ts'
import type { Setting } from './setting.ts'
import { median, quantile } from './statistics.ts'
import { Watch } from './watch.ts'

/** Where single changes are measured: two zones alike, one of Bindy and one of nsupdate. */
export interface Place {
  readonly zone: string
  readonly rival: string
  /** Address records that each of the zones has, as `addressesOf()` names them. */
  readonly records: number
  readonly changes: number
  /** So many changes by nsupdate, spread among ours. */
  readonly rivalChanges: number
}

/** What a change may take, in milliseconds. */
export interface Bars {
  readonly p50?: number
  readonly p95: number
  readonly secondaryP95: number
}

/** Milliseconds from one moment until each server was seen serving the new address. */
interface Seen {
  readonly primaryMs: number
  readonly secondaryMs: number
}

type Ours = Seen & { readonly sentMs: number }
type Theirs = Seen & { readonly processMs: number }

/** How it is measured. */
export const oneChangeNote =
  'One change: another address for one record; from the acknowledgement of the patch by the API server (0 where the server ' +
  'was quicker) to the moment when the server was seen giving the new address, asked about every millisecond. Rival: one ' +
  'nsupdate of the same change, from the start of the process, in a zone as large on the same servers.'

/** Single changes one after the other, some of them by nsupdate in its own zone. */
export async function benchOneChange(setting: Setting, place: Place, bars: Bars): Promise<Figure[]> {
  const ours: Ours[] = []
  const rivals: Theirs[] = []
  for (let i = 0; i < place.changes; i++) {
    ours.push(await changeToServed(setting, place, i))
    if (i % (place.changes / place.rivalChanges) === 0) rivals.push(await nsupdateToServed(setting, place, i))
  }
  return figuresOf(ours, rivals, bars)
}

function figuresOf(ours: readonly Ours[], rivals: readonly Theirs[], bars: Bars): Figure[] {
  const row = (what: string, pick: keyof Seen, share: number, limit?: number): Figure => {
    const [value, rival] = [ours, rivals].map(all =>
      quantile(
        all.map(seen => seen[pick]),
        share,
      ),
    ) as [number, number]
    return {
      what,
      value: ms(value),
      rival: ms(rival),
      ratio: times(value / rival),
      ...(limit !== undefined && atMost(limit, value, ms)),
    }
  }
  return [
    row(`one change, acknowledged to served by the primary, p50 of ${ours.length}`, 'primaryMs', 0.5, bars.p50),
    row('  p95', 'primaryMs', 0.95, bars.p95),
    row('  by the secondary, p50', 'secondaryMs', 0.5),
    row('  by the secondary, p95', 'secondaryMs', 0.95, bars.secondaryP95),
    { what: '  patch sent to served by the primary, p50', value: ms(median(ours.map(seen => seen.sentMs))) },
    { what: '  the nsupdate process from start to end, p50', rival: ms(median(rivals.map(seen => seen.processMs))) },
  ]
}

async function changeToServed(setting: Setting, { zone, records }: Place, i: number): Promise<Ours> {
  const { owner, address } = changeOf(zone, records, i)
  const watches = await watchBoth(setting, owner)
  try {
    const sentMs = nowMs()
    await setting.changeRecord(zone, owner, address)
    const acknowledgedMs = nowMs()
    const seen = await seenSince(acknowledgedMs, address, watches)
    return { ...seen, sentMs: seen.primaryMs + acknowledgedMs - sentMs }
  } finally {
    await stopAll(watches)
  }
}

async function nsupdateToServed(setting: Setting, { rival, records }: Place, i: number): Promise<Theirs> {
  const { owner, address } = changeOf(rival, records, i)
  const watches = await watchBoth(setting, owner)
  try {
    const script = `update delete ${owner} A\n${addScript([[owner, address]])}`
    const { startMs, tookMs } = await nsupdate(setting.primary, rival, script)
    return { ...(await seenSince(startMs, address, watches)), processMs: tookMs }
  } finally {
    await stopAll(watches)
  }
}

function changeOf(zone: string, records: number, i: number): { owner: string; address: string } {
  return { owner: `host-${(i * 7_919) % records}.${zone}.`, address: `192.0.2.${i}` }
}

async function seenSince(
  startMs: number,
  address: string,
  [primary, secondary]: readonly [Watch, Watch],
): Promise<Seen> {
  const isNew = (said: string) => said === address
  const [first, second] = await Promise.all([primary.until(isNew), secondary.until(isNew)])
  // What follows a change, such as its status, is over before the next.
  await pause(50 + Math.random() * 50)
  return { primaryMs: Math.max(first - startMs, 0), secondaryMs: Math.max(second - startMs, 0) }
}

function watchBoth({ primary, secondary }: Setting, owner: string): Promise<[Watch, Watch]> {
  return Promise.all([Watch.of(primary, owner, 'A'), Watch.of(secondary, owner, 'A')])
}

async function stopAll(watches: readonly Watch[]): Promise<void> {
  await Promise.all(watches.map(watch => watch.stop()))
}
