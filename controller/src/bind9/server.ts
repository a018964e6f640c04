import { type CallOptions, DnsChannel, type Endpoint, printServer } from './channel.ts'
import type { Request, Take } from './conversation.ts'
import type { TsigKey } from './key.ts'
import type { DecodedMessage } from './protocol.ts'
import { Turnstile } from './turnstile.ts'

/** More than 100 requests in flight named drops without a word; we keep far from it. */
const MAX_CONNECTIONS = 32

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
  readonly #endpoint: Endpoint
  readonly #turns: Turnstile
  readonly #channels = new Set<DnsChannel>()
  readonly #idle: DnsChannel[] = []

  constructor(endpoint: Endpoint & { readonly connections?: number }) {
    this.#endpoint = endpoint
    this.host = endpoint.host
    this.port = endpoint.port
    this.key = endpoint.key
    this.label = printServer(endpoint)
    this.#turns = new Turnstile(Math.max(1, Math.min(endpoint.connections ?? 8, MAX_CONNECTIONS)))
  }

  /** As DnsChannel.ask. */
  ask(request: Request, options: CallOptions = {}): Promise<DecodedMessage> {
    return this.#withChannel(channel => channel.ask(request, options), options)
  }

  /** As DnsChannel.exchange. */
  exchange(request: Request, take: Take, options: CallOptions = {}): Promise<void> {
    return this.#withChannel(channel => channel.exchange(request, take, options), options)
  }

  /** Ends all connections; requests on them fail. */
  close(): void {
    for (const channel of this.#channels) channel.close()
  }

  // The channel used last is the one least likely to have been closed for idleness.
  async #withChannel<T>(use: (channel: DnsChannel) => Promise<T>, { signal }: CallOptions): Promise<T> {
    const leave = await this.#turns.enter({ signal })
    const channel = this.#idle.pop() ?? this.#open()
    try {
      return await use(channel)
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
