import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { RndcMessageError } from '../../../../controller/src/bind9/rndc/errors.ts'
import {
  decodeTable,
  encodeTable,
  type Table,
  table,
  tableOf,
  textOf,
  type Value,
} from '../../../../controller/src/bind9/rndc/table.ts'
import { processorMs } from '../../../processor.ts'

/** Hex with spaces and comments, as octets. */
const hex = (text: string) => Buffer.from(text.replace(/#.*$/gm, '').replace(/\s/g, ''), 'hex')

const octets = fc.uint8Array({ maxLength: 40 }).map(array => Buffer.from(array))
const key = fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 255 })
const tables: fc.Arbitrary<Table> = fc.letrec<{ value: Value; table: Table }>(tie => ({
  value: fc.oneof({ depthSize: 'small', maxDepth: 8 }, octets, fc.array(tie('value'), { maxLength: 4 }), tie('table')),
  table: fc.uniqueArray(fc.tuple(key, tie('value')), { selector: ([name]) => name, maxLength: 4 }).map(e => new Map(e)),
})).table

describe('encodeTable()', () => {
  test('writes key, type, length and value of each entry', () => {
    const nested = table({ a: 'xy', t: table({ b: '' }), l: [Buffer.from('z'), table({})] })
    expect(encodeTable(nested)).toEqual(
      hex(`01 61 01 00000002 7879             # a: 2 octets, "xy"
           01 74 02 00000007                  # t: a table of 7 octets
              01 62 01 00000000               #   b: no octets
           01 6c 03 0000000b                  # l: a list of 11 octets
              01 00000001 7a                  #   1 octet, "z"
              02 00000000                     #   an empty table`),
    )
  })

  test.each(['', 'x'.repeat(256), 'Ā'])('refuses the key %j', key => {
    expect(() => encodeTable(new Map([[key, Buffer.of()]]))).toThrow(RndcMessageError)
  })
})

describe('decodeTable()', () => {
  test('reads back what encodeTable() writes', () => {
    fc.assert(fc.property(tables, from => expect(decodeTable(encodeTable(from))).toEqual(from)))
  })

  test.each([
    ['a key that ends early', '05 5f61', 'offset 1: 5 octets wanted, 2 left'],
    ['no type', '01 61', 'offset 2: 1 octets wanted, 0 left'],
    ['half a length', '01 61 01 0000', 'offset 3: 4 octets wanted, 2 left'],
    ['a value that ends early', '01 61 01 00000005 7879', 'offset 7: 5 octets wanted, 2 left'],
    ['a length of 4 GiB', '01 61 01 ffffffff 78', 'offset 7: 4294967295 octets wanted, 1 left'],
    ['a table longer than what holds it', '01 61 02 00000007 01 62 02 00000001', 'offset 14: 1 octets wanted, 0 left'],
    ['an entry that leaves its table', '01 61 02 00000007 01 62 01 00000001 78', 'offset 14: 1 octets wanted, 0 left'],
    ['an empty key', '00 01 00000000', 'the key at offset 0: it is empty'],
    ['a key twice', '01 61 01 00000000 01 61 01 00000000', 'the key at offset 7: it is there already'],
    ['type 0', '01 61 00 00000000', 'the value at offset 2: type 0 is unknown'],
    ['type 4', '01 61 04 00000000', 'the value at offset 2: type 4 is unknown'],
  ])('refuses %s', (_, octets, message) => {
    expect(() => decodeTable(hex(octets))).toThrow(RndcMessageError)
    expect(() => decodeTable(hex(octets))).toThrow(message)
  })

  test('reads 10 tables in one another and refuses 11, and 100,000 lists', () => {
    const nest = (depth: number): Table => (depth === 1 ? new Map() : new Map([['t', nest(depth - 1)]]))
    expect(decodeTable(encodeTable(nest(10)))).toEqual(nest(10))
    expect(() => decodeTable(encodeTable(nest(11)))).toThrow('nested deeper than 10')
    const lists = Buffer.concat(
      Array.from({ length: 100_000 }, (_, i) => {
        const head = Buffer.from([3, 0, 0, 0, 0])
        head.writeUInt32BE(5 * (99_999 - i), 1)
        return head
      }),
    )
    expect(() => decodeTable(Buffer.concat([Buffer.from('\x01l'), lists]))).toThrow('nested deeper than 10')
  })

  test('gives a table or an RndcMessageError, whatever the octets', () => {
    const cut = fc.tuple(tables, fc.nat()).map(([from, at]) => {
      const whole = encodeTable(from)
      return whole.subarray(0, at % (whole.length + 1))
    })
    const changed = fc.tuple(tables, fc.nat(), fc.nat({ max: 255 })).map(([from, at, value]) => {
      const whole = encodeTable(from)
      if (whole.length > 0) whole[at % whole.length] = value
      return whole
    })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), cut, changed), octets => {
        try {
          expect(decodeTable(octets)).toBeInstanceOf(Map)
        } catch (error) {
          expect(error).toBeInstanceOf(RndcMessageError)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('reads 1 MiB of the smallest entries in bounded time and memory', () => {
    const values = Buffer.alloc(1 << 20, Buffer.from([1, 0, 0, 0, 0]))
    const head = Buffer.from([1, 0x6c, 3, 0, 0, 0, 0])
    head.writeUInt32BE(values.length - (values.length % 5), 3)
    const table = Buffer.concat([head, values.subarray(0, values.length - (values.length % 5))])
    const ms = processorMs(() => {
      expect(decodeTable(table).get('l')).toHaveLength(Math.floor(values.length / 5))
    })
    expect(ms).toBeLessThan(5_000)
  })
})

test('textOf() and tableOf() give nothing of another kind', () => {
  const from = table({ text: 'é', table: table({}), list: [] })
  expect([textOf(from, 'text'), textOf(from, 'table'), textOf(from, 'list'), textOf(from, 'none')]).toEqual([
    'é',
    undefined,
    undefined,
    undefined,
  ])
  expect([tableOf(from, 'text'), tableOf(from, 'table'), tableOf(from, 'list'), tableOf(undefined, 'x')]).toEqual([
    undefined,
    new Map(),
    undefined,
    undefined,
  ])
})
