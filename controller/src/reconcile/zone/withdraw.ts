import { ZoneNotShownError } from '#bind9'
import type { Abortable } from '../abortable.ts'
import type { Server } from '../instance/server.ts'
import { removeZone } from './remove.ts'
import { ownUnsaved } from './saved.ts'
import { mayDelete, type ZoneIdentity } from './statement.ts'

/** Removes a zone of ours from a server; a zone that is absent, or another's, is left as it is. */
export async function withdrawZone(zone: ZoneIdentity, server: Server, options: Abortable): Promise<void> {
  const shown = await server.rndc.showzone(zone.name, options).catch(async error => {
    const own = error instanceof ZoneNotShownError && (await ownUnsaved(zone, server, options))
    if (!own) throw error
    return own
  })
  if (shown && mayDelete(zone, shown)) await removeZone(zone, server, options)
}
