import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { RndcClient } from '../../../../controller/src/bind9/rndc/client.ts'
import { type ShownZone, sameStatement } from '../../../../controller/src/bind9/rndc/shown.ts'
import type { Remote, ZoneStatement } from '../../../../controller/src/bind9/rndc/statement.ts'
import { type RunningNamed, startNamed } from '../../../cluster/index.ts'
import { Clients, writeZoneFile } from './clients.ts'

/* What named shows of a statement is what we asked for: else a restarted controller would write each zone again. */

const clients = new Clients()
let named: RunningNamed
let client: RndcClient
beforeAll(async () => {
  named = await startNamed()
  client = clients.to(named)
})
afterAll(async () => {
  clients.close()
  await named?.stop()
})

const remotes: readonly Remote[] = [
  { address: '192.0.2.1', port: 53 },
  { address: '192.0.2.1', port: 5300, key: 'Bindy' },
  { address: '2001:DB8:0:0::1', port: 53, key: 'bindy' },
  { address: '::ffff:192.0.2.1', port: 53 },
]

const primaries: readonly Partial<ZoneStatement>[] = [
  {},
  { masterfileFormat: 'text' },
  { allowUpdate: ['Bindy'] },
  { allowUpdate: ['bindy', 'other.key'] },
  { allowUpdate: [] },
  { allowTransfer: ['bindy'] },
  { allowQuery: ['bindy'] },
  { allowTransfer: [] },
  { notify: 'no' },
  { notify: 'explicit' },
  { alsoNotify: [] },
  { alsoNotify: remotes },
  { notifyDelaySeconds: 0 },
  { notifyDelaySeconds: 4294967295 },
  { maxIxfrRatio: 'unlimited' },
  { allowUpdate: ['bindy'], dnssecPolicy: 'default' },
  { file: 'Upper-Case.db' },
  { zone: 'upper.TEST.' },
  { zone: '0/25.2.0.192.in-addr.arpa.' },
  { zone: String.raw`a\.b.test.` },
  { zone: String.raw`\;\"\{\\\000.test.` },
  {
    masterfileFormat: 'text',
    allowUpdate: ['bindy'],
    allowTransfer: ['bindy'],
    notify: 'explicit',
    alsoNotify: remotes,
    notifyDelaySeconds: 0,
  },
]

const secondaries: readonly Partial<ZoneStatement>[] = [
  {},
  { primaries: remotes },
  { masterfileFormat: 'text', notify: 'no' },
  {
    allowTransfer: ['bindy'],
    notify: 'explicit',
    alsoNotify: remotes,
    notifyDelaySeconds: 0,
    masterfileFormat: 'text',
  },
]

describe('sameStatement()', () => {
  test.each(primaries.map((changes, i) => [changes, i] as const))('knows the primary %j again', async (changes, i) => {
    const statement: ZoneStatement = { zone: `p${i}.test.`, type: 'primary', file: `p${i}.db`, ...changes }
    writeZoneFile(named, statement.file)
    await client.addzone(statement)
    await expectSame(statement)
    await client.modzone(statement)
    await expectSame(statement)
    await client.delzone(statement.zone)
  })

  test.each(secondaries.map((changes, i) => [changes, i] as const))(
    'knows the secondary %j again',
    async (changes, i) => {
      const primaries = [{ address: '127.0.0.1', port: 9 }]
      const statement: ZoneStatement = {
        zone: `s${i}.test.`,
        type: 'secondary',
        file: `s${i}.db`,
        primaries,
        ...changes,
      }
      await client.addzone(statement)
      await expectSame(statement)
      await client.delzone(statement.zone)
    },
  )

  test('sees each change', async () => {
    const statement: ZoneStatement = {
      zone: 'change.test.',
      type: 'primary',
      file: 'change.db',
      allowUpdate: ['bindy'],
    }
    writeZoneFile(named, statement.file)
    await client.addzone(statement)
    const shown = (await client.showzone(statement.zone)) as ShownZone
    const changes: readonly Partial<ZoneStatement>[] = [
      { zone: 'other.test.' },
      { file: 'Change.db' },
      { allowUpdate: ['other'] },
      { allowUpdate: [] },
      { allowTransfer: [] },
      { notify: 'no' },
    ]
    for (const change of changes)
      expect([change, sameStatement({ ...statement, ...change }, shown)]).toEqual([change, false])
  })

  test('holds across a restart of named', async () => {
    const statement: ZoneStatement = { zone: 'restart.test.', type: 'primary', file: 'restart.db', alsoNotify: remotes }
    writeZoneFile(named, statement.file)
    await client.addzone(statement)
    await named.restart()
    await expectSame(statement)
  })
})

async function expectSame(statement: ZoneStatement): Promise<void> {
  const shown = (await client.showzone(statement.zone)) as ShownZone
  expect([shown.text, sameStatement(statement, shown)]).toEqual([shown.text, true])
}
