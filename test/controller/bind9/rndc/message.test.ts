import { createHmac } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { tsigAlgorithms, tsigKey } from '../../../../controller/src/bind9/key.ts'
import { RndcMessageError } from '../../../../controller/src/bind9/rndc/errors.ts'
import {
  decodeMessage,
  encodeMessage,
  frameLength,
  maxReplyLength,
} from '../../../../controller/src/bind9/rndc/message.ts'
import { table } from '../../../../controller/src/bind9/rndc/table.ts'

const secret = Buffer.alloc(32, 7).toString('base64')
const key = tsigKey({ name: 'bindy', algorithm: 'hmac-sha256', secret })
const nullCommand = table({
  _ctrl: table({ _ser: '1', _tim: '1700000000', _exp: '1700000300' }),
  _data: table({ type: 'null' }),
})

// HMAC-SHA256 by another implementation, over what follows the _auth entry.
const nullMessage = Buffer.from(
  `000000c9                                              # length 201
   00000001                                              # version
   05 5f61757468 02 00000063                             # _auth: a table of 99 octets
      04 68736861 01 00000059                            #   hsha: 89 octets
      a3                                                 #     163, HMAC-SHA256
      6872517430524754666e50624a57764a                   #     "hrQt0RGTfnPbJWvJ
      327735324a6773355864654463744e49                   #      2w52Jgs5XdeDctNI
      7152703354534163424d453d                           #      qRp3TSAcBME="
      ${'00'.repeat(44)}                                 #     NUL up to 88 octets
   05 5f6374726c 02 00000033                             # _ctrl: a table of 51 octets
      04 5f736572 01 00000001 31                         #   _ser: "1"
      04 5f74696d 01 0000000a 31373030303030303030       #   _tim: "1700000000"
      04 5f657870 01 0000000a 31373030303030333030       #   _exp: "1700000300"
   05 5f64617461 02 0000000e                             # _data: a table of 14 octets
      04 74797065 01 00000004 6e756c6c                   #   type: "null"`
    .replace(/#.*$/gm, '')
    .replace(/\s/g, ''),
  'hex',
)

describe('encodeMessage()', () => {
  test('writes the null command', () => {
    expect(encodeMessage(nullCommand, key).toString('hex')).toBe(nullMessage.toString('hex'))
  })

  test.each([
    ['hmac-sha1', 161, '14eHMHz8X0mqdacdmoza9zyaDfE='],
    ['hmac-sha224', 162, 'jTQ9YeOogQevxj+ONm0TjMkUkL9zun//vSYakg=='],
    ['hmac-sha256', 163, 'hrQt0RGTfnPbJWvJ2w52Jgs5XdeDctNIqRp3TSAcBME='],
    ['hmac-sha384', 164, 'Kykw2v6WQy+A9YXFQv6XqQMucRjqABZM0rxkFxjOKNeoXxu0EbTn0WVefvcSSSKx'],
    ['hmac-sha512', 165, 'DJAE6Ik67JZOZ2gAlnt7YPEIpxbvjaWDJWFTBC/LC6Nxd2qtuCpLuoRJYId3Qm4CV6oefVEx1Uplm8zzZrSzOg=='],
  ])('signs with %s', (algorithm, code, mac) => {
    const message = encodeMessage(nullCommand, tsigKey({ name: 'bindy', algorithm, secret }))
    expect([message[29], message.toString('latin1', 30, 118)]).toEqual([code, mac.padEnd(88, '\0')])
  })

  test('writes 32,768 octets after the length and refuses one more', () => {
    const of = (size: number) => table({ _data: table({ type: 'x'.repeat(size) }) })
    const overhead = encodeMessage(of(0), key).length - 4
    expect(encodeMessage(of(32768 - overhead), key)).toHaveLength(32772)
    expect(() => encodeMessage(of(32769 - overhead), key)).toThrow('a message of 32769 octets: at most 32768')
  })
})

describe('decodeMessage()', () => {
  test.each(tsigAlgorithms)('reads what encodeMessage() signs with %s', algorithm => {
    const key = tsigKey({ name: 'bindy', algorithm, secret })
    expect(decodeMessage(encodeMessage(nullCommand, key), key)).toEqual(nullCommand)
  })

  test('gives nothing for another secret, another algorithm, or no signature', () => {
    const other = tsigKey({ name: 'bindy', algorithm: 'hmac-sha256', secret: 'AAAA' })
    const sha512 = tsigKey({ name: 'bindy', algorithm: 'hmac-sha512', secret })
    const unsigned = Buffer.from('00000004 00000001'.replace(' ', ''), 'hex')
    expect([
      decodeMessage(nullMessage, other),
      decodeMessage(nullMessage, sha512),
      decodeMessage(unsigned, key),
    ]).toEqual([undefined, undefined, undefined])
  })

  test('gives nothing when any octet after the version is another', () => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: nullMessage.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(nullMessage)
        changed[at] = (changed[at] as number) ^ flip
        expect(decodeMessage(changed, key)).toBeUndefined()
      }),
    )
  })

  test.each([
    ['version 2', '00000004 00000002', 'version 2, not 1'],
    ['less than the length says', '000000ff 00000001', '8 octets came, 259 wanted'],
    ['more than the length says', '00000004 00000001 00', '9 octets came, 8 wanted'],
    ['no length', '0000', '2 octets came, 4 wanted'],
    ['a length without a version', '00000003 000000', 'a message of 3 octets: 4 to 1048576 are taken'],
  ])('refuses %s', (_, octets, message) => {
    const frame = Buffer.from(octets.replaceAll(' ', ''), 'hex')
    expect(() => decodeMessage(frame, key)).toThrow(RndcMessageError)
    expect(() => decodeMessage(frame, key)).toThrow(message)
  })

  test('refuses a signed message that is cut in the middle of an entry', () => {
    const body = new Map([['_data', Buffer.from('x')]])
    const whole = encodeMessage(body, key)
    expect(() => decodeMessage(resigned(whole.subarray(0, -1)), key)).toThrow(RndcMessageError)
  })

  test('gives a table, nothing or an RndcMessageError, whatever the octets', () => {
    const cut = fc.nat({ max: nullMessage.length }).map(at => nullMessage.subarray(0, at))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), cut), octets => {
        try {
          decodeMessage(octets, key)
        } catch (error) {
          expect(error).toBeInstanceOf(RndcMessageError)
        }
      }),
    )
  })
})

test('frameLength() takes 1 MiB after the length, and no more', () => {
  const length = (value: number) => {
    const octets = Buffer.alloc(4)
    octets.writeUInt32BE(value)
    return octets
  }
  expect(frameLength(length(maxReplyLength))).toBe(4 + (1 << 20))
  expect(frameLength(Buffer.alloc(3))).toBeUndefined()
  expect(() => frameLength(length(maxReplyLength + 1))).toThrow(RndcMessageError)
  expect(() => frameLength(length(0xffffffff))).toThrow(RndcMessageError)
})

/** The octets as a message of that length, signed anew. */
function resigned(octets: Buffer): Buffer {
  const rest = octets.subarray(118)
  const frame = Buffer.from(octets)
  frame.writeUInt32BE(frame.length - 4)
  const mac = createHmac('sha256', Buffer.alloc(32, 7)).update(rest).digest('base64')
  frame.write(mac, 30, 'latin1')
  return frame
}
