import { afterEach, describe, expect, test } from '@jest/globals'
import { tsigKey } from '../../../../controller/src/bind9/key.ts'
import { RndcConnection, type RndcConnectionOptions } from '../../../../controller/src/bind9/rndc/connection.ts'
import {
  RndcClosedError,
  RndcCommandError,
  RndcLostError,
  RndcMessageError,
  RndcRefusedError,
  RndcTimeoutError,
  RndcUnreachableError,
  RndcUnverifiedError,
} from '../../../../controller/src/bind9/rndc/errors.ts'
import { type FakeNamed, nonceOf, type Received, replyTo, startFakeNamed } from './fakenamed.ts'

/* What no real named can be made to do. How a real one behaves is in named.test.ts. */

const key = tsigKey({ name: 'bindy', algorithm: 'hmac-sha256', secret: Buffer.alloc(32, 7).toString('base64') })
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function fake(answer: (got: Received) => unknown): Promise<FakeNamed> {
  const named = await startFakeNamed(key, answer)
  ends.push(() => named.stop())
  return named
}

function connectionTo(named: FakeNamed, options: Partial<RndcConnectionOptions> = {}): RndcConnection {
  const connection = new RndcConnection({ host: '127.0.0.1', port: named.port, key, firstSerial: () => 41, ...options })
  ends.push(() => connection.close())
  return connection
}

/** Answers every command with its own text. */
const echo = (got: Received) => got.message > 1 && got.socket.write(replyTo(got, key, { text: got.command }))

describe('RndcConnection.send() against a named that answers wrongly', () => {
  const unsigned = (got: Received) => {
    const reply = replyTo(got, key)
    reply.fill(0, 30, 118)
    return reply
  }
  const answers: readonly [
    what: string,
    error: new (...args: never[]) => Error,
    why: string,
    reply: (got: Received) => Buffer,
  ][] = [
    ['an unsigned reply', RndcUnverifiedError, 'its signature is not of this key', unsigned],
    [
      'the serial of another message',
      RndcUnverifiedError,
      'it answers another message',
      got => replyTo(got, key, { serial: '1' }),
    ],
    [
      'another nonce',
      RndcUnverifiedError,
      'its nonce is not the one of this connection',
      got => replyTo(got, key, { nonce: '7' }),
    ],
    [
      'no nonce',
      RndcUnverifiedError,
      'its nonce is not the one of this connection',
      got => replyTo(got, key, { nonce: undefined }),
    ],
    ['a command for a reply', RndcUnverifiedError, 'it is no reply', got => replyTo(got, key, { isReply: false })],
    ['no result', RndcMessageError, 'it holds no result', got => replyTo(got, key, { result: undefined })],
    ['a result in words', RndcMessageError, 'it holds no result', got => replyTo(got, key, { result: 'success' })],
    ['a reply of 2 MiB', RndcMessageError, 'a message of 2097152 octets', () => Buffer.from([0, 0x20, 0, 0])],
    ['version 2', RndcMessageError, 'version 2, not 1', () => Buffer.from([0, 0, 0, 4, 0, 0, 0, 2])],
    [
      'two replies',
      RndcMessageError,
      'more came after it',
      got => Buffer.concat([replyTo(got, key), replyTo(got, key)]),
    ],
  ]

  test.each(answers)('refuses %s and connects anew for the next command', async (_, error, why, reply) => {
    const closed: unknown[] = []
    const named = await fake(got => (got.connection > 1 ? echo(got) : got.message > 1 && got.socket.write(reply(got))))
    const connection = connectionTo(named, { onClose: cause => closed.push(cause) })
    const first = connection.send('status')
    await expect(first).rejects.toThrow(error)
    await expect(first).rejects.toThrow(why)
    expect(await connection.send('status')).toEqual({ result: 0, err: '', text: 'status' })
    expect([named.connections, closed.length]).toEqual([2, 1])
  })

  test('reads a reply that comes octet by octet', async () => {
    const named = await fake(async got => {
      if (got.message === 1) return
      for (const octet of replyTo(got, key, { text: 'slow' })) {
        got.socket.write(Buffer.of(octet))
        await new Promise(setImmediate)
      }
    })
    expect(await connectionTo(named).send('status')).toMatchObject({ text: 'slow' })
  })

  test('reads a reply of 1 MB', async () => {
    const text = 'x'.repeat(1_000_000)
    const named = await fake(got => got.message > 1 && got.socket.write(replyTo(got, key, { text })))
    expect(await connectionTo(named).send('status')).toMatchObject({ text })
  })
})

