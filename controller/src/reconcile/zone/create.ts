import { setTimeout as pause } from 'node:timers/promises'
import {
  querySoa,
  RcodeError,
  type ResourceRecord,
  type Seeder,
  type Soa,
  ZoneExistsError,
  ZoneLoadError,
  type ZoneStatement,
} from '#bind9'
import { BindyError, type Node } from '#crds'
import type { Abortable } from '../abortable.ts'
import type { Peers, Server } from '../instance/server.ts'
import type { DesiredZone } from './desired.ts'
import { gone, poll, removeZone } from './remove.ts'
import { mayDropSaved, showSaved } from './saved.ts'
import { closed, newFile, primaryStatement, seedStatement, type ZoneIdentity } from './statement.ts'

/*
 * BIND 9.18 makes no primary zone out of nothing: its file must exist. So a new primary first fetches the zone, complete,
 * as a secondary of our seeder; named dumps that first version to its file unasked; then the same file is added as a
 * primary:
 *
 *   addzone secondary -> fetched -> delzone -> (file there?) -> addzone primary
 *        ^                                          | no
 *        '------------------------------------------'
 *
 * At no moment does the server answer for the zone without its records.
 */

/** A server did not come to fetch a zone from us. */
export class SeedError extends BindyError {}

export interface SeedSource {
  readonly seeder: Seeder
  /** Where servers reach the seeder; the address of our end of the control connection when absent. */
  readonly address?: string
}

/** What a zone is made with. */
export interface Birth {
  readonly desired: DesiredZone
  /** All that it holds from the first answer on. */
  readonly nodes: Iterable<readonly [string, Node]>
  readonly serial: number
}

/** Where a zone is made. */
export interface Site {
  readonly primary: Server
  readonly secondaries: Peers
  readonly source: SeedSource
}

const FETCH_MS = 30_000
const ATTEMPTS = 5

/**
 * How long each server is given to write a file before the zone is deleted, in milliseconds: as short as the last ones
 * allowed, for a busy disk takes its time and an attempt in vain costs six commands.
 */
const dumpMs = new WeakMap<Server, number>()
const DUMP_MS = { least: 2, most: 400 }

/**
 * Adds a zone to a primary that has none of this name, with all its records from the first answer on. Where named does
 * not load them all, it is added without, and closed: the statement that opens it is returned.
 */
export async function createZone(
  zone: ZoneIdentity,
  { desired, nodes, serial }: Birth,
  on: Site,
  options: Abortable,
): Promise<ZoneStatement | undefined> {
  const add = (nodes: Iterable<readonly [string, Node]>, shape: Shape) =>
    addSeeded(zone, contentOf(desired, serial, nodes), shape, on, options)
  try {
    await add(nodes, statement => statement)
    return undefined
  } catch (error) {
    if (!(error instanceof ZoneLoadError)) throw error
    // One record that named does not load keeps the whole zone away. Then the zone starts with its own data, and the
    // records follow by UPDATE, where each is refused alone.
    return await add(desired.birth.nodes, statement => closed(statement, on.primary))
  }
}

/** Whether a server answers for a zone. */
export async function serves({ dns }: Server, zone: string, options: Abortable): Promise<boolean> {
  const soa = await querySoa(dns, zone, options).catch(error => {
    if (!(error instanceof RcodeError)) throw error
  })
  return soa !== undefined
}

/** Adds a zone that is most probably absent, unasked; returns false where the server has one of this name. */
export async function addedIfAbsent(add: () => Promise<void>): Promise<boolean> {
  try {
    await add()
    return true
  } catch (error) {
    if (error instanceof ZoneExistsError) return false
    throw error
  }
}

