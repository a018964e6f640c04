import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ownerName, type RecordType, recordTypes } from '#crds'
import type { ResourceRecord } from '../../../controller/src/bind9/protocol.ts'
import { query, querySoa } from '../../../controller/src/bind9/query.ts'
import { decodeRdata } from '../../../controller/src/bind9/rdata.ts'
import type { DnsServer } from '../../../controller/src/bind9/server.ts'
import type { Soa } from '../../../controller/src/bind9/soa.ts'
import { axfr, ixfr } from '../../../controller/src/bind9/transfer.ts'
import { type Change, UPDATE_BATCH, update } from '../../../controller/src/bind9/update.ts'
import { startNamed } from '../../cluster/index.ts'
import { hosts, record } from './wire.ts'
import { addPrimary, clientOf, must } from './zone.ts'

const zone = 'example.com.'
let named: Awaited<ReturnType<typeof startNamed>>
let server: DnsServer

beforeAll(async () => {
  named = await startNamed()
  server = clientOf(named)
  // named answers with the whole zone where the steps are longer than it; an MX wants a host that is there.
  await addPrimary(named, zone, { lines: ['mail A 192.0.2.25'], more: 'max-ixfr-ratio unlimited;' })
})

afterAll(async () => {
  server?.close()
  await named?.stop()
})

const add = ({ name, type, ttl, rdata }: ResourceRecord): Change => ({ kind: 'add', name, type, ttl, rdata })
const remove = ({ name, type, rdata }: ResourceRecord): Change => ({ kind: 'delete', name, type, rdata })
const send = (...updates: Change[]) => update(server, { zone, updates })
const serial = async () => ((await querySoa(server, zone)) as Soa).serial
const a = (name: string, ipv4Address = '192.0.2.1') => record(`${name}.${zone}`, 'A', { ipv4Address })

/** What IXFR says changed since a serial: the octets that left and came. */
async function changesSince(from: number) {
  const changes = await ixfr(server, zone, from)
  if (changes.kind !== 'incremental') throw new Error(`${changes.kind} instead of the steps`)
  return changes.deltas.map(({ removed, added }) => ({ removed, added }))
}

describe.each(recordTypes as readonly RecordType[])('the $type entry', entry => {
  const { spec, name, wire } = entry.example
  const example = record(ownerName(name, zone), entry.type, spec)
  const { type } = example

  test('goes in, is read back by query, AXFR and IXFR with the same octets, and goes out', async () => {
    const before = await serial()
    await send(add(example))
    // Of a delegation a query gets a referral.
    const { aa, answers } = await query(server, example.name, type)
    if (aa) expect(answers).toContainEqual(example)
    expect((await axfr(server, zone)).records).toContainEqual(example)
    expect(await changesSince(before)).toEqual([{ removed: [], added: [example] }])
    expect(Buffer.from(example.rdata).toString('hex')).toBe(wire)
    expect(decodeRdata(entry, example.rdata)).toEqual(spec)
    await send(remove(example))
    expect(await changesSince(before + 1)).toEqual([{ removed: [example], added: [] }])
    expect((await axfr(server, zone)).records).not.toContainEqual(example)
  })
})

test('wildcards, odd targets and long texts are read back as they went in', async () => {
  const odd = [
    a('*.wild'),
    record(`cname.${zone}`, 'CNAME', { target: 'UPPER.Case.\\"x\\".\\000\\255.Example.' }),
    record(`txt.${zone}`, 'TXT', { text: ['x'.repeat(1_000), '', 'zwölf "Boxer" \\ ;'] }),
  ]
  const before = await serial()
  await send(...odd.map(add))
  const [delta] = await changesSince(before)
  expect(delta?.added).toHaveLength(odd.length)
  for (const each of odd) expect(delta?.added).toContainEqual(each)
  await send(...odd.map(remove))
})

