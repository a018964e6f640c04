import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Framer, frame } from '../../../controller/src/bind9/framer.ts'
import { tsigKey } from '../../../controller/src/bind9/key.ts'
import { decodeMessage, encodeMessage } from '../../../controller/src/bind9/message.ts'
import { rcodeOf } from '../../../controller/src/bind9/protocol.ts'
import { query, querySoa } from '../../../controller/src/bind9/query.ts'
import { type Seeder, startSeeder } from '../../../controller/src/bind9/seeder.ts'
import { DnsServer } from '../../../controller/src/bind9/server.ts'
import { axfr, ixfr } from '../../../controller/src/bind9/transfer.ts'
import { readTsig, TsigSigner, TsigVerifier } from '../../../controller/src/bind9/tsig.ts'
import { hosts, record } from './wire.ts'

const address = '127.0.0.1'
const zone = 'example.com.'
const key = tsigKey({ name: 'bindy', algorithm: 'hmac-sha256', secret: 'c2VjcmV0' })
const namesake = tsigKey({ name: 'bindy', algorithm: 'hmac-sha256', secret: 'AAAA' })
const other = tsigKey({ name: 'other', algorithm: 'hmac-sha512', secret: 'AAAA' })
const soa = {
  mname: 'ns1.example.net.',
  rname: 'admin.example.com.',
  ...{ serial: 7, refresh: 3600, retry: 600, expire: 86400, minimum: 300 },
}
const records = [record(zone, 'NS', { nameserver: 'ns1.example.net' }), ...hosts(20)]

let seeder: Seeder
const clients: DnsServer[] = []

beforeEach(async () => {
  seeder = await startSeeder({ address })
})

afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  await seeder.close()
})

function client(options: object = { key }): DnsServer {
  const opened = new DnsServer({ host: address, port: seeder.port, ...options })
  clients.push(opened)
  return opened
}

function question(type: number, name = zone): Buffer {
  const questions = [{ name, type, class: 1 }]
  return encodeMessage({ id: 0x4711, flags: 0, questions, answers: [], authorities: [], additionals: [] })
}

/** What comes back over UDP, or undefined where nothing does within so many ms. */
async function askUdp(octets: Buffer, waitMs = 1_000): Promise<Buffer | undefined> {
  const socket = createSocket('udp4')
  socket.send(octets, seeder.port, address)
  const quiet = new AbortController()
  const timer = setTimeout(() => quiet.abort(), waitMs)
  try {
    const [reply] = await once(socket, 'message', quiet)
    return reply
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
    socket.close()
  }
}

describe('an offered zone', () => {
  test('is given whole, by AXFR and in answer to IXFR', async () => {
    seeder.offer(zone, { soa, records, key })
    expect(await querySoa(client(), zone)).toEqual(soa)
    expect(await axfr(client(), zone)).toEqual({ soa, soaTtl: 300, records })
    expect(await ixfr(client(), zone, 3)).toEqual({ kind: 'full', soa, soaTtl: 300, records })
  })

  test('of 100,000 records comes in many signed messages', async () => {
    const many = hosts(100_000)
    seeder.offer(zone, { soa, records: many, key })
    const copy = await axfr(client(), zone)
    expect(copy.records).toHaveLength(many.length)
    expect(copy.records.at(-1)).toEqual(many.at(-1))
  })

  test('has its SOA over UDP, and no more', async () => {
    seeder.offer(zone, { soa, records, key })
    const ask = async (type: number) => {
      const signer = new TsigSigner(key, Date.now)
      const reply = decodeMessage((await askUdp(signer.sign(question(type)))) as Buffer)
      new TsigVerifier(key, signer.mac, { now: Date.now, server: 'the seeder' }).accept(reply)
      return [rcodeOf(reply), reply.answers.map(answer => answer.type)]
    }
    expect(await ask(6)).toEqual([0, [6]])
    expect(await ask(251)).toEqual([0, [6]])
    expect(await ask(252)).toEqual([5, []])
    expect(await ask(1)).toEqual([5, []])
  })

  test('is for whoever signs with a key of its offers', async () => {
    seeder.offer(zone, { soa, records: [], key: namesake })
    seeder.offer(zone, { soa, records, key })
    seeder.offer(zone, { soa: { ...soa, serial: 8 }, records: [], key: other })
    expect((await axfr(client({ key }), zone)).records).toHaveLength(21)
    expect((await axfr(client({ key: namesake }), zone)).records).toHaveLength(0)
    expect((await axfr(client({ key: other }), zone)).soa.serial).toBe(8)
  })

  test('is gone when withdrawn; another offer of it stays', async () => {
    const first = seeder.offer(zone, { soa, records: [], key })
    const second = seeder.offer(zone, { soa, records, key })
    second()
    expect((await axfr(client(), zone)).records).toHaveLength(0)
    first()
    first()
    await expect(axfr(client(), zone)).rejects.toMatchObject({ name: 'TsigVerifyError' })
  })
})

