import { BindyError } from '#crds'

/** How a secondary comes by a zone, and what may stand in the way. */
export interface Supply {
  /** `named.conf` has the secondary fetch the catalog itself; the zones that it lists need no command there. */
  readonly by: 'addzone' | 'catalog' | 'named.conf'
  /** The catalog zone of the server's cluster, whether or not it is asked for now. */
  readonly catalog: string | undefined
  /** The server's cluster asks for its catalog: what that does not list leaves the server by itself. */
  readonly isAsked: boolean
  /** Some catalog lists the zone: it stays where one is read. */
  readonly isListed: boolean
}

/** What the zones of a server tell each other of its catalog. */
export interface Followers {
  /** Has a catalog read anew by those who follow it. */
  nudge(catalog: string): void
  /** Hears that a server has a zone from its catalog. */
  follows(server: string): void
  /** Whether a zone may give its place up to the catalog: one goes first, and the others when it was seen to come back. */
  mayTurn(server: string, zone: string): boolean
}

/** A zone that no catalog has to do with. */
export const byAddzone: Supply = { by: 'addzone', catalog: undefined, isAsked: false, isListed: false }

/** A secondary does not have the catalog that its zones are to come from. */
export class NotInCatalogError extends BindyError {
  constructor(server: string, catalog: string) {
    super(`${server} does not serve the catalog zone ${catalog}: ${CATALOG_LINES}`, { reason: 'NotInCatalog' })
  }
}

/** A secondary still has a zone that the catalog lists no more. */
export class StillInCatalogError extends BindyError {
  constructor(zone: string, server: string, catalog: string, cause: unknown) {
    super(`${server} has not dropped ${zone} yet, which the catalog zone ${catalog} lists no more`, {
      reason: 'FromCatalog',
      cause,
    })
  }
}

/** What to do about a secondary that does not follow its catalog. */
export const CATALOG_LINES = 'put the catalog-zones and zone lines of docs/catalog.md into its named.conf'
