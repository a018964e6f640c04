import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { type TsigAlgorithm, tsigAlgorithms, tsigKey } from '../../../../controller/src/bind9/key.ts'
import {
  RndcCommandError,
  RndcMessageError,
  RndcRefusedError,
  RndcUnreachableError,
} from '../../../../controller/src/bind9/rndc/errors.ts'
import { decodeMessage, encodeMessage } from '../../../../controller/src/bind9/rndc/message.ts'
import { statementText } from '../../../../controller/src/bind9/rndc/statement.ts'
import { table, tableOf, textOf } from '../../../../controller/src/bind9/rndc/table.ts'
import { type RunningNamed, randomKey, startNamed } from '../../../cluster/index.ts'
import { Clients, rndcKeyOf, writeZoneFile } from './clients.ts'
import { startRelay } from './relay.ts'

/* The control connection to a real named. */

const clients = new Clients()
const spareKeys = tsigAlgorithms.map(algorithm => ({ ...randomKey(`spare-${algorithm}`), algorithm }))
let named: RunningNamed
beforeAll(async () => {
  named = await startNamed({ keys: spareKeys })
})
afterEach(() => clients.close())
afterAll(() => named?.stop())

describe('the handshake', () => {
  test('lets commands through, and tells our address', async () => {
    const client = clients.to(named)
    expect((await client.status()).version).toMatch(/^9\./)
    expect(await client.connect()).toBe('127.0.0.1')
  })

  test('is needed: a command without a nonce "succeeds" and is not run', async () => {
    const key = rndcKeyOf(named)
    const statement = statementText({ zone: 'm5.test.', type: 'primary', file: writeZoneFile(named, 'm5.db') })
    const seconds = Math.floor(Date.now() / 1000)
    const request = encodeMessage(
      table({
        _ctrl: table({ _ser: '5', _tim: String(seconds), _exp: String(seconds + 60) }),
        _data: table({ type: `addzone ${statement}` }),
      }),
      key,
    )
    const reply = decodeMessage(await answerTo(named.rndcPort, request), key)
    expect(textOf(tableOf(reply, '_data'), 'result')).toBe('0')
    expect(await clients.to(named).zonestatus('m5.test.')).toBeUndefined()
  })

  test.each([
    ['a wrong secret', () => ({ ...named.rndcKey, secret: randomKey('x').secret })],
    ['a wrong algorithm', () => ({ ...named.rndcKey, algorithm: 'hmac-sha512' })],
    ['a key that is not in the controls statement', () => named.tsigKey],
  ])('fails with %s: the error tells key, clock and allow list', async (_, wrong) => {
    const key = tsigKey(wrong())
    const asked = clients.to(named, { key }).status()
    await expect(asked).rejects.toThrow(RndcRefusedError)
    await expect(asked).rejects.toMatchObject({ reason: 'RndcRefused', retry: 'backoff' })
    await expect(asked).rejects.toThrow(`127.0.0.1:${named.rndcPort} with key ${key.name} (${key.algorithm})`)
  })

  test('does not ask for the name of the key, which never travels', async () => {
    const key = tsigKey({ ...named.rndcKey, name: 'any-other-name' })
    await clients.to(named, { key }).null()
  })

  test.each([
    [-600, false],
    [-290, true],
    [290, true],
    [600, false],
  ])('with a clock off by %i s: passes is %p', async (seconds, passes) => {
    const now = () => Date.now() + seconds * 1000
    const asked = clients.to(named, { now }).null()
    if (passes) await asked
    else await expect(asked).rejects.toThrow(RndcRefusedError)
  })
})

