import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { encodeFrame, MessageReader, OPCODE } from '../../../controller/src/kube/frame.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

describe('encodeFrame()', () => {
  test('writes the frame of RFC 6455 section 5.7, masked', () => {
    const hello = { opcode: OPCODE.text, payload: Buffer.from('Hello') }
    expect(encodeFrame(hello, hex('37fa213d'))).toEqual(hex('81 85 37fa213d 7f9f4d5158'))
  })

  test.each([
    [125, '82 fd'],
    [126, '82 fe 007e'],
    [65_535, '82 fe ffff'],
    [65_536, '82 ff 0000000000010000'],
  ])('writes a length of %i', (length, head) => {
    const frame = encodeFrame({ opcode: OPCODE.binary, payload: Buffer.alloc(length) })
    expect(frame.subarray(0, hex(head).length)).toEqual(hex(head))
    expect(frame.length).toBe(hex(head).length + 4 + length)
  })
})

describe('MessageReader', () => {
  // A message of two parts, a ping between them, and one of 256 octets: RFC 6455 section 5.7.
  const stream = Buffer.concat([hex('01 03 48656c 89 05 48656c6c6f 80 02 6c6f 82 7e 0100'), Buffer.alloc(256, 7)])
  const messages = [
    { opcode: OPCODE.ping, payload: Buffer.from('Hello') },
    { opcode: OPCODE.text, payload: Buffer.from('Hello') },
    { opcode: OPCODE.binary, payload: Buffer.alloc(256, 7) },
  ]

  test('reads the same messages however the octets come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), sizes => {
        const reader = new MessageReader()
        const read = []
        for (let at = 0, i = 0; at < stream.length; i++) {
          const end = at + (sizes[i % sizes.length] as number)
          read.push(...reader.push(stream.subarray(at, end)))
          at = end
        }
        expect(read).toEqual(messages)
      }),
    )
  })

  test.each([
    ['a masked frame', '82 80 00000000'],
    ['a frame of an extension', 'c2 00'],
    ['a part that continues nothing', '80 00'],
    ['a message within another', '02 00 82 00'],
    ['a frame without end', '82 7f ffffffffffffffff'],
  ])('refuses %s', (_, octets) => {
    expect(() => new MessageReader().push(hex(octets))).toThrow(/^(it|its|a) /)
  })

  test('throws nothing but Error on any octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), octets => {
        try {
          new MessageReader().push(Buffer.from(octets))
        } catch (error) {
          expect((error as Error).message).toMatch(/^(it|its|a) /)
        }
      }),
    )
  })
})
