import { basename } from 'node:path'
import { querySoa, RcodeError, type ShownZone, sameStatement, ZoneNotShownError } from '#bind9'
import { BindyError } from '#crds'
import type { Abortable } from '../abortable.ts'
import type { Peers, Server } from '../instance/server.ts'
import { addedIfAbsent, serves } from './create.ts'
import { removeZone } from './remove.ts'
import { ownUnsaved } from './saved.ts'
import { ForeignZoneError, isOurs, newFile, secondaryStatement, type ZoneIdentity } from './statement.ts'
import { type Followers, NotInCatalogError, type Supply } from './supply.ts'

/** Where a secondary gets the zone from. */
export interface Source {
  readonly primaries: Peers
  readonly supply: Supply
  readonly followers: Followers
  /** No server was seen with the zone before. */
  readonly isNew: boolean
}

/** One zone on one secondary: whether it is configured there, and the serial that was last seen. */
export class SecondaryZone {
  readonly #zone: ZoneIdentity
  #server: Server | undefined
  #statement: string | undefined
  #serial: number | undefined
  #fault: BindyError | undefined
  #looksInVain = 0
  #supply: Supply | undefined
  #followers: Followers | undefined
  #hasNudged = false
  /** Whether the server did not answer at some moment, so that it may have missed a NOTIFY. */
  wasAway = false
  /** It was not there, and is to come from the catalog. */
  #isAwaited = false
  /** It was not there, and came: nobody needs to ask how. */
  #hasCome = false

  constructor(zone: ZoneIdentity) {
    this.#zone = zone
  }

  /** The serial last seen; undefined while the server was not seen serving the zone. */
  get serial(): number | undefined {
    return this.#serial
  }

  /** Why the server does not answer for the zone, as last seen. */
  get fault(): BindyError | undefined {
    return this.#fault
  }

  /** How often the server was asked, since it last answered for the zone or was given it. */
  get looksInVain(): number {
    return this.#looksInVain
  }

  /** How it comes by the zone, as last brought. */
  get supply(): Supply | undefined {
    return this.#supply
  }