/** Seeds a zone and adds it as a primary, both in some shape; returns the statement without that shape. */
async function addSeeded(
  zone: ZoneIdentity,
  content: Content,
  shape: Shape,
  on: Site,
  options: Abortable,
): Promise<ZoneStatement> {
  const { primary, secondaries } = on
  const file = await seed(zone, content, shape, on, options)
  const open = primaryStatement(zone, file, primary, secondaries.contacts)
  try {
    const add = () => primary.rndc.addzone(shape(open), options)
    // What was deleted is nearly always gone by now.
    if (!(await addedIfAbsent(add))) {
      await gone(zone, primary, options)
      await add()
    }
    if (mayDropSaved(primary)) await showSaved(zone, primary, () => shape(open), options)
    return open
  } catch (error) {
    if (error instanceof ZoneLoadError) await discard(zone, file, on, options)
    throw error
  }
}

/** Removes a file that named does not load: as a secondary's, `delzone -clean` takes it along. */
async function discard(zone: ZoneIdentity, file: string, { primary, source }: Site, options: Abortable): Promise<void> {
  const nobody = { address: '127.0.0.1', port: source.seeder.port, key: primary.tsigKey.name }
  await primary.rndc.addzone(seedStatement(zone, file, nobody), options)
  await removeZone(zone, primary, options)
}

type Shape = (statement: ZoneStatement) => ZoneStatement

interface Content {
  readonly soa: Soa
  readonly soaTtl: number
  readonly records: readonly ResourceRecord[]
}

/** Has named write the zone's file; returns its path. The zone itself is gone from the server again, or about to be. */
async function seed(
  zone: ZoneIdentity,
  content: Content,
  shape: Shape,
  { primary, source }: Site,
  options: Abortable,
): Promise<string> {
  const { rndc, tsigKey } = primary
  const withdraw = source.seeder.offer(zone.name, { ...content, key: tsigKey })
  // The same in all attempts: a dump that comes late writes the same content again, and the next attempt finds it there.
  const file = newFile(zone)
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const address = source.address ?? (await rndc.connect(options))
      const remote = { address, port: source.seeder.port, key: tsigKey.name }
      await rndc.addzone(shape(seedStatement(zone, file, remote)), options)
      await fetched(zone, primary, remote, options)
      // named dumps its first version a moment later, and delzone may overtake that: then it leaves no file.
      const waitMs = dumpMs.get(primary) ?? DUMP_MS.least
      await pause(waitMs, undefined, options as { signal?: AbortSignal })
      const { leftFiles } = await rndc.delzone(zone.name, options)
      const isWritten = leftFiles.includes(file)
      if (!isWritten || mayDropSaved(primary)) await gone(zone, primary, options)
      const lastMs = dumpMs.get(primary) ?? DUMP_MS.least
      const nextMs = isWritten ? lastMs * 0.95 : Math.max(lastMs, waitMs * 2 + 10)
      dumpMs.set(primary, Math.min(Math.max(nextMs, DUMP_MS.least), DUMP_MS.most))
      if (isWritten) return file
    }
    throw new SeedError(`Cannot create ${zone.name} on ${primary.key}: named wrote no file of what it fetched`, {
      reason: 'SeedFailed',
    })
  } finally {
    withdraw()
  }
}

async function fetched(
  zone: ZoneIdentity,
  { rndc, key }: Server,
  seeder: { readonly address: string; readonly port: number },
  options: Abortable,
): Promise<void> {
  const isLoaded = async () => (await rndc.zonestatus(zone.name, options))?.loaded === true
  if (await poll(isLoaded, FETCH_MS, options)) return
  await rndc.delzone(zone.name, { ...options, clean: true })
  throw new SeedError(
    `Cannot create ${zone.name} on ${key}: named did not fetch it from the controller at ${seeder.address} port ${seeder.port} within ${FETCH_MS / 1000} s; let it through over UDP and TCP, or give the controller's address with --seed-address`,
    { reason: 'SeedNotFetched' },
  )
}

function contentOf(desired: DesiredZone, serial: number, nodes: Iterable<readonly [string, Node]>): Content {
  const records: ResourceRecord[] = []
  for (const [name, node] of nodes) {
    for (const [type, { ttl, rdata }] of node) {
      for (const octets of rdata) records.push({ name, type, class: 1, ttl, rdata: Buffer.from(octets, 'latin1') })
    }
  }
  return { soa: { ...desired.own.soa, serial }, soaTtl: desired.zone.spec.ttl, records }
}
