import { afterEach, describe, expect, test } from '@jest/globals'
import { decodeMessage, encodeMessage } from '../../../controller/src/bind9/message.ts'
import type { ResourceRecord } from '../../../controller/src/bind9/protocol.ts'
import { DnsServer } from '../../../controller/src/bind9/server.ts'
import { encodeSoa } from '../../../controller/src/bind9/soa.ts'
import { axfr, ixfr } from '../../../controller/src/bind9/transfer.ts'
import { type FakeServer, record, startFake } from './wire.ts'

const zone = 'example.com.'
const soaOf = (serial: number) => ({
  mname: 'ns1.example.com.',
  rname: 'admin.example.com.',
  ...{ serial, refresh: 1, retry: 2, expire: 3, minimum: 4 },
})
const soa = (serial: number): ResourceRecord => ({
  ...{ name: zone, type: 6, class: 1, ttl: 60 },
  rdata: encodeSoa(soaOf(serial)),
})
const a = (name: string) => record(`${name}.example.com`, 'A', { ipv4Address: '192.0.2.1' })
const outside = record('www.example.net', 'A', { ipv4Address: '192.0.2.1' })

const fakes: FakeServer[] = []
const servers: DnsServer[] = []

afterEach(async () => {
  for (const server of servers.splice(0)) server.close()
  for (const fake of fakes.splice(0)) await fake.stop()
})

/** A server that answers any transfer with these messages. */
async function serving(
  messages: readonly (readonly ResourceRecord[])[],
  { rcode = 0, replyTimeoutMs }: { readonly rcode?: number; readonly replyTimeoutMs?: number } = {},
): Promise<DnsServer> {
  const fake = await startFake(octets => {
    const { id, questions } = decodeMessage(octets)
    const empty = { id, flags: 0x8400 | rcode, questions: [], answers: [], authorities: [], additionals: [] }
    return messages.map((answers, i) => encodeMessage({ ...empty, answers, questions: i === 0 ? questions : [] }))
  })
  const server = new DnsServer({ host: '127.0.0.1', port: fake.port, ...(replyTimeoutMs && { replyTimeoutMs }) })
  fakes.push(fake)
  servers.push(server)
  return server
}

describe('axfr()', () => {
  test('reads a zone from one message or many', async () => {
    const [x, y] = [a('x'), a('y')]
    for (const messages of [[[soa(5), x, y, soa(5)]], [[soa(5)], [x], [], [y, soa(5)]]])
      expect(await axfr(await serving(messages), zone)).toEqual({ soa: soaOf(5), soaTtl: 60, records: [x, y] })
  })

  test.each<[string, ResourceRecord[][], string]>([
    ['that begins without a SOA', [[a('x'), soa(5)]], 'it begins without a SOA'],
    ['that begins with nothing', [[]], 'it begins without a SOA'],
    ['whose SOAs differ', [[soa(5), a('x'), soa(6)]], 'its last SOA is not its first'],
    ['that goes on after its end', [[soa(5), a('x'), soa(5), a('y')]], 'it goes on after its last SOA'],
    ['with records of another zone', [[soa(5), outside, soa(5)]], 'www.example.net. is not in the zone'],
    ['of another class', [[{ ...soa(5), class: 3 }]], 'it has a record of class 3'],
    [
      'with too many records',
      [
        [soa(5), a('x'), a('y')],
        [a('z'), a('w')],
      ],
      'it has more than 4 records',
    ],
    ['of empty messages', [[soa(5)], [], [], [], []], 'it has more than 4 records'],
  ])('refuses a transfer %s', async (_, messages, why) => {
    await expect(axfr(await serving(messages), zone, { maxRecords: 4 })).rejects.toMatchObject({
      name: 'TransferError',
      message: expect.stringContaining(why),
    })
  })

  test('a transfer that ends early is no zone', async () => {
    const asked = await serving([[soa(5), a('x')]], { replyTimeoutMs: 100 })
    await expect(axfr(asked, zone)).rejects.toMatchObject({ name: 'OutcomeUnknown' })
  })

  test.each([
    [5, 'ZoneNotServed'],
    [9, 'ZoneNotServed'],
    [2, 'ZoneNotLoaded'],
  ])('reports rcode %d as %s, and keeps the connection', async (rcode, reason) => {
    const asked = await serving([[]], { rcode })
    for (let i = 0; i < 2; i++)
      await expect(axfr(asked, zone)).rejects.toMatchObject({ name: 'RcodeError', rcode, reason })
    expect(fakes[0]?.connections).toBe(1)
  })
})

describe('ixfr()', () => {
  test('one SOA that is not newer says that nothing changed', async () => {
    for (const serial of [5, 4])
      expect(await ixfr(await serving([[soa(serial)]]), zone, 5)).toEqual({ kind: 'unchanged', soa: soaOf(serial) })
  })

  test('reads the steps, in one message or many', async () => {
    const steps = [soa(7), soa(5), a('x'), soa(6), a('y'), a('z'), soa(6), soa(7), a('w'), soa(7)]
    for (const messages of [[steps], steps.map(each => [each])])
      expect(await ixfr(await serving(messages), zone, 5)).toEqual({
        kind: 'incremental',
        soa: soaOf(7),
        soaTtl: 60,
        deltas: [
          { from: soaOf(5), to: soaOf(6), removed: [a('x')], added: [a('y'), a('z')] },
          { from: soaOf(6), to: soaOf(7), removed: [], added: [a('w')] },
        ],
      })
  })

  test('reads a whole zone in place of the steps', async () => {
    const whole = { kind: 'full', soa: soaOf(7), soaTtl: 60 }
    expect(await ixfr(await serving([[soa(7), a('x'), soa(7)]]), zone, 5)).toEqual({ ...whole, records: [a('x')] })
    expect(await ixfr(await serving([[soa(7)], [a('x')], [soa(7)]]), zone, 5)).toEqual({ ...whole, records: [a('x')] })
    expect(await ixfr(await serving([[soa(7), soa(7)]]), zone, 5)).toEqual({ ...whole, records: [] })
  })

  test('refuses steps with a gap', async () => {
    const steps = [soa(7), soa(5), soa(6), soa(8), soa(7), soa(7)]
    await expect(ixfr(await serving([steps]), zone, 5)).rejects.toMatchObject({
      reason: 'MessageInvalid',
      message: expect.stringContaining('one of its steps begins where none ended'),
    })
  })
})
