import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer, isIPv6, type Server, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { BindyError } from './errors.ts'
import { Framer, frame } from './framer.ts'
import type { TsigKey } from './key.ts'
import { decodeMessage, encodeMessage } from './message.ts'
import {
  CLASS,
  type DecodedMessage,
  FLAG,
  type Message,
  OPCODE,
  opcodeOf,
  type Question,
  RCODE,
  type ResourceRecord,
  TYPE,
} from './protocol.ts'
import { encodeSoa, type Soa } from './soa.ts'
import {
  type Clock,
  readTsig,
  TSIG_ERROR,
  type Tsig,
  TsigSigner,
  tsigLength,
  verifyRequest,
  withUnsignedTsig,
} from './tsig.ts'
import { MAX_MESSAGE, MessageWriter, messageTooBig } from './writer.ts'

/** A zone to give away. */
export interface Seed {
  readonly soa: Soa
  /** Seconds; that of the SOA's `minimum` if absent. */
  readonly soaTtl?: number
  /** All but the SOA. */
  readonly records: readonly ResourceRecord[]
  /** Who may have it. */
  readonly key: TsigKey
}

export interface SeederOptions {
  /** One for UDP and TCP; any free one if absent. */
  readonly port?: number
  /** The address to listen on; all of them, IPv4 and IPv6, if absent. */
  readonly address?: string
  readonly now?: Clock
}

/** The seeder cannot listen where it should. */
export class SeederError extends BindyError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { reason: 'SeederFailed', ...options })
  }
}

const MAX_CONNECTIONS = 256
const IDLE_MS = 10_000
/** A signed question fits many times; beyond it is noise. */
const MAX_REQUEST = 4_096
const MAX_UDP = 512
const OPCODE_BITS = 0x7800

/**
 * Gives zones to named servers that take them as secondaries: SOA over UDP and TCP, AXFR over TCP, IXFR answered as
 * AXFR, all of it only to who signs with the key of the offer. Everything else is refused, or not answered.
 */
export interface Seeder {
  readonly port: number
  /**
   * Offers a zone (canonical name); several offers of one zone stand beside each other, told apart by their keys, the
   * newest first. The function that it returns withdraws the offer; a transfer that has begun goes on.
   */
  offer(zone: string, seed: Seed): () => void
  /** Withdraws all and ends all connections. */
  close(): Promise<void>
}

/**
 * Starts a seeder.
 *
 * @throws SeederError where the port is taken.
 */
export async function startSeeder(options: SeederOptions = {}): Promise<Seeder> {
  const { tcp, udp } = await listen(options)
  return new RunningSeeder(tcp, udp, options.now ?? Date.now)
}

class RunningSeeder implements Seeder {
  readonly port: number
  readonly #tcp: Server
  readonly #udp: UdpSocket
  readonly #now: Clock
  readonly #offers = new Map<string, Seed[]>()
  readonly #sockets = new Set<Socket>()

  constructor(tcp: Server, udp: UdpSocket, now: Clock) {
    this.#tcp = tcp
    this.#udp = udp
    this.#now = now
    this.port = (tcp.address() as AddressInfo).port
    tcp.maxConnections = MAX_CONNECTIONS
    tcp.on('connection', socket => this.#serve(socket))
    // A connection that could not be accepted, for want of a descriptor: named asks again.
    tcp.on('error', () => {})
    udp.on('message', (octets, { port, address }) => {
      const [reply] = this.#answer(octets, 'udp')
      if (reply) udp.send(reply, port, address)
    })
    // Such as an ICMP error for a reply: its asker is gone, which is no matter of ours.
    udp.on('error', () => {})
  }

  offer(zone: string, seed: Seed): () => void {
    const mine = { ...seed }
    this.#offers.set(zone, [mine, ...(this.#offers.get(zone) ?? [])])
    return () => {
      const left = (this.#offers.get(zone) ?? []).filter(other => other !== mine)
      if (left.length > 0) this.#offers.set(zone, left)
      else this.#offers.delete(zone)
    }
  }

  async close(): Promise<void> {
    this.#offers.clear()
    const closed = [once(this.#tcp, 'close'), once(this.#udp, 'close')]
    this.#tcp.close()
    this.#udp.close()
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all(closed)
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    // Whole requests and written replies put it off; octets that trickle in do not.
    const deadline = setTimeout(() => socket.destroy(), IDLE_MS)
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(deadline)
      this.#sockets.delete(socket)
    })
    this.#converse(socket, deadline).catch(() => socket.destroy())
  }

  // A socket that is iterated is read only as fast as its requests are answered.
  async #converse(socket: Socket, deadline: NodeJS.Timeout): Promise<void> {
    const framer = new Framer()
    for await (const chunk of socket) {
      for (const octets of framer.push(chunk as Buffer)) {
        if (octets.length > MAX_REQUEST) return void socket.destroy()
        await this.#reply(socket, octets, deadline)
      }
      if (framer.size > MAX_REQUEST) return void socket.destroy()
    }
  }

  async #reply(socket: Socket, octets: Buffer, deadline: NodeJS.Timeout): Promise<void> {
    let replies = 0
    for (const reply of this.#answer(octets, 'tcp')) {
      if (!socket.writable) return
      if (!socket.write(frame(reply))) await drained(socket)
      else if (replies > 0) await setImmediate()
      deadline.refresh()
      replies++
    }
    // A stranger's noise has no answer, and what follows it is not read.
    if (replies === 0) socket.destroy()
  }

