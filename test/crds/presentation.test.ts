import { expect, test } from '@jest/globals'
import { printRdata, printRecord, printUnknownRdata, recordTypeOfKind } from '#crds'

const TXT = recordTypeOfKind('TXTRecord')

test('printRdata() escapes what is not plain, and splits what is longer than a character-string', () => {
  expect(printRdata(TXT, { text: ['a "b" \\c', 'ü\n', ''] })).toBe(String.raw`"a \"b\" \\c" "\195\188\010" ""`)
  expect(printRdata(TXT, { text: ['x'.repeat(300)] })).toBe(`"${'x'.repeat(255)}" "${'x'.repeat(45)}"`)
})

test('printUnknownRdata() follows RFC 3597', () => {
  expect(printUnknownRdata('\x00\xffa')).toBe(String.raw`\# 3 00ff61`)
  expect(printUnknownRdata('')).toBe(String.raw`\# 0`)
})

test('printRecord() names a type that it does not know by its number', () => {
  expect(printRecord('a.example.', 60, 1, '192.0.2.1')).toBe('a.example. 60 IN A 192.0.2.1')
  expect(printRecord('a.example.', undefined, 65280, String.raw`\# 0`)).toBe(String.raw`a.example. IN TYPE65280 \# 0`)
})
