import net from 'node:net'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ipv6Groups, isIPv4, isIPv6 } from '#crds'

const numbers = fc.constantFrom(
  '0',
  '1',
  '00',
  '01',
  '9',
  '10',
  '99',
  '100',
  '199',
  '200',
  '249',
  '250',
  '255',
  '256',
  '300',
  '1a',
  '',
)
const groups = fc.constantFrom(
  '0',
  '1',
  'a',
  'F',
  '00',
  'ffff',
  '0db8',
  '2001',
  '12345',
  'g',
  '',
  '192.0.2.1',
  '192.0.2.01',
)

describe('isIPv4() and isIPv6()', () => {
  test('say what Node says, of texts that look like addresses', () => {
    const v4 = fc.array(numbers, { minLength: 1, maxLength: 5 }).map(parts => parts.join('.'))
    const v6 = fc.array(groups, { minLength: 1, maxLength: 10 }).map(parts => parts.join(':'))
    fc.assert(
      fc.property(fc.oneof(v4, v6, fc.ipV4(), fc.ipV6(), fc.string()), text => {
        expect([text, isIPv4(text), isIPv6(text)]).toEqual([
          text,
          net.isIPv4(text),
          net.isIPv6(text) && !text.includes('%'),
        ])
      }),
      { numRuns: 5_000 },
    )
  })

  test('take an IPv4 address at the end of an IPv6 address alone', () => {
    expect(['::192.0.2.1', '192.0.2.1::', '192.0.2.1::0'].map(isIPv6)).toEqual([true, false, false])
  })

  test('leave out a scope', () => {
    expect(['fe80::1%eth0', 'fe80::1%25eth0'].map(isIPv6)).toEqual([false, false])
  })
})

describe('ipv6Groups()', () => {
  const table: [text: string, groups: number[]][] = [
    ['::', [0, 0, 0, 0, 0, 0, 0, 0]],
    ['::1', [0, 0, 0, 0, 0, 0, 0, 1]],
    ['2001:DB8::10', [0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x10]],
    ['1:2:3:4:5:6:7:8', [1, 2, 3, 4, 5, 6, 7, 8]],
    ['1:2:3:4:5:6:7::', [1, 2, 3, 4, 5, 6, 7, 0]],
    ['::ffff:192.0.2.1', [0, 0, 0, 0, 0, 0xffff, 0xc000, 0x201]],
  ]
  test.each(table)('of %s are %j', (text, groups) => {
    expect(ipv6Groups(text)).toEqual(groups)
  })
})