  /** Sees to it that the server has the zone, or may take it from the catalog that lists it. */
  async bring(server: Server, source: Source, options: Abortable): Promise<void> {
    const { primaries, supply } = source
    const { by, catalog } = supply
    const statement = by === 'addzone' && secondaryStatement(this.#zone, '', server, primaries.contacts)
    const wanted = JSON.stringify([by, catalog, statement])
    if (this.#server === server && this.#statement === wanted) return
    if (this.#server !== server || this.#supply?.by !== by) {
      this.#isAwaited = false
      this.#hasCome = false
    }
    const isNew = source.isNew && this.#serial === undefined
    if (this.#server !== server) {
      this.wasAway ||= this.#server !== undefined
      this.#serial = undefined
      this.#looksInVain = 0
    }
    this.#server = server
    this.#supply = supply
    this.#followers = source.followers
    if (by === 'addzone') await this.#add(server, { ...source, isNew }, options)
    const isDone = by !== 'catalog' || (await this.#makeWay(server, source, options))
    this.#statement = isDone ? wanted : undefined
    if (by === 'addzone') this.#looksInVain = 0
  }

  async #add(server: Server, { primaries, supply, isNew }: Source, options: Abortable): Promise<void> {
    const statementOf = (file: string) => secondaryStatement(this.#zone, file, server, primaries.contacts)
    const add = () => server.rndc.addzone(statementOf(newFile(this.#zone)), options)
    if (isNew && (await addedIfAbsent(add))) return
    const shown = await shownOrTaken(this.#zone, server, supply, options)
    // Where another's fetches from is its own business; what it serves is looked at as everywhere.
    if (shown && !isOurs(this.#zone, shown)) return this.#tolerate(shown, server)
    if (shown && shown.type !== 'secondary') await removeZone(this.#zone, server, options)
    if (shown?.type !== 'secondary') return await add()
    const statement = statementOf(shown.file ?? newFile(this.#zone))
    if (primaries.isWhole && !sameStatement(statement, shown)) await server.rndc.modzone(statement, options)
  }

  /**
   * named passes over a zone of its catalog that it has by addzone: that one goes. The catalog's next serial, whatever
   * changes with it, makes named put back what it misses.
   */
  async #makeWay(server: Server, { supply, followers }: Source, options: Abortable): Promise<boolean> {
    const { name } = this.#zone
    const catalog = supply.catalog as string
    await this.look(server, options)
    if (this.#serial === undefined && this.#fault?.reason !== 'ZoneNotLoaded') {
      this.#isAwaited = true
      this.#hasCome = false
    }
    // Nearly always: a new zone, which then costs the server no command.
    if (this.#isAwaited || this.#hasCome) return true
    const shown = await server.rndc.showzone(name, options).catch(error => {
      if (!(error instanceof ZoneNotShownError)) throw error
      followers.follows(server.key)
    })
    if (!shown) return true
    if (!isOurs(this.#zone, shown)) {
      this.#tolerate(shown, server)
      return true
    }
    if (!(await serves(server, catalog, options))) throw new NotInCatalogError(server.key, catalog)
    if (!followers.mayTurn(server.key, name)) return false
    await removeZone(this.#zone, server, options)
    this.#serial = undefined
    this.#looksInVain = 0
    this.#isAwaited = true
    followers.nudge(catalog)
    return true
  }

  #tolerate({ type }: ShownZone, server: Server): void {
    if (!this.#zone.adopts || type !== 'secondary') throw new ForeignZoneError(this.#zone.name, server.key)
  }

  /** Asks the server for its serial. */
  async look(server: Server, options: Abortable): Promise<void> {
    try {
      this.#serial = (await querySoa(server.dns, this.#zone.name, options))?.serial
      this.#fault = undefined
    } catch (error) {
      if (!(error instanceof BindyError)) throw error
      this.#serial = undefined
      this.#fault = error
      this.wasAway ||= !(error instanceof RcodeError)
    }
    this.#looksInVain = this.#serial === undefined ? this.#looksInVain + 1 : 0
    if (this.#serial !== undefined) this.#hasNudged = false
    if (this.#serial !== undefined && this.#isAwaited) {
      this.#isAwaited = false
      this.#hasCome = true
      this.#followers?.follows(server.key)
    }
    // Not there, or a parent zone answers in its place: the next pass asks whether the zone is still configured.
    if (this.#serial === undefined && this.#fault?.reason !== 'ZoneNotLoaded') this.#statement = undefined
  }

  /**
   * Has the server ask its primaries now, in place of when its own timers say; or fetch the zone whatever they say. For a
   * zone that it has not taken from its catalog, that is read anew, once.
   */
  async hurry(server: Server, verb: 'refresh' | 'retransfer', options: Abortable): Promise<void> {
    const { by, catalog } = this.#supply ?? {}
    const isMissing = this.#serial === undefined && this.#fault?.reason !== 'ZoneNotLoaded' && by === 'catalog'
    if (!isMissing) return server.rndc[verb](this.#zone.name, options)
    if (verb === 'refresh' || this.#hasNudged) return
    this.#hasNudged = true
    this.#followers?.nudge(catalog as string)
  }
}

/**
 * The statement of a zone on a server, if any. Where the server has it from the catalog of its cluster it is taken off
 * first: another may then take its place, and stays when the catalog drops the zone.
 */
export async function shownOrTaken(
  zone: ZoneIdentity,
  server: Server,
  { catalog }: Supply,
  options: Abortable,
): Promise<ShownZone | undefined> {
  try {
    return await server.rndc.showzone(zone.name, options)
  } catch (error) {
    if (!(error instanceof ZoneNotShownError)) throw error
    const isListed = catalog !== undefined && (await serves(server, catalog, options))
    const mayGo =
      (isListed && (await isMember(zone, catalog, server, options))) || (await ownUnsaved(zone, server, options))
    if (!mayGo) throw new ForeignZoneError(zone.name, server.key)
    await removeZone(zone, server, options)
    return undefined
  }
}

/**
 * Whether a server may have a zone of a catalog. named names the file of a member after its view, its catalog and itself, or
 * after their hash where that is long; it keeps none for a catalog that is "in-memory".
 */
export async function isMember(
  { name }: ZoneIdentity,
  catalog: string,
  { rndc }: Server,
  options: Abortable,
): Promise<boolean> {
  const status = await rndc.zonestatus(name, options)
  const [path] = status?.loaded ? status.files : []
  if (path === undefined) return true
  const file = basename(path)
  return (
    /^__catz__[0-9a-f]{64}\.db$/i.test(file) ||
    (file.startsWith('__catz__') && file.includes(`_${catalog.slice(0, -1)}_`))
  )
}
