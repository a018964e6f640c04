import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** A connection to a server: octets in order, both ways. What a socket can do beyond that is used where it is there. */
export type Stream = Duplex & Partial<Pick<Socket, 'setTimeout' | 'ref' | 'unref' | 'localAddress'>>

/** Opens a connection by another way than TCP to the host and port, which then only name the server. */
export type OpenStream = (wait: StreamWait) => Promise<Stream>

export interface StreamWait {
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/** Whether octets can go both ways still. */
export function isOpen(stream: Stream): boolean {
  return stream.readable && stream.writable
}