describe('RndcConnection.send() against a named that says nothing', () => {
  test('gives up a handshake without an answer', async () => {
    const named = await fake(() => true)
    const sent = connectionTo(named, { connectTimeoutMs: 50 }).send('status')
    await expect(sent).rejects.toThrow(RndcUnreachableError)
    await expect(sent).rejects.toThrow('it took the connection and said nothing for 50 ms')
  })

  test('gives up a command without an answer, and does not repeat it', async () => {
    const named = await fake(got => got.connection > 1 && echo(got))
    const connection = connectionTo(named)
    const sent = connection.send('delzone "a.test."', { readsOnly: true, timeoutMs: 50 })
    await expect(sent).rejects.toThrow(RndcTimeoutError)
    await expect(sent).rejects.toMatchObject({ verb: 'delzone', reason: 'OutcomeUnknown', retry: 'backoff' })
    expect(await connection.send('null')).toMatchObject({ text: 'null' })
    expect(named.received.map(got => got.command)).toEqual(['null', 'delzone "a.test."', 'null', 'null'])
  })

  test('a late answer is never taken for the answer to the next command', async () => {
    const late: (() => void)[] = []
    const named = await fake(got => {
      if (got.connection > 1) return echo(got)
      if (got.message > 1) late.push(() => got.socket.write(replyTo(got, key, { text: 'late' })))
    })
    const connection = connectionTo(named)
    await expect(connection.send('status', { timeoutMs: 20 })).rejects.toThrow(RndcTimeoutError)
    const next = connection.send('null')
    for (const answer of late) answer()
    expect(await next).toMatchObject({ text: 'null' })
  })

  test('an idle named that stops answering is noticed by the keep-alive', async () => {
    const named = await fake(got => got.connection === 1 && got.message === 2 && echo(got))
    const closed = Promise.withResolvers<unknown>()
    const connection = connectionTo(named, { keepAliveMs: 20, commandTimeoutMs: 20, onClose: closed.resolve })
    await connection.send('status', { timeoutMs: 15_000 })
    expect(await closed.promise).toBeInstanceOf(RndcTimeoutError)
  })
})

