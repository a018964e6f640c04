import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { NameError } from '#crds'
import { compressedRdata } from '../../../controller/src/bind9/layout.ts'
import { decodeMessage, encodeMessage } from '../../../controller/src/bind9/message.ts'
import type { Message, ResourceRecord } from '../../../controller/src/bind9/protocol.ts'
import { MessageError } from '../../../controller/src/bind9/reader.ts'
import { MessageWriter } from '../../../controller/src/bind9/writer.ts'
import { processorMs } from '../../processor.ts'
import { hex, hosts, record } from './wire.ts'

const empty: Message = { id: 0, flags: 0, questions: [], answers: [], authorities: [], additionals: [] }

const answer: Message = {
  id: 0x1234,
  flags: 0x8400,
  questions: [{ name: 'example.com.', type: 15, class: 1 }],
  answers: [record('example.com.', 'MX', { priority: 10, mailServer: 'mail.example.com.' })],
  authorities: [],
  additionals: [record('mail.example.com.', 'A', { ipv4Address: '192.0.2.1' }), deleted('\\000a\\.b.example.com.')],
}

function deleted(name: string): ResourceRecord {
  return { name, type: 255, class: 255, ttl: 0, rdata: Buffer.alloc(0) }
}

const answerWire = hex(`
  1234 8400 0001 0001 0000 0002                 ; id, QR AA, counts
  07 6578616d706c65 03 636f6d 00 000f 0001      ; 12: example.com. MX IN
  c00c 000f 0001 0000012c 0014                  ; -> 12, MX IN, TTL 300, 20 octets
    000a 04 6d61696c 07 6578616d706c65 03 636f6d 00
  04 6d61696c c00c 0001 0001 0000012c 0004      ; mail -> 12, A IN, TTL 300, 4 octets
    c0000201
  04 00612e62 07 6578616d706c65 03 636f6d 00    ; NUL a . b, one label, whole
    00ff 00ff 00000000 0000                     ; ANY ANY, TTL 0, no rdata
`)

/** What a message says, without the octets that it was read from. */
function said({ id, flags, questions, answers, authorities, additionals }: Message): Message {
  return { id, flags, questions, answers, authorities, additionals }
}

test('encodeMessage() compresses owner names, and leaves rdata and escaped names whole', () => {
  expect(encodeMessage(answer).toString('hex')).toBe(answerWire.toString('hex'))
})

test('decodeMessage() is its inverse, and says where the last record begins', () => {
  const message = decodeMessage(answerWire)
  expect(said(message)).toEqual(answer)
  expect(message.lastRecordAt).toBe(answerWire.length - 28)
})

test('decodeMessage() takes a Uint8Array in the middle of its buffer', () => {
  const padded = new Uint8Array(answerWire.length + 7)
  padded.set(answerWire, 3)
  expect(said(decodeMessage(padded.subarray(3, 3 + answerWire.length)))).toEqual(answer)
})

test('decodeMessage() reads rdata as canonical: pointers followed, names in lower case', () => {
  const { answers } = decodeMessage(
    hex(`
      0000 8400 0000 0003 0000 0000
      03 434f4d 00 0006 0001 00000000 001b                        ; 12: COM. SOA, 27 octets
        02 4e53 c00c c00c                                         ; 27: NS -> 12, -> 12
        00000001 00000002 00000003 00000004 00000005
      01 61 c00c 0021 0001 00000000 0008 0001 0002 0003 c01b      ; a -> 12, SRV with target -> 27
      c00c 0010 0001 00000000 0002 01 41                          ; TXT keeps its case
    `),
  )
  expect(answers.map(({ name, rdata }) => [name, Buffer.from(rdata).toString('hex')])).toEqual([
    ['com.', hex('026e7303636f6d00 03636f6d00 00000001 00000002 00000003 00000004 00000005').toString('hex')],
    ['a.com.', hex('0001 0002 0003 026e7303636f6d00').toString('hex')],
    ['com.', '0141'],
  ])
})

test('decodeMessage() honours RDLENGTH in every layout', () => {
  for (const [type, parts] of compressedRdata) {
    const rdata = parts.map(part =>
      part === 'name' ? '0161c00c' : part === 'string' ? '0178' : part === 'rest' ? 'ff' : '00'.repeat(part),
    )
    const plain = rdata.map(part => part.replace('c00c', '01620000'.slice(0, 6)))
    const octets = hex(rdata.join(''))
    const build = (length: number) =>
      hex(`0000 8000 0001 0001 0000 0000 01 62 00 0001 0001
        00 ${type.toString(16).padStart(4, '0')} 0001 00000000 ${length.toString(16).padStart(4, '0')} ${octets.toString('hex')}`)
    expect(Buffer.from(decodeMessage(build(octets.length)).answers[0]?.rdata ?? '').toString('hex')).toBe(
      plain.join(''),
    )
    for (let length = 1; length <= octets.length + 3; length++)
      if (length !== octets.length) expect(() => decodeMessage(build(length))).toThrow(MessageError)
  }
})

