import type { Node, Remark } from '#crds'
import type { Abortable } from '../abortable.ts'
import type { Peers, Server } from '../instance/server.ts'
import type { SeedSource } from './create.ts'
import type { DesiredZone } from './desired.ts'
import type { PrimaryHappening } from './happening.ts'
import type { ServedZone } from './served.ts'

/** What one pass brings to one primary. */
export interface PrimaryPass extends Abortable {
  readonly server: Server
  readonly desired: DesiredZone
  readonly secondaries: Peers
  readonly source: SeedSource
  /** Looks for the highest serial that the zone ever had, on any server; undefined when it never had one. */
  readonly highestSerial: () => Promise<number | undefined>
  /** No server was ever seen with the zone. */
  readonly isNew: boolean
  /** The zone's object says that this server was seen with it. */
  readonly wasSeen: boolean
  /** Ask the server whether the zone changed under us, also when nothing is to be done. */
  readonly check: boolean
  /** Why nothing may be written now: it is looked what would be. */
  readonly hold: Remark | undefined
  /** The best copy of the zone as some server has, or had, it. */
  readonly copy: () => Promise<ServedZone | undefined>
  /** Owner names of such a copy that others changed: what they added may always go. */
  readonly strayed: () => ReadonlySet<string>
  /** What primaries hold although no object gives it, for its withdrawal waits to be allowed. */
  readonly braked: () => Iterable<readonly [string, Node]>
  /** Hears what is done, or would be. */
  readonly tell: (happening: PrimaryHappening) => void
  readonly now: () => number
  /** The serial that its first change has to jump over, where it missed what other primaries have. */
  readonly above?: number | undefined
}
