import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  canonicalName,
  isAtOrBelow,
  labelsOf,
  NameError,
  nameOfLabels,
  ownerName,
  parentOf,
  wireLength,
  writeName,
} from '#crds'
import { processorMs } from '../processor.ts'

const x = (length: number) => 'x'.repeat(length)
const LABEL_63 = x(63)
// 3 labels of 63 octets and one of 61 are 255 octets on the wire, the most that a name may have.
const NAME_255 = `${LABEL_63}.${LABEL_63}.${LABEL_63}.${x(61)}.`
const NAME_256 = `${LABEL_63}.${LABEL_63}.${LABEL_63}.${x(62)}.`
// 127 labels are 255 octets too.
const LABELS_127 = 'x.'.repeat(127)

function octetsOf(name: string): string {
  const out = new Uint8Array(300)
  return Buffer.from(out.subarray(0, writeName(name, out, 0))).toString('hex')
}

describe('canonicalName()', () => {
  const names: [text: string, canonical: string][] = [
    ['www.example.com.', 'www.example.com.'],
    ['www.example.com', 'www.example.com.'],
    ['WWW.Example.COM', 'www.example.com.'],
    ['.', '.'],
    ['@', '.'],
    ['com', 'com.'],
    ['*.example.com', '*.example.com.'],
    ['_ldap._tcp.example.com', '_ldap._tcp.example.com.'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example.'],
    ['0/25.2.0.192.in-addr.arpa.', '0/25.2.0.192.in-addr.arpa.'],
    [LABEL_63, `${LABEL_63}.`],
    [NAME_255, NAME_255],
    [NAME_255.slice(0, -1), NAME_255],
    [NAME_255.toUpperCase(), NAME_255],
    [LABELS_127, LABELS_127],
    [String.raw`john\.doe.example.com`, String.raw`john\.doe.example.com.`],
    [String.raw`john\046doe.example.com`, String.raw`john\.doe.example.com.`],
    [String.raw`\W\w\W.example.com`, 'www.example.com.'],
    [String.raw`\087\119w`, 'www.'],
    [String.raw`\@`, String.raw`\@.`],
    ['a@b', String.raw`a\@b.`],
    [String.raw`\$ttl`, String.raw`\$ttl.`],
    [String.raw`a"b;c(d)e\\f`, String.raw`a\"b\;c\(d\)e\\f.`],
    [String.raw`a\032b`, String.raw`a\032b.`],
    [String.raw`\000`, String.raw`\000.`],
    [String.raw`\127\128\255`, String.raw`\127\128\255.`],
    [String.raw`a\.`, String.raw`a\..`],
    [String.raw`a\\.`, String.raw`a\\.`],
    // 63 octets, whatever their presentation takes.
    [String.raw`\065`.repeat(63), `${'a'.repeat(63)}.`],
    [String.raw`\001`.repeat(63), `${String.raw`\001`.repeat(63)}.`],
  ]
  test.each(names)('makes %j %j', (text, canonical) => {
    expect(canonicalName(text)).toBe(canonical)
  })

  const relative: [text: string, origin: string, canonical: string][] = [
    ['www', 'example.com.', 'www.example.com.'],
    ['www.', 'example.com.', 'www.'],
    ['a.b', 'example.com.', 'a.b.example.com.'],
    ['@', 'example.com.', 'example.com.'],
    ['.', 'example.com.', '.'],
    ['WWW', '.', 'www.'],
    [String.raw`\@`, 'example.com.', String.raw`\@.example.com.`],
    [String.raw`a\.`, 'example.com.', String.raw`a\..example.com.`],
    [x(61), `${LABEL_63}.${LABEL_63}.${LABEL_63}.`, `${x(61)}.${LABEL_63}.${LABEL_63}.${LABEL_63}.`],
  ]
  test.each(relative)('completes %j with %j', (text, origin, canonical) => {
    expect(canonicalName(text, origin)).toBe(canonical)
  })

  const wrong: [text: string, why: string][] = [
    ['', 'an empty label'],
    ['..', 'an empty label'],
    ['.com', 'an empty label'],
    ['a..b', 'an empty label'],
    ['a.b..', 'an empty label'],
    [x(64), 'a label of 64 octets, 63 allowed'],
    [`www.${x(64)}.com.`, 'a label of 64 octets, 63 allowed'],
    [String.raw`\065`.repeat(64), 'a label of 64 octets, 63 allowed'],
    [NAME_256, 'more than 255 octets'],
    [NAME_256.slice(0, -1), 'more than 255 octets'],
    [`${LABELS_127}x`, 'more than 255 octets'],
    ['a\\', 'a backslash wants'],
    [String.raw`a\1`, 'a backslash wants'],
    [String.raw`a\12.b`, 'a backslash wants'],
    [String.raw`a\256`, 'a backslash wants'],
    [String.raw`a\999`, 'a backslash wants'],
    ['a b', 'white space'],
    [' ', 'white space'],
    ['a\tb', 'white space'],
    ['www.example.com.\n', 'white space'],
    ['a\0b', 'control character'],
    ['a\u007fb', 'control character'],
    ['bücher.example', 'xn-- form'],
    ['example。com', 'xn-- form'],
    ['😀', 'xn-- form'],
    ['\ud800', 'xn-- form'],
    ['a\\ü', 'xn-- form'],
    ['\u212aelvin', 'xn-- form'],
  ]
  test.each(wrong)('refuses %j', (text, why) => {
    expect(() => canonicalName(text)).toThrow(NameError)
    expect(() => canonicalName(text)).toThrow(why)
  })

  test('refuses a relative name that grows beyond 255 octets, and says below what', () => {
    const origin = `${LABEL_63}.${LABEL_63}.${LABEL_63}.`
    expect(() => canonicalName(x(62), origin)).toThrow(new NameError(x(62), `more than 255 octets below ${origin}`))
  })

  test('quotes the refused text, cut', () => {
    expect(new NameError('a b', 'white space').message).toBe('Not a domain name: "a b": white space')
    expect(() => canonicalName(x(1_000_000))).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/^.{300,400}$/),
        reason: 'InvalidName',
        retry: 'never',
      }),
    )
  })
})

