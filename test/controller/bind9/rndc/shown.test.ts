import { describe, expect, test } from '@jest/globals'
import { parseShownZone, ShownZoneError, sameStatement } from '../../../../controller/src/bind9/rndc/shown.ts'
import type { ZoneStatement } from '../../../../controller/src/bind9/rndc/statement.ts'

describe('parseShownZone()', () => {
  test('reads what named prints', () => {
    const text = 'zone "example.com" { type primary; file "Example.db"; allow-transfer  { "any"; }; };'
    expect(parseShownZone(text)).toEqual({
      zone: 'example.com',
      type: 'primary',
      file: 'Example.db',
      clauses: [
        ['type', 'primary'],
        ['file', 'Example.db'],
        ['allow-transfer', [['any']]],
      ],
      text,
    })
  })

  test.each([
    ['zone "a.test" in { type master; file "f"; };', 'primary'],
    ['zone "a.test" IN inner { type slave; file "f"; };', 'secondary'],
    ['zone "a.test" { type mirror; file "f"; };', 'mirror'],
    ['zone "a.test" { file "f"; };', undefined],
  ])('reads the type in %s as %s', (text, type) => {
    expect(parseShownZone(text)).toMatchObject({ zone: 'a.test', type, file: 'f' })
  })

  test.each(['', 'zone;', 'zone "a.test";', 'key "k" { };', 'zone "a.test" { type primary'])('refuses %j', text => {
    expect(() => parseShownZone(text)).toThrow(ShownZoneError)
  })
})

describe('sameStatement()', () => {
  const desired: ZoneStatement = {
    zone: 'example.com.',
    type: 'secondary',
    file: 'Example.db',
    primaries: [
      { address: '2001:DB8:0::1', port: 53, key: 'Key' },
      { address: '192.0.2.1', port: 5300 },
    ],
    notify: 'no',
  }

  test.each([
    'zone "example.com" { type secondary; file "Example.db"; primaries { 2001:db8::1 port 53 key "key"; 192.0.2.1 port 5300; }; notify no; };',
    'zone "EXAMPLE.com." in { notify no; masters { 2001:db8::1 port 53 key "KEY"; 192.0.2.1 port 5300; };  type slave; file "Example.db"; };',
  ])('sees through order, quotes, case and older words', text => {
    expect(sameStatement(desired, parseShownZone(text))).toBe(true)
  })

  test.each([
    ['another zone', 'zone "example.org" { type secondary; file "Example.db"; PRIMARIES notify no; };'],
    ['another file', 'zone "example.com" { type secondary; file "example.db"; PRIMARIES notify no; };'],
    ['another type', 'zone "example.com" { type mirror; file "Example.db"; PRIMARIES notify no; };'],
    ['a clause less', 'zone "example.com" { type secondary; file "Example.db"; PRIMARIES };'],
    [
      'a clause more',
      'zone "example.com" { type secondary; file "Example.db"; PRIMARIES notify no; notify-delay 0; };',
    ],
    [
      'another port',
      'zone "example.com" { type secondary; file "Example.db"; primaries { 2001:db8::1 port 53 key "key"; 192.0.2.1 port 5301; }; notify no; };',
    ],
    [
      'no key',
      'zone "example.com" { type secondary; file "Example.db"; primaries { 2001:db8::1 port 53; 192.0.2.1 port 5300; }; notify no; };',
    ],
    [
      'another order of primaries',
      'zone "example.com" { type secondary; file "Example.db"; primaries { 192.0.2.1 port 5300; 2001:db8::1 port 53 key "key"; }; notify no; };',
    ],
    [
      'a clause named like a property',
      'zone "example.com" { type secondary; file "Example.db"; PRIMARIES notify no; constructor x; };',
    ],
  ])('sees %s', (_, text) => {
    const primaries = 'primaries { 2001:db8::1 port 53 key "key"; 192.0.2.1 port 5300; };'
    expect(sameStatement(desired, parseShownZone(text.replace('PRIMARIES', primaries)))).toBe(false)
  })
})
