import { type Amendment, amendedBlock } from './amend.ts'
import { quote } from './clause.ts'
import { RndcConnection, type RndcConnectionOptions, type SendOptions } from './connection.ts'
import {
  type FailedCommand,
  RndcResultError,
  rndcResults as results,
  ZoneExistsError,
  ZoneLoadError,
  ZoneNotFoundError,
  ZoneNotSavedError,
  ZoneNotShownError,
} from './errors.ts'
import type { Reply } from './link.ts'
import { parseShownZone, type ShownZone } from './shown.ts'
import { statementText, type ZoneStatement } from './statement.ts'
import { parseLeftFiles, parseServerStatus, parseZoneStatus, type ServerStatus, type ZoneStatus } from './status.ts'
import { zoneName } from './zonename.ts'

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** In place of the connection's `commandTimeoutMs`, for this command. */
  readonly timeoutMs?: number | undefined
}

/** What delzone did. */
export interface DeletedZone {
  /** `absent` when there was no such zone. `deleted` means scheduled: named removes it a moment later. */
  readonly outcome: 'deleted' | 'absent'
  /** Files that existed and stay on named's disk. */
  readonly leftFiles: readonly string[]
}

/**
 * The commands of one named over its control channel, spelled as BIND spells them. A zone is given by its absolute name
 * in presentation format (`example.com.`) and checked before anything is sent.
 *
 * Each method may throw ZoneNameError and what `RndcConnection.send` throws; a result other than 0 that the method does
 * not turn into a value is an RndcResultError, for an unknown zone a ZoneNotFoundError.
 */
export class RndcClient {
  readonly connection: RndcConnection
  readonly #options: RndcConnectionOptions

  constructor(options: RndcConnectionOptions) {
    this.#options = options
    this.connection = new RndcConnection(options)
  }

  /** Connects, unless it is connected; returns our address there, where named reaches us in turn. `onClose` watches. */
  connect(options: CallOptions = {}): Promise<string> {
    return this.connection.connect(options)
  }

  close(): void {
    this.connection.close()
  }

  /** Does nothing but show that named answers to this key. */
  async null(options: CallOptions = {}): Promise<void> {
    await this.#run({ verb: 'null', readsOnly: true }, options)
  }

