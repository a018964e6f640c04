import { createHmac } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { BindyError } from '../../../controller/src/bind9/errors.ts'
import { tsigAlgorithms, tsigKey } from '../../../controller/src/bind9/key.ts'
import { decodeMessage, encodeMessage } from '../../../controller/src/bind9/message.ts'
import { MessageError } from '../../../controller/src/bind9/reader.ts'
import {
  readTsig,
  TsigSigner,
  TsigVerifier,
  tsigLength,
  verifyRequest,
  withUnsignedTsig,
} from '../../../controller/src/bind9/tsig.ts'
import { hex, hosts } from './wire.ts'

const octets = Buffer.alloc(32, 0x5a)
const key = tsigKey({ name: 'bindy', algorithm: 'hmac-sha256', secret: octets.toString('base64') })
const at = (seconds: number) => () => seconds * 1000
const time = 0x6500_0000
const now = at(time)
const server = '192.0.2.1:53'

const query = hex('1234 0000 0001 0000 0000 0000 07 6578616d706c65 03 636f6d 00 0006 0001')
const variables = hex(`
  05 62696e6479 00                            ; key name bindy
  00ff 00000000                               ; class ANY, TTL 0
  0b 686d61632d736861323536 00                ; algorithm hmac-sha256
  000065000000 012c 0000 0000                 ; time, fudge 300, error 0, other length 0
`)
const timers = hex('000065000000 012c')
const mac = (...parts: Buffer[]) => createHmac('sha256', octets).update(Buffer.concat(parts)).digest()
const lengthed = (octets: Buffer) => Buffer.concat([Uint8Array.of(0, octets.length), octets])

function reply(id = 0x1234, answers = hosts(3)): Buffer {
  return encodeMessage({ id, flags: 0x8400, questions: [], answers, authorities: [], additionals: [] })
}

const saying = (name: string, reason: string, message: string) => expect.objectContaining({ name, reason, message })

test('TsigSigner.sign() appends a TSIG record over message and variables', () => {
  const expected = mac(query, variables)
  const signer = new TsigSigner(key, now)
  const signed = signer.sign(query)
  expect(signed.toString('hex')).toBe(
    hex(`
      1234 0000 0001 0000 0000 0001 07 6578616d706c65 03 636f6d 00 0006 0001
      05 62696e6479 00 00fa 00ff 00000000 003d      ; bindy, TSIG, ANY, TTL 0, 61 octets
        0b 686d61632d736861323536 00                ; hmac-sha256
        000065000000 012c 0020 ${expected.toString('hex')}
        1234 0000 0000                              ; original id, error, other length
    `).toString('hex'),
  )
  expect(signer.mac).toEqual(expected)
  expect(signed.length - query.length).toBe(tsigLength(key))
})

test('TsigSigner chains the messages of a reply: RFC 8945 section 5.3.1', () => {
  const request = mac(query, variables)
  const signer = new TsigSigner(key, now, request)
  const [one, two] = [reply(), reply()]
  signer.sign(one)
  const first = mac(lengthed(request), one, variables)
  expect(signer.mac).toEqual(first)
  signer.sign(two)
  expect(signer.mac).toEqual(mac(lengthed(first), two, timers))
})

describe.each(tsigAlgorithms)('%s', algorithm => {
  const other = tsigKey({ name: 'Some.Key.', algorithm, secret: octets.toString('base64') })

  test('request and replies verify', () => {
    const signer = new TsigSigner(other, now)
    const request = signer.sign(query)
    const verdict = verifyRequest(decodeMessage(request), [key, other], now)
    expect(verdict).toMatchObject({ kind: 'verified', key: other })
    const replies = new TsigSigner(other, now, signer.mac)
    const verifier = new TsigVerifier(other, signer.mac, { now, server })
    for (let i = 0; i < 3; i++) verifier.accept(decodeMessage(replies.sign(reply())))
    verifier.finish()
  })

  test('a shortened signature is refused', () => {
    const signed = new TsigSigner(other, now, Buffer.alloc(4)).sign(reply())
    const { mac } = readTsig(decodeMessage(signed)) ?? { mac: Buffer.alloc(0) }
    const short = Buffer.concat([signed.subarray(0, signed.length - 6 - 1), signed.subarray(signed.length - 6)])
    short.writeUInt16BE(mac.length - 1, short.length - 6 - mac.length + 1 - 2)
    const rdlength = signed.length - (4 + 2 * 2 + 6 + 2 + mac.length + algorithm.length + 2 + 2)
    short.writeUInt16BE(short.readUInt16BE(rdlength) - 1, rdlength)
    const verifier = new TsigVerifier(other, Buffer.alloc(4), { now, server })
    expect(() => verifier.accept(decodeMessage(short))).toThrow(
      `its signature has ${mac.length - 1} octets, ${mac.length} wanted`,
    )
  })
})

