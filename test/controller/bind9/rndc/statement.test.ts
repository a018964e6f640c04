import { describe, expect, test } from '@jest/globals'
import { StatementError, statementText, type ZoneStatement } from '../../../../controller/src/bind9/rndc/statement.ts'
import { ZoneNameError } from '../../../../controller/src/bind9/rndc/zonename.ts'

const primary: ZoneStatement = { zone: 'example.com.', type: 'primary', file: 'example.db' }
const secondary: ZoneStatement = {
  zone: 'example.com.',
  type: 'secondary',
  file: 'example.db',
  primaries: [{ address: '192.0.2.1', port: 53 }],
}

describe('statementText()', () => {
  const cases: readonly [what: string, statement: ZoneStatement, text: string][] = [
    ['a bare primary', primary, '"example.com." { type primary; file "example.db"; };'],
    [
      'a primary with everything',
      {
        ...primary,
        masterfileFormat: 'text',
        allowUpdate: ['Bindy'],
        allowTransfer: ['bindy', 'other.key.'],
        notify: 'explicit',
        alsoNotify: [
          { address: '192.0.2.2', port: 5300, key: 'bindy' },
          { address: '2001:db8::2', port: 53 },
        ],
        notifyDelaySeconds: 0,
        dnssecPolicy: 'default',
      },
      '"example.com." { type primary; file "example.db"; masterfile-format text; ' +
        'allow-update { key "bindy"; }; allow-transfer { key "bindy"; key "other.key"; }; notify explicit; ' +
        'also-notify { 192.0.2.2 port 5300 key "bindy"; 2001:db8::2 port 53; }; notify-delay 0; dnssec-policy "default"; };',
    ],
    [
      'empty lists as nobody',
      { ...primary, allowUpdate: [], allowQuery: ['bindy'], allowTransfer: [], alsoNotify: [] },
      '"example.com." { type primary; file "example.db"; allow-update { none; }; allow-query { key "bindy"; }; allow-transfer { none; }; also-notify { }; };',
    ],
    [
      'a secondary',
      { ...secondary, primaries: [{ address: '192.0.2.1', port: 53, key: 'k' }], notify: 'no' },
      '"example.com." { type secondary; file "example.db"; primaries { 192.0.2.1 port 53 key "k"; }; notify no; };',
    ],
    [
      'a name with a slash, in quotes',
      { ...primary, zone: '0/25.2.0.192.in-addr.arpa.' },
      '"0/25.2.0.192.in-addr.arpa." { type primary; file "example.db"; };',
    ],
    [
      'a file in a directory below',
      { ...primary, file: 'zones/example.com-1f.db' },
      '"example.com." { type primary; file "zones/example.com-1f.db"; };',
    ],
  ]
  test.each(cases)('writes %s', (_, statement, text) => {
    expect(statementText(statement)).toBe(text)
  })

  // The compiler keeps most of these out; objects of the API reach us unseen by it.
  const faults: readonly [field: string, change: object][] = [
    ['type', { type: 'master' }],
    ['type', { type: 'primary; file "/etc/passwd"' }],
    ['file', { file: '' }],
    ['file', { file: '/etc/passwd' }],
    ['file', { file: '../x.db' }],
    ['file', { file: 'a/../x.db' }],
    ['file', { file: 'a//x.db' }],
    ['file', { file: 'a"; }; zone "evil' }],
    ['file', { file: 'x'.repeat(256) }],
    ['masterfileFormat', { masterfileFormat: 'raw' }],
    ['notify', { notify: 'yes; allow-query { any; }' }],
    ['notifyDelaySeconds', { notifyDelaySeconds: -1 }],
    ['notifyDelaySeconds', { notifyDelaySeconds: 0.5 }],
    ['notifyDelaySeconds', { notifyDelaySeconds: Number.NaN }],
    ['allowUpdate[1]', { allowUpdate: ['ok', 'a"; any; key "b'] }],
    ['allowTransfer[0]', { allowTransfer: [''] }],
    ['allowQuery[0]', { allowQuery: [''] }],
    ['alsoNotify[0].address', { alsoNotify: [{ address: 'ns1.example.com', port: 53 }] }],
    ['alsoNotify[0].address', { alsoNotify: [{ address: 'fe80::1%lo', port: 53 }] }],
    ['alsoNotify[0].address', { alsoNotify: [{ address: '192.0.2.01', port: 53 }] }],
    ['alsoNotify[0].port', { alsoNotify: [{ address: '192.0.2.1', port: 0 }] }],
    ['alsoNotify[0].port', { alsoNotify: [{ address: '192.0.2.1', port: 65536 }] }],
    ['alsoNotify[0].key', { alsoNotify: [{ address: '192.0.2.1', port: 53, key: 'a b' }] }],
    ['primaries', { primaries: [{ address: '192.0.2.1', port: 53 }] }],
    ['primaries', { type: 'secondary' }],
    ['primaries', { type: 'secondary', primaries: [] }],
    ['allowUpdate', { ...secondary, allowUpdate: ['k'] }],
    ['dnssecPolicy', { ...secondary, dnssecPolicy: 'default' }],
    ['dnssecPolicy', { dnssecPolicy: 'a b' }],
  ]
  test.each(faults)('refuses a wrong %s: %j', (field, change) => {
    expect(() => statementText({ ...primary, ...change })).toThrow(StatementError)
    expect(() => statementText({ ...primary, ...change })).toThrow(`zone "example.com.": ${field}: `)
  })

  test('names every fault at once', () => {
    const statement: ZoneStatement = { ...primary, file: '/x', notifyDelaySeconds: -1, allowUpdate: ['a b'] }
    expect(() => statementText(statement)).toThrow(
      expect.objectContaining({
        reason: 'RndcCommandInvalid',
        retry: 'never',
        faults: [
          expect.stringMatching(/^file: /),
          expect.stringMatching(/^notifyDelaySeconds: /),
          expect.stringMatching(/^allowUpdate\[0\]: /),
        ],
      }),
    )
  })

  test('refuses a name that would be read as configuration', () => {
    const zone = '"q.test" { type primary; file "q.db"; }; #'
    expect(() => statementText({ ...primary, zone })).toThrow(ZoneNameError)
  })
})
