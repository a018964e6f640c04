import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parse } from './zonetext.ts'

const pieces = fc.constantFrom(
  ...[
    '$TTL 1\n',
    '$ORIGIN ',
    '$INCLUDE ',
    '$GENERATE 1-9 ',
    '$',
    '${',
    '}',
    '(',
    ')',
    '"',
    ';',
    '\\',
    '\n',
    ' ',
    '\t',
    '\r',
  ],
  ...[
    'a',
    '@',
    '.',
    '1',
    '1h',
    'IN',
    'A ',
    'TXT ',
    'MX ',
    'SOA ',
    'TYPE9 ',
    '\\#',
    '192.0.2.1',
    'ff',
    'ü',
    '\0',
    '\ud800',
  ],
)
const texts = fc.oneof(
  fc.array(pieces, { maxLength: 60 }).map(parts => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 200 }),
)

test('parseZoneFile() answers to any text, and tells of no place outside it', () => {
  fc.assert(
    fc.property(texts, text => {
      const lines = text.split('\n')
      const include = (name: string) => ({ file: name, text })
      const { records, faults } = parse(text, { include, limits: { records: 500, faults: 20, depth: 3 } })
      expect(records.length <= 500 && faults.length <= 20).toBe(true)
      for (const { line, column } of [...records, ...faults]) {
        expect(line >= 1 && line <= lines.length && column >= 1).toBe(true)
        expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? 0) + 1)
      }
    }),
    { numRuns: 2000 },
  )
})

const WHOLE = String.raw`$ORIGIN example.com. ; a comment
$TTL 1h30m
@ SOA ns1 ( host\.master 1 2 3
  4 5 ) ; times
  TXT "a \"b\" \195\188" c
$GENERATE 1-3/2 h-${'$'}{1,3,d} 5 IN MX "10 m$"
x TYPE65400 \# 4 0a00 0001
`

test('parseZoneFile() answers to a text that is cut off anywhere, with what stood before', () => {
  const whole = parse(WHOLE)
  expect(whole.faults).toEqual([])
  for (let length = 0; length < WHOLE.length; length++) {
    const { records, faults } = parse(WHOLE.slice(0, length))
    const known = records.slice(0, -1)
    expect(known).toEqual(whole.records.slice(0, known.length))
    expect(faults.length).toBeLessThanOrEqual(1)
  }
})

const MANY = 300_000
const floods: [title: string, text: string][] = [
  ['open parentheses', '('.repeat(MANY)],
  ['closed parentheses', ')\n'.repeat(MANY)],
  ['backslashes', `${'\\'.repeat(MANY)}.`],
  ['a long word', 'a'.repeat(MANY)],
  ['a name of escapes', `${'\\000'.repeat(MANY)} 1 A 192.0.2.1`],
  ['digits for a TTL', `a ${'1'.repeat(MANY)} A 192.0.2.1`],
  ['units for a TTL', `a ${'1h'.repeat(MANY)} A 192.0.2.1`],
  ['strings without end', `a 1 TXT ${'x '.repeat(MANY)}`],
  ['escapes in one string', `a 1 TXT ${'\\001'.repeat(MANY)}`],
  ['a text beyond the rdata', `a 1 CAA 0 issue "${'x'.repeat(MANY)}"`],
  ['digits without end', `a 1 TLSA 3 1 1 ${'ab'.repeat(MANY)}`],
  ['octets without end', `a 1 TYPE9 \\# 65535 ${'ab '.repeat(MANY)}`],
  ['dollars', `$GENERATE 1-1000 ${'$'.repeat(MANY)} A 192.0.2.1`],
  ['braces', `$GENERATE 1-1000 ${'${'.repeat(MANY)} A 192.0.2.1`],
  ['nothing but blanks', ' '.repeat(MANY)],
  ['faults', 'a\n'.repeat(MANY)],
]

// Each would take hours where the time grew with the square of the length.
test.each(floods)('parseZoneFile() gets through %s', (_, text) => {
  const { records, faults } = parse(text)
  expect(records).toEqual([])
  expect(faults.length <= 100).toBe(true)
})
