import { axfr, RcodeError, type ShownZone, sameStatement, type ZoneStatement } from '#bind9'
import { BindyError, type Remark } from '#crds'
import { openToUs } from './adopt.ts'
import { addedIfAbsent, createZone, serves } from './create.ts'
import type { DesiredZone } from './desired.ts'
import { firstSerial } from './firstserial.ts'
import { heldBack } from './heldback.ts'
import type { PrimaryPass } from './pass.ts'
import { removeZone } from './remove.ts'
import { showSaved } from './saved.ts'
import { recordsIn, ServedZone } from './served.ts'
import { ForeignZoneError, isClosed, isOurs, primaryStatement, type ZoneIdentity } from './statement.ts'

/** The zone is not on the server, and may not be made there now. */
export class HeldError extends BindyError {
  constructor(zone: string, server: string, { reason, message }: Remark) {
    super(`${server} has no zone ${zone}, and none is made: ${message}`, { reason })
  }
}

/** A zone as it is on a primary from now on. */
export interface Configured {
  /** What lets everybody ask, while the zone has not got its records yet and nobody may. */
  readonly opening?: ZoneStatement | undefined
  /** What it serves, where that was read by the way. */
  readonly served?: ServedZone | undefined
}

/**
 * Sees to it that a primary has the zone, and with the statement that it should have:
 *
 *   absent ---------------------------------> made
 *   there, ours, loaded --------------------> its statement as it should be
 *   there, ours, cut short in its making ---> removed, made
 *   there, another's ---adopt---> taken over --otherwise--> ForeignZoneError
 */
export async function configure(
  zone: ZoneIdentity,
  pass: PrimaryPass,
  { isRead }: { readonly isRead: boolean },
): Promise<Configured> {
  const { server, secondaries, signal } = pass
  const { rndc } = server
  const { name } = zone
  const mayAdd = pass.isNew && !pass.hold && !zone.adopts && !(await serves(server, name, { signal }))
  if (mayAdd) {
    let opening: ZoneStatement | undefined
    const add = async () => {
      opening = await create(zone, pass)
    }
    if (await addedIfAbsent(add)) return { opening }
  }
  const statementOf = (file: string) => primaryStatement(zone, file, server, secondaries.contacts)
  const shown = await (pass.hold ? rndc.showzone(name, { signal }) : showSaved(zone, server, statementOf, { signal }))
  if (shown && !isOurs(zone, shown)) {
    if (!zone.adopts) throw new ForeignZoneError(name, server.key)
    return { served: await adopt(zone, shown, pass) }
  }
  if (shown?.file && shown.type === 'primary') {
    const loaded = await loadedZone(zone, pass, { isRead })
    if (loaded) {
      const statement = statementOf(shown.file)
      if (isClosed(shown)) return { ...loaded, opening: statement }
      if (secondaries.isWhole && !sameStatement(statement, shown)) {
        if (pass.hold) pass.tell({ kind: 'wouldConfigure', server: server.key })
        else await rndc.modzone(statement, { signal })
      }
      return loaded
    }
  }
  // What is there then was a seeding that was cut short, or lost its file: it answers for nothing, and is made anew.
  return { opening: await create(zone, pass, shown) }
}

async function create(zone: ZoneIdentity, pass: PrimaryPass, shown?: ShownZone): Promise<ZoneStatement | undefined> {
  const { server, desired, hold, signal } = pass
  const was = await pass.copy()
  const held = was ? heldBack(desired, was, { nowMs: pass.now(), strayed: pass.strayed() }) : []
  const isAnyUnknown = desired.isShared || desired.unread.types.size > 0
  const nodes = new Map([...desired.nodesBeside(isAnyUnknown ? was : undefined), ...held, ...pass.braked()])
  if (hold) pass.tell({ kind: 'wouldCreate', server: server.key, records: recordsIn(nodes) })
  const obstacle = hold ?? notWhole(desired)
  if (obstacle) throw new HeldError(zone.name, server.key, obstacle)
  if (shown) await removeZone(zone, server, { signal })
  const serial = firstSerial(desired.zone.spec.soaRecord.serial, await pass.highestSerial(), pass.now())
  return createZone(zone, { desired, nodes, serial }, { ...pass, primary: server }, { signal })
}

/** A zone that the server has with its content; one that was not read yet is read by the way. */
async function loadedZone(
  { name }: ZoneIdentity,
  { server, signal }: PrimaryPass,
  { isRead }: { readonly isRead: boolean },
): Promise<Pick<Configured, 'served'> | undefined> {
  const served = isRead ? undefined : await read(name, { server, signal }).catch(unlessRefused)
  if (served) return { served }
  return (await server.rndc.zonestatus(name, { signal }))?.loaded ? {} : undefined
}

/** Takes over a zone that was there before, as it is: its file, its serial and its statement stay. */
async function adopt(zone: ZoneIdentity, shown: ShownZone, pass: PrimaryPass): Promise<ServedZone | undefined> {
  const { server, secondaries, hold, signal, tell } = pass
  const status = await server.rndc.zonestatus(zone.name, { signal })
  if (hold) {
    tell({ kind: 'wouldAdopt', server: server.key })
    return undefined
  }
  await openToUs({ zone, shown, status, server, secondaries: secondaries.contacts }, { signal })
  const served = await read(zone.name, { server, signal })
  const { records, soa } = served
  if (!pass.wasSeen) tell({ kind: 'adopted', server: server.key, records, serial: soa.serial })
  return served
}

async function read(name: string, { server, signal }: Pick<PrimaryPass, 'server' | 'signal'>): Promise<ServedZone> {
  return new ServedZone(await axfr(server.dns, name, { signal }))
}

// Without the records of a kind that exists the zone would be born with a part of them missing.
function notWhole({ unread }: DesiredZone): Remark | undefined {
  const [kind] = unread.forbidden
  if (kind === undefined) return undefined
  return { reason: 'KindNotRead', message: `${kind} objects may not be listed: let the controller list and watch them` }
}

// Perhaps for another reason than that it is not loaded.
function unlessRefused(error: unknown): undefined {
  if (!(error instanceof RcodeError)) throw error
}
