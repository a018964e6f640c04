import { expect, test } from '@jest/globals'
import { printOctets } from '../../../plugin/src/zonefile/octets.ts'
import { relativeOwner } from '../../../plugin/src/zonefile/print.ts'

test('printOctets() prints what it knows in words, and all else as RFC 3597 has it', () => {
  expect(printOctets(1, '\xc0\x00\x02\x01')).toBe('192.0.2.1')
  expect(printOctets(65400, '\x0a\x00')).toBe(String.raw`\# 2 0a00`)
  // An A of three octets, and a TXT that is no UTF-8.
  expect(printOctets(1, '\xc0\x00\x02')).toBe(String.raw`\# 3 c00002`)
  expect(printOctets(16, '\x01\xff')).toBe(String.raw`\# 2 01ff`)
})

test('relativeOwner() is "@" at the apex and relative below it', () => {
  expect(relativeOwner('example.com.', 'example.com.')).toBe('@')
  expect(relativeOwner('a.b.example.com.', 'example.com.')).toBe('a.b')
  expect(relativeOwner('a.', '.')).toBe('a.')
})
