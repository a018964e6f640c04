import { once } from 'node:events'
import { createServer, type Server, type ServerOptions } from 'node:https'
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
  readonly patience?: Patience
}

/** How long is waited for a client that is slow, or silent. */
export interface Patience {
  readonly handshakeMs: number
  /** For the header of a request, from the connection or the request before. */
  readonly headerMs: number
  /** For all of a request, its header too. */
  readonly requestMs: number
  /** How often it is looked who is late. */
  readonly lookMs: number
}

const PATIENCE: Patience = { handshakeMs: 10_000, headerMs: 10_000, requestMs: 15_000, lookMs: 2_000 }

const TLS = { minVersion: 'TLSv1.2' } as const

// The API server keeps a connection 90 s without a request; closing it first could cut a review off.
const KEEP_ALIVE_MS = 120_000

/** The HTTPS server of the webhook. */
export class AdmissionServer {
  readonly port: number
  readonly #server: Server
  readonly #patience: Patience
  #isDraining = false

  /** Listens; rejects where the port is taken or the key does not belong to the certificate. */
  static async listen(
    app: Express,
    { pair, port, host, patience = PATIENCE }: ListenOptions,
  ): Promise<AdmissionServer> {
    const server = createServer({ ...limitsOf(patience), ...TLS, ...pair }, app)
    server.listen(port, host)
    await once(server, 'listening')
    return new AdmissionServer(server, patience)
  }

  private constructor(server: Server, patience: Patience) {
    this.#server = server
    this.#patience = patience
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
    await Promise.race([closed, pause(this.#patience.requestMs, undefined, { ref: false })])
    this.#server.closeAllConnections()
  }
}

function limitsOf({ handshakeMs, headerMs, requestMs, lookMs }: Patience): ServerOptions {
  return {
    keepAliveTimeout: KEEP_ALIVE_MS,
    handshakeTimeout: handshakeMs,
    headersTimeout: headerMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: lookMs,
  }
}
