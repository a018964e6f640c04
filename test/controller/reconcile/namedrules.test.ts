import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { encodeRdata, update } from '#bind9'
import {
  canonicalName,
  check,
  ObjectIndex,
  ownerName,
  placeRecord,
  type RecordObject,
  type RecordType,
  rdatasOf,
  rdataText,
  recordTypeOfKind,
  recordTypes,
  rname,
  wholeOf,
} from '#crds'
import { provideBind9, run, startNamed, temporaryDirectory } from '../../cluster/index.ts'
import { edgeValues } from '../../crds/faults.ts'
import { addPrimary, clientOf } from '../bind9/zone.ts'

/* What the rules say that BIND refuses it does refuse, and what it takes they let pass, but where DNS says otherwise. */

const directory = temporaryDirectory()
let named: Awaited<ReturnType<typeof startNamed>>
let server: ReturnType<typeof clientOf>

beforeAll(async () => {
  named = await startNamed()
  server = clientOf(named)
  await addPrimary(named, 'example.com.')
  await addPrimary(named, `${REVERSE}.`)
  await addPrimary(named, `${REVERSE_IP6}.`)
})
afterAll(async () => {
  server?.close()
  await named?.stop()
  await directory.remove()
})

const A = { ipv4Address: '192.0.2.1' }
const AAAA = { ipv6Address: '2001:db8::1' }
const TXT = { text: ['x'] }
const mx = (mailServer: string) => ({ priority: 10, mailServer })
const srv = (target: string) => ({ priority: 0, weight: 0, port: 1, target })
const sshfp = (fingerprintType: number, digits: number) => ({
  algorithm: 4,
  fingerprintType,
  fingerprint: '0c'.repeat(digits / 2),
})
const tlsa = (matchingType: number, digits: number) => ({
  usage: 3,
  selector: 1,
  matchingType,
  certificateData: '0c'.repeat(digits / 2),
})
const caa = (tag: string, value: string) => ({ flags: 0, tag, value })
const REVERSE = '2.0.192.in-addr.arpa'
const REVERSE_IP6 = '8.b.d.0.1.0.0.2.ip6.int'

type Row = [
  kind: string,
  name: string,
  spec: object,
  named: 'takes' | 'REFUSED' | 'FORMERR' | 'ignores',
  rules: string[],
  zone?: string,
]

