import { afterEach, expect, test } from '@jest/globals'
import { RndcClient, tsigKey, ZoneNotShownError } from '#bind9'
import type { Server } from '../../../controller/src/reconcile/instance/server.ts'
import { showSaved } from '../../../controller/src/reconcile/zone/saved.ts'
import { withdrawZone } from '../../../controller/src/reconcile/zone/withdraw.ts'
import { randomKey } from '../../cluster/index.ts'
import { type FakeNamed, type ReplyChanges, replyTo, startFakeNamed } from '../bind9/rndc/fakenamed.ts'

/* BIND 9.20 drops a statement only where two of its threads meet, so a fake plays what was seen of it then. */

const key = tsigKey(randomKey('rndc'))
const zone = { name: 'example.com.', uid: '1f0c' }
const statement = { zone: zone.name, type: 'primary' as const, file: 'bindy-example.com.1f0c.00.db' }
const notFound = { result: '23', err: 'not found' }

let named: FakeNamed
let client: RndcClient
afterEach(async () => {
  client.close()
  await named.stop()
})

/** A server that serves the zone from a file, and has saved no statement of it until it is given one. */
async function serverThatDropped(zonestatus: string): Promise<Server> {
  let saved = ''
  let isThere = true
  const answers: Record<string, (rest: string) => ReplyChanges> = {
    null: () => ({}),
    showzone: () => (!isThere ? notFound : saved ? { text: saved } : { result: '25', err: 'failure' }),
    zonestatus: () => (isThere ? { text: zonestatus } : notFound),
    modzone: rest => {
      saved = `zone ${rest}`
      return {}
    },
    delzone: () => {
      isThere = false
      return {}
    },
  }
  named = await startFakeNamed(key, got => {
    const [verb = '', ...rest] = got.command.split(' ')
    if (got.message > 1) got.socket.write(replyTo(got, key, answers[verb]?.(rest.join(' ')) ?? { result: '1' }))
  })
  client = new RndcClient({ host: '127.0.0.1', port: named.port, key })
  return { key: 'dns/primary', rndc: client } as unknown as Server
}

const status = (type: string, file: string) => `name: example.com\ntype: ${type}\nfiles: ${file}\nserial: 7\n`
const written = () => named.received.map(({ command }) => command).filter(line => /^(mod|del|add)zone/.test(line))

test('showSaved() saves a primary zone of ours again', async () => {
  const server = await serverThatDropped(status('primary', statement.file))
  const shown = await showSaved(zone, server, file => ({ ...statement, file }), {})
  expect(shown).toMatchObject({ type: 'primary', file: statement.file })
  expect(written()).toEqual([expect.stringMatching(/^modzone "example\.com\." .*"bindy-example\.com\.1f0c\.00\.db"/)])
})

test('showSaved() removes what was still being fetched', async () => {
  const server = await serverThatDropped(status('secondary', statement.file))
  expect(await showSaved(zone, server, () => statement, {})).toBeUndefined()
  expect(written()).toEqual(['delzone -clean "example.com."'])
})

test('showSaved() touches nothing of others', async () => {
  const server = await serverThatDropped(status('secondary', '__catz__0123.db'))
  await expect(showSaved(zone, server, () => statement, {})).rejects.toThrow(ZoneNotShownError)
  expect(written()).toEqual([])
})

test('withdrawZone() deletes it', async () => {
  await withdrawZone(zone, await serverThatDropped(status('primary', statement.file)), { isSeen: true })
  expect(written()).toEqual(['delzone -clean "example.com."'])
})