describe('TsigVerifier', () => {
  const requestMac = Buffer.alloc(32, 1)
  const signer = () => new TsigSigner(key, now, requestMac)
  const verifier = (clock = now) => new TsigVerifier(key, requestMac, { now: clock, server })

  test('takes up to 99 unsigned messages between signed ones', () => {
    const messages = [signer().sign(reply()), ...Array.from({ length: 99 }, () => reply())]
    const first = readTsig(decodeMessage(messages[0] as Buffer))?.mac as Buffer
    const last = reply()
    const covered = mac(lengthed(first), ...messages.slice(1), last, timers)
    const signed = new TsigSigner(key, now).sign(last)
    covered.copy(signed, signed.length - 6 - 32)
    const good = verifier()
    for (const message of [...messages, signed]) good.accept(decodeMessage(message))
    good.finish()
    const tooMany = verifier()
    for (const message of messages) tooMany.accept(decodeMessage(message))
    expect(() => tooMany.accept(decodeMessage(reply()))).toThrow('100 messages in a row are not signed')
  })

  test('refuses a first or last message that is not signed', () => {
    expect(() => verifier().accept(decodeMessage(reply()))).toThrow(
      saying(
        'TsigVerifyError',
        'TsigReplyRefused',
        'Cannot believe the reply of 192.0.2.1:53 to key bindy (hmac-sha256): it is not signed, and says NOERROR',
      ),
    )
    const open = verifier()
    expect(() => open.finish()).toThrow('its last message is not signed')
    open.accept(decodeMessage(signer().sign(reply())))
    open.accept(decodeMessage(reply()))
    expect(() => open.finish()).toThrow('its last message is not signed')
  })

  test('refuses another key, another secret, another request, messages out of order', () => {
    const stranger = tsigKey({ name: 'bindy', algorithm: 'hmac-sha256', secret: 'AAAA' })
    const renamed = tsigKey({ name: 'other', algorithm: 'hmac-sha256', secret: octets.toString('base64') })
    const [one, two] = [signer(), signer()].map(each => [each.sign(reply(1)), each.sign(reply(2))])
    const cases: [Buffer, string][] = [
      [new TsigSigner(stranger, now, requestMac).sign(reply()), 'its signature is wrong'],
      [new TsigSigner(renamed, now, requestMac).sign(reply()), 'it is signed with key other (hmac-sha256)'],
      [new TsigSigner(key, now, Buffer.alloc(32, 2)).sign(reply()), 'its signature is wrong'],
      [one?.[1] as Buffer, 'its signature is wrong'],
    ]
    for (const [message, why] of cases) expect(() => verifier().accept(decodeMessage(message))).toThrow(why)
    expect(two).toEqual(one)
  })

  test('refuses a reply signed at another time', () => {
    const message = decodeMessage(signer().sign(reply()))
    for (const skew of [-300, 0, 300]) verifier(at(time + skew)).accept(message)
    expect(() => verifier(at(time + 301)).accept(message)).toThrow(
      expect.objectContaining({ name: 'TsigVerifyError', reason: 'ClockSkew' }),
    )
    expect(() => verifier(at(time - 301)).accept(message)).toThrow('it was signed 301 s ahead of ours, 300 s allowed')
  })

  test.each([
    [16, 'TsigBadSignature', 'the server has another secret for it (BADSIG)'],
    [17, 'TsigBadKey', 'the server knows no key of this name and algorithm (BADKEY)'],
    [22, 'TsigBadTruncation', 'the server wants signatures of another length (BADTRUNC)'],
    [4711, 'TsigRefused', 'the server says TSIG error 4711'],
  ])('reports TSIG error %d, which comes without a signature, as %s', (error, reason, why) => {
    const tsig = { keyName: 'bindy.', algorithm: 'hmac-sha256.', timeSigned: time, fudge: 300 }
    const unsigned = withUnsignedTsig(
      reply(),
      { ...tsig, mac: Buffer.alloc(0), originalId: 0, error: 0, other: Buffer.alloc(0) },
      error,
    )
    expect(() => verifier().accept(decodeMessage(unsigned))).toThrow(
      expect.objectContaining({ name: 'TsigPeerError', reason, error, message: expect.stringContaining(why) }),
    )
  })

  test('reports BADTIME with how far the server’s clock is ahead', () => {
    const other = Buffer.alloc(6)
    other.writeUIntBE(time + 600, 0, 6)
    const late = signer().sign(reply(), { error: 18, other })
    expect(() => verifier().accept(decodeMessage(late))).toThrow(
      expect.objectContaining({
        name: 'TsigPeerError',
        reason: 'ClockSkew',
        skewSeconds: 600,
        message:
          "Cannot use key bindy (hmac-sha256) at 192.0.2.1:53: the server's clock is 600 s ahead of ours (BADTIME, 300 s allowed); set both clocks",
      }),
    )
  })

  test('believes no message with one bit changed, unless it still says the same', () => {
    const signed = signer().sign(reply())
    const { answers } = decodeMessage(signed)
    for (let bit = 16; bit < 8 * signed.length; bit++) {
      const changed = Buffer.from(signed)
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
      try {
        const message = decodeMessage(changed)
        verifier().accept(message)
        // The case of a key's name does not count.
        expect(message.answers).toEqual(answers)
        expect(bit >> 3).toBeGreaterThan(signed.length - tsigLength(key))
      } catch (error) {
        if (!(error instanceof BindyError)) throw error
      }
    }
  })
})

