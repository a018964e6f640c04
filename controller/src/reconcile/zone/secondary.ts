import { querySoa, sameStatement } from '#bind9'
import { BindyError } from '#crds'
import type { Peers, Server } from '../instance/server.ts'
import { gone } from './create.ts'
import { ForeignZoneError } from './primary.ts'
import { isOurs, newFile, secondaryStatement, type ZoneIdentity } from './statement.ts'

/** One zone on one secondary: whether it is configured there, and the serial that was last seen. */
export class SecondaryZone {
  readonly #zone: ZoneIdentity
  #server: Server | undefined
  #statement: string | undefined
  #serial: number | undefined
  #fault: BindyError | undefined
  #looksInVain = 0

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

  /** Sees to it that the server has the zone, fetched from these primaries. */
  async bring(server: Server, primaries: Peers, options: { readonly signal?: AbortSignal | undefined }): Promise<void> {
    const wanted = JSON.stringify(secondaryStatement(this.#zone, '', primaries.contacts))
    if (this.#server === server && this.#statement === wanted) return
    if (this.#server !== server) this.#serial = undefined
    this.#server = server
    const shown = await server.rndc.showzone(this.#zone.name, options)
    if (shown && !isOurs(this.#zone, shown)) {
      if (!this.#zone.adopts || shown.type !== 'secondary') throw new ForeignZoneError(this.#zone.name, server.key)
      // Where it fetches from is its own business; what it serves is looked at as everywhere.
      this.#statement = wanted
      this.#looksInVain = 0
      return
    }
    const statement = secondaryStatement(
      this.#zone,
      shown?.type === 'secondary' && shown.file ? shown.file : newFile(this.#zone),
      primaries.contacts,
    )
    if (shown && shown.type !== 'secondary') {
      await server.rndc.delzone(this.#zone.name, { ...options, clean: true })
      await gone(this.#zone, server, options)
    }
    if (shown?.type !== 'secondary') await server.rndc.addzone(statement, options)
    else if (primaries.isWhole && !sameStatement(statement, shown)) await server.rndc.modzone(statement, options)
    this.#statement = wanted
    this.#looksInVain = 0
  }

  /** Asks the server for its serial. */
  async look(server: Server, options: { readonly signal?: AbortSignal | undefined }): Promise<void> {
    try {
      this.#serial = (await querySoa(server.dns, this.#zone.name, options))?.serial
      this.#fault = undefined
    } catch (error) {
      if (!(error instanceof BindyError)) throw error
      this.#serial = undefined
      this.#fault = error
    }
    this.#looksInVain = this.#serial === undefined ? this.#looksInVain + 1 : 0
    // Not there, or a parent zone answers in its place: the next pass asks whether the zone is still configured.
    if (this.#serial === undefined && this.#fault?.reason !== 'ZoneNotLoaded') this.#statement = undefined
  }

  /** Has the server ask its primaries now, in place of when its own timers say; or fetch the zone whatever they say. */
  async hurry(
    server: Server,
    verb: 'refresh' | 'retransfer',
    options: { readonly signal?: AbortSignal | undefined },
  ): Promise<void> {
    await server.rndc[verb](this.#zone.name, options)
  }
}