const table: Row[] = [
  ['ARecord', 'web-1', A, 'takes', []],
  ['ARecord', '1', A, 'takes', []],
  ['ARecord', '*.wild', A, 'takes', []],
  ['ARecord', 'gc._msdcs', A, 'takes', []],
  ['ARecord', '_x', A, 'REFUSED', ['BND-R003']],
  ['ARecord', 'a_b', A, 'REFUSED', ['BND-R003']],
  ['ARecord', 'a.b_c.d', A, 'REFUSED', ['BND-R003']],
  ['ARecord', '-a', A, 'REFUSED', ['BND-R003']],
  ['ARecord', 'a-', A, 'REFUSED', ['BND-R003']],
  ['ARecord', 'a/b', A, 'REFUSED', ['BND-R003']],
  ['ARecord', String.raw`a\.b`, A, 'REFUSED', ['BND-R003']],
  ['ARecord', '*.a_b', A, 'REFUSED', ['BND-R003']],
  ['ARecord', 'a.*', A, 'REFUSED', ['BND-R003']],
  ['AAAARecord', '_x', AAAA, 'REFUSED', ['BND-R003']],
  ['AAAARecord', 'gc._msdcs.b', AAAA, 'takes', []],
  ['MXRecord', '_x', mx('mail.example.net.'), 'REFUSED', ['BND-R003']],
  ['MXRecord', 'mx', mx('mail.example.net.'), 'takes', []],
  ['MXRecord', 'null', mx('.'), 'takes', []],
  ['MXRecord', 'mx', mx('mail_1.example.net.'), 'REFUSED', ['BND-R007']],
  ['MXRecord', 'mx', mx('*.example.net.'), 'REFUSED', ['BND-R007']],
  ['TXTRecord', '_x', TXT, 'takes', []],
  ['TXTRecord', String.raw`a\.b`, TXT, 'takes', []],
  ['CNAMERecord', '_y', { target: '_z.example.net.' }, 'takes', []],
  ['CAARecord', '_x', caa('issue', 'ca.example.net'), 'takes', []],
  ['SRVRecord', '_ldap._tcp', srv('ldap.example.net.'), 'takes', []],
  ['SRVRecord', '_none._tcp', srv('.'), 'takes', []],
  ['SRVRecord', '_ldap._tcp', srv('_ldap.example.net.'), 'REFUSED', ['BND-R007']],
  ['NSRecord', 'sub', { nameserver: 'ns_1.example.net.' }, 'REFUSED', ['BND-R007']],
  ['NSRecord', 'sub', { nameserver: 'ns1.example.net.' }, 'takes', []],
  ['NSRecord', '*.sub2', { nameserver: 'ns1.example.net.' }, 'ignores', ['BND-R004']],
  ['PTRRecord', '1', { target: 'a_b.example.net.' }, 'REFUSED', ['BND-R007'], REVERSE],
  ['PTRRecord', '2', { target: 'a-b.example.net.' }, 'takes', [], REVERSE],
  ['PTRRecord', 'b._dns-sd._udp', { target: 'a_b.example.net.' }, 'takes', [], REVERSE],
  ['PTRRecord', 'lb._dns-sd._udp.0', { target: 'a_b.example.net.' }, 'takes', [], REVERSE],
  ['PTRRecord', 'x.b._dns-sd._udp', { target: 'a_b.example.net.' }, 'REFUSED', ['BND-R007'], REVERSE],
  ['PTRRecord', 'x._dns-sd._udp', { target: 'a_b.example.net.' }, 'REFUSED', ['BND-R007'], REVERSE],
  ['PTRRecord', '1', { target: 'a_b.example.net.' }, 'REFUSED', ['BND-R007'], REVERSE_IP6],
  ['PTRRecord', 'ptr', { target: 'a_b.example.net.' }, 'takes', []],
  ['SSHFPRecord', 'ssh1', sshfp(2, 64), 'takes', []],
  ['SSHFPRecord', 'ssh2', sshfp(2, 40), 'FORMERR', ['BND-R021']],
  ['TLSARecord', '_1._tcp', tlsa(1, 64), 'takes', []],
  ['TLSARecord', '_2._tcp', tlsa(1, 62), 'takes', ['BND-R021']],
  ['TLSARecord', '_3._tcp', tlsa(0, 2), 'takes', []],
  ['CAARecord', 'caa', caa('issue', 'https://ca.example.net'), 'takes', ['BND-R018']],
  ['CNAMERecord', 'self', { target: 'self.example.com.' }, 'takes', ['BND-R009']],
  ['CNAMERecord', '@', { target: 'www.example.net.' }, 'ignores', ['BND-R022']],
]

test.each(table)('%s at %s with %j: named %s it', async (kind, name, values, what, ids, zone = 'example.com') => {
  const spec = { zone, name, ...values }
  expect(check(wholeOf({ kind, spec })).flatMap(({ rule, severity }) => (severity === 'error' ? [rule] : []))).toEqual(
    ids,
  )
  expect(await tried(kind, spec)).toBe(what)
})

test.each(recordTypes.map((entry: RecordType) => [entry.kind, entry] as const))(
  'named reads every %s at the edges of its schema that we send',
  async (kind, { fields, example }) => {
    const edges = fields.flatMap(({ name, wire }) => edgeValues[wire].map(value => [name, value] as const))
    const heard: Record<string, string> = {}
    for (const [i, [field, value]] of edges.entries()) {
      const spec = { zone: 'example.com', name: `edge-${kind}-${i}`, ...example.spec, [field]: value }
      const { fault } = placeRecord(wholeOf({ kind, spec }) as unknown as RecordObject, 'example.com.', rdataText)
      if (!fault) heard[`${field} ${i}`] = await sent(kind, spec)
    }
    expect(Object.values(heard).filter(said => said !== 'REFUSED' && said !== 'NOERROR')).toEqual([])
    expect(Object.values(heard)).toContain('NOERROR')
  },
)

