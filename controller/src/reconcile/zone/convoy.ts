import { serialIncrement } from '#bind9'
import { type Remark, serialCompare } from '#crds'
import type { Server } from '../instance/server.ts'
import type { PrimaryPass } from './pass.ts'
import type { PrimaryZone } from './primary.ts'
import { highest } from './serials.ts'

/*
 * A secondary fetches from whichever primary it asks first, and goes by serials alone (RFC 1995): no serial may stand for
 * two contents, not even on the way. So primaries that have the same change together, and one that has missed changes
 * jumps over all serials that the others ever had:
 *
 *   each is read --> those at the highest serial, side by side --> the others, one by one, above it --> all level
 *
 * So does one whose serial went back, for its disk is of an earlier day: secondaries may have what it had since.
 */

type Primary = Pick<PrimaryZone, 'serial' | 'read' | 'bring' | 'replaceSoa'>

/** What a pass over all primaries needs of each. */
export interface Convoy {
  /** What a pass brings to one of them. */
  readonly on: (server: Server) => PrimaryPass
  /** Runs one's part where its server answers; undefined where it failed, which is kept. */
  readonly attempt: <T>(key: string, part: (server: Server) => Promise<T>) => Promise<T | undefined>
  /** What stands against one in this pass. */
  readonly faultOf: (key: string) => Remark | undefined
  readonly hold: Remark | undefined
  /** The highest serial that any of them was ever seen with. */
  readonly floor: number | undefined
}

export interface Brought {
  /** The owner names looked at. */
  readonly looked: ReadonlySet<string>
  /** Two took the same changes in other steps: a serial of one may have stood for another content on the other. */
  readonly haveParted: boolean
}

/** Brings every primary to what is desired, and all of them to one serial. */
export async function bringAll(primaries: ReadonlyMap<string, Primary>, convoy: Convoy): Promise<Brought> {
  const { on, attempt, faultOf, hold, floor } = convoy
  const all = [...primaries]
  const sound = () => all.filter(([key]) => !faultOf(key))
  await Promise.all(all.map(([key, primary]) => attempt(key, server => primary.read(on(server)))))
  const top = topOf(primaries)
  const level = sound().filter(([, { serial }]) => serial === top)
  const late = sound().filter(([, { serial }]) => serial !== top)
  const above = floor !== undefined && top !== undefined && serialCompare(floor, top) > 0 ? floor : undefined
  const looked = await Promise.all(
    level.map(([key, primary]) => attempt(key, server => primary.bring({ ...on(server), above }))),
  )
  const haveParted = new Set(level.filter(([key]) => !faultOf(key)).map(([, { serial }]) => serial)).size > 1
  for (const [key, primary] of late) {
    const over = () => highest([topOf(primaries), above])
    looked.push(await attempt(key, server => primary.bring({ ...on(server), above: over() })))
  }
  const reached = highest([topOf(primaries), above === undefined ? undefined : serialIncrement(above)])
  if (!hold) await levelSerials(sound(), reached, convoy)
  return { looked: new Set(looked.flatMap(owners => [...(owners ?? [])])), haveParted }
}

/** The highest serial that any of them was seen with. */
export function topOf(zones: ReadonlyMap<string, { readonly serial: number | undefined }>): number | undefined {
  return highest([...zones.values()].map(({ serial }) => serial))
}

async function levelSerials(
  sound: readonly (readonly [string, Primary])[],
  top: number | undefined,
  { on, attempt }: Convoy,
): Promise<void> {
  if (top === undefined) return
  const lagging = sound.filter(([, { serial }]) => serial !== top)
  await Promise.all(lagging.map(([key, primary]) => attempt(key, server => primary.replaceSoa(top, on(server)))))
}