describe('limits', () => {
  test('encodeMessage() holds 2,500 A records, and 10,000 are too big', () => {
    expect(encodeMessage({ ...empty, answers: hosts(2_500) }).length).toBeLessThan(65_536)
    expect(() => encodeMessage({ ...empty, answers: hosts(10_000) })).toThrow(
      expect.objectContaining({ reason: 'MessageTooBig', name: 'MessageError' }),
    )
  })

  test('encodeMessage() refuses an owner that is no name', () => {
    for (const name of [`${'a'.repeat(64)}.`, `${'a'.repeat(192)}.`, 'a..b.', 'é.', `${'a.'.repeat(128)}`])
      expect(() => encodeMessage({ ...empty, questions: [{ name, type: 1, class: 1 }] })).toThrow(NameError)
  })

  test('MessageWriter.record() that returns false leaves no trace', () => {
    const writer = new MessageWriter({ id: 0, flags: 0 }, 100)
    expect(writer.record(1, record('a.example.com.', 'A', { ipv4Address: '192.0.2.1' }))).toBe(true)
    expect(writer.record(1, record('b.example.net.', 'TXT', { text: ['x'.repeat(100)] }))).toBe(false)
    expect(writer.record(1, record('b.example.net.', 'A', { ipv4Address: '192.0.2.2' }))).toBe(true)
    const names = decodeMessage(writer.finish()).answers.map(({ name }) => name)
    expect(names).toEqual(['a.example.com.', 'b.example.net.'])
  })

  test('two MessageWriters at work do not share octets', () => {
    const [one, two] = [new MessageWriter({ id: 1, flags: 0 }), new MessageWriter({ id: 2, flags: 0 })]
    one.question({ name: 'one.', type: 1, class: 1 })
    two.question({ name: 'two.', type: 1, class: 1 })
    expect(decodeMessage(one.finish())).toMatchObject({ id: 1, questions: [{ name: 'one.' }] })
    expect(decodeMessage(two.finish())).toMatchObject({ id: 2, questions: [{ name: 'two.' }] })
  })

  test('pointers beyond offset 16,383 are not written', () => {
    const far = [...hosts(1_000), ...hosts(1_000, 'far.example.net.'), ...hosts(10, 'far.example.net.')]
    expect(decodeMessage(encodeMessage({ ...empty, answers: far })).answers).toEqual(far)
  })
})

const header = '0000 8000 0001 0000 0000 0000'

test.each([
  ['nothing', '', 'Cannot read message id at offset 0: 2 octets wanted, 0 left'],
  ['half a header', '0000 8000 0001', 'Cannot read section count at offset 6: 2 octets wanted, 0 left'],
  ['counts of 65,535', '0000 8000 ffff ffff ffff ffff 00', 'its counts want 2490330 octets or more, 1 are there'],
  ['a count too high', '0000 8000 0002 0000 0000 0000 01 61 00 0001 0001', 'its counts want 10 octets or more'],
  ['a pointer to itself', `${header} c00c 0001 0001`, 'a compression pointer to offset 12, which is not before it'],
  ['a pointer forward', `${header} c00e 01 61 00 0001`, 'a compression pointer to offset 14'],
  ['a label, then a loop', `${header} 01 61 c00c 0001 0001`, 'a compression pointer to offset 12'],
  ['half a pointer', `${header} 02 6161 01 61 c0`, 'it runs past its end at offset 17'],
  ['a label of an unknown type', `${header} 40 61 00 0001 0001`, 'a label of the unknown type 1'],
  ['a label past the end', `${header} 3f 61 61 61 61 61 61`, 'it runs past its end at offset 12'],
  ['a name without end', `${header} 01 61 01 61 01 61`, 'it runs past its end at offset 18'],
  ['octets after the end', `${header} 00 0001 0001 00`, 'Cannot read message: 1 octet after its last field'],
  ['a name of 256 octets', `${header} ${'01 61'.repeat(128)} 00 0001 0001`, 'a name of more than 255 octets'],
])('decodeMessage() refuses %s', (_, wire, why) => {
  expect(() => decodeMessage(hex(wire))).toThrow(MessageError)
  expect(() => decodeMessage(hex(wire))).toThrow(why)
})

test('decodeMessage() refuses rdata that reaches past the message, or its name past the rdata', () => {
  const ns = (length: string, rdata: string) =>
    hex(`0000 8000 0000 0001 0000 0000 00 0002 0001 00000000 ${length} ${rdata}`)
  expect(decodeMessage(ns('0003', '01 61 00')).answers).toHaveLength(1)
  expect(() => decodeMessage(ns('0004', '01 61 00'))).toThrow('Cannot read rdata at offset 23: 4 octets wanted, 3 left')
  expect(() => decodeMessage(ns('0002', '01 61 00'))).toThrow(MessageError)
  expect(() => decodeMessage(ns('0001', 'c000'))).toThrow(MessageError)
  expect(() => decodeMessage(ns('ffff', '01 61 00'))).toThrow(MessageError)
})