test('an owner of odd octets is one name for named and for us', async () => {
  const owner = record(`a\\.b\\000\\255.${zone}`, 'TXT', { text: ['x'] })
  await send(add(owner))
  expect((await query(server, owner.name, owner.type)).answers).toEqual([owner])
  await send(remove(owner))
  expect(await query(server, owner.name, owner.type)).toMatchObject({ rcode: 3, aa: true, answers: [] })
})

test('deleteRRset takes the RRset that it names', async () => {
  const text = record(`multi.${zone}`, 'TXT', { text: ['x'] })
  await send(add(a('multi')), add(a('multi', '192.0.2.2')), add(text))
  const before = await serial()
  await send({ kind: 'deleteRRset', name: text.name, type: 1 })
  const [delta, ...more] = await changesSince(before)
  expect(delta?.removed).toHaveLength(2)
  expect(delta?.removed).not.toContainEqual(text)
  expect(more).toEqual([])
})

test.each([
  ['a name outside of the zone', 'www.example.net.', 'OutOfZone', 10],
  ['an A record at _x', `_x.${zone}`, 'UpdateRefused', 5],
])('%s is refused, and all that came with it', async (_, name, reason, rcode) => {
  const before = await serial()
  const sent = send(add(a('good')), add(record(name, 'A', { ipv4Address: '192.0.2.1' })))
  await expect(sent).rejects.toMatchObject({ name: 'UpdateError', reason, rcode })
  expect(await serial()).toBe(before)
})

test('the 101st record of an RRset is SERVFAIL', async () => {
  const many = Array.from({ length: 101 }, (_, i) => add(a('crowd', `192.0.2.${i}`)))
  await expect(send(...many)).rejects.toMatchObject({ reason: 'ServerFailed', rcode: 2 })
})

test('a zone that is not there is NOTAUTH for an update, REFUSED for a query', async () => {
  const updates = [add({ ...a('x'), name: 'x.example.net.' })]
  await expect(update(server, { zone: 'example.net.', updates })).rejects.toMatchObject({
    reason: 'ZoneNotServed',
    rcode: 9,
  })
  await expect(querySoa(server, 'example.net.')).rejects.toMatchObject({ reason: 'ZoneNotServed', rcode: 5 })
  await expect(axfr(server, 'example.net.')).rejects.toMatchObject({ name: 'RcodeError', reason: 'ZoneNotServed' })
  expect(await querySoa(server, `deep.${zone}`)).toBeUndefined()
})

test('a frozen zone is REFUSED', async () => {
  await must(named.rndc('freeze', zone))
  await expect(send(add(a('cold')))).rejects.toMatchObject({ reason: 'UpdateRefused', rcode: 5 })
  await must(named.rndc('thaw', zone))
})

test('10,000 records go in by batches, and come back by AXFR and IXFR', async () => {
  await addPrimary(named, 'large.example.', { more: 'max-ixfr-ratio unlimited;' })
  const many = hosts(10_000, 'large.example.')
  for (let at = 0; at < many.length; at += UPDATE_BATCH)
    await update(server, { zone: 'large.example.', updates: many.slice(at, at + UPDATE_BATCH).map(add) })
  const { soa, records } = await axfr(server, 'large.example.')
  expect([soa.serial, records.length]).toEqual([1 + many.length / UPDATE_BATCH, many.length + 1])
  const served = new Set(records.map(({ name, rdata }) => name + Buffer.from(rdata).toString('hex')))
  for (const { name, rdata } of many) expect(served.has(name + Buffer.from(rdata).toString('hex'))).toBe(true)
  const changes = await ixfr(server, 'large.example.', 1)
  expect(changes).toMatchObject({ kind: 'incremental', soa })
  if (changes.kind === 'incremental') expect(changes.deltas.flatMap(({ added }) => added)).toHaveLength(10_000)
  expect(await ixfr(server, 'large.example.', soa.serial)).toEqual({ kind: 'unchanged', soa })
})

test('ixfr() from a serial that named does not know gives the whole zone', async () => {
  const changes = await ixfr(server, zone, 4_000_000_000)
  expect(changes).toMatchObject({ kind: 'full', soa: { serial: await serial() } })
})
