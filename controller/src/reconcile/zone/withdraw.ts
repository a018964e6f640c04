import type { Server } from '../instance/server.ts'
import { gone } from './create.ts'
import { mayDelete, type ZoneIdentity } from './statement.ts'

/** Removes a zone of ours from a server; a zone that is absent, or another's, is left as it is. */
export async function withdrawZone(
  zone: ZoneIdentity,
  server: Server,
  options: { readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const shown = await server.rndc.showzone(zone.name, options)
  if (!shown || !mayDelete(zone, shown)) return
  await server.rndc.delzone(zone.name, { ...options, clean: true })
  await gone(zone, server, options)
}
