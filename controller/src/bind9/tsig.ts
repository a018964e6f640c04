import { createHmac, type Hmac, timingSafeEqual } from 'node:crypto'
import { canonicalName, wireLength, writeName } from '#crds'
import { BindyError, type Reason, type Retry } from './errors.ts'
import type { TsigAlgorithm, TsigKey } from './key.ts'
import { CLASS, type DecodedMessage, type ResourceRecord, rcodeName, rcodeOf, TYPE } from './protocol.ts'
import { MessageError, WireReader } from './reader.ts'
import { MAX_MESSAGE, messageTooBig } from './writer.ts'

/** The seconds that two clocks may differ (RFC 8945 section 10). */
export const FUDGE_SECONDS = 300

/** The unsigned messages that may stand between two signed ones of one reply (RFC 8945 section 5.3.1). */
const MAX_UNSIGNED = 99

/** Errors inside a TSIG record (RFC 8945 section 3). */
export const TSIG_ERROR = { NOERROR: 0, BADSIG: 16, BADKEY: 17, BADTIME: 18, BADTRUNC: 22 } as const

const macLengths: { readonly [A in TsigAlgorithm]: number } = {
  'hmac-sha1': 20,
  'hmac-sha224': 28,
  'hmac-sha256': 32,
  'hmac-sha384': 48,
  'hmac-sha512': 64,
}

/** Milliseconds since 1970, as Date.now(). */
export type Clock = () => number

/** The rdata of a TSIG record, with its owner. */
export interface Tsig {
  /** Canonical. */
  readonly keyName: string
  /** Canonical, such as "hmac-sha256.". */
  readonly algorithm: string
  /** Seconds since 1970. */
  readonly timeSigned: number
  readonly fudge: number
  readonly mac: Buffer
  readonly originalId: number
  readonly error: number
  readonly other: Buffer
}

/** The server refused our signature. `skewSeconds`: how far its clock is ahead of ours, where that is the cause. */
export class TsigPeerError extends BindyError {
  readonly error: number
  readonly skewSeconds: number | undefined

  constructor(message: string, options: { reason: Reason; error: number; skewSeconds?: number; retry?: Retry }) {
    super(message, options)
    this.error = options.error
    this.skewSeconds = options.skewSeconds
  }
}

/** We refuse what the server, or somebody in its place, has signed or left unsigned. */
export class TsigVerifyError extends BindyError {
  constructor(message: string, options: { reason?: Reason } = {}) {
    super(message, { reason: 'TsigReplyRefused', ...options })
  }
}

/**
 * The TSIG record of a message, which is the last of its additional data.
 *
 * @throws MessageError where a TSIG record stands elsewhere or is malformed (RFC 8945 section 5.2: FORMERR).
 */
export function readTsig(message: DecodedMessage): Tsig | undefined {
  const { answers, authorities, additionals } = message
  const last = additionals.at(-1)
  const isLast = last?.type === TYPE.TSIG
  const others = [...answers, ...authorities, ...(isLast ? additionals.slice(0, -1) : additionals)]
  if (others.some(record => record.type === TYPE.TSIG))
    throw new MessageError('Cannot read message: a TSIG record is not its last record')
  return isLast ? parseTsig(last) : undefined
}

// RFC 8945 section 4.2: algorithm, time signed (48 bits), fudge, MAC size, MAC, original ID, error, other length, other
function parseTsig(record: ResourceRecord): Tsig {
  if (record.class !== CLASS.ANY || record.ttl !== 0)
    throw new MessageError('Cannot read TSIG record: class ANY and TTL 0 wanted')
  const reader = new WireReader(record.rdata, { pointers: false })
  const tsig = {
    keyName: record.name,
    algorithm: reader.name('TSIG algorithm'),
    timeSigned: reader.u48('TSIG time'),
    fudge: reader.u16('TSIG fudge'),
    mac: reader.octets(reader.u16('TSIG MAC size'), 'TSIG MAC'),
    originalId: reader.u16('TSIG original id'),
    error: reader.u16('TSIG error'),
    other: reader.octets(reader.u16('TSIG other length'), 'TSIG other data'),
  }
  reader.end('TSIG rdata')
  return tsig
}

/** The octets that signing with the key adds to a message, without other data. */
export function tsigLength(key: TsigKey): number {
  const { name, algorithm } = wireOf(key)
  // Owner, type, class, TTL and RDLENGTH; algorithm, time, fudge, MAC size, MAC, original id, error, other length
  return name.length + 10 + algorithm.length + 6 + 2 + 2 + macLengths[key.algorithm] + 2 + 2 + 2
}

