import { existsSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type RunningNamed, randomKey, startNamed } from './index.ts'

let named: RunningNamed
let other: RunningNamed

beforeAll(async () => {
  ;[named, other] = await Promise.all([startNamed({ name: 'first' }), startNamed({ name: 'second' })])
})

afterAll(() => Promise.all([named.stop(), other.stop()]))

// BIND makes no primary zone without a file.
async function addZone(server: RunningNamed, name: string): Promise<void> {
  writeFileSync(`${server.data}/${name}.db`, '$TTL 60\n@ SOA ns admin 1 3600 600 86400 60\n@ NS ns\nns A 192.0.2.1\n')
  const ours = `{ key "${server.tsigKey.name}"; }`
  const text = `{ type primary; file "${name}.db"; allow-update ${ours}; allow-transfer ${ours}; };`
  expect(await server.rndc('addzone', name, text)).toMatchObject({ code: 0 })
}

test('startNamed() gives two servers ports of their own, and each answers with its own identity', async () => {
  const ports = [named.dnsPort, named.rndcPort, other.dnsPort, other.rndcPort]
  expect(new Set(ports).size).toBe(4)
  const ids = await Promise.all([named, other].map(server => server.dig('+short', 'ch', 'txt', 'id.server')))
  expect(ids[0]).not.toBe(ids[1])
  expect((await named.rndc('status')).stdout).toContain(named.config)
  expect((await other.rndc('status')).stdout).toContain(other.config)
})

test('restart() after kill -9 brings named back on its ports with its zones', async () => {
  await addZone(named, 'kept.test')
  expect(await named.nsupdate('update add www.kept.test 60 A 192.0.2.7')).toMatchObject({ code: 0 })
  const { dnsPort, pid } = named
  await named.kill('SIGKILL')
  expect(named.isRunning).toBe(false)
  await named.restart()
  expect(named.dnsPort).toBe(dnsPort)
  expect(named.pid).not.toBe(pid)
  expect(await named.dig('+short', 'www.kept.test')).toBe('192.0.2.7\n')
})

test('loseDisk() leaves a server that knows no zone', async () => {
  await addZone(other, 'lost.test')
  expect(await other.dig('+short', 'ns.lost.test')).toBe('192.0.2.1\n')
  await other.loseDisk()
  expect(other.isRunning).toBe(false)
  await other.restart()
  expect(await other.dig('lost.test')).toContain('status: REFUSED')
})

test('restart() with another key makes named refuse the old one', async () => {
  await addZone(named, 'keys.test')
  const old = named.tsigKey
  await named.restart({ tsigKey: randomKey(old.name) })
  expect(named.tsigKey.secret).not.toBe(old.secret)
  expect(await named.signed.dig('axfr', 'keys.test')).toContain('192.0.2.1')
  const wrong = `${old.algorithm}:${old.name}:${old.secret}`
  expect(await named.dig('-y', wrong, 'axfr', 'keys.test')).not.toContain('192.0.2.1')
  expect(named.log()).toContain('tsig verify failure')
})

test('startNamed() shows the log of a named that does not start', async () => {
  await expect(startNamed({ name: 'broken', options: 'no-such-option yes;' })).rejects.toThrow(
    /Cannot start named "broken"[\s\S]*unknown option 'no-such-option'/,
  )
})

test('stop() ends the process and removes its directory', async () => {
  const server = await startNamed()
  await server.stop()
  expect(server.isRunning).toBe(false)
  expect(existsSync(server.config)).toBe(false)
})
