import type { KeyPair } from '../server.ts'

/** Where the certificate that the webhook serves comes from. */
export interface Certificates {
  /** Finds out what there is now; throws, and leaves things as they were, where that cannot be used. */
  look(): Promise<void>
  /** What the API server is to trust, PEM; undefined where its own system's authorities sign. */
  readonly caBundle: string | undefined
  /** What to serve to an API server that has trusted `trusted` for a while; undefined before the first look. */
  pair(trusted: string | undefined): Promise<KeyPair>
}
