import { describe, expect, test } from '@jest/globals'
import {
  parseLeftFiles,
  parseServerStatus,
  parseZoneStatus,
  StatusError,
} from '../../../../controller/src/bind9/rndc/status.ts'

describe('parseServerStatus()', () => {
  const text = `version: BIND 9.18.49-1~deb12u3-Debian (Extended Support Version) <id:> (none of yours)
running on host: Linux x86_64 6.1 #1 SMP
boot time: Sat, 21 Nov 2026 12:28:37 GMT
last configured: Sat, 21 Nov 2026 12:28:40 GMT
configuration file: /etc/bind/named.conf (/var/chroot/etc/bind/named.conf)
CPUs found: 2
worker threads: 2
number of zones: 120 (100 automatic)
xfers running: 3
query logging is OFF
recursive clients: 0/900/1000
server is up and running`

  test('reads version and boot time', () => {
    expect(parseServerStatus(text)).toEqual({ version: '9.18.49', bootTime: new Date('2026-11-21T12:28:37Z') })
  })

  test('reads what another version may say', () => {
    expect(parseServerStatus('version: BIND 9.20.4 (Stable)\nshiny: new\nboot time: yesterday')).toEqual({
      version: '9.20.4',
      bootTime: undefined,
    })
  })

  test.each(['', 'version: none', 'server is up and running'])('refuses %j', text => {
    expect(() => parseServerStatus(text)).toThrow(StatusError)
  })
})

describe('parseZoneStatus()', () => {
  test('reads an inline-signed secondary', () => {
    const text = `name: Example.com
type: secondary
files: a.db, b.db
serial: 4294967295
signed serial: 12
nodes: 5
last loaded: Fri, 20 Nov 2026 23:36:30 GMT
next refresh: Sat, 21 Nov 2026 00:10:00 GMT
expires: Sat, 28 Nov 2026 00:10:00 GMT
secure: yes
inline signing: yes
key maintenance: automatic
next key event: Sat, 21 Nov 2026 00:36:30 GMT
dynamic: no
reconfigurable via modzone: yes`
    expect(parseZoneStatus(text)).toEqual({
      loaded: true,
      type: 'secondary',
      files: ['a.db', 'b.db'],
      serial: 4294967295,
      signedSerial: 12,
      nextRefresh: new Date('2026-11-21T00:10:00Z'),
      expires: new Date('2026-11-28T00:10:00Z'),
      secure: true,
      dynamic: false,
      frozen: false,
    })
  })

  test.each(['', 'type: primary', 'serial: 1', 'type: primary\nserial: many'])('refuses %j', text => {
    expect(() => parseZoneStatus(text)).toThrow(StatusError)
  })
})

test('parseLeftFiles() reads the files after the sentence', () => {
  const text = "zone 'a.test' will be deleted.The following files were in use and may now be removed:\na.db\na b.jnl"
  expect(parseLeftFiles(text)).toEqual(['a.db', 'a b.jnl'])
  expect([parseLeftFiles(''), parseLeftFiles("zone 'a.test' will be deleted.")]).toEqual([[], []])
})
