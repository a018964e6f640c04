import { expect, test } from '@jest/globals'
import { encodeMessage } from '../../../controller/src/bind9/message.ts'
import { DnsServer } from '../../../controller/src/bind9/server.ts'
import { update, updateMessage } from '../../../controller/src/bind9/update.ts'
import { hex, record, startFake } from './wire.ts'

const a = Buffer.from([192, 0, 2, 1])

test('updateMessage() lays out every change', () => {
  const message = updateMessage({
    zone: 'example.com.',
    updates: [
      { kind: 'add', name: 'f.example.com.', type: 1, ttl: 300, rdata: a },
      { kind: 'delete', name: 'g.example.com.', type: 1, rdata: a },
      { kind: 'deleteRRset', name: 'h.example.com.', type: 16 },
    ],
  })
  expect(encodeMessage({ id: 1, ...message }).toString('hex')).toBe(
    hex(`
      0001 2800 0001 0000 0003 0000                    ; id, UPDATE, counts
      07 6578616d706c65 03 636f6d 00 0006 0001         ; zone example.com. SOA IN
      01 66 c00c 0001 0001 0000012c 0004 c0000201      ; add f A, TTL 300
      01 67 c00c 0001 00fe 00000000 0004 c0000201      ; delete g A 192.0.2.1
      01 68 c00c 0010 00ff 00000000 0000               ; delete h TXT
    `).toString('hex'),
  )
})

test.each([
  [1, 'RequestMalformed'],
  [2, 'ServerFailed'],
  [4, 'NotImplemented'],
  [5, 'UpdateRefused'],
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