const label = fc
  .uint8Array({ minLength: 1, maxLength: 20 })
  .map(octets => Array.from(octets, octet => `\\${String(octet).padStart(3, '0')}`).join(''))
const anyName = fc
  .array(fc.oneof(fc.constantFrom('example', 'com', 'www', 'a', '_dmarc'), label), { maxLength: 6 })
  .map(labels => (labels.length ? `${labels.join('.')}.` : '.'))
const u16 = fc.nat(0xffff)
const anyRecord = fc.record({
  name: anyName,
  // Types whose rdata is opaque.
  type: fc.constantFrom(1, 16, 28, 255, 257, 65_280),
  class: u16,
  ttl: fc.nat(0xffff_ffff),
  rdata: fc.uint8Array({ maxLength: 40 }),
})
const anyMessage = fc.record({
  id: u16,
  flags: u16,
  questions: fc.array(fc.record({ name: anyName, type: u16, class: u16 }), { maxLength: 2 }),
  answers: fc.array(anyRecord, { maxLength: 8 }),
  authorities: fc.array(anyRecord, { maxLength: 4 }),
  additionals: fc.array(anyRecord, { maxLength: 4 }),
})

describe('any octets', () => {
  test('decodeMessage() undoes encodeMessage()', () => {
    fc.assert(
      fc.property(anyMessage, message => {
        const once = said(decodeMessage(encodeMessage(message)))
        expect(said(decodeMessage(encodeMessage(once)))).toEqual(once)
        expect(once.answers.map(({ rdata }) => Buffer.from(rdata).toString('hex'))).toEqual(
          message.answers.map(({ rdata }) => Buffer.from(rdata).toString('hex')),
        )
      }),
    )
  })

  test('decodeMessage() of noise is a MessageError or a message', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), expectMessageOrError), { numRuns: 1_000 })
  })

  test('decodeMessage() of a damaged message is a MessageError or a message', () => {
    const damaged = fc
      .tuple(anyMessage, fc.array(fc.tuple(fc.nat(2_000), fc.nat(255)), { maxLength: 5 }), fc.nat(2_000))
      .map(([message, changes, length]) => {
        const octets = encodeMessage(message)
        for (const [at, octet] of changes) octets[at % octets.length] = octet
        return octets.subarray(0, length % 2 ? octets.length : length)
      })
    fc.assert(fc.property(damaged, expectMessageOrError), { numRuns: 1_000 })
  })

  function expectMessageOrError(octets: Uint8Array): void {
    try {
      const { answers } = decodeMessage(octets)
      expect(11 * answers.length).toBeLessThan(octets.length)
    } catch (error) {
      if (!(error instanceof MessageError)) throw error
    }
  }
})

describe('hostile messages of 65,535 octets take less than a second of the processor', () => {
  const build = (start: string, repeat: string) => {
    const [first, again] = [hex(start), hex(repeat)]
    const times = Math.floor((65_535 - first.length) / again.length)
    return { octets: Buffer.concat([first, ...Array<Buffer>(times).fill(again)]), times }
  }
  const fast = (octets: Buffer) => {
    const ms = processorMs(() => {
      try {
        decodeMessage(octets)
      } catch (error) {
        expect(error).toBeInstanceOf(MessageError)
      }
    })
    expect(ms).toBeLessThan(1_000)
  }
  // A name of 255 octets that want an escape each, at offset 12.
  const long = `${`3f ${'00'.repeat(63)}`.repeat(3)} 3d ${'ff'.repeat(61)} 00`

  test('every record has a rdata of 255 octets behind a pointer', () => {
    const { octets, times } = build(
      `0000 8000 0001 0000 0000 0000 ${long} 0001 0001`,
      'c00c 0002 0001 00000000 0002 c00c',
    )
    octets.writeUInt16BE(times, 6)
    fast(octets.subarray(0, 12 + 255 + 4 + times * 14))
  })

  test('every owner is a label before the long name', () => {
    const { octets, times } = build(
      `0000 8000 0001 0000 0000 0000 ${long} 0001 0001`,
      '01 61 c00d 0001 0001 00000000 0000',
    )
    octets.writeUInt16BE(times, 6)
    fast(octets)
  })

  test('a chain of pointers, each to the one before', () => {
    const chain = Buffer.alloc(65_535)
    hex('0000 8000 0000 0002 0000 0000 00 0001 0001 00000000 3f00').copy(chain)
    for (let at = 24; at < 0x3f00; at += 2) chain.writeUInt16BE(0xc000 | (at === 24 ? 12 : at - 2), at)
    hex('fefe 0001 0001 00000000 0000').copy(chain, 23 + 0x3f00)
    fast(chain.subarray(0, 23 + 0x3f00 + 12))
  })
})