describe('RndcConnection.send() against a named that hangs up', () => {
  test('during the handshake: says what may be wrong, and never the secret', async () => {
    const named = await fake(got => got.socket.destroy() && true)
    const sent = connectionTo(named).send('status')
    await expect(sent).rejects.toThrow(RndcRefusedError)
    await expect(sent).rejects.toThrow(
      new RegExp(`127.0.0.1:${named.port} with key bindy \\(hmac-sha256\\): .*key.*clocks.*allow list`),
    )
    await expect(sent).rejects.toMatchObject({
      message: expect.not.stringContaining(key.secret.export().toString('base64')),
    })
  })

  const cuts: readonly [when: string, cut: (got: Received) => unknown][] = [
    ['before the reply', got => got.socket.destroy()],
    ['in the middle of the reply', got => got.socket.end(replyTo(got, key).subarray(0, 150))],
    ['in the middle of its length', got => got.socket.end(replyTo(got, key).subarray(0, 2))],
  ]
  test.each(cuts)('%s: the outcome is unknown and a writing command not sent again', async (_, cut) => {
    const named = await fake(got => got.message > 1 && (got.connection > 1 ? echo(got) : cut(got)))
    const connection = connectionTo(named)
    const sent = connection.send('addzone "a.test." { };')
    await expect(sent).rejects.toThrow(RndcLostError)
    await expect(sent).rejects.toThrow(/whether named at .* ran "addzone"/)
    expect(named.received.map(got => got.command)).toEqual(['null', 'addzone "a.test." { };'])
    expect(await connection.send('null')).toMatchObject({ text: 'null' })
  })

  test.each(cuts)('%s: a command that only reads is sent once more', async (_, cut) => {
    const named = await fake(got => got.message > 1 && (got.connection > 1 ? echo(got) : cut(got)))
    expect(await connectionTo(named).send('status', { readsOnly: true })).toMatchObject({ text: 'status' })
    expect(named.connections).toBe(2)
  })

  test('twice: a command that only reads is not sent a third time', async () => {
    const named = await fake(got => got.message > 1 && got.socket.destroy())
    await expect(connectionTo(named).send('status', { readsOnly: true })).rejects.toThrow(RndcLostError)
    expect(named.connections).toBe(2)
  })

  test('between commands: onClose is called once, and the next command connects anew', async () => {
    const named = await fake(echo)
    const closed = Promise.withResolvers<void>()
    let calls = 0
    const onClose = () => {
      calls++
      closed.resolve()
    }
    const connection = connectionTo(named, { onClose })
    await connection.send('status')
    named.hangUp()
    await closed.promise
    expect(connection.isOpen).toBe(false)
    expect(await connection.send('addzone "a.test." { };')).toMatchObject({ result: 0 })
    expect([named.connections, calls]).toEqual([2, 1])
  })

  test('octets that nobody asked for end the connection', async () => {
    const named = await fake(echo)
    const closed = Promise.withResolvers<unknown>()
    await connectionTo(named, { onClose: closed.resolve }).send('status')
    named.received[0]?.socket.write('hello')
    expect(await closed.promise).toBeInstanceOf(RndcMessageError)
  })
})

describe('RndcConnection', () => {
  test('gives every message the nonce of its connection and the next serial', async () => {
    const named = await fake(echo)
    const closed = Promise.withResolvers<unknown>()
    const connection = connectionTo(named, { firstSerial: () => 0xfffffffe, onClose: closed.resolve })
    await connection.send('one')
    await connection.send('two')
    named.hangUp()
    await closed.promise
    await connection.send('three')
    expect(named.received.map(({ command, serial, nonce }) => [command, serial, nonce])).toEqual([
      ['null', '4294967295', undefined],
      ['one', '0', nonceOf(1)],
      ['two', '1', nonceOf(1)],
      ['null', '4294967295', undefined],
      ['three', '0', nonceOf(2)],
    ])
  })

  test('never has two commands under way, and keeps their order', async () => {
    let underWay = 0
    let most = 0
    const named = await fake(async got => {
      if (got.message === 1) return
      most = Math.max(most, ++underWay)
      await new Promise(resolve => setTimeout(resolve, 1))
      underWay--
      echo(got)
    })
    const connection = connectionTo(named)
    const commands = Array.from({ length: 50 }, (_, i) => `c${i}`)
    const replies = await Promise.all(commands.map(command => connection.send(command)))
    expect(replies.map(reply => reply.text)).toEqual(commands)
    expect(named.received.slice(1).map(got => got.command)).toEqual(commands)
    expect([most, named.connections]).toEqual([1, 1])
  })

  test('begins without a nonce: refuses, since nothing would ever run', async () => {
    const named = await fake(got => got.socket.write(replyTo(got, key, { nonce: undefined })))
    await expect(connectionTo(named).send('status')).rejects.toThrow('it began without a nonce')
  })

  test('is kept alive with null while idle, and not after close()', async () => {
    const named = await fake(echo)
    const connection = connectionTo(named, { keepAliveMs: 10 })
    await connection.send('status')
    while (named.received.length < 5) await new Promise(resolve => setTimeout(resolve, 5))
    connection.close()
    const count = named.received.length
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(named.received.length - count).toBeLessThanOrEqual(1)
    expect(named.received.slice(2, 5).map(got => got.command)).toEqual(['null', 'null', 'null'])
  })

  test('sends nothing on a connection that was silent for 25 s, which named may be closing', async () => {
    const named = await fake(echo)
    let nowMs = 1_700_000_000_000
    const connection = connectionTo(named, { now: () => nowMs, keepAliveMs: 0 })
    await connection.send('one')
    nowMs += 24_999
    await connection.send('two')
    nowMs += 25_000
    await connection.send('three')
    expect(named.received.map(({ command, connection }) => [command, connection])).toEqual([
      ['null', 1],
      ['one', 1],
      ['two', 1],
      ['null', 2],
      ['three', 2],
    ])
  })

  test('connect() opens the connection and tells our address', async () => {
    const named = await fake(echo)
    const connection = connectionTo(named)
    expect(connection.isOpen).toBe(false)
    const addresses = await Promise.all([connection.connect(), connection.connect()])
    expect([addresses, connection.isOpen, named.connections]).toEqual([['127.0.0.1', '127.0.0.1'], true, 1])
  })

  test('refuses a command that is not one line of ASCII, and one too long, and stays open', async () => {
    const named = await fake(echo)
    const connection = connectionTo(named)
    await connection.connect()
    await expect(connection.send('status\nstop')).rejects.toThrow(RndcCommandError)
    await expect(connection.send('addzone "bücher.test."')).rejects.toThrow(RndcCommandError)
    await expect(connection.send('x'.repeat(40_000))).rejects.toThrow(RndcMessageError)
    expect(await connection.send('status')).toMatchObject({ text: 'status' })
    expect(named.connections).toBe(1)
  })
})

