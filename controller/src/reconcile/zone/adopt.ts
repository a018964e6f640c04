import { axfr, RcodeError, type ShownZone, type ZoneStatus } from '#bind9'
import { BindyError } from '#crds'
import type { Abortable } from '../abortable.ts'
import type { Contact, Server } from '../instance/server.ts'
import { takesUpdates } from './apply.ts'
import type { ZoneIdentity } from './statement.ts'

/** The server has the zone, and does not let us keep it. */
export class AdoptionError extends BindyError {
  constructor(zone: string, server: string, why: string) {
    super(`Cannot adopt ${zone} on ${server}: ${why}`, { reason: 'AdoptionRefused' })
  }
}

interface Candidate {
  readonly zone: ZoneIdentity
  readonly shown: ShownZone
  readonly status: ZoneStatus | undefined
  readonly server: Server
  readonly secondaries: readonly Contact[]
}

/** Sees to it that a zone which Bindy did not make lets itself be read and updated, and announced to its secondaries. */
export async function openToUs(
  { zone: { name }, shown, status, server, secondaries }: Candidate,
  options: Abortable,
): Promise<void> {
  const { rndc, tsigKey, key } = server
  if (shown.type !== 'primary')
    throw new AdoptionError(name, key, `it is a ${shown.type ?? 'zone of another type'} there`)
  if (!status?.loaded) throw new AdoptionError(name, key, 'named could not load it; its log says why')
  const alsoNotify = secondaries.map(({ address, dnsPort }) => ({ address, port: dnsPort, key: tsigKey.name }))
  // A zone without allow-transfer may let everybody in: with our key in it nobody else could come any more.
  const allowTransfer = (await letsTransfer(server, name, options)) ? [] : [tsigKey.name]
  await rndc.amend(name, shown, { allowUpdate: [tsigKey.name], allowTransfer, alsoNotify }, options)
  const shutOut = (verb: string) => new AdoptionError(name, key, `its ${verb} does not let key "${tsigKey.name}" in`)
  if (!(await letsTransfer(server, name, options))) throw shutOut('allow-transfer')
  if (!(await takesUpdates(server, name, options))) throw shutOut('allow-update (or update-policy)')
}

async function letsTransfer({ dns }: Server, zone: string, options: Abortable): Promise<boolean> {
  try {
    await axfr(dns, zone, options)
    return true
  } catch (error) {
    if (error instanceof RcodeError) return false
    throw error
  }
}