describe('refusals', () => {
  beforeEach(() => void seeder.offer(zone, { soa, records, key }))

  test.each([
    ['another key', { key: other }, 'TsigBadKey'],
    ['another secret', { key: namesake }, 'TsigBadSignature'],
    ['another time', { key, now: () => Date.now() - 600_000 }, 'ClockSkew'],
  ])('a request with %s', async (_, options, reason) => {
    await expect(axfr(client(options), zone)).rejects.toMatchObject({ name: 'TsigPeerError', reason })
  })

  test('a request without a key, or for anything else', async () => {
    for (const name of [zone, 'www.example.com.', 'com.', '.'])
      expect(await query(client({}), name, 6)).toMatchObject({ rcode: 5, answers: [] })
    expect(await query(client(), zone, 1)).toMatchObject({ rcode: 5, answers: [] })
    await expect(axfr(client({}), zone)).rejects.toMatchObject({ name: 'RcodeError', rcode: 5 })
  })

  test('an UPDATE', async () => {
    const update = {
      flags: 0x2800,
      questions: [{ name: zone, type: 6, class: 1 }],
      answers: [],
      authorities: [],
      additionals: [],
    }
    expect(rcodeOf(await client({}).ask(update))).toBe(4)
  })

  test('an answer, and noise, get none', async () => {
    const answer = question(6)
    answer.writeUInt16BE(0x8000, 2)
    expect(await askUdp(answer, 100)).toBeUndefined()
    expect(await askUdp(Buffer.from('noise'), 100)).toBeUndefined()
    expect(await askUdp(Buffer.alloc(0), 100)).toBeUndefined()
  })
})

describe('hostile input', () => {
  beforeEach(() => void seeder.offer(zone, { soa, records: hosts(5_000), key }))
  afterEach(async () => expect(await querySoa(client(), zone)).toEqual(soa))

  test('noise over UDP', async () => {
    const signed = new TsigSigner(key, Date.now).sign(question(252))
    const socket = createSocket('udp4')
    const send = (octets: Uint8Array) => new Promise(done => socket.send(octets, seeder.port, address, done))
    for (const octets of fc.sample(fc.uint8Array({ maxLength: 200 }), 300)) await send(octets)
    for (let length = 0; length < signed.length; length++) await send(signed.subarray(0, length))
    socket.close()
  })

  test('noise, long and half messages over TCP end the connection', async () => {
    const ends = [
      Buffer.alloc(2),
      Buffer.from('GET / HTTP/1.1\r\n\r\n'.repeat(500)),
      frame(Buffer.alloc(5_000)),
      frame(question(6).subarray(0, 15)),
    ]
    for (const octets of ends) {
      const socket = connect(seeder.port, address)
      socket.on('error', () => {})
      socket.write(octets)
      socket.resume()
      await once(socket, 'close')
    }
  })

  test('many requests at once, and an asker that hangs up in the middle of a transfer', async () => {
    const request = new TsigSigner(key, Date.now).sign(question(252))
    for (let i = 0; i < 5; i++) {
      const socket = connect(seeder.port, address)
      socket.write(Buffer.concat(Array<Buffer>(20).fill(frame(request))))
      await once(socket, 'data')
      socket.destroy()
    }
  })

  test('an asker that does not read holds up nobody, nor makes the seeder hold the zone', async () => {
    seeder.offer('large.example.', { soa, records: hosts(100_000, 'large.example.'), key })
    const socket = connect(seeder.port, address)
    socket
      .pause()
      .write(
        Buffer.concat(
          Array<Buffer>(20).fill(frame(new TsigSigner(key, Date.now).sign(question(252, 'large.example.')))),
        ),
      )
    await new Promise(done => setTimeout(done, 200))
    expect((await axfr(client(), zone)).records).toHaveLength(5_000)
    const framer = new Framer()
    let messages = 0
    socket.on('data', chunk => {
      messages += framer.push(chunk as Buffer).length
    })
    socket.resume()
    while (messages < 10) await once(socket, 'data')
    socket.destroy()
  })
})

test('startSeeder() says that its port is taken', async () => {
  await expect(startSeeder({ address, port: seeder.port })).rejects.toMatchObject({
    name: 'SeederError',
    message: expect.stringContaining(`Cannot listen on port ${seeder.port} of 127.0.0.1`),
  })
})

test('startSeeder() listens on all addresses if none is given', async () => {
  const everywhere = await startSeeder()
  everywhere.offer(zone, { soa, records, key })
  const asking = new DnsServer({ host: address, port: everywhere.port, key })
  expect(await querySoa(asking, zone)).toEqual(soa)
  expect(readTsig(decodeMessage(new TsigSigner(key, Date.now).sign(question(6))))?.keyName).toBe('bindy.')
  asking.close()
  await everywhere.close()
})