/** Labels with all octets, that make a name of at most 255. */
const labels = fc
  .array(
    fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 63 }).map(o => String.fromCharCode(...o)),
    { maxLength: 20 },
  )
  .filter(list => list.reduce((sum, label) => sum + 1 + label.length, 1) <= 255)
const lower = (label: string) => label.replace(/[A-Z]/g, letter => letter.toLowerCase())
const name = labels.map(nameOfLabels)
// Texts in which escapes, dots and letters are frequent.
const nameLike = fc.string({
  unit: fc.constantFrom('a', 'Z', '0', '9', '2', '.', '\\', '-', '@', ' ', 'é', '"'),
  maxLength: 40,
})
const garbage = fc.oneof(nameLike, fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }))

describe('names, whatever their octets', () => {
  test('canonicalName() is idempotent on all that it accepts, and refuses the rest with NameError', () => {
    fc.assert(
      fc.property(garbage, text => {
        let canonical: string
        try {
          canonical = canonicalName(text)
        } catch (error) {
          expect(error).toBeInstanceOf(NameError)
          return
        }
        expect(canonicalName(canonical)).toBe(canonical)
        expect(canonical).toMatch(/^[!-~]+$/)
        expect(wireLength(canonical)).toBeLessThanOrEqual(255)
      }),
      { numRuns: 2000 },
    )
  })

  test('canonicalName() answers within time in proportion to the text', () => {
    for (const unit of ['a', 'a.', '.', '\\', '\\.', '\\046', '\\04', 'é', 'a-', '@']) {
      const ms = processorMs(() => expect(() => canonicalName(unit.repeat(500_000))).toThrow(NameError))
      expect(ms).toBeLessThan(2_000)
    }
  })

  test('labels come back from their name, with ASCII letters in lower case', () => {
    fc.assert(
      fc.property(labels, list => {
        expect(labelsOf(nameOfLabels(list))).toEqual(list.map(lower))
        expect(labelsOf(canonicalName(nameOfLabels(list)))).toEqual(list.map(lower))
      }),
    )
  })

  test('nameOfLabels() gives canonical names', () => {
    fc.assert(fc.property(name, text => expect(canonicalName(text)).toBe(text)))
  })

  test('wireLength() is where writeName() ends, and the octets are those of the labels', () => {
    fc.assert(
      fc.property(labels, fc.nat(20), (list, at) => {
        const text = nameOfLabels(list)
        const out = new Uint8Array(300).fill(0xaa)
        const end = writeName(text, out, at)
        expect(end).toBe(at + wireLength(text))
        const wire = list.map(label => String.fromCharCode(label.length) + lower(label)).join('')
        expect(Buffer.from(out.subarray(at, end)).toString('latin1')).toBe(`${wire}\0`)
        expect([...out.subarray(0, at), ...out.subarray(end)].every(octet => octet === 0xaa)).toBe(true)
      }),
    )
  })

  test('parentOf() leaves out the first label, and the name lies below its parent', () => {
    fc.assert(
      fc.property(labels, list => {
        const text = nameOfLabels(list)
        expect(labelsOf(parentOf(text))).toEqual(labelsOf(text).slice(1))
        expect(isAtOrBelow(text, parentOf(text))).toBe(true)
      }),
    )
  })

  test('isAtOrBelow() says whether the last labels are the same', () => {
    const few = fc.array(fc.constantFrom('a', '.', '\\', 'a.', '\\.', 'b'), { maxLength: 3 })
    fc.assert(
      fc.property(few, few, (above, below) => {
        const expected = above.length === 0 || JSON.stringify(below.slice(-above.length)) === JSON.stringify(above)
        expect(isAtOrBelow(nameOfLabels(below), nameOfLabels(above))).toBe(expected)
      }),
      { numRuns: 1000 },
    )
  })

  test('ownerName() gives a name at or below the zone, an absolute one or a NameError', () => {
    const zones = fc.constantFrom('.', 'example.com.', 'a.', '2.0.192.in-addr.arpa.')
    fc.assert(
      fc.property(garbage, zones, (text, zone) => {
        try {
          const owner = ownerName(text, zone)
          expect(canonicalName(owner)).toBe(owner)
          expect(isAtOrBelow(owner, zone) || text.endsWith('.')).toBe(true)
          expect(() => canonicalName(text)).not.toThrow()
        } catch (error) {
          expect(error).toBeInstanceOf(NameError)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('labelsOf() and nameOfLabels()', () => {
  const table: [name: string, labels: string[]][] = [
    ['.', []],
    ['com.', ['com']],
    ['www.example.com.', ['www', 'example', 'com']],
    [String.raw`john\.doe.example.`, ['john.doe', 'example']],
    [String.raw`a\\.b.`, ['a\\', 'b']],
    [String.raw`\000\255.`, ['\0\xff']],
    [NAME_255, [LABEL_63, LABEL_63, LABEL_63, x(61)]],
  ]
  test.each(table)('know %j', (text, list) => {
    expect(labelsOf(text)).toEqual(list)
    expect(nameOfLabels(list)).toBe(text)
  })

  test('fold the case of ASCII letters alone', () => {
    expect(nameOfLabels(['ÀÉ', 'WWW'])).toBe(String.raw`\192\201.www.`)
  })
})

describe('writeName() and wireLength()', () => {
  const table: [name: string, hex: string][] = [
    ['.', '00'],
    ['com.', '03636f6d00'],
    ['www.example.com.', '03777777076578616d706c6503636f6d00'],
    [String.raw`a\.b.c.`, '03612e62016300'],
    [String.raw`\000\255.`, '0200ff00'],
    [String.raw`\\.`, '015c00'],
  ]
  test.each(table)('lay out %j', (text, hex) => {
    expect(octetsOf(text)).toBe(hex)
    expect(wireLength(text)).toBe(hex.length / 2)
  })

  test.each([NAME_255, LABELS_127])('reach 255 octets', text => {
    expect(wireLength(text)).toBe(255)
    expect(octetsOf(text)).toHaveLength(510)
  })
})

describe('isAtOrBelow()', () => {
  const table: [name: string, ancestor: string, expected: boolean][] = [
    ['example.com.', 'example.com.', true],
    ['www.example.com.', 'example.com.', true],
    ['a.b.example.com.', 'example.com.', true],
    ['com.', 'example.com.', false],
    ['badexample.com.', 'example.com.', false],
    ['www.example.com.', '.', true],
    ['.', '.', true],
    ['.', 'com.', false],
    [String.raw`a\.example.com.`, 'example.com.', false],
    [String.raw`a\\.example.com.`, 'example.com.', true],
    [String.raw`a\\\.example.com.`, 'example.com.', false],
    [String.raw`b.a\.example.com.`, String.raw`a\.example.com.`, true],
  ]
  test.each(table)('of %j and %j is %j', (below, above, expected) => {
    expect(isAtOrBelow(below, above)).toBe(expected)
  })
})

describe('parentOf()', () => {
  const table: [name: string, parent: string][] = [
    ['www.example.com.', 'example.com.'],
    ['com.', '.'],
    ['.', '.'],
    [String.raw`a\.b.com.`, 'com.'],
    [String.raw`a\\.b\.c.com.`, String.raw`b\.c.com.`],
  ]
  test.each(table)('of %j is %j', (below, above) => {
    expect(parentOf(below)).toBe(above)
  })
})

describe('ownerName()', () => {
  const table: [text: string, owner: string][] = [
    ['@', 'example.com.'],
    ['www', 'www.example.com.'],
    ['WWW', 'www.example.com.'],
    ['*', '*.example.com.'],
    ['_ldap._tcp', '_ldap._tcp.example.com.'],
    ['www.example.com', 'www.example.com.'],
    ['www.Example.COM.', 'www.example.com.'],
    ['example.com', 'example.com.'],
    ['example.com.', 'example.com.'],
    ['badexample.com', 'badexample.com.example.com.'],
    ['www.example.net', 'www.example.net.example.com.'],
    // The caller sees that these lie outside the zone.
    ['www.example.net.', 'www.example.net.'],
    ['.', '.'],
    [String.raw`a\.example.com`, String.raw`a\.example.com.example.com.`],
    [String.raw`a\.`, String.raw`a\..example.com.`],
  ]
  test.each(table)('of %j in example.com is', (text, owner) => {
    expect(ownerName(text, 'example.com.')).toBe(owner)
  })

  const wrong: [text: string, zone: string][] = [
    ['', 'example.com.'],
    ['', '.'],
    ['a\\', 'example.com.'],
    ['a\\', '.'],
    ['a..b', 'example.com.'],
    ['a b', 'example.com.'],
    [x(64), 'example.com.'],
    [`${LABEL_63}.${LABEL_63}.${LABEL_63}.${x(61)}`, 'example.com.'],
  ]
  test.each(wrong)('refuses %j in %j', (text, zone) => {
    expect(() => ownerName(text, zone)).toThrow(NameError)
    expect(() => ownerName(text, zone)).toThrow(`Not a domain name: ${JSON.stringify(text)}`)
  })
})
