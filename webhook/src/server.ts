import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Express } from 'express'

/** A certificate with its chain, and its private key, both PEM. */
export interface KeyPair {
  readonly cert: string
  readonly key: string
}

export interface ListenOptions {
  readonly pair: KeyPair
  readonly port: number
  /** All addresses when absent. */
  readonly host?: string | undefined
}

const TLS = { minVersion: 'TLSv1.2' } as const

// The API server keeps a connection 90 s without a request; closing it first could cut a review off.
const KEEP_ALIVE_MS = 120_000
const limits = {
  keepAliveTimeout: KEEP_ALIVE_MS,
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  handshakeTimeout: 10_000,
  connectionsCheckingInterval: 2_000,
}

/** The HTTPS server of the webhook. */
export class AdmissionServer {
  readonly port: number
  readonly #server: Server
  #isDraining = false

  /** Listens; rejects where the port is taken or the key does not belong to the certificate. */
  static async listen(app: Express, { pair, port, host }: ListenOptions): Promise<AdmissionServer> {
    const server = createServer({ ...limits, ...TLS, ...pair }, app)
    server.listen(port, host)
    await once(server, 'listening')
    return new AdmissionServer(server)
  }

  private constructor(server: Server) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
    server.prependListener('request', (_request, response) => {
      if (this.#isDraining) response.setHeader('Connection', 'close')
    })
  }

  get isDraining(): boolean {
    return this.#isDraining
  }

  /** Shows another certificate to connections from now on; throws, and changes nothing, where key and certificate differ. */
  renew(pair: KeyPair): void {
    this.#server.setSecureContext({ ...TLS, ...pair })
  }

  /**
   * Ends in order: for `graceMs` new requests are still answered, each as the last of its connection, while whoever sends
   * them learns to go elsewhere; then those under way are finished.
   */
  async drain({ graceMs }: { readonly graceMs: number }): Promise<void> {
    if (this.#isDraining) return
    this.#isDraining = true
    await pause(graceMs)
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeIdleConnections()
    await Promise.race([closed, pause(limits.requestTimeout, undefined, { ref: false })])
    this.#server.closeAllConnections()
  }
}