  /**
   * Adds a zone, which named remembers across restarts. A primary's file must exist and hold SOA and NS.
   *
   * @throws StatementError; ZoneExistsError; ZoneLoadError and ZoneNotSavedError, after which the zone is absent
   */
  async addzone(statement: ZoneStatement, options: CallOptions = {}): Promise<void> {
    const command = { verb: 'addzone', zone: statement.zone, argument: statementText(statement) }
    const reply = await this.#run({ ...command, allowed: [results.failure] }, options)
    if (reply.err !== results.failure) return
    const failed = { peer: this.#options, ...command, ...reply }
    throw (await this.#takeBack(statement.zone, options)) ? new ZoneNotSavedError(failed) : resultError(failed)
  }

  /**
   * Replaces the whole saved statement of a zone. Options take effect at once; a changed `type` or `file` only at named's
   * next start (FACTS D5).
   *
   * @throws StatementError
   */
  async modzone(statement: ZoneStatement, options: CallOptions = {}): Promise<void> {
    await this.#run({ verb: 'modzone', zone: statement.zone, argument: statementText(statement) }, options)
  }

  /**
   * Lets keys and servers into a zone whose statement is otherwise another's, and stays to the letter. Returns whether
   * anything was missing. named forgets it for a zone of named.conf when it reads that file again.
   */
  async amend(zone: string, shown: ShownZone, amendment: Amendment, options: CallOptions = {}): Promise<boolean> {
    const block = amendedBlock(shown, amendment)
    if (block === undefined) return false
    const argument = `${quote(zoneName(zone))} ${block}`
    await this.#run({ verb: 'modzone', zone, argument }, options)
    return true
  }

  /**
   * Removes a zone. With `clean` its files go as well, a moment later: a file written anew under that name may go too.
   * A zone that is not there is success, since a deletion may be tried twice.
   */
  async delzone(zone: string, options: CallOptions & { clean?: boolean | undefined } = {}): Promise<DeletedZone> {
    const argument = `${options.clean ? '-clean ' : ''}${quote(zoneName(zone))}`
    const reply = await this.#run({ verb: 'delzone', zone, argument, allowed: [results.notFound] }, options)
    if (reply.err === results.notFound) return { outcome: 'absent', leftFiles: [] }
    return { outcome: 'deleted', leftFiles: parseLeftFiles(reply.text) }
  }

  /**
   * The zone's statement as named has saved it (which may not be what runs: FACTS D5); `undefined` without such a zone.
   *
   * @throws ZoneNotShownError for a member of a catalog zone
   */
  async showzone(zone: string, options: CallOptions = {}): Promise<ShownZone | undefined> {
    const allowed = [results.notFound]
    const { err, text } = await this.#run({ ...about('showzone', zone), readsOnly: true, allowed }, options)
    return err === results.notFound ? undefined : parseShownZone(text)
  }

  /** How the zone is; `undefined` without such a zone. */
  async zonestatus(zone: string, options: CallOptions = {}): Promise<ZoneStatus | undefined> {
    const allowed = [results.notFound, results.zoneNotLoaded]
    const { err, text } = await this.#run({ ...about('zonestatus', zone), readsOnly: true, allowed }, options)
    if (err === results.notFound) return undefined
    return err === results.zoneNotLoaded ? { loaded: false } : parseZoneStatus(text)
  }

  async status(options: CallOptions = {}): Promise<ServerStatus> {
    const { text } = await this.#run({ verb: 'status', readsOnly: true }, options)
    return parseServerStatus(text)
  }

  /** Reads one zone's file again; a zone that takes updates is refused (result `dynamicZone`). */
  async reload(zone: string, options: CallOptions = {}): Promise<void> {
    await this.#run(about('reload', zone), options)
  }

  /** Has a secondary ask its primaries for their serial. It returns before that is done. */
  async refresh(zone: string, options: CallOptions = {}): Promise<void> {
    await this.#run(about('refresh', zone), options)
  }

  /** Has a secondary fetch the zone, whatever the serials say. It returns before that is done. */
  async retransfer(zone: string, options: CallOptions = {}): Promise<void> {
    await this.#run(about('retransfer', zone), options)
  }

  /** Announces the zone to its secondaries; `notify-delay` holds here too. */
  async notify(zone: string, options: CallOptions = {}): Promise<void> {
    await this.#run(about('notify', zone), options)
  }

  /** Stops updates of a zone and starts to write its file, until `thaw` or a restart; a frozen zone stays so. */
  async freeze(zone: string, options: CallOptions = {}): Promise<void> {
    await this.#run({ ...about('freeze', zone), allowed: [results.alreadyFrozen] }, options)
  }

  /** Reads the file and takes updates again; a zone that is not frozen stays so. */
  async thaw(zone: string, options: CallOptions = {}): Promise<void> {
    await this.#run(about('thaw', zone), options)
  }

  /**
   * Starts to write the zone's changes from its journal to its file. Never with `-clean`, which loses updates that were
   * acknowledged when named dies soon after (FACTS M14).
   */
  async sync(zone: string, options: CallOptions = {}): Promise<void> {
    await this.#run(about('sync', zone), options)
  }

  /** Reads named.conf again. Everything waits meanwhile: some 50 ms with 1,000 zones, 0.5 s with 10,000. */
  async reconfig(options: CallOptions = {}): Promise<void> {
    await this.#run({ verb: 'reconfig' }, options)
  }

  // named keeps a zone that it was given and could not save, and cannot show it.
  async #takeBack(zone: string, options: CallOptions): Promise<boolean> {
    try {
      await this.showzone(zone, options)
      return false
    } catch (error) {
      if (!(error instanceof ZoneNotShownError)) throw error
    }
    await this.delzone(zone, options)
    return true
  }

  async #run(command: Command, options: CallOptions): Promise<Reply> {
    const { verb, zone, argument, readsOnly, allowed = [] } = command
    const line = argument === undefined ? verb : `${verb} ${argument}`
    const { signal, timeoutMs } = options
    const reply = await this.connection.send(line, { signal, timeoutMs, readsOnly } satisfies SendOptions)
    if (reply.result !== 0 && !allowed.includes(reply.err))
      throw resultError({ peer: this.#options, verb, zone, ...reply })
    return reply
  }
}

interface Command {
  readonly verb: string
  readonly zone?: string
  readonly argument?: string
  readonly readsOnly?: boolean
  /** Results besides 0, by their names, that the caller turns into a value. */
  readonly allowed?: readonly string[]
}

function about(verb: string, zone: string): Command {
  return { verb, zone, argument: quote(zoneName(zone)) }
}

function resultError(failed: FailedCommand): RndcResultError {
  const { verb, err, zone } = failed
  if (verb === 'addzone' && err === results.exists) return new ZoneExistsError(failed)
  if (verb === 'addzone' && !beforeTheFile.has(err)) return new ZoneLoadError(failed)
  if (verb !== 'addzone' && zone !== undefined && err === results.notFound) return new ZoneNotFoundError(failed)
  if (verb === 'showzone' && err === results.failure) return new ZoneNotShownError(failed)
  const isStatement = verb === 'addzone' || verb === 'modzone'
  return new RndcResultError(failed, isStatement && ofTheStatement.has(err) ? 'ZoneStatementRefused' : undefined)
}

// "Not found" is a view, or a policy that the statement names.
const ofTheStatement: ReadonlySet<string> = new Set([
  results.notFound,
  results.unexpectedEnd,
  results.failure,
  results.unexpectedToken,
  results.multiple,
])

// What addzone answers before it reads the zone's file. Of what is wrong there it reports the first thing's own name,
// of which there are many, such as "bad dotted quad".
const beforeTheFile: ReadonlySet<string> = new Set([...ofTheStatement, results.permissionDenied])
