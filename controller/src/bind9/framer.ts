/** The message on TCP: two octets of its length, then the message (RFC 1035 section 4.2.2). */
export function frame(message: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(2 + message.length)
  framed.writeUInt16BE(message.length, 0)
  message.copy(framed, 2)
  return framed
}

/** Cuts the octets of a TCP connection into messages; holds less than one message. */
export class Framer {
  #held: Buffer[] = []
  #size = 0

  /** The octets of a message that is not complete. */
  get size(): number {
    return this.#size
  }

  /** The messages that the chunk completes. */
  push(chunk: Buffer): Buffer[] {
    if (chunk.length === 0) return []
    this.#held.push(chunk)
    this.#size += chunk.length
    if (this.#size < this.#wanted()) return []
    let rest = this.#held.length === 1 ? chunk : Buffer.concat(this.#held)
    const messages: Buffer[] = []
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      const end = 2 + rest.readUInt16BE(0)
      messages.push(rest.subarray(2, end))
      rest = rest.subarray(end)
    }
    this.#held = rest.length > 0 ? [rest] : []
    this.#size = rest.length
    return messages
  }

  // The length may come in two chunks.
  #wanted(): number {
    const [first, second] = this.#held
    if (!first || this.#size < 2) return 2
    return (
      2 + (first.length > 1 ? first.readUInt16BE(0) : ((first[0] as number) << 8) | ((second as Buffer)[0] as number))
    )
  }
}