describe('a kept connection', () => {
  test('runs 1,000 commands', async () => {
    const relay = await startRelay(named.rndcPort)
    const client = clients.to(named, { port: relay.port })
    for (let i = 0; i < 1000; i++) await client.null()
    expect(relay.connections).toBe(1)
    client.close()
    await relay.stop()
  })

  test('runs commands in the order of the calls', async () => {
    const client = clients.to(named)
    const zones = Array.from({ length: 100 }, (_, i) => `order-${i}.test.`)
    await Promise.allSettled(zones.map(zone => client.refresh(zone)))
    const logged = named.log().matchAll(/received control channel command 'refresh "(order-\d+\.test\.)"/g)
    expect(Array.from(logged, ([, zone]) => zone)).toEqual(zones)
  })

  test('lives on after a command too long for named, or that is not one line', async () => {
    const relay = await startRelay(named.rndcPort)
    const client = clients.to(named, { port: relay.port })
    await client.null()
    const alsoNotify = Array.from({ length: 2000 }, () => ({ address: '192.0.2.1', port: 53 }))
    const long = client.addzone({ zone: 'long.test.', type: 'primary', file: 'x.db', alsoNotify })
    await expect(long).rejects.toThrow(RndcMessageError)
    await expect(client.connection.send('status\nstop')).rejects.toThrow(RndcCommandError)
    await client.null()
    expect(relay.connections).toBe(1)
    client.close()
    await relay.stop()
  })
})

describe('a named that closes idle connections after 1 s', () => {
  let hasty: RunningNamed
  beforeAll(async () => {
    hasty = await startNamed({ options: 'tcp-idle-timeout 10;' })
  })
  afterAll(() => hasty?.stop())

  test('keeps one that keepAliveMs uses in time, and onClose tells of one that lapses', async () => {
    let keptCloses = 0
    const lapsed = Promise.withResolvers<unknown>()
    const kept = clients.to(hasty, { keepAliveMs: 100, onClose: () => keptCloses++ })
    const idle = clients.to(hasty, { keepAliveMs: 0, onClose: lapsed.resolve })
    await Promise.all([kept.null(), idle.null()])
    await lapsed.promise
    expect([kept.connection.isOpen, idle.connection.isOpen, keptCloses]).toEqual([true, false, 0])
    await idle.null()
  })
})

describe('a named that is killed', () => {
  test('is noticed at once; after its restart the next command works', async () => {
    const died = Promise.withResolvers<unknown>()
    const client = clients.to(named, { onClose: died.resolve })
    await client.addzone({ zone: 'killed.test.', type: 'primary', file: writeZoneFile(named, 'killed.db') })
    await named.kill('SIGKILL')
    await died.promise
    await expect(client.null()).rejects.toThrow(RndcUnreachableError)
    await named.restart()
    expect(await client.zonestatus('killed.test.')).toMatchObject({ loaded: true, serial: 1 })
    await client.delzone('killed.test.')
  })
})

describe('the keys of named', () => {
  test.each(tsigAlgorithms.map(algorithm => [algorithm]))('may be %s', async algorithm => {
    const key = spareKeys.find(spare => spare.algorithm === algorithm) as (typeof spareKeys)[number]
    await editConfig(named, text => text.replace(/keys \{[^}]*\}/, `keys { "${named.rndcKey.name}"; "${key.name}"; }`))
    await clients.to(named).reconfig()
    await clients.to(named, { key: tsigKey(key) }).null()
  })

  test('change without a restart: first both, then the new one alone, also on open connections', async () => {
    const next = spareKeys[2] as { name: string; algorithm: TsigAlgorithm; secret: string }
    const old = clients.to(named)
    await editConfig(named, text => text.replace(/keys \{[^}]*\}/, `keys { "${named.rndcKey.name}"; "${next.name}"; }`))
    await old.reconfig()
    const young = clients.to(named, { key: tsigKey(next) })
    await Promise.all([old.null(), young.null()])
    await editConfig(named, text => text.replace(/keys \{[^}]*\}/, `keys { "${next.name}"; }`))
    await young.reconfig()
    await young.null()
    await expect(old.null()).rejects.toThrow(RndcRefusedError)
    await named.restart()
  })
})

async function editConfig(named: RunningNamed, edit: (text: string) => string): Promise<void> {
  writeFileSync(named.config, edit(readFileSync(named.config, 'utf8')))
}

/** What named sends back to octets that we send. */
function answerTo(port: number, request: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request))
    socket.once('data', answer => {
      socket.destroy()
      resolve(answer)
    })
    socket.once('error', reject)
  })
}
