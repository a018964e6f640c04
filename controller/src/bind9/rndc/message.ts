import { createHmac, timingSafeEqual } from 'node:crypto'
import type { TsigAlgorithm, TsigKey } from '../key.ts'
import { RndcMessageError } from './errors.ts'
import { decodeTable, encodeTable, type Table } from './table.ts'

/*
 * A message on the control channel:
 *
 *   length (4)   of all that follows
 *   version (4)  1
 *   _auth        a table entry, the first: { hsha: algorithm (1), base64 of the HMAC padded with NUL (88) }
 *   the other entries of the top table: _ctrl { _ser, _tim, _exp, _nonce, _rpl }, _data { type, result, err, text }
 *
 * The HMAC covers every octet after the _auth entry. The key's name never travels.
 */

/** named drops the connection on a request with more octets than this after the length (FACTS B1). */
export const maxRequestLength = 32768
/** More than this after the length is no reply: rndc has the same limit. */
export const maxReplyLength = 1 << 20

const version = 1
const lengthSize = 4
const prefixSize = 8
const authSize = 110
const proofSize = 89
const shortest = 4 + authSize

const algorithms: Readonly<Record<TsigAlgorithm, number>> = {
  'hmac-sha1': 161,
  'hmac-sha224': 162,
  'hmac-sha256': 163,
  'hmac-sha384': 164,
  'hmac-sha512': 165,
}

/**
 * A signed message, ready for the wire.
 *
 * @throws RndcMessageError when it is longer than `limit` (octets after the length).
 */
export function encodeMessage(body: Table, key: TsigKey, options: { limit?: number } = {}): Buffer {
  const { limit = maxRequestLength } = options
  const rest = encodeTable(body)
  const length = shortest + rest.length
  if (length > limit)
    throw new RndcMessageError(`Cannot send a message of ${length} octets: at most ${limit} are taken`)
  const prefix = Buffer.alloc(prefixSize)
  prefix.writeUInt32BE(length)
  prefix.writeUInt32BE(version, lengthSize)
  return Buffer.concat([prefix, authEntry(proof(rest, key)), rest])
}

/**
 * The entries of a signed message (its length included), without `_auth`. The signature is checked first: nothing that
 * the key's holder did not send is looked into. `undefined` when it is not signed with this key.
 *
 * @throws RndcMessageError when the octets are no message.
 */
export function decodeMessage(frame: Uint8Array, key: TsigKey): Table | undefined {
  const octets = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength)
  checkPrefix(octets)
  const rest = octets.subarray(prefixSize + authSize)
  const auth = octets.subarray(prefixSize, prefixSize + authSize)
  // Constant time: the whole entry is compared with the one it should be.
  const isOurs = auth.length === authSize && timingSafeEqual(auth, authEntry(proof(rest, key)))
  return isOurs ? decodeTable(rest) : undefined
}

/** How many octets the message beginning here has with its length; `undefined` before the length is there. */
export function frameLength(octets: Buffer): number | undefined {
  if (octets.length < lengthSize) return undefined
  const length = octets.readUInt32BE()
  if (length > maxReplyLength || length < 4)
    throw new RndcMessageError(`Cannot read a message of ${length} octets: 4 to ${maxReplyLength} are taken`)
  return lengthSize + length
}

function checkPrefix(octets: Buffer): void {
  const length = frameLength(octets)
  if (length !== octets.length)
    throw new RndcMessageError(`Cannot read the message: ${octets.length} octets came, ${length ?? 4} wanted`)
  const found = octets.readUInt32BE(lengthSize)
  if (found !== version) throw new RndcMessageError(`Cannot read the message: version ${found}, not ${version}`)
}

// 5 "_auth" table (2) of 99 octets: 4 "hsha" octets (1), 89 of them.
const authHead = Buffer.concat([
  Buffer.from('\x05_auth\x02\x00\x00\x00\x63', 'latin1'),
  Buffer.from('\x04hsha\x01\x00\x00\x00\x59', 'latin1'),
])

function authEntry(proved: Buffer): Buffer {
  return Buffer.concat([authHead, proved])
}

function proof(rest: Buffer, key: TsigKey): Buffer {
  const octets = Buffer.alloc(proofSize)
  octets.writeUInt8(algorithms[key.algorithm])
  octets.write(createHmac(key.algorithm.slice('hmac-'.length), key.secret).update(rest).digest('base64'), 1, 'latin1')
  return octets
}
