import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { isSameZone, ZoneNameError, zoneName } from '../../../../controller/src/bind9/rndc/zonename.ts'

describe('zoneName()', () => {
  test.each([
    ['example.com.', 'example.com.'],
    ['Example.COM.', 'example.com.'],
    ['0/25.2.0.192.in-addr.arpa.', '0/25.2.0.192.in-addr.arpa.'],
    ['_tcp.example.', '_tcp.example.'],
    [String.raw`a\.b.example.`, String.raw`a\046b.example.`],
    [String.raw`a\046b.example.`, String.raw`a\046b.example.`],
    [String.raw`\065x.example.`, 'ax.example.'],
    [String.raw`a\"b.example.`, String.raw`a\034b.example.`],
    [String.raw`a\\b.example.`, String.raw`a\092b.example.`],
    [String.raw`a\{b\;.example.`, String.raw`a\123b\059.example.`],
    [String.raw`\000\255.example.`, String.raw`\000\255.example.`],
    [String.raw`a\*.example.`, String.raw`a\042.example.`],
    [`${'a'.repeat(63)}.`, `${'a'.repeat(63)}.`],
    [`${`${'a'.repeat(63)}.`.repeat(3)}${'a'.repeat(61)}.`, `${`${'a'.repeat(63)}.`.repeat(3)}${'a'.repeat(61)}.`],
  ])('writes %s as %s', (text, written) => {
    expect(zoneName(text)).toBe(written)
  })

  test.each([
    '',
    '.',
    'example.com',
    '.example.',
    'a..b.',
    '*.example.',
    String.raw`\*.example.`,
    String.raw`\042.example.`,
    'a b.',
    'a\tb.',
    'a\n.',
    'a\0.',
    'a".',
    'a;.',
    'a{.',
    'a#.',
    "a'.",
    'a$.',
    'a!.',
    'bücher.example.',
    String.raw`a\256.`,
    String.raw`a\25.`,
    String.raw`a.\\`,
    String.raw`a\.`,
    `${'a'.repeat(64)}.`,
    `${`${'a'.repeat(63)}.`.repeat(3)}${'a'.repeat(62)}.`,
    `${'a.'.repeat(100_000)}`,
    '"q.test" { type primary; file "x"; }; #',
    '"q.test"{type\\032primary;};#.',
    'q.test" { type primary; }; //.',
    '-clean.example',
  ])('refuses %j', text => {
    expect(() => zoneName(text)).toThrow(ZoneNameError)
  })

  test('lets no octet through that means anything in named.conf', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map(text => `${text}.`),
        ),
        text => {
          try {
            expect(zoneName(text)).toMatch(/^(?:(?:[a-z0-9_/-]|\\[0-9]{3})+\.)+$/)
          } catch (error) {
            expect(error).toBeInstanceOf(ZoneNameError)
          }
        },
      ),
    )
  })
})

test.each([
  ['example.com.', 'example.com', true],
  ['EXAMPLE.com.', 'example.com', true],
  [String.raw`a\046b.test.`, String.raw`a\.b.test`, true],
  [String.raw`br\123.test.`, 'br{.test', true],
  ['a.b.test.', String.raw`a\.b.test`, false],
])('isSameZone() of %s and %s is %s', (a, b, same) => {
  expect(isSameZone(a, b)).toBe(same)
})