test('named takes no records of one name and type that are too large together, as BND-R053 says', async () => {
  const big = (char: string, texts: number) => {
    const spec = { zone: 'example.com', name: 'big', text: Array<string>(texts).fill(char.repeat(4000)) }
    return wholeOf({ kind: 'TXTRecord', spec }, char)
  }
  const [first, second, third] = [big('a', 8), big('b', 7), big('c', 2)]
  const soaRecord = { primaryNs: 'ns1.example.net.', adminEmail: 'dns@example.com' }
  const zone = wholeOf({ kind: 'DNSZone', spec: { zoneName: 'example.com', clusterRef: 'servers', soaRecord } })
  const others = ObjectIndex.of([zone, first, second])
  const isTold = [second, third].map(one => check(one, { others }).some(({ rule }) => rule === 'BND-R053'))
  expect(isTold).toEqual([false, true])
  for (const { kind, spec } of [first, second]) expect(await tried(kind, spec as Spec & object)).toBe('takes')
  expect(await sent(third.kind, third.spec as Spec & object)).toMatch('SERVFAIL')
})

const mailboxes = [
  ['hostmaster@example.com', true],
  ['dns.admin@example.com', true],
  [String.raw`dns\.admin.example.com.`, true],
  [String.raw`\033.example.com.`, true],
  [String.raw`dns\064admin.example.com.`, true],
  [String.raw`\126.example.com.`, true],
  [String.raw`dns\032admin.example.com.`, false],
  [String.raw`\000.example.com.`, false],
  [String.raw`\127.example.com.`, false],
  [String.raw`\200.example.com.`, false],
  ['dns.admin_1.example.com.', false],
] as const

test.each(mailboxes)('adminEmail %s: that named takes it is %s', async (adminEmail, isTaken) => {
  const soaRecord = { primaryNs: 'ns1.example.net.', adminEmail }
  const spec = { zoneName: 'example.com', clusterRef: 'servers', soaRecord }
  const ids = check(wholeOf({ kind: 'DNSZone', spec })).map(({ rule }) => rule)
  expect(ids).toEqual(isTaken ? [] : ['BND-R034'])
  const file = join(directory.path, 'zone')
  writeFileSync(
    file,
    `@ 60 SOA ns1.example.net. ${rname(adminEmail)} 1 3600 600 604800 300\n@ 60 NS ns1.example.net.\n`,
  )
  const { 'named-checkzone': checkzone } = await provideBind9()
  const { code } = await run(checkzone, ['-k', 'fail', 'example.com', file], {})
  expect(code === 0).toBe(isTaken)
})

interface Spec {
  readonly zone: string
  readonly name: string
}

/** What becomes of a record that is added to its zone by UPDATE. */
async function tried(kind: string, spec: Spec): Promise<string> {
  const said = await sent(kind, spec)
  if (said !== 'NOERROR') return said
  const { type } = recordTypeOfKind(kind)
  const owner = ownerName(spec.name, canonicalName(spec.zone))
  const served = await named.signed.dig('+noall', '+answer', '+authority', owner, type)
  return new RegExp(String.raw`\sIN\s+${type}\s`).test(served) ? 'takes' : 'ignores'
}

/** The word that named answers an UPDATE with. */
async function sent(kind: string, spec: Spec): Promise<string> {
  const entry = recordTypeOfKind(kind)
  const zone = canonicalName(spec.zone)
  const name = ownerName(spec.name, zone)
  const updates = rdatasOf(entry, { ...spec }).map(values => {
    return { kind: 'add' as const, name, type: entry.code, ttl: 60, rdata: encodeRdata(entry, values) }
  })
  try {
    await update(server, { zone, updates })
    return 'NOERROR'
  } catch (error) {
    // It does not sign its answer to what it cannot read.
    return /REFUSED|FORMERR/.exec(String(error))?.[0] ?? String(error)
  }
}
