import { type CallOptions, DnsChannel, type Endpoint, printServer } from './channel.ts'
import type { Request, Take } from './conversation.ts'
import type { TsigKey } from './key.ts'
import type { DecodedMessage } from './protocol.ts'
import { Turnstile } from './turnstile.ts'

/** More than 100 requests in flight named drops without a word; we keep far from it. */
const MAX_CONNECTIONS = 32

export interface DnsServerOptions extends Endpoint {
  readonly connections?: number
  /** Ends every call that comes without a signal of its own. */
  readonly signal?: AbortSignal | undefined
}

/**
 * One named, over as many kept connections as there are requests at a time, 8 at most unless told, 32 at most ever;
 * further requests wait their turn.
 */
export class DnsServer {
  /** `host:port`, as errors name it. */
  readonly label: string
  readonly host: string
  readonly port: number
  readonly key: TsigKey | undefined
  readonly #endpoint: DnsServerOptions
  readonly #turns: Turnstile
  readonly #channels = new Set<DnsChannel>()
  readonly #idle: DnsChannel[] = []

  constructor(endpoint: DnsServerOptions) {
    this.#endpoint = endpoint
    this.host = endpoint.host
    this.port = endpoint.port
    this.key = endpoint.key
    this.label = printServer(endpoint)
    this.#turns = new Turnstile(Math.max(1, Math.min(endpoint.connections ?? 8, MAX_CONNECTIONS)))
  }

  /** As DnsChannel.ask. */
  ask(request: Request, options: CallOptions = {}): Promise<DecodedMessage> {
    return this.#withChannel((channel, heeding) => channel.ask(request, heeding), options)
  }

  /** As DnsChannel.exchange. */
  exchange(request: Request, take: Take, options: CallOptions = {}): Promise<void> {
    return this.#withChannel((channel, heeding) => channel.exchange(request, take, heeding), options)
  }

  /** Ends all connections; requests on them fail. */
  close(): void {
    for (const channel of this.#channels) channel.close()
  }

  // The channel used last is the one least likely to have been closed for idleness.
  async #withChannel<T>(
    use: (channel: DnsChannel, options: CallOptions) => Promise<T>,
    options: CallOptions,
  ): Promise<T> {
    const heeding = { ...options, signal: options.signal ?? this.#endpoint.signal }
    const leave = await this.#turns.enter(heeding)
    const channel = this.#idle.pop() ?? this.#open()
    try {
      return await use(channel, heeding)
    } finally {
      this.#idle.push(channel)
      leave()
    }
  }

  #open(): DnsChannel {
    const channel = new DnsChannel(this.#endpoint)
    this.#channels.add(channel)
    return channel
  }
}
