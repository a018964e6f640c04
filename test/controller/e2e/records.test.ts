import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type RecordType, recordTypes } from '#crds'
import { until } from '../../cluster/index.ts'
import { answers, ask, serialOf } from './answers.ts'
import { Bindy } from './bindy.ts'
import { conditionOf, type Namespace } from './namespace.ts'

const bindy = new Bindy({ primary: {}, secondary: {} })
let dns: Namespace<'primary' | 'secondary'>

const both = () => [bindy.named.primary, bindy.named.secondary]
const record = (kind: string, name: string, spec: object) => dns.create(kind, name, { zone: 'example.com', ...spec })

beforeAll(async () => {
  await bindy.start()
  dns = await bindy.namespace()
  const zones = ['example.com', ...new Set(recordTypes.map(({ example }) => zoneOf(example)))]
  for (const name of new Set(zones)) await dns.ready(await dns.zone(name))
  // named takes no MX whose host lies in the zone and has no address.
  await dns.ready(await record('ARecord', 'mail', { name: 'mail', ipv4Address: '192.0.2.25' }))
})

afterAll(() => bindy.stop())

function zoneOf(example: RecordType['example']): string {
  return example.zone ?? 'example.com'
}

describe.each(recordTypes)('records of type $type', ({ type, kind, example }) => {
  test('are served, moved and withdrawn on both servers, and say so', async () => {
    const zone = zoneOf(example)
    const place = (name: string) => (name === '@' ? zone : `${name}.${zone}`)

    const made = await dns.create(kind, `each-${type.toLowerCase()}`, { zone, name: example.name, ...example.spec })
    await dns.ready(made)
    await answers(both(), place(example.name), type, [`3600 ${example.text}`], { ttl: true })

    const edited = await dns.edit(made, { name: 'moved', ttl: 77 })
    expect(edited.metadata.generation).toBe(2)
    expect((await dns.ready(edited)).status?.observedGeneration).toBe(2)
    await answers(both(), place('moved'), type, [`77 ${example.text}`], { ttl: true })
    await answers(both(), place(example.name), type, [])

    await dns.delete(edited)
    await answers(both(), place('moved'), type, [])
  })
})

test('an edit of the data is served, and the name is never absent meanwhile', async () => {
  const made = await record('ARecord', 'edit', { name: 'edit', ipv4Address: '192.0.2.1' })
  await dns.ready(made)
  const seen = new Set<string>()
  for (const last of [2, 3, 4, 5]) {
    const edited = await dns.edit(made, { ipv4Address: `192.0.2.${last}` })
    const ready = dns.ready(edited)
    let isReady = false
    void ready.finally(() => {
      isReady = true
    })
    while (!isReady) seen.add((await ask(bindy.named.primary, 'edit.example.com', 'A')).join())
    await ready
    expect(await ask(bindy.named.primary, 'edit.example.com', 'A')).toEqual([`192.0.2.${last}`])
  }
  expect([...seen].filter(answer => !/^192\.0\.2\.[1-5]$/.test(answer))).toEqual([])
})

test('a list of addresses is one RRset', async () => {
  const made = await record('ARecord', 'list', { name: 'list', ipv4Addresses: ['192.0.2.1', '192.0.2.2'] })
  await dns.ready(made)
  await answers(both(), 'list.example.com', 'A', ['192.0.2.1', '192.0.2.2'])
  await dns.ready(await dns.edit(made, { ipv4Addresses: ['192.0.2.2', '192.0.2.3'] }))
  await answers(both(), 'list.example.com', 'A', ['192.0.2.2', '192.0.2.3'])
})

test('two objects make one RRset, and deleting one withdraws its values alone', async () => {
  const first = await record('ARecord', 'pair-a', { name: 'pair', ipv4Addresses: ['192.0.2.1', '192.0.2.2'] })
  const second = await record('ARecord', 'pair-b', { name: 'pair', ipv4Addresses: ['192.0.2.2', '192.0.2.3'] })
  await Promise.all([dns.ready(first), dns.ready(second)])
  await answers(both(), 'pair.example.com', 'A', ['192.0.2.1', '192.0.2.2', '192.0.2.3'])
  await dns.delete(first)
  await answers(both(), 'pair.example.com', 'A', ['192.0.2.2', '192.0.2.3'])
  expect(conditionOf(await dns.get(second))).toMatchObject({ status: 'True' })
})

