import { isIPv6 } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type RdataValues, type RecordType, recordTypes, type Wire } from '#crds'
import { BindyError } from '../../../controller/src/bind9/errors.ts'
import { decodeRdata, encodeRdata, RdataError } from '../../../controller/src/bind9/rdata.ts'
import { MessageError } from '../../../controller/src/bind9/reader.ts'

const entries: readonly RecordType[] = recordTypes
const entryOf = (type: string) => entries.find(entry => entry.type === type) as RecordType
const encode = (type: string, values: RdataValues) => Buffer.from(encodeRdata(entryOf(type), values)).toString('hex')
const decode = (type: string, wire: string) => decodeRdata(entryOf(type), Buffer.from(wire, 'hex'))

describe.each(entries)('the $type entry', entry => {
  const { spec, wire } = entry.example

  test('encodeRdata() of its example is its wire form', () => {
    expect(Buffer.from(encodeRdata(entry, spec)).toString('hex')).toBe(wire)
  })

  test('decodeRdata() of its wire form is its example', () => {
    expect(decodeRdata(entry, Buffer.from(wire, 'hex'))).toEqual(spec)
  })

  test('decodeRdata() refuses every truncation, or reads a shorter value', () => {
    const whole = Buffer.from(wire, 'hex')
    for (let length = 0; length < whole.length; length++) expectValuesOrError(entry, whole.subarray(0, length))
  })

  test('decodeRdata() of any octets gives values that encode to the same meaning, or a typed error', () => {
    const octets = fc.oneof(fc.uint8Array({ maxLength: 600 }), mutated(Buffer.from(wire, 'hex')))
    fc.assert(fc.property(octets, rdata => expectValuesOrError(entry, rdata)))
  })

  test('encodeRdata() names the type and the field of a value of the wrong kind', () => {
    for (const field of entry.fields)
      for (const wrong of [undefined, null, {}, 1.5, -1, Number.NaN, '\ud800', []] as never[]) {
        const values = { ...spec, [field.name]: wrong }
        expect(() => encodeRdata(entry, values)).toThrow(RdataError)
        expect(() => encodeRdata(entry, values)).toThrow(`Cannot encode ${entry.type} ${field.name}: `)
      }
  })
})

const saying = (name: string, message: string) => expect.objectContaining({ name, message })

function expectValuesOrError(entry: RecordType, rdata: Uint8Array): void {
  try {
    const values = decodeRdata(entry, rdata)
    expect(decodeRdata(entry, encodeRdata(entry, values))).toEqual(values)
  } catch (error) {
    if (!(error instanceof BindyError)) throw error
  }
}

function mutated(octets: Buffer): fc.Arbitrary<Uint8Array> {
  return fc.array(fc.tuple(fc.nat(octets.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }).map(changes => {
    const copy = Buffer.from(octets)
    for (const [at, octet] of changes) copy[at] = octet
    return copy
  })
}

test.each([['1.2.3.999'], ['abc'], ['1.2.3'], ['01.2.3.4'], ['1.2.3.4 '], ['::1']])(
  'encodeRdata() refuses %j as an IPv4 address',
  address => {
    expect(() => encode('A', { ipv4Address: address })).toThrow(
      saying('RdataError', `Cannot encode A ipv4Address: "${address}" is not an IPv4 address`),
    )
  },
)

test.each([['zz::1'], ['1::2::3'], ['fe80::1%eth0'], ['192.0.2.1'], ['2001:db8::10/64']])(
  'encodeRdata() refuses %j as an IPv6 address',
  address => {
    expect(() => encode('AAAA', { ipv6Address: address })).toThrow(RdataError)
  },
)

test.each([
  ['::', '00000000000000000000000000000000'],
  ['::1', '00000000000000000000000000000001'],
  ['1::', '00010000000000000000000000000000'],
  ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
  ['2001:DB8:0:0:1::1', '20010db8000000000001000000000001'],
  ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
])('encodeRdata() of the IPv6 address %s', (address, wire) => {
  expect(encode('AAAA', { ipv6Address: address })).toBe(wire)
})

test('AAAA round trip: any 16 octets, printed as RFC 5952 says', () => {
  const group = fc.oneof(fc.constant(0), fc.nat(0xffff))
  fc.assert(
    fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), groups => {
      const wire = groups.map(value => value.toString(16).padStart(4, '0')).join('')
      const address = decode('AAAA', wire).ipv6Address as string
      expect(isIPv6(address)).toBe(true)
      expect(encode('AAAA', { ipv6Address: address })).toBe(wire)
      expect(new URL(`http://[${address}]/`).hostname).toBe(`[${address}]`)
    }),
  )
})

