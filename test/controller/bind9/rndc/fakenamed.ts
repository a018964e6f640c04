import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { TsigKey } from '../../../../controller/src/bind9/key.ts'
import { decodeMessage, encodeMessage, maxReplyLength } from '../../../../controller/src/bind9/rndc/message.ts'
import { type Table, table, tableOf, textOf } from '../../../../controller/src/bind9/rndc/table.ts'

/** A message as the fake got it. */
export interface Received {
  readonly command: string
  readonly serial: string
  readonly nonce: string | undefined
  /** Which connection it came on, and as which message of it; from 1. */
  readonly connection: number
  readonly message: number
  readonly socket: Socket
}

export interface FakeNamed {
  readonly port: number
  readonly received: readonly Received[]
  readonly connections: number
  /** Ends every open connection, as a named that stops does. */
  hangUp(): void
  stop(): Promise<void>
}

/** The nonce that the fake gives to its first connection is 1001, to the second 1002. */
export const nonceOf = (connection: number) => String(1000 + connection)

/**
 * Stands in for named where a real one cannot be made to fail: it verifies what it gets, then `answer` does as it likes
 * with the socket. The handshake is answered as named does, unless `answer` returns true for it.
 */
export async function startFakeNamed(key: TsigKey, answer: (got: Received) => unknown): Promise<FakeNamed> {
  const received: Received[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer(socket => {
    const connection = ++connections
    let message = 0
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    socket.on('data', chunk => {
      const got = { ...read(chunk, key), connection, message: ++message, socket }
      received.push(got)
      if (answer(got) !== true && message === 1) socket.write(replyTo(got, key))
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const hangUp = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    received,
    get connections() {
      return connections
    },
    hangUp,
    async stop() {
      hangUp()
      server.close()
      await once(server, 'close')
    },
  }
}

export interface ReplyChanges {
  readonly serial?: string
  readonly nonce?: string | undefined
  readonly isReply?: boolean
  readonly result?: string | undefined
  /** The name of a result that is not 0. */
  readonly err?: string
  readonly text?: string
}

/** The reply that named would give, but for the changes; `undefined` leaves an entry out. */
export function replyTo(got: Received, key: TsigKey, changes: ReplyChanges = {}): Buffer {
  const { serial, nonce, isReply, result, err, text } = {
    ...{ serial: got.serial, nonce: nonceOf(got.connection), isReply: true, result: '0', err: '', text: '' },
    ...changes,
  }
  const body = table({
    _ctrl: table({ _ser: serial, ...(isReply && { _rpl: '1' }), ...(nonce !== undefined && { _nonce: nonce }) }),
    _data: table({
      type: got.command,
      ...(result !== undefined && { result }),
      ...(err && { err }),
      ...(text && { text }),
    }),
  })
  return encodeMessage(body, key, { limit: maxReplyLength })
}

function read(chunk: Buffer, key: TsigKey) {
  const body: Table | undefined = decodeMessage(chunk, key)
  const control = tableOf(body, '_ctrl')
  return {
    command: textOf(tableOf(body, '_data'), 'type') ?? '(not signed)',
    serial: textOf(control, '_ser') ?? '',
    nonce: textOf(control, '_nonce'),
  }
}