  /** The messages that answer a request, each made when it is asked for; none to what is no request. */
  *#answer(octets: Buffer, transport: 'udp' | 'tcp'): Generator<Buffer> {
    const request = readRequest(octets)
    const [question] = request?.questions ?? []
    if (!request || !question) return
    const seeds = this.#offers.get(question.name) ?? []
    if (opcodeOf(request) !== OPCODE.QUERY) return yield refusal(request, RCODE.NOTIMP)
    if (seeds.length === 0 || question.class !== CLASS.IN) return yield refusal(request, RCODE.REFUSED)
    const verdict = verifyRequest(request, [...new Set(seeds.map(seed => seed.key))], this.#now)
    switch (verdict.kind) {
      case 'unsigned':
        return yield refusal(request, RCODE.REFUSED)
      case 'refused':
        return yield withUnsignedTsig(refusal(request, RCODE.NOTAUTH), verdict.tsig, verdict.error)
      case 'late':
        return yield badTime(request, verdict.key, verdict.tsig, this.#now)
    }
    const seed = seeds.find(({ key }) => key === verdict.key) as Seed
    const signer = new TsigSigner(verdict.key, this.#now, verdict.tsig.mac)
    yield* this.#answerSigned(request, seed, signer, transport)
  }

  *#answerSigned(request: DecodedMessage, seed: Seed, signer: TsigSigner, transport: 'udp' | 'tcp'): Generator<Buffer> {
    const { name, type } = request.questions[0] as Question
    const isTransfer = type === TYPE.AXFR || type === TYPE.IXFR
    if (isTransfer && transport === 'tcp') {
      for (const message of transferMessages(request, seed)) yield signer.sign(message)
      return
    }
    // IXFR over UDP: the SOA alone sends the client to TCP (RFC 1995 section 2).
    if (type !== TYPE.SOA && type !== TYPE.IXFR) return yield signer.sign(refusal(request, RCODE.REFUSED))
    const answer = encodeMessage({ ...replyTo(request, FLAG.AA), answers: [soaRecord(name, seed)] })
    const fits = transport === 'tcp' || answer.length + tsigLength(seed.key) <= MAX_UDP
    yield signer.sign(fits ? answer : encodeMessage(replyTo(request, FLAG.AA | FLAG.TC)))
  }
}

function readRequest(octets: Buffer): DecodedMessage | undefined {
  try {
    const request = decodeMessage(octets)
    readTsig(request)
    // An answer to an answer would go on for ever.
    return (request.flags & FLAG.QR) === 0 && request.questions.length === 1 ? request : undefined
  } catch {
    return undefined
  }
}

/** A transfer in messages as large as may be: SOA, records, SOA (RFC 5936 section 2.2). */
function* transferMessages(request: DecodedMessage, seed: Seed): Generator<Buffer> {
  const soa = soaRecord((request.questions[0] as Question).name, seed)
  const start = () =>
    new MessageWriter({ id: request.id, flags: FLAG.QR | FLAG.AA }, MAX_MESSAGE - tsigLength(seed.key))
  let writer = start()
  writer.question(request.questions[0] as Question)
  for (const record of wholeZone(soa, seed.records)) {
    if (writer.record(1, record)) continue
    yield writer.finish()
    writer = start()
    if (!writer.record(1, record)) throw messageTooBig(MAX_MESSAGE, 1)
  }
  yield writer.finish()
}

function* wholeZone(soa: ResourceRecord, records: readonly ResourceRecord[]): Generator<ResourceRecord> {
  yield soa
  yield* records
  yield soa
}

function soaRecord(zone: string, { soa, soaTtl = soa.minimum }: Seed): ResourceRecord {
  return { name: zone, type: TYPE.SOA, class: CLASS.IN, ttl: soaTtl, rdata: encodeSoa(soa) }
}

function replyTo({ id, flags, questions }: DecodedMessage, more: number): Message {
  const kept = flags & (OPCODE_BITS | FLAG.RD)
  return { id, flags: FLAG.QR | kept | more, questions, answers: [], authorities: [], additionals: [] }
}

function refusal(request: DecodedMessage, rcode: number): Buffer {
  return encodeMessage(replyTo(request, rcode))
}

// RFC 8945 section 5.2.3: signed, with the time of the request, and in other data the time it is here
function badTime(request: DecodedMessage, key: TsigKey, tsig: Tsig, now: Clock): Buffer {
  const other = Buffer.alloc(6)
  other.writeUIntBE(Math.floor(now() / 1000), 0, 6)
  const signer = new TsigSigner(key, now, tsig.mac)
  const error = TSIG_ERROR.BADTIME
  return signer.sign(refusal(request, RCODE.NOTAUTH), { error, other, timeSigned: tsig.timeSigned })
}

async function drained(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  socket.once('drain', resolve).once('close', resolve)
  await promise
  socket.off('drain', resolve).off('close', resolve)
}

interface Listeners {
  readonly tcp: Server
  readonly udp: UdpSocket
}

/** Any port that is free for TCP may be taken for UDP: then it tries another. */
async function listen(options: SeederOptions): Promise<Listeners> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await listenOnce(options)
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException
      if (options.port || code !== 'EADDRINUSE' || attempt === 20)
        throw new SeederError(
          `Cannot listen on port ${options.port ?? 'any'} of ${options.address ?? 'all addresses'}: ${message}`,
          { cause },
        )
    }
  }
}

async function listenOnce({ port = 0, address }: SeederOptions): Promise<Listeners> {
  const tcp = createServer({ noDelay: true })
  await once(tcp.listen({ port, host: address }), 'listening')
  const bound = tcp.address() as AddressInfo
  const udp = createSocket(isIPv6(bound.address) ? 'udp6' : 'udp4')
  try {
    await once(udp.bind(bound.port, bound.address), 'listening')
    return { tcp, udp }
  } catch (error) {
    tcp.close()
    udp.close()
    throw error
  }
}