describe('texts', () => {
  const a = (count: number) => 'a'.repeat(count)

  test('encodeRdata() splits a text of more than 255 octets', () => {
    const wire = encode('TXT', { text: [a(256)] })
    expect(wire).toBe(`ff${'61'.repeat(255)}0161`)
    expect(decode('TXT', wire)).toEqual({ text: [a(256)] })
  })

  test('encodeRdata() keeps texts apart and leaves its input alone', () => {
    const text = Object.freeze(['one', '', 'zwölf'])
    expect(encode('TXT', { text })).toBe('036f6e6500067a77c3b66c66')
    expect(decode('TXT', '036f6e6500067a77c3b66c66')).toEqual({ text: ['one', '', 'zwölf'] })
  })

  test('round trip through octets for any list of texts', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.nat(600).map(a),
      fc.nat(200).map(n => 'ä€'.repeat(n)),
    )
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 6 }), list => {
        const wire = encode('TXT', { text: list })
        expect(encode('TXT', decode('TXT', wire))).toBe(wire)
      }),
    )
  })

  test('encodeRdata() refuses an empty list, and more than rdata holds', () => {
    expect(() => encode('TXT', { text: [] })).toThrow(
      saying('RdataError', 'Cannot encode TXT text: [] is no list of one text or more'),
    )
    expect(() => encode('TXT', { text: [a(65_536)] })).toThrow(
      saying('RdataError', 'Cannot encode TXT text: 65794 octets of rdata, 65535 allowed'),
    )
  })

  test('decodeRdata() says which octets are no text', () => {
    expect(() => decode('TXT', '02fffe')).toThrow(
      saying('RdataError', 'Cannot read TXT text: the octets fffe are not UTF-8'),
    )
  })
})

test.each([
  ['a..b', 'an empty label'],
  [`${'a'.repeat(64)}.com`, 'a label of 64 octets'],
  [`${'a'.repeat(192)}.com`, 'a label of 192 octets'],
  ['bücher.example', 'not ASCII'],
  ['@', 'write the whole name'],
  ['', 'an empty label'],
])('encodeRdata() refuses %j as a name', (name, why) => {
  expect(() => encode('CNAME', { target: name })).toThrow(RdataError)
  expect(() => encode('CNAME', { target: name })).toThrow(why)
})

test.each([
  ['WWW.Example.COM', '03777777076578616d706c6503636f6d00', 'www.example.com.'],
  ['.', '00', '.'],
  ['a\\.b.c.', '03612e62016300', 'a\\.b.c.'],
  ['\\000\\255.', '0200ff00', '\\000\\255.'],
])('encodeRdata() of the name %j', (name, wire, canonical) => {
  expect(encode('CNAME', { target: name })).toBe(wire)
  expect(decode('CNAME', wire)).toEqual({ target: canonical })
})

test('decodeRdata() refuses a compressed name, and octets after the last field', () => {
  expect(() => decode('MX', '000a01 61 c002'.replaceAll(' ', ''))).toThrow(MessageError)
  expect(() => decode('A', 'c000020a00')).toThrow(
    saying('MessageError', 'Cannot read A rdata: 1 octet after its last field'),
  )
  expect(() => decode('A', 'c000')).toThrow(
    saying('MessageError', 'Cannot read IPv4 address at offset 0: 4 octets wanted, 2 left'),
  )
})

describe('fields that no entry may have yet', () => {
  const field = (name: string, wire: Wire) => ({ name, wire, description: '' })
  const entry = {
    ...entryOf('A'),
    type: 'X',
    fields: [field('number', 'u32'), field('digits', 'hex')],
  }

  test('u32 and hex, both ways', () => {
    const rdata = encodeRdata(entry, { number: 0xffff_ffff, digits: 'C0FFEE' })
    expect(Buffer.from(rdata).toString('hex')).toBe('ffffffffc0ffee')
    expect(decodeRdata(entry, rdata)).toEqual({ number: 0xffff_ffff, digits: 'c0ffee' })
  })

  test.each([['c0f'], ['no'], [''], ['c0 ff']])('hex refuses %j', digits => {
    expect(() => encodeRdata(entry, { number: 0, digits })).toThrow('is not pairs of hexadecimal digits')
  })
})
