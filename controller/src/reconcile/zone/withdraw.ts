import { ZoneNotShownError } from '#bind9'
import type { Abortable } from '../abortable.ts'
import type { Server } from '../instance/server.ts'
import { removeZone } from './remove.ts'
import { ownUnsaved } from './saved.ts'
import { mayDelete, type ZoneIdentity } from './statement.ts'

export interface WithdrawOptions extends Abortable {
  /** Whether the server was seen serving the zone for this object. */
  readonly isSeen: boolean
}

/** Removes a zone of ours from a server; a zone that is absent, or another's, is left as it is. */
export async function withdrawZone(zone: ZoneIdentity, server: Server, options: WithdrawOptions): Promise<void> {
  if (await hasOurs(zone, server, options)) await removeZone(zone, server, options)
}

/** Whether a server has a zone that may be deleted there. @throws ZoneNotShownError where it is from a catalog */
export async function hasOurs(zone: ZoneIdentity, server: Server, options: WithdrawOptions): Promise<boolean> {
  const shown = await server.rndc.showzone(zone.name, options).catch(async error => {
    const own = error instanceof ZoneNotShownError && (await ownUnsaved(zone, server, options))
    if (!own) throw error
    return own
  })
  return shown !== undefined && mayDelete(zone, shown, options)
}