test('two objects of one RRset and two TTLs: the older holds, the younger says so', async () => {
  const older = await record('ARecord', 'ttl-a', { name: 'ttl', ipv4Address: '192.0.2.1', ttl: 60 })
  await dns.ready(older)
  await bindy.nextSecond()
  const younger = await record('ARecord', 'ttl-b', { name: 'ttl', ipv4Address: '192.0.2.2', ttl: 90 })
  await dns.says(younger, { status: 'True', reason: 'TTLConflict' })
  await answers(both(), 'ttl.example.com', 'A', ['60 192.0.2.1', '60 192.0.2.2'], { ttl: true })
  await dns.delete(older)
  await answers(both(), 'ttl.example.com', 'A', ['90 192.0.2.2'], { ttl: true })
  await dns.says(younger, { status: 'True', reason: 'Served' })
})

test('beside a CNAME the younger record says CNAMEConflict, and is served when the older one goes', async () => {
  const alias = await record('CNAMERecord', 'alias', { name: 'alias', target: 'mail.example.com.' })
  await dns.ready(alias)
  await bindy.nextSecond()
  const address = await record('ARecord', 'alias', { name: 'alias', ipv4Address: '192.0.2.9' })
  const refused = await dns.says(address, { status: 'False', reason: 'CNAMEConflict' })
  expect(conditionOf(refused)?.message).toContain(`CNAMERecord ${dns.name}/alias is older`)
  await answers(both(), 'alias.example.com', 'CNAME', ['mail.example.com.'])
  await dns.delete(alias)
  await dns.ready(address)
  await answers(both(), 'alias.example.com', 'A', ['192.0.2.9'])
  await answers(both(), 'alias.example.com', 'CNAME', [])
})

test('a CNAME takes the place of other data, and other data its place, in one edit each', async () => {
  const made = await record('CNAMERecord', 'swap', { name: 'swap', target: 'mail.example.com.' })
  await dns.ready(made)
  await dns.ready(await dns.edit(made, { target: 'www.example.net.' }))
  await answers(both(), 'swap.example.com', 'CNAME', ['www.example.net.'])
  const text = await record('TXTRecord', 'swap', { name: 'swap2', text: ['x'] })
  await dns.ready(text)
  await Promise.all([dns.edit(made, { name: 'swap2' }), dns.edit(text, { name: 'swap' })])
  await Promise.all([dns.ready(made), dns.ready(text)])
  await answers(both(), 'swap2.example.com', 'CNAME', ['www.example.net.'])
  await answers(both(), 'swap.example.com', 'TXT', ['"x"'])
})

test('a CNAME at the apex is refused with what to do in its place', async () => {
  const made = await record('CNAMERecord', 'apex', { name: '@', target: 'www.example.net.' })
  const refused = await dns.says(made, { status: 'False', reason: 'CNAMEAtApex' })
  expect(conditionOf(refused)?.message).toContain('use A and AAAA records there')
})

test.each([
  ['absolute', 'absolute.example.com.', 'absolute.example.com'],
  ["ending in the zone's name", 'whole.example.com', 'whole.example.com'],
  ['in upper case', 'UPPER', 'upper.example.com'],
  ['with a wildcard', '*.wild', 'any.wild.example.com'],
  ['with an underscore', '_under._score', '_under._score.example.com'],
])('a record whose name is written %s is served', async (_how, name, asked) => {
  const made = await record('TXTRecord', `named-${asked.replace(/[^a-z.]/g, '')}`, { name, text: ['here'] })
  await dns.ready(made)
  await answers(both(), asked, 'TXT', ['"here"'])
})

test('a zone name in upper case with its final dot names the same zone', async () => {
  const made = await dns.create('ARecord', 'dotted', { zone: 'EXAMPLE.com.', name: 'dotted', ipv4Address: '192.0.2.1' })
  expect((await dns.ready(made)).status?.ownerName).toBe('dotted.example.com.')
  await answers(both(), 'dotted.example.com', 'A', ['192.0.2.1'])
})

test('a record outside its zone says OutOfZone', async () => {
  const made = await record('ARecord', 'outside', { name: 'www.example.net.', ipv4Address: '192.0.2.1' })
  const refused = await dns.says(made, { status: 'False', reason: 'OutOfZone' })
  expect(conditionOf(refused)?.message).toContain('www.example.net. does not lie in the zone example.com.')
  await dns.delete(made)
})

