import { type ShownZone, ZoneNotShownError, type ZoneStatement } from '#bind9'
import type { Abortable } from '../abortable.ts'
import type { Server } from '../instance/server.ts'
import { removeZone } from './remove.ts'
import { isOurs, type ZoneIdentity } from './statement.ts'

/*
 * BIND 9.20 may drop from its disk the statement of a zone that it has just been given, where the end of the deletion
 * before comes late (seen once in 200 on a busy machine). It serves the zone, cannot show it, and would start without it.
 */

/** Whether a server may drop what it has just saved. 9.18 does not; a version after 9.20 is not known, and is asked too. */
export function mayDropSaved({ version }: Server): boolean {
  return !version.startsWith('9.18.')
}

/** The statement of a zone as a primary has saved it, if any; that of a zone of ours is saved again where it was dropped. */
export async function showSaved(
  zone: ZoneIdentity,
  server: Server,
  statementOf: (file: string) => ZoneStatement,
  options: Abortable,
): Promise<ShownZone | undefined> {
  const { rndc } = server
  try {
    return await rndc.showzone(zone.name, options)
  } catch (error) {
    if (!(error instanceof ZoneNotShownError)) throw error
    const own = await ownUnsaved(zone, server, options)
    if (!own) throw error
    if (own.type === 'primary') await rndc.modzone(statementOf(own.file), options)
    else await removeZone(zone, server, options)
    return await rndc.showzone(zone.name, options)
  }
}

/** What a server has of a zone that it cannot show, where it was added for this object. */
export async function ownUnsaved(
  zone: ZoneIdentity,
  { rndc }: Server,
  options: Abortable,
): Promise<{ readonly type: string; readonly file: string } | undefined> {
  const status = await rndc.zonestatus(zone.name, options)
  if (!status?.loaded) return undefined
  const { type, files } = status
  const [file] = files
  return file !== undefined && isOurs(zone, { file }) ? { type, file } : undefined
}
