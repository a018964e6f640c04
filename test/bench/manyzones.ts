import type { RunningNamed } from '../cluster/index.ts'
import type { Address } from './nsupdate.ts'
import { addressesOf } from './setting.ts'
import { Sweep } from './sweep.ts'

export const ZONES = 1_000
export const RECORDS = 10

export interface Zone {
  readonly name: string
  readonly addresses: readonly Address[]
}

/** All zones; their records have other addresses in each round, under the same names. */
export function zonesOf(round: number): Zone[] {
  return Array.from({ length: ZONES }, (_, i) => {
    const name = `zone-${i}.example`
    const addresses = addressesOf(name, RECORDS).map(([owner], record) => [owner, `10.${round}.0.${record}`] as const)
    return { name, addresses }
  })
}

/** What was seen until a server had given every address. */
export interface Served {
  readonly atMs: number
  /** Answers that had the zone and not the record. */
  readonly wrong: number
  readonly asked: number
}

/** Has work done while the servers are asked, and resolves when each of them has given all addresses of the zones. */
export async function untilServed(
  servers: readonly RunningNamed[],
  zones: readonly Zone[],
  work: () => Promise<unknown>,
): Promise<Served> {
  const sweeps = await Promise.all(
    servers.map(server =>
      Sweep.of(
        server,
        zones.map(({ addresses }) => addresses),
      ),
    ),
  )
  try {
    await work()
    const seenMs = await Promise.all(sweeps.map(sweep => sweep.until()))
    const count = (isCounted: (said: string) => boolean) =>
      sweeps.flatMap(({ counts }) => [...counts]).reduce((sum, [said, n]) => (isCounted(said) ? sum + n : sum), 0)
    return { atMs: Math.max(...seenMs), wrong: count(said => WRONG.has(said)), asked: count(() => true) }
  } finally {
    await Promise.all(sweeps.map(sweep => sweep.stop()))
  }
}

const WRONG = new Set(['NXDOMAIN', 'NODATA'])
