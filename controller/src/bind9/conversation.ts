import { randomInt } from 'node:crypto'
import { BindyError } from './errors.ts'
import type { TsigKey } from './key.ts'
import { decodeMessage, encodeMessage } from './message.ts'
import { type DecodedMessage, FLAG, type Message, opcodeOf, rcodeName, rcodeOf } from './protocol.ts'
import { type Clock, TsigSigner, TsigVerifier, tsigLength } from './tsig.ts'
import { MAX_MESSAGE } from './writer.ts'

/** What came is no reply to what was asked. */
export class UnexpectedReply extends BindyError {
  constructor(message: string) {
    super(message, { reason: 'MessageInvalid' })
  }
}

/** A message to send; its id is the conversation's to choose. */
export type Request = Omit<Message, 'id'>

/** Takes the next message of a reply; returns whether it was the last. */
export type Take = (message: DecodedMessage) => boolean

/** One request and its reply, message by message: the part of an exchange that needs no socket. */
export class Conversation {
  /** The octets to send, signed where there is a key. */
  readonly request: Buffer
  readonly #id = randomInt(65_536)
  readonly #asked: Request
  readonly #take: Take
  readonly #server: string
  readonly #verifier: TsigVerifier | undefined
  #replies = 0

  /**
   * `server` is what errors call it.
   *
   * @throws MessageError where the request does not fit into one message.
   */
  constructor(asked: Request, take: Take, peer: { key: TsigKey | undefined; now: Clock; server: string }) {
    const { key, now, server } = peer
    this.#asked = asked
    this.#take = take
    this.#server = server
    const limit = MAX_MESSAGE - (key ? tsigLength(key) : 0)
    const message = encodeMessage({ id: this.#id, ...asked }, { limit })
    const signer = key && new TsigSigner(key, now)
    this.request = signer ? signer.sign(message) : message
    this.#verifier = key && signer && new TsigVerifier(key, signer.mac, { now, server })
  }

  /** The messages that came. */
  get replies(): number {
    return this.#replies
  }

  /** Takes the next message of the reply; returns whether it was the last, and then all of it is verified. */
  accept(octets: Buffer): boolean {
    this.#replies++
    const reply = decodeMessage(octets)
    this.#verifier?.accept(reply)
    this.#check(reply)
    if (!this.#take(reply)) return false
    this.#verifier?.finish()
    return true
  }

  #check(reply: DecodedMessage): void {
    if (reply.id !== this.#id) throw this.#unexpected('it has the id of another request')
    if ((reply.flags & FLAG.QR) === 0) throw this.#unexpected('it is no reply')
    if (opcodeOf(reply) !== opcodeOf(this.#asked))
      throw this.#unexpected(`its operation code is ${opcodeOf(reply)}, and it says ${rcodeName(rcodeOf(reply))}`)
    const [asked] = this.#asked.questions
    const [answered] = reply.questions
    const same = asked?.name === answered?.name && asked?.type === answered?.type && asked?.class === answered?.class
    // The later messages of a transfer, and some refusals, repeat no question.
    if (answered && !same) throw this.#unexpected('it answers another question')
  }

  #unexpected(why: string): UnexpectedReply {
    return new UnexpectedReply(`Cannot use the reply of ${this.#server}: ${why}`)
  }
}
