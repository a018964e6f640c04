import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { DnsChannel } from '../../../controller/src/bind9/channel.ts'
import { Framer, frame } from '../../../controller/src/bind9/framer.ts'
import { tsigKey } from '../../../controller/src/bind9/key.ts'
import { decodeMessage, encodeMessage } from '../../../controller/src/bind9/message.ts'
import type { Message } from '../../../controller/src/bind9/protocol.ts'
import { DnsServer } from '../../../controller/src/bind9/server.ts'
import { TsigSigner, verifyRequest } from '../../../controller/src/bind9/tsig.ts'
import { Turnstile } from '../../../controller/src/bind9/turnstile.ts'
import { type FakeServer, hosts, startFake } from './wire.ts'

const key = tsigKey({ name: 'bindy', algorithm: 'hmac-sha256', secret: 'c2VjcmV0' })
const question = (name: string) => ({ name, type: 1, class: 1 })
const request = (name = 'example.com.') => ({
  flags: 0,
  questions: [question(name)],
  answers: [],
  authorities: [],
  additionals: [],
})

/** The reply to a request, signed if it was. */
function replyTo(octets: Buffer, change: Partial<Message> = {}): Buffer {
  const asked = decodeMessage(octets)
  const verdict = verifyRequest(asked, [key], Date.now)
  const { id, questions } = asked
  const reply = encodeMessage({
    ...{ id, flags: 0x8400, questions, answers: [], authorities: [], additionals: [] },
    ...change,
  })
  return verdict.kind === 'verified' ? new TsigSigner(key, Date.now, verdict.tsig.mac).sign(reply) : reply
}

const started: { close?(): void; stop?(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of started.splice(0).reverse()) {
    each.close?.()
    await each.stop?.()
  }
})

async function fake(...args: Parameters<typeof startFake>): Promise<FakeServer> {
  const server = await startFake(...args)
  started.push(server)
  return server
}

function channel(port: number, options: object = {}): DnsChannel {
  const opened = new DnsChannel({ host: '127.0.0.1', port, ...options })
  started.push(opened)
  return opened
}

/** A channel whose connections the test can see end. */
function watchedChannel(port: number): { readonly asking: DnsChannel; readonly sockets: readonly Socket[] } {
  const sockets: Socket[] = []
  const open = async () => {
    const socket = connect(port, '127.0.0.1')
    sockets.push(socket)
    await once(socket, 'connect')
    return socket
  }
  return { asking: channel(port, { open }), sockets }
}

const failing = (name: string, message: string) =>
  expect.objectContaining({ name, message: expect.stringContaining(message) })

describe('DnsChannel', () => {
  test('asks over one kept connection, one request at a time', async () => {
    let open = 0
    let most = 0
    const server = await fake(async octets => {
      most = Math.max(most, ++open)
      await new Promise(done => setTimeout(done, 2))
      open--
      return [replyTo(octets)]
    })
    const asking = channel(server.port, { key })
    const names = Array.from({ length: 20 }, (_, i) => `n${i}.example.com.`)
    const replies = await Promise.all(names.map(name => asking.ask(request(name))))
    expect(replies.map(({ questions }) => questions[0]?.name)).toEqual(names)
    expect([most, server.connections]).toEqual([1, 1])
  })

  test('connects again after the server hung up between requests', async () => {
    const server = await fake(octets => [replyTo(octets)])
    const { asking, sockets } = watchedChannel(server.port)
    await asking.ask(request())
    server.hangUp()
    await once(sockets[0] as Socket, 'close')
    await asking.ask(request())
    expect(server.connections).toBe(2)
  })

  test('a server that hangs up on a request leaves its outcome unknown; one that only reads asks again', async () => {
    let requests = 0
    const server = await fake((octets, socket) => {
      if (++requests % 2 === 1) return [replyTo(octets)]
      socket.destroy()
      return []
    })
    const asking = channel(server.port)
    await asking.ask(request())
    await expect(asking.ask(request())).rejects.toThrow(failing('OutcomeUnknown', 'Cannot tell what'))
    await asking.ask(request())
    await asking.ask(request(), { readOnly: true })
    expect([requests, server.connections]).toEqual([5, 3])
  })

  test('says that nothing listens', async () => {
    const server = await fake(() => [])
    await server.stop()
    await expect(channel(server.port).ask(request())).rejects.toThrow(
      failing('Unreachable', `Cannot connect to 127.0.0.1:${server.port}: ECONNREFUSED`),
    )
  })

  test('gives up on a server that keeps silent, and goes on with the next request', async () => {
    let requests = 0
    const server = await fake(octets => (++requests === 1 ? [] : [replyTo(octets)]))
    const asking = channel(server.port)
    const silence = asking.ask(request(), { replyTimeoutMs: 50 })
    const [first, second] = await Promise.allSettled([silence, asking.ask(request())])
    expect(first).toMatchObject({ reason: failing('OutcomeUnknown', 'no reply came within 50 ms') })
    expect(second.status).toBe('fulfilled')
  })

  test('a signal ends a request that waits, and one that is under way', async () => {
    const server = await fake(() => [])
    const asking = channel(server.port)
    const stop = new AbortController()
    const requests = [asking.ask(request(), stop), asking.ask(request(), stop)]
    await new Promise(done => setTimeout(done, 20))
    stop.abort(new Error('stopped'))
    expect(await Promise.allSettled(requests)).toMatchObject([
      { reason: { message: 'stopped' } },
      { reason: { message: 'stopped' } },
    ])
    await expect(asking.ask(request(), stop)).rejects.toThrow('stopped')
  })

  test.each<[string, string, (octets: Buffer) => Buffer]>([
    ['UnexpectedReply', 'the id of another request', octets => replyTo(octets, { id: octets.readUInt16BE(0) ^ 1 })],
    ['UnexpectedReply', 'it is no reply', octets => replyTo(octets, { flags: 0 })],
    ['UnexpectedReply', 'its operation code is 5, and it says FORMERR', octets => replyTo(octets, { flags: 0xa801 })],
    ['UnexpectedReply', 'another question', octets => replyTo(octets, { questions: [question('other.')] })],
    ['MessageError', 'Cannot read', octets => replyTo(octets).subarray(0, 11)],
    ['MessageError', 'Cannot read', () => Buffer.alloc(0)],
  ])('refuses a reply: %s, %s', async (name, why, answer) => {
    const server = await fake(octets => [answer(octets)])
    await expect(channel(server.port).ask(request())).rejects.toThrow(failing(name, why))
  })

  test('refuses an unsigned reply to a signed request', async () => {
    const server = await fake(octets => {
      const { id } = decodeMessage(octets)
      return [encodeMessage({ id, flags: 0x8005, questions: [], answers: [], authorities: [], additionals: [] })]
    })
    await expect(channel(server.port, { key }).ask(request())).rejects.toThrow(
      failing('TsigVerifyError', 'it is not signed, and says REFUSED'),
    )
  })

  test('sends nothing of a message that is too big', async () => {
    let requests = 0
    const server = await fake(octets => {
      requests++
      return [replyTo(octets)]
    })
    const asking = channel(server.port, { key })
    await expect(asking.ask({ ...request(), authorities: hosts(3_000) })).rejects.toThrow(
      expect.objectContaining({ reason: 'MessageTooBig' }),
    )
    await asking.ask({ ...request(), authorities: hosts(2_500) })
    expect(requests).toBe(1)
  })

  test('a truncated frame, noise and a flood end in an error, not in memory', async () => {
    const noise = [Buffer.from([0xff, 0xff, 1, 2, 3]), Buffer.alloc(100_000), Buffer.from([0])]
    for (const octets of noise) {
      const server = await fake((_, socket) => {
        socket.end(octets)
        return []
      })
      await expect(channel(server.port).ask(request())).rejects.toThrow(
        expect.objectContaining({ reason: expect.stringMatching(/^(OutcomeUnknown|MessageInvalid)$/) }),
      )
    }
  })

  test('drops a connection on which the server speaks unasked', async () => {
    const server = await fake(octets => [replyTo(octets), replyTo(octets)])
    const { asking, sockets } = watchedChannel(server.port)
    await asking.ask(request())
    if (!sockets[0]?.closed) await once(sockets[0] as Socket, 'close')
    await asking.ask(request())
    expect(server.connections).toBe(2)
  })
})