describe('RndcConnection.send() with a signal', () => {
  const reason = new Error('enough')

  test('rejects with its reason before anything is sent', async () => {
    const named = await fake(echo)
    await expect(connectionTo(named).send('status', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(named.connections).toBe(0)
  })

  test('leaves the queue at once, and the others in it', async () => {
    const release = Promise.withResolvers<void>()
    const named = await fake(async got => {
      if (got.command === 'slow') await release.promise
      echo(got)
    })
    const connection = connectionTo(named)
    const controller = new AbortController()
    const slow = connection.send('slow')
    const waiting = connection.send('waiting', { signal: controller.signal })
    const last = connection.send('last')
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    release.resolve()
    expect([(await slow).text, (await last).text]).toEqual(['slow', 'last'])
  })

  test('ends the connection under a command that runs; onClose is not called', async () => {
    let calls = 0
    const controller = new AbortController()
    const named = await fake(got => {
      if (got.command === 'slow') controller.abort(reason)
      else echo(got)
    })
    const connection = connectionTo(named, { onClose: () => calls++ })
    await expect(connection.send('slow', { signal: controller.signal })).rejects.toBe(reason)
    expect(await connection.send('status')).toMatchObject({ text: 'status' })
    expect([named.connections, calls]).toEqual([2, 0])
  })

  test('ends a handshake', async () => {
    const controller = new AbortController()
    const named = await fake(() => {
      controller.abort(reason)
      return true
    })
    await expect(connectionTo(named).connect({ signal: controller.signal })).rejects.toBe(reason)
  })
})

test('RndcConnection.close() rejects what runs as lost and what waits as closed, and stays closed', async () => {
  let calls = 0
  const named = await fake(got => got.command === 'slow' && connection.close())
  const connection = connectionTo(named, { onClose: () => calls++ })
  const [slow, waiting] = await Promise.allSettled([connection.send('slow'), connection.send('waiting')])
  expect(slow).toMatchObject({ reason: expect.any(RndcLostError) })
  expect(waiting).toMatchObject({ reason: expect.any(RndcClosedError) })
  await expect(connection.send('status')).rejects.toThrow(RndcClosedError)
  expect([named.connections, calls]).toEqual([1, 0])
})

test('RndcConnection.send() says why a closed port cannot be reached', async () => {
  const named = await startFakeNamed(key, echo)
  await named.stop()
  const sent = connectionTo(named).send('status')
  await expect(sent).rejects.toThrow(RndcUnreachableError)
  await expect(sent).rejects.toThrow(
    `Cannot connect to the control channel of named at 127.0.0.1:${named.port}: ECONNREFUSED`,
  )
})