/** Signs the messages of one request, or those of the reply to one: each MAC covers the one before it. */
export class TsigSigner {
  readonly #key: TsigKey
  readonly #now: Clock
  #mac: Buffer
  #first = true

  /** `priorMac`: the MAC of the request that the messages answer. */
  constructor(key: TsigKey, now: Clock, priorMac: Uint8Array = Buffer.alloc(0)) {
    this.#key = key
    this.#now = now
    this.#mac = Buffer.from(priorMac)
  }

  /** The MAC of the message signed last. */
  get mac(): Buffer {
    return this.#mac
  }

  /** The message with its TSIG record; `error` and `other` are those of RFC 8945 section 5.2.3. */
  sign(
    message: Buffer,
    { error = 0, other = Buffer.alloc(0), timeSigned }: { error?: number; other?: Buffer; timeSigned?: number } = {},
  ): Buffer {
    const tsig = { timeSigned: timeSigned ?? seconds(this.#now), fudge: FUDGE_SECONDS, error, other }
    const hmac = startMac(this.#key, this.#mac).update(message)
    this.#mac = hmac.update(this.#first ? variables(this.#key, tsig) : timers(tsig)).digest()
    this.#first = false
    return withTsig(message, this.#key, { ...tsig, mac: this.#mac, originalId: message.readUInt16BE(0) })
  }
}

/**
 * The message with a TSIG record that has no MAC: how a server says BADSIG and BADKEY (RFC 8945 section 5.3.2). It
 * repeats the names that the request gave, known or not.
 */
export function withUnsignedTsig(message: Buffer, request: Tsig, error: number): Buffer {
  const names = { name: wireName(request.keyName), algorithm: wireName(request.algorithm) }
  const { timeSigned, fudge } = request
  const tsig = { timeSigned, fudge, error, mac: Buffer.alloc(0), originalId: message.readUInt16BE(0) }
  return appendTsig(message, names, { ...tsig, other: Buffer.alloc(0) })
}

/** Verifies the messages that answer one signed request. Nothing is to be believed before `finish` returned. */
export class TsigVerifier {
  readonly #key: TsigKey
  readonly #now: Clock
  readonly #server: string
  #mac: Buffer
  #hmac: Hmac | undefined
  #first = true
  #unsigned = 0

  /** `server` is what errors call it. */
  constructor(key: TsigKey, requestMac: Buffer, { now, server }: { now: Clock; server: string }) {
    this.#key = key
    this.#mac = requestMac
    this.#now = now
    this.#server = server
  }

  /**
   * Takes the next message of the reply.
   *
   * @throws TsigPeerError where it says that the request was refused, TsigVerifyError where it is not to be believed.
   */
  accept(message: DecodedMessage): void {
    const tsig = readTsig(message)
    if (tsig) this.#acceptSigned(message, tsig)
    else this.#acceptUnsigned(message)
  }

  /** Confirms that the last message was signed (RFC 8945 section 5.3.1). */
  finish(): void {
    if (this.#first || this.#unsigned > 0) throw this.#refuse('its last message is not signed')
  }

  #acceptSigned(message: DecodedMessage, tsig: Tsig): void {
    this.#checkNames(tsig)
    if (tsig.mac.length === 0 && tsig.error !== TSIG_ERROR.NOERROR) throw this.#peerError(tsig)
    this.#checkMac(message, tsig)
    if (tsig.error !== TSIG_ERROR.NOERROR) throw this.#peerError(tsig)
    this.#checkTime(tsig)
    this.#first = false
    this.#unsigned = 0
  }

  #acceptUnsigned(message: DecodedMessage): void {
    if (this.#first) throw this.#refuse(`it is not signed, and says ${rcodeName(rcodeOf(message))}`)
    if (++this.#unsigned > MAX_UNSIGNED) throw this.#refuse(`${this.#unsigned} messages in a row are not signed`)
    this.#hmac = (this.#hmac ?? startMac(this.#key, this.#mac)).update(message.bytes)
  }

  #checkNames(tsig: Tsig): void {
    const { name, algorithm } = this.#key
    if (tsig.keyName !== canonicalName(name) || tsig.algorithm !== `${algorithm}.`)
      throw this.#refuse(`it is signed with key ${tsig.keyName.slice(0, -1)} (${tsig.algorithm.slice(0, -1)})`)
  }

  #checkMac(message: DecodedMessage, tsig: Tsig): void {
    const length = macLengths[this.#key.algorithm]
    if (tsig.mac.length !== length)
      throw this.#refuse(`its signature has ${tsig.mac.length} octets, ${length} wanted; Bindy takes no shortened ones`)
    const hmac = updateUnsigned(this.#hmac ?? startMac(this.#key, this.#mac), message, tsig.originalId)
    const mac = hmac.update(this.#first ? variables(this.#key, tsig) : timers(tsig)).digest()
    if (!timingSafeEqual(mac, tsig.mac)) throw this.#refuse('its signature is wrong')
    this.#mac = mac
    this.#hmac = undefined
  }

  #checkTime(tsig: Tsig): void {
    const skew = tsig.timeSigned - seconds(this.#now)
    if (Math.abs(skew) <= tsig.fudge) return
    throw this.#refuse(`it was signed ${describeSkew(skew)}, ${tsig.fudge} s allowed; set both clocks`, 'ClockSkew')
  }

  #refuse(why: string, reason?: Reason): TsigVerifyError {
    const message = `Cannot believe the reply of ${this.#server} to key ${printKey(this.#key)}: ${why}`
    return new TsigVerifyError(message, reason ? { reason } : {})
  }

  #peerError(tsig: Tsig): TsigPeerError {
    const start = `Cannot use key ${printKey(this.#key)} at ${this.#server}`
    const { error } = tsig
    if (error === TSIG_ERROR.BADTIME) return this.#badTime(tsig, start)
    const known = peerErrors.get(error)
    if (known) return new TsigPeerError(`${start}: ${known.why}`, { reason: known.reason, error })
    return new TsigPeerError(`${start}: the server says TSIG error ${error}`, { reason: 'TsigRefused', error })
  }

  #badTime(tsig: Tsig, start: string): TsigPeerError {
    const theirs = tsig.other.length === 6 ? tsig.other.readUIntBE(0, 6) : tsig.timeSigned
    const skewSeconds = theirs - seconds(this.#now)
    const why = `the server's clock is ${describeSkew(skewSeconds)} (BADTIME, ${tsig.fudge} s allowed); set both clocks`
    return new TsigPeerError(`${start}: ${why}`, { reason: 'ClockSkew', error: tsig.error, skewSeconds })
  }
}

const peerErrors: ReadonlyMap<number, { readonly reason: Reason; readonly why: string }> = new Map([
  [
    TSIG_ERROR.BADKEY,
    {
      reason: 'TsigBadKey',
      why: 'the server knows no key of this name and algorithm (BADKEY); add it to its named.conf and run rndc reconfig',
    },
  ],
  [
    TSIG_ERROR.BADSIG,
    {
      reason: 'TsigBadSignature',
      why: 'the server has another secret for it (BADSIG); give both the same secret',
    },
  ],
  [
    TSIG_ERROR.BADTRUNC,
    {
      reason: 'TsigBadTruncation',
      why: 'the server wants signatures of another length (BADTRUNC); name the algorithm there without a number of bits',
    },
  ],
])

/** What a server finds in a signed request. */
export type RequestVerdict =
  | { readonly kind: 'verified'; readonly key: TsigKey; readonly tsig: Tsig }
  | { readonly kind: 'unsigned' }
  /** BADKEY or BADSIG: the answer has a TSIG record without a MAC. */
  | { readonly kind: 'refused'; readonly error: number; readonly tsig: Tsig }
  /** BADTIME: the answer is signed. */
  | { readonly kind: 'late'; readonly key: TsigKey; readonly tsig: Tsig }

/**
 * Verifies a request against the keys that may sign it; several may have one name (RFC 8945 section 5.2).
 *
 * @throws MessageError where its TSIG record is malformed.
 */
export function verifyRequest(message: DecodedMessage, keys: readonly TsigKey[], now: Clock): RequestVerdict {
  const tsig = readTsig(message)
  if (!tsig) return { kind: 'unsigned' }
  const named = keys.filter(key => canonicalName(key.name) === tsig.keyName && `${key.algorithm}.` === tsig.algorithm)
  if (named.length === 0) return { kind: 'refused', error: TSIG_ERROR.BADKEY, tsig }
  const key = named.find(candidate => isSignedBy(candidate, message, tsig))
  if (!key) return { kind: 'refused', error: TSIG_ERROR.BADSIG, tsig }
  const late = Math.abs(tsig.timeSigned - seconds(now)) > FUDGE_SECONDS
  return { kind: late ? 'late' : 'verified', key, tsig }
}

function isSignedBy(key: TsigKey, message: DecodedMessage, tsig: Tsig): boolean {
  if (tsig.mac.length !== macLengths[key.algorithm]) return false
  const hmac = updateUnsigned(hmacOf(key), message, tsig.originalId)
  return timingSafeEqual(hmac.update(variables(key, tsig)).digest(), tsig.mac)
}

/** `bindy-primary (hmac-sha256)` */
function printKey(key: TsigKey): string {
  return `${key.name} (${key.algorithm})`
}

function describeSkew(skewSeconds: number): string {
  return `${Math.abs(skewSeconds)} s ${skewSeconds < 0 ? 'behind' : 'ahead of'} ours`
}

function seconds(now: Clock): number {
  return Math.floor(now() / 1000)
}

function hmacOf(key: TsigKey): Hmac {
  return createHmac(key.algorithm.slice('hmac-'.length), key.secret)
}

// RFC 8945 section 4.3.1: the length and octets of the MAC before; a request has none.
function startMac(key: TsigKey, prior: Buffer): Hmac {
  const hmac = hmacOf(key)
  if (prior.length === 0) return hmac
  return hmac.update(Uint8Array.of(prior.length >>> 8, prior.length & 0xff)).update(prior)
}

/** The message as it was before it was signed (RFC 8945 section 4.3.2): its own id, one additional record less. */
function updateUnsigned(hmac: Hmac, message: DecodedMessage, originalId: number): Hmac {
  const header = Buffer.from(message.bytes.subarray(0, 12))
  header.writeUInt16BE(originalId, 0)
  header.writeUInt16BE(message.additionals.length - 1, 10)
  return hmac.update(header).update(message.bytes.subarray(12, message.lastRecordAt))
}

type Signed = Pick<Tsig, 'timeSigned' | 'fudge' | 'error' | 'other'>

// RFC 8945 section 4.3.3: key name, class ANY, TTL 0, algorithm, time, fudge, error, other length, other data
function variables(key: TsigKey, tsig: Signed): Buffer {
  const { name, algorithm } = wireOf(key)
  const rest = Buffer.allocUnsafe(4)
  rest.writeUInt16BE(tsig.error, 0)
  rest.writeUInt16BE(tsig.other.length, 2)
  return Buffer.concat([name, classAnyTtl0, algorithm, timers(tsig), rest, tsig.other])
}

const classAnyTtl0 = Buffer.from('00ff00000000', 'hex')

// RFC 8945 section 4.3.3.1: time, fudge
function timers({ timeSigned, fudge }: Signed): Buffer {
  const octets = Buffer.allocUnsafe(8)
  octets.writeUIntBE(timeSigned, 0, 6)
  octets.writeUInt16BE(fudge, 6)
  return octets
}

interface WireNames {
  readonly name: Buffer
  readonly algorithm: Buffer
}

const wireNames = new WeakMap<TsigKey, WireNames>()

function wireOf(key: TsigKey): WireNames {
  const known = wireNames.get(key)
  if (known) return known
  const names = { name: wireName(canonicalName(key.name)), algorithm: wireName(`${key.algorithm}.`) }
  wireNames.set(key, names)
  return names
}

function wireName(name: string): Buffer {
  const octets = Buffer.alloc(wireLength(name))
  writeName(name, octets, 0)
  return octets
}

function withTsig(message: Buffer, key: TsigKey, tsig: Omit<Tsig, 'keyName' | 'algorithm'>): Buffer {
  return appendTsig(message, wireOf(key), tsig)
}

function appendTsig(message: Buffer, names: WireNames, tsig: Omit<Tsig, 'keyName' | 'algorithm'>): Buffer {
  const { name, algorithm } = names
  const { mac, other } = tsig
  const rdataLength = algorithm.length + 16 + mac.length + other.length
  const signed = Buffer.allocUnsafe(message.length + name.length + 10 + rdataLength)
  if (signed.length > MAX_MESSAGE) throw messageTooBig(MAX_MESSAGE, message.readUInt16BE(8))
  message.copy(signed)
  signed.writeUInt16BE(signed.readUInt16BE(10) + 1, 10)
  let at = message.length + name.copy(signed, message.length)
  at = signed.writeUInt16BE(TYPE.TSIG, at)
  at += classAnyTtl0.copy(signed, at)
  at = signed.writeUInt16BE(rdataLength, at)
  at += algorithm.copy(signed, at)
  at += timers(tsig).copy(signed, at)
  at = signed.writeUInt16BE(mac.length, at)
  at += mac.copy(signed, at)
  at = signed.writeUInt16BE(tsig.originalId, at)
  at = signed.writeUInt16BE(tsig.error, at)
  at = signed.writeUInt16BE(other.length, at)
  other.copy(signed, at)
  return signed
}
