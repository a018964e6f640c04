import { describe, expect, test } from '@jest/globals'
import { amendedBlock } from '../../../../controller/src/bind9/rndc/amend.ts'
import { parseClauses } from '../../../../controller/src/bind9/rndc/clause.ts'
import { parseShownZone } from '../../../../controller/src/bind9/rndc/shown.ts'

const ours = {
  allowUpdate: ['bindy'],
  allowTransfer: ['bindy'],
  alsoNotify: [{ address: '192.0.2.2', port: 53, key: 'bindy' }],
}
const amended = (block: string) => amendedBlock(parseShownZone(`zone "example.com" { ${block} };`), ours)

describe('amendedBlock()', () => {
  const table: [what: string, before: string, after: string | undefined][] = [
    [
      'adds what is missing at the end',
      'type primary; file "a b.db";',
      '{ type primary; file "a b.db"; allow-update { key "bindy"; }; allow-transfer { key "bindy"; }; also-notify { 192.0.2.2 port 53 key "bindy"; }; };',
    ],
    [
      'puts it before what the lists hold',
      'type primary; allow-update { none; }; allow-transfer { 192.0.2.0/24; key "other"; }; also-notify port 5353 { 192.0.2.9; };',
      '{ type primary; allow-update { key "bindy";  none; }; allow-transfer { key "bindy";  192.0.2.0/24; key "other"; }; also-notify port 5353 { 192.0.2.2 port 53 key "bindy";  192.0.2.9; }; };',
    ],
    [
      'leaves a statement that has all of it',
      'type primary; allow-update { key "BINDY."; }; allow-transfer { key "bindy"; any; }; also-notify { 192.0.2.2 port 53 key "bindy"; };',
      undefined,
    ],
    [
      'adds no allow-update beside an update-policy',
      'update-policy { grant other zonesub ANY; }; allow-transfer { key "bindy"; }; also-notify { 192.0.2.2 port 53; };',
      undefined,
    ],
    [
      'keeps what it does not know to the letter',
      'dnssec-policy "p;{"; allow-transfer { key "bindy"; }; zone-statistics yes; also-notify { 192.0.2.2 port 53; };',
      '{ dnssec-policy "p;{"; allow-transfer { key "bindy"; }; zone-statistics yes; also-notify { 192.0.2.2 port 53; }; allow-update { key "bindy"; }; };',
    ],
  ]
  test.each(table)('%s', (_, before, after) => {
    const block = amended(before)
    expect(block).toBe(after)
    if (block) expect(() => parseClauses(`zone "x" ${block}`)).not.toThrow()
  })
})