describe('DnsServer', () => {
  test('spreads requests over its connections, and no more', async () => {
    let open = 0
    let most = 0
    const server = await fake(async octets => {
      most = Math.max(most, ++open)
      await new Promise(done => setTimeout(done, 5))
      open--
      return [replyTo(octets)]
    })
    const pool = new DnsServer({ host: '127.0.0.1', port: server.port, key, connections: 3 })
    started.push(pool)
    await Promise.all(Array.from({ length: 30 }, () => pool.ask(request())))
    expect([most, server.connections]).toEqual([3, 3])
    await pool.ask(request())
    expect(server.connections).toBe(3)
  })

  test('a failed request gives its place back', async () => {
    const server = await fake(() => [Buffer.alloc(3)])
    const pool = new DnsServer({ host: '127.0.0.1', port: server.port, connections: 1 })
    started.push(pool)
    for (let i = 0; i < 3; i++)
      await expect(pool.ask(request())).rejects.toThrow(expect.objectContaining({ name: 'MessageError' }))
  })
})

describe('Framer', () => {
  test('cuts any chunks into the messages that were framed', () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 6 })
    fc.assert(
      fc.property(messages, fc.array(fc.integer({ min: 1, max: 300 })), (framed, sizes) => {
        const framer = new Framer()
        const got: Buffer[] = []
        let rest = Buffer.concat(framed.map(message => frame(Buffer.from(message))))
        for (const size of [...sizes, rest.length]) {
          got.push(...framer.push(rest.subarray(0, size)))
          rest = rest.subarray(size)
        }
        expect(got.map(each => each.toString('hex'))).toEqual(framed.map(each => Buffer.from(each).toString('hex')))
        expect(framer.size).toBe(0)
      }),
    )
  })

  test('takes one octet at a time', () => {
    const framer = new Framer()
    const octets = frame(Buffer.from('abc'))
    expect([...octets].flatMap(octet => framer.push(Buffer.of(octet))).map(String)).toEqual(['abc'])
  })
})

test('Turnstile.enter() lets in order, and forgets who gave up', async () => {
  const turnstile = new Turnstile(1)
  const stop = new AbortController()
  const order: string[] = []
  const visit = async (name: string, signal?: AbortSignal) => {
    const leave = await turnstile.enter({ signal })
    order.push(name)
    await new Promise(setImmediate)
    leave()
    leave()
  }
  const visits = [visit('a'), visit('b', stop.signal), visit('c'), visit('d')]
  stop.abort(new Error('gone'))
  expect((await Promise.allSettled(visits)).map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
  ])
  expect(order).toEqual(['a', 'c', 'd'])
})