describe('verifyRequest()', () => {
  const signed = decodeMessage(new TsigSigner(key, now).sign(query))

  test('finds no signature, no such key, another secret, another time', () => {
    const stranger = tsigKey({ name: 'bindy', algorithm: 'hmac-sha256', secret: 'AAAA' })
    const longer = tsigKey({ name: 'bindy', algorithm: 'hmac-sha512', secret: 'AAAA' })
    expect(verifyRequest(decodeMessage(query), [key], now)).toEqual({ kind: 'unsigned' })
    expect(verifyRequest(signed, [], now)).toMatchObject({ kind: 'refused', error: 17 })
    expect(verifyRequest(signed, [longer], now)).toMatchObject({ kind: 'refused', error: 17 })
    expect(verifyRequest(signed, [stranger], now)).toMatchObject({ kind: 'refused', error: 16 })
    expect(verifyRequest(signed, [stranger, key], now)).toMatchObject({ kind: 'verified', key })
    expect(verifyRequest(signed, [key], at(time + 301))).toMatchObject({ kind: 'late', key })
  })
})

describe('readTsig()', () => {
  test('refuses a TSIG record that is not the last record', () => {
    const twice = new TsigSigner(key, now).sign(new TsigSigner(key, now).sign(query))
    expect(() => readTsig(decodeMessage(twice))).toThrow(
      saying('MessageError', 'MessageInvalid', 'Cannot read message: a TSIG record is not its last record'),
    )
  })

  test('of any rdata is a TSIG record or a MessageError', () => {
    const rdatas = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.uint8Array({ maxLength: 60 }).map(end => Buffer.concat([hex('0b 686d61632d736861323536 00'), end])),
    )
    fc.assert(
      fc.property(rdatas, rdata => {
        const record = { name: 'bindy.', type: 250, class: 255, ttl: 0, rdata }
        const message = { id: 0, flags: 0, questions: [], answers: [], authorities: [], additionals: [record] }
        try {
          expect(readTsig(decodeMessage(encodeMessage(message)))?.keyName).toBe('bindy.')
        } catch (error) {
          expect(error).toBeInstanceOf(MessageError)
        }
      }),
    )
  })
})
