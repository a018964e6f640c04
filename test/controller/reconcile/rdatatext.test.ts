import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { encodeRdata } from '#bind9'
import { type RdataValues, type RecordType, rdataText, recordTypes, type Wire } from '#crds'

const hex = fc.array(fc.nat(255), { minLength: 1, maxLength: 2 })
const values: Record<Wire, fc.Arbitrary<string | number | readonly string[]>> = {
  ipv4: fc.constantFrom('192.0.2.1', '192.0.2.2'),
  ipv6: fc.constantFrom(
    '2001:db8::1',
    '2001:DB8:0:0:0:0:0:1',
    '2001:db8::192.0.2.1',
    '2001:db8::c000:201',
    '::',
    '0::0',
  ),
  name: fc.constantFrom(
    'a.example.',
    'A.Example',
    'a.example',
    String.raw`a\.b.example.`,
    String.raw`a\046b.example`,
    '.',
  ),
  u8: fc.nat(1),
  u16: fc.nat(1),
  u32: fc.nat(1),
  strings: fc.array(fc.constantFrom('', 'a', 'ab', 'ü', 'x'.repeat(255), 'x'.repeat(256), 'x', '"', '\\034'), {
    minLength: 1,
    maxLength: 3,
  }),
  tag: fc.constantFrom('issue', 'ISSUE'),
  text: fc.constantFrom('', 'a', 'ü', '"', '\\"', '\\195\\188'),
  hex: hex
    .map(octets => octets.map(octet => octet.toString(16).padStart(2, '0')).join(''))
    .chain(text => fc.constantFrom(text, text.toUpperCase())),
}

test.each(recordTypes.map((entry: RecordType) => [entry.type, entry] as const))(
  'rdataText() of two %s is the same exactly when their octets are',
  (_, entry) => {
    const rdata = fc.record(
      Object.fromEntries(entry.fields.map(({ name, wire }) => [name, values[wire]])),
    ) as fc.Arbitrary<RdataValues>
    fc.assert(
      fc.property(rdata, rdata, (a, b) => {
        const isSame = Buffer.compare(encodeRdata(entry, a), encodeRdata(entry, b)) === 0
        expect(rdataText(entry, a) === rdataText(entry, b)).toBe(isSame)
      }),
      { numRuns: 500 },
    )
  },
)