test('a text of more than 255 octets is served as several strings', async () => {
  const text = 'k'.repeat(600)
  await dns.ready(await record('TXTRecord', 'long', { name: 'long', text: [text] }))
  const strings = [255, 255, 90].map(length => `"${'k'.repeat(length)}"`).join(' ')
  await answers(both(), 'long.example.com', 'TXT', [strings])
})

const odd = [
  ['TXTRecord', { text: ['say "hi" \\ you; (ok)'] }, 'TXT', '"say \\"hi\\" \\\\ you; (ok)"'],
  ['TXTRecord', { text: ['grün'] }, 'TXT', '"gr\\195\\188n"'],
  ['TXTRecord', { text: ['', 'two'] }, 'TXT', '"" "two"'],
  ['MXRecord', { priority: 0, mailServer: '.' }, 'MX', '0 .'],
  ['MXRecord', { priority: 65535, mailServer: 'MAIL.Example.COM' }, 'MX', '65535 mail.example.com.'],
  ['SRVRecord', { priority: 0, weight: 0, port: 0, target: '.' }, 'SRV', '0 0 0 .'],
  ['CNAMERecord', { target: 'WWW.Example.NET.' }, 'CNAME', 'www.example.net.'],
  [
    'CAARecord',
    { flags: 128, tag: 'ISSUE', value: 'ca.example.net; policy="a b"' },
    'CAA',
    '128 ISSUE "ca.example.net; policy=\\"a b\\""',
  ],
  ['AAAARecord', { ipv6Address: '2001:DB8:0:0::1' }, 'AAAA', '2001:db8::1'],
  ['ARecord', { ipv4Address: '0.0.0.0', ttl: 0 }, 'A', '0.0.0.0'],
] as const

test('data at the edges of its form is served as it is meant', async () => {
  const made = odd.map(([kind, spec], i) => record(kind, `odd-${i}`, { name: `odd-${i}`, ...spec }))
  for (const object of await Promise.all(made)) await dns.ready(object)
  for (const [i, [, , type, text]] of odd.entries()) await answers(both(), `odd-${i}.example.com`, type, [text])
})

test.each([
  ['a\\.b', 'a\\.b.example.com'],
  ['sp\\032ace', 'sp\\032ace.example.com'],
  ['x'.repeat(63), `${'x'.repeat(63)}.example.com`],
  ['1.2.3.4.5.6.7.8.9.10.11.12', '1.2.3.4.5.6.7.8.9.10.11.12.example.com'],
])('a record at the odd name %s is served', async (name, asked) => {
  const object = await record('TXTRecord', `odd-name-${name.length}`, { name, text: ['here'] })
  await dns.ready(object)
  await answers(both(), asked, 'TXT', ['"here"'])
  await dns.delete(object)
  await answers(both(), asked, 'TXT', [])
})

test('name servers given by records stand beside the own one of the zone, and go without it', async () => {
  const host = await record('ARecord', 'ns2', { name: 'ns2', ipv4Address: '192.0.2.2' })
  const server = await record('NSRecord', 'ns2', { name: '@', nameserver: 'ns2.example.com.' })
  await Promise.all([dns.ready(host), dns.ready(server)])
  await answers(both(), 'example.com', 'NS', ['ns1.example.com.', 'ns2.example.com.'])
  // named keeps the address of a name server as long as there is the name server.
  await dns.delete(host)
  await dns.delete(server)
  await answers(both(), 'example.com', 'NS', ['ns1.example.com.'])
  await answers(both(), 'ns2.example.com', 'A', [], { timeoutMs: 20_000 })
})

test('1,000 records created at once are all served, each with one status write', async () => {
  const { requests } = bindy.controller
  const before = requests.length
  const names = Array.from({ length: 1000 }, (_, i) => `bulk-${i}`)
  const create = (name: string, i: number) =>
    record('ARecord', name, { name, ipv4Address: `198.51.${i >> 8}.${i & 255}` })
  await Promise.all(names.map(create))
  await dns.allReady('arecords', { timeoutMs: 30_000 })
  const writes = requests.slice(before).filter(({ verb, path }) => verb === 'patch' && path.includes('/bulk-'))
  expect(writes.length).toBe(1000)
  const haveOneSerial = async () => {
    const [a, b] = await Promise.all(both().map(named => serialOf(named, 'example.com')))
    return a === b
  }
  await until('the secondary is level', haveOneSerial)
  await answers(both(), 'bulk-999.example.com', 'A', ['198.51.3.231'])
})
