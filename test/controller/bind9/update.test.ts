import { expect, test } from '@jest/globals'
import { encodeMessage } from '../../../controller/src/bind9/message.ts'
import { DnsServer } from '../../../controller/src/bind9/server.ts'
import { soaIs, update, updateMessage } from '../../../controller/src/bind9/update.ts'
import { hex, record, startFake } from './wire.ts'

const a = Buffer.from([192, 0, 2, 1])

test('updateMessage() lays out every prerequisite and every change', () => {
  const message = updateMessage({
    zone: 'example.com.',
    prerequisites: [
      { kind: 'rrsetExists', name: 'a.example.com.', type: 1 },
      { kind: 'rrsetAbsent', name: 'b.example.com.', type: 1 },
      { kind: 'rrsetEquals', name: 'c.example.com.', type: 1, rdatas: [a, Buffer.from([192, 0, 2, 2])] },
      { kind: 'nameExists', name: 'd.example.com.' },
      { kind: 'nameAbsent', name: 'e.example.com.' },
    ],
    updates: [
      { kind: 'add', name: 'f.example.com.', type: 1, ttl: 300, rdata: a },
      { kind: 'delete', name: 'g.example.com.', type: 1, rdata: a },
      { kind: 'deleteRRset', name: 'h.example.com.', type: 16 },
      { kind: 'deleteName', name: 'i.example.com.' },
    ],
  })
  expect(encodeMessage({ id: 1, ...message }).toString('hex')).toBe(
    hex(`
      0001 2800 0001 0006 0004 0000                    ; id, UPDATE, counts
      07 6578616d706c65 03 636f6d 00 0006 0001         ; zone example.com. SOA IN
      01 61 c00c 0001 00ff 00000000 0000               ; a A: exists
      01 62 c00c 0001 00fe 00000000 0000               ; b A: does not
      01 63 c00c 0001 0001 00000000 0004 c0000201      ; c A: exactly
      c039       0001 0001 00000000 0004 c0000202      ;   these two
      01 64 c00c 00ff 00ff 00000000 0000               ; d: in use
      01 65 c00c 00ff 00fe 00000000 0000               ; e: not in use
      01 66 c00c 0001 0001 0000012c 0004 c0000201      ; add f A, TTL 300
      01 67 c00c 0001 00fe 00000000 0004 c0000201      ; delete g A 192.0.2.1
      01 68 c00c 0010 00ff 00000000 0000               ; delete h TXT
      01 69 c00c 00ff 00ff 00000000 0000               ; delete i
    `).toString('hex'),
  )
})

test('soaIs() holds for one SOA alone', () => {
  const soa = { mname: 'NS.', rname: 'admin.', serial: 7, refresh: 1, retry: 2, expire: 3, minimum: 4 }
  expect(soaIs('example.com.', soa)).toEqual({
    kind: 'rrsetEquals',
    name: 'example.com.',
    type: 6,
    rdatas: [hex('02 6e73 00 05 61646d696e 00 00000007 00000001 00000002 00000003 00000004')],
  })
})

test.each([
  [1, 'RequestMalformed'],
  [2, 'ServerFailed'],
  [3, 'PrerequisiteFailed'],
  [4, 'NotImplemented'],
  [5, 'UpdateRefused'],
  [6, 'PrerequisiteFailed'],
  [7, 'PrerequisiteFailed'],
  [8, 'PrerequisiteFailed'],
  [9, 'ZoneNotServed'],
  [10, 'OutOfZone'],
  [13, 'ServerRefused'],
])('update() reports rcode %d as %s', async (rcode, reason) => {
  const fake = await startFake(octets => {
    const reply = Buffer.from(octets.subarray(0, 12))
    reply.fill(0, 4).writeUInt16BE(0xa800 | rcode, 2)
    return [reply]
  })
  const server = new DnsServer({ host: '127.0.0.1', port: fake.port })
  const { name, type, ttl, rdata } = record('www.example.com', 'A', { ipv4Address: '192.0.2.1' })
  const sent = update(server, { zone: 'example.com.', updates: [{ kind: 'add', name, type, ttl, rdata }] })
  await expect(sent).rejects.toMatchObject({
    name: 'UpdateError',
    rcode,
    reason,
    message: expect.stringMatching(/^Cannot update "www\.example\.com\." A at 127\.0\.0\.1:\d+: .* \([A-Z0-9]+\)$/),
  })
  server.close()
  await fake.stop()
})
