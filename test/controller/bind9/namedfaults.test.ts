import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { querySoa } from '../../../controller/src/bind9/query.ts'
import type { DnsServer } from '../../../controller/src/bind9/server.ts'
import { update } from '../../../controller/src/bind9/update.ts'
import { startNamed } from '../../cluster/index.ts'
import { hosts } from './wire.ts'
import { addPrimary, clientOf } from './zone.ts'

const zone = 'example.com.'
let named: Awaited<ReturnType<typeof startNamed>>
let server: DnsServer

beforeAll(async () => {
  named = await startNamed()
  server = clientOf(named)
  await addPrimary(named, zone)
})

afterAll(async () => {
  server?.close()
  await named?.stop()
})

test('named killed: Unreachable; started again: the next request is answered', async () => {
  await querySoa(server, zone)
  await named.kill('SIGKILL')
  await expect(querySoa(server, zone)).rejects.toMatchObject({ name: 'Unreachable', reason: 'Unreachable' })
  await named.restart()
  expect(await querySoa(server, zone)).toMatchObject({ serial: 1 })
})

test('named restarted between two updates: the second goes through', async () => {
  const [one, two] = hosts(2, zone).map(host => ({ kind: 'add' as const, ...host }))
  if (!one || !two) return
  await update(server, { zone, updates: [one] })
  await named.restart()
  await update(server, { zone, updates: [two] })
  expect(await querySoa(server, zone)).toMatchObject({ serial: 3 })
})

test('named killed under load: every request ends, in a typed error or well', async () => {
  const load = Array.from({ length: 400 }, (_, i) =>
    update(server, { zone, updates: hosts(50, `n${i}.${zone}`).map(host => ({ kind: 'add', ...host })) }),
  )
  const results = Promise.allSettled(load)
  await load[5]
  await named.kill('SIGKILL')
  const reasons = (await results).map(result => (result.status === 'rejected' ? result.reason.name : 'done'))
  expect([...new Set(reasons)].sort()).toEqual(['OutcomeUnknown', 'Unreachable', 'done'])
  expect(reasons.filter(name => name === 'OutcomeUnknown').length).toBeLessThanOrEqual(16)
  await named.restart()
  const done = reasons.filter(name => name === 'done').length
  expect((await querySoa(server, zone))?.serial).toBeGreaterThanOrEqual(done)
})

test('100 requests at a time are all answered', async () => {
  const asked = Array.from({ length: 400 }, () => querySoa(server, zone))
  expect(new Set((await Promise.all(asked)).map(soa => soa?.mname))).toEqual(new Set(['ns1.example.net.']))
})
