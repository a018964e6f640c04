import { randomBytes } from 'node:crypto'

/** What a WebSocket message is (RFC 6455 section 5.2). */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

export interface WebSocketMessage {
  readonly opcode: number
  readonly payload: Buffer
}

const FIN = 0x80
const MASK = 0x80
const CONTROL = 0x08
const MAX_MESSAGE = 16 * 1024 * 1024

/** A message as a client sends it: in one frame, masked with the key. */
export function encodeFrame({ opcode, payload }: WebSocketMessage, maskingKey = randomBytes(4)): Buffer {
  const { length } = payload
  // RFC 6455 section 5.2: FIN and opcode, MASK and length (126: in the 2 octets that follow, 127: in 8), masking key
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  head[0] = FIN | opcode
  head[1] = MASK | (length < 126 ? length : length < 65_536 ? 126 : 127)
  if (head.length === 4) head.writeUInt16BE(length, 2)
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, maskingKey, payload.map((octet, i) => octet ^ (maskingKey[i & 3] as number))])
}

/** Puts the messages of a server together out of the octets of its connection. @throws Error for what is no WebSocket */
export class MessageReader {
  #held = Buffer.alloc(0)
  #begun: { readonly opcode: number; readonly parts: Buffer[] } | undefined

  /** The messages that the chunk completes. */
  push(chunk: Buffer): WebSocketMessage[] {
    this.#held = Buffer.concat([this.#held, chunk])
    const messages: WebSocketMessage[] = []
    for (let frame = this.#frame(); frame; frame = this.#frame()) {
      const message = this.#message(frame)
      if (message) messages.push(message)
    }
    return messages
  }

  #frame(): (WebSocketMessage & { readonly isLast: boolean }) | undefined {
    const [first, second] = this.#held
    if (first === undefined || second === undefined) return undefined
    if ((first & 0x70) !== 0 || (second & MASK) !== 0) throw new Error('it is not the frame of a server')
    const at = 2 + ({ 126: 2, 127: 8 }[second] ?? 0)
    if (this.#held.length < at) return undefined
    const length = at === 2 ? second : at === 4 ? this.#held.readUInt16BE(2) : Number(this.#held.readBigUInt64BE(2))
    if (length > MAX_MESSAGE) throw new Error(`a frame of ${length} octets is too long`)
    if (this.#held.length < at + length) return undefined
    const payload = this.#held.subarray(at, at + length)
    this.#held = this.#held.subarray(at + length)
    return { opcode: first & 0x0f, payload, isLast: (first & FIN) !== 0 }
  }

  // Those of control stand between the parts of others, whole (section 5.4).
  #message({ opcode, payload, isLast }: WebSocketMessage & { isLast: boolean }): WebSocketMessage | undefined {
    if ((opcode & CONTROL) !== 0) return { opcode, payload }
    if ((opcode === OPCODE.continuation) === (this.#begun === undefined)) throw new Error('its parts are out of order')
    const { opcode: kind, parts } = this.#begun ?? { opcode, parts: [] }
    parts.push(payload)
    if (parts.reduce((sum, part) => sum + part.length, 0) > MAX_MESSAGE) throw new Error('a message is too long')
    this.#begun = isLast ? undefined : { opcode: kind, parts }
    return isLast ? { opcode: kind, payload: Buffer.concat(parts) } : undefined
  }
}
