import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { RndcClient } from '../../../../controller/src/bind9/rndc/client.ts'
import {
  RndcResultError,
  ZoneExistsError,
  ZoneLoadError,
  ZoneNotFoundError,
} from '../../../../controller/src/bind9/rndc/errors.ts'
import type { ZoneStatement } from '../../../../controller/src/bind9/rndc/statement.ts'
import { ZoneNameError } from '../../../../controller/src/bind9/rndc/zonename.ts'
import { type RunningNamed, startNamed, until } from '../../../cluster/index.ts'
import { Clients, writeZoneFile } from './clients.ts'

/* Every command of RndcClient, run by a real primary and a real secondary. */

const clients = new Clients()
let named: RunningNamed
let second: RunningNamed
let client: RndcClient
let secondClient: RndcClient
beforeAll(async () => {
  const statements = 'zone "static.test" { type primary; file "static.db"; };'
  named = await startNamed({ name: 'primary', statements })
  second = await startNamed({ name: 'secondary', tsigKey: named.tsigKey })
  client = clients.to(named)
  secondClient = clients.to(second)
})
afterAll(async () => {
  clients.close()
  await Promise.all([named?.stop(), second?.stop()])
})

let count = 0
/** A primary zone of its own, with a file that loads; not yet added. */
function freshZone(changes: Partial<ZoneStatement> = {}): ZoneStatement {
  const zone = `z${++count}.test.`
  const file = writeZoneFile(named, `z${count}.db`, 7)
  return { zone, type: 'primary', file, allowUpdate: [named.tsigKey.name], ...changes }
}

async function addedZone(changes: Partial<ZoneStatement> = {}): Promise<string> {
  const statement = freshZone(changes)
  await client.addzone(statement)
  return statement.zone
}

/** The same zone on the second server, fetched from the first. */
async function transferredZone(): Promise<string> {
  const zone = await addedZone({ allowTransfer: [named.tsigKey.name] })
  const primaries = [{ address: named.address, port: named.dnsPort, key: named.tsigKey.name }]
  await secondClient.addzone({ zone, type: 'secondary', file: `s${count}.db`, masterfileFormat: 'text', primaries })
  await until('the zone is transferred', async () => (await secondClient.zonestatus(zone))?.loaded === true)
  return zone
}

describe('addzone()', () => {
  test('adds a zone that named answers for', async () => {
    const zone = await addedZone()
    expect(await named.dig('+short', zone, 'SOA')).toMatch(/^ns\.invalid\. admin\.invalid\. 7 /)
  })

  test('refuses a zone that is there already', async () => {
    const statement = freshZone()
    await client.addzone(statement)
    const again = client.addzone({ ...statement, zone: statement.zone.toUpperCase() })
    await expect(again).rejects.toThrow(ZoneExistsError)
    await expect(again).rejects.toMatchObject({
      reason: 'ZoneExists',
      result: 18,
      err: 'already exists',
      verb: 'addzone',
    })
  })

  test('says that the file is missing, and leaves no zone', async () => {
    const statement = freshZone({ file: 'nowhere.db' })
    const added = client.addzone(statement)
    await expect(added).rejects.toThrow(ZoneLoadError)
    await expect(added).rejects.toMatchObject({ reason: 'ZoneFileInvalid', result: 38, zone: statement.zone })
    await expect(added).rejects.toThrow('file not found: dns_zone_loadnew failed: file not found (result 38)')
    expect(await client.zonestatus(statement.zone)).toBeUndefined()
  })

  test.each([
    ['no SOA', '@ 300 IN NS ns.invalid.\n', 'bad zone'],
    ['a name server without address', '@ 300 IN SOA ns a 1 1 1 1 1\n@ 300 IN NS ns\n', 'bad zone'],
    [
      'a wrong address',
      '@ 300 IN SOA ns.invalid. a 1 1 1 1 1\n@ 300 IN NS ns.invalid.\nx 300 IN A 192.0.2.300\n',
      'bad dotted quad',
    ],
  ])('says that the file is wrong: %s', async (_, text, err) => {
    const statement = freshZone()
    writeFileSync(join(named.data, statement.file), text)
    const added = client.addzone(statement)
    await expect(added).rejects.toThrow(ZoneLoadError)
    await expect(added).rejects.toMatchObject({ reason: 'ZoneFileInvalid', err })
  })

  test('says that the journal does not fit the file', async () => {
    const statement = freshZone()
    await client.addzone(statement)
    await named.nsupdate(`zone ${statement.zone}\nupdate add x.${statement.zone} 300 A 192.0.2.1`)
    await client.delzone(statement.zone)
    await until('the zone is gone', async () => (await client.zonestatus(statement.zone)) === undefined)
    writeZoneFile(named, statement.file, 5)
    await expect(client.addzone(statement)).rejects.toMatchObject({ reason: 'ZoneFileInvalid', result: 41 })
  })

  test('says that the statement names what named does not know', async () => {
    const added = client.addzone(freshZone({ dnssecPolicy: 'unheard-of' }))
    await expect(added).rejects.toThrow(RndcResultError)
    await expect(added).rejects.not.toThrow(ZoneNotFoundError)
    await expect(added).rejects.toMatchObject({ reason: 'ZoneStatementRefused', result: 23 })
  })

  test('leaves no zone where named has no room for its statement', async () => {
    const full = await startNamed({ name: 'full', options: 'lmdb-mapsize 1M;' })
    const client = clients.to(full)
    const primaries = Array.from({ length: 800 }, (_, i) => ({ address: `127.1.${i >> 8}.${i & 255}`, port: 9 }))
    let last = ''
    const fill = async () => {
      for (let i = 0; i < 100; i++) {
        last = `z${i}.full.test.`
        await client.addzone({ zone: last, type: 'secondary', file: `z${i}.db`, primaries })
      }
    }
    await expect(fill()).rejects.toMatchObject({ name: 'ZoneNotSavedError', reason: 'RndcFailed' })
    expect(await client.zonestatus(last)).toBeUndefined()
    await full.stop()
  })

  test('adds a secondary whose primary is silent: known and not loaded', async () => {
    const zone = 'silent.test.'
    await client.addzone({ zone, type: 'secondary', file: 'silent.db', primaries: [{ address: '127.0.0.1', port: 9 }] })
    expect(await client.zonestatus(zone)).toEqual({ loaded: false })
    await client.delzone(zone)
  })
})

describe('a zone with an odd name', () => {
  test.each([
    '0/25.2.0.192.in-addr.arpa.',
    '_tcp.odd.test.',
    '-clean.test.',
    String.raw`a\.b.odd.test.`,
    String.raw`a\046c.odd.test.`,
    String.raw`q\"x.odd.test.`,
    String.raw`b\\s.odd.test.`,
    String.raw`\;\{\}\#.odd.test.`,
    String.raw`sp\032x.odd.test.`,
    String.raw`nl\010x.odd.test.`,
    String.raw`\000\255.odd.test.`,
    `${`${'a'.repeat(63)}.`.repeat(3)}${'a'.repeat(61)}.`,
  ])('%s is added, shown, changed and deleted', async zone => {
    const statement = freshZone({ zone })
    await client.addzone(statement)
    expect(await client.zonestatus(zone)).toMatchObject({ loaded: true, files: [statement.file] })
    expect((await client.showzone(zone))?.file).toBe(statement.file)
    await client.modzone({ ...statement, notify: 'no' })
    await client.sync(zone)
    expect(await client.delzone(zone)).toMatchObject({ outcome: 'deleted' })
  })
})

describe('a name that would be read as more than a name', () => {
  test.each([
    '"q.test" { type primary; file "z1.db"; }; #',
    '"q.test"',
    'q.test. -clean',
    '-clean q.test.',
    'q.test.\nstop',
  ])('%j is refused and never reaches named', async zone => {
    const before = named.log().length
    const calls = [
      () => client.addzone(freshZone({ zone })),
      () => client.modzone(freshZone({ zone })),
      () => client.delzone(zone, { clean: true }),
      () => client.showzone(zone),
      () => client.zonestatus(zone),
      () => client.reload(zone),
      () => client.refresh(zone),
      () => client.retransfer(zone),
      () => client.notify(zone),
      () => client.freeze(zone),
      () => client.thaw(zone),
      () => client.sync(zone),
    ]
    for (const call of calls) await expect(call()).rejects.toThrow(ZoneNameError)
    await client.reconfig()
    expect(named.log().slice(before)).not.toMatch(/command '(?!reconfig)/)
    expect(await client.zonestatus('q.test.')).toBeUndefined()
  })
})

describe('modzone()', () => {
  test('replaces the statement', async () => {
    const statement = freshZone()
    await client.addzone(statement)
    await client.modzone({ ...statement, allowUpdate: [] })
    const { stdout, stderr } = await named.nsupdate(
      `zone ${statement.zone}\nupdate add x.${statement.zone} 300 A 192.0.2.1`,
    )
    expect(`${stdout}${stderr}`).toContain('REFUSED')
  })

  test('refuses a zone that is not there', async () => {
    await expect(client.modzone(freshZone())).rejects.toThrow(ZoneNotFoundError)
  })
})

describe('delzone()', () => {
  test('deletes a primary and leaves its file', async () => {
    const statement = freshZone()
    await client.addzone(statement)
    expect(await client.delzone(statement.zone)).toEqual({ outcome: 'deleted', leftFiles: [] })
    await until('the zone is gone', async () => (await client.zonestatus(statement.zone)) === undefined)
    expect(existsSync(join(named.data, statement.file))).toBe(true)
  })

  test('names the files that a secondary leaves', async () => {
    const zone = await transferredZone()
    await secondClient.sync(zone)
    const file = join(second.data, `s${count}.db`)
    await until('the file is written', async () => existsSync(file))
    expect(await secondClient.delzone(zone)).toEqual({ outcome: 'deleted', leftFiles: [`s${count}.db`] })
  })

  test('with clean deletes the file too', async () => {
    const statement = freshZone()
    await client.addzone(statement)
    expect(await client.delzone(statement.zone, { clean: true })).toMatchObject({ outcome: 'deleted' })
    await until('the file is removed', async () => !existsSync(join(named.data, statement.file)))
  })

  test('takes an absent zone for success', async () => {
    expect(await client.delzone('absent.test.')).toEqual({ outcome: 'absent', leftFiles: [] })
  })
})

describe('showzone() and zonestatus()', () => {
  test('give nothing for an absent zone', async () => {
    expect([await client.showzone('absent.test.'), await client.zonestatus('absent.test.')]).toEqual([
      undefined,
      undefined,
    ])
  })

  test('show a primary', async () => {
    const zone = await addedZone()
    expect(await client.showzone(zone)).toMatchObject({
      zone: zone.slice(0, -1),
      type: 'primary',
      file: `z${count}.db`,
    })
    expect(await client.zonestatus(zone)).toMatchObject({
      loaded: true,
      type: 'primary',
      files: [`z${count}.db`],
      serial: 7,
      dynamic: true,
      frozen: false,
      secure: false,
    })
  })

  test('show a secondary', async () => {
    const zone = await transferredZone()
    expect(await secondClient.showzone(zone)).toMatchObject({ type: 'secondary' })
    expect(await secondClient.zonestatus(zone)).toMatchObject({
      loaded: true,
      type: 'secondary',
      serial: 7,
      dynamic: false,
      nextRefresh: expect.any(Date),
      expires: expect.any(Date),
    })
  })

  test('show a signed primary', async () => {
    const zone = await addedZone({ dnssecPolicy: 'default' })
    const secure = async () => {
      const status = await client.zonestatus(zone)
      return status?.loaded === true && status.secure
    }
    await until('the zone is signed', secure)
    expect(await client.zonestatus(zone)).toMatchObject({ dynamic: true })
  })

  test('show a zone of named.conf, loaded or not', async () => {
    expect(await client.zonestatus('static.test.')).toEqual({ loaded: false })
    writeZoneFile(named, 'static.db', 3)
    await client.reload('static.test.')
    await until('the zone is loaded', async () => (await client.zonestatus('static.test.'))?.loaded === true)
    expect(await client.zonestatus('static.test.')).toMatchObject({ serial: 3, dynamic: false })
    expect(await client.showzone('static.test.')).toMatchObject({ type: 'primary', file: 'static.db' })
  })
})

describe('status()', () => {
  test('tells version and boot time', async () => {
    const { version, bootTime } = await client.status()
    expect(version).toMatch(/^9\.\d+\.\d+$/)
    expect(Math.abs(Date.now() - Number(bootTime))).toBeLessThan(300_000)
  })
})

describe('reload(), refresh(), retransfer(), notify()', () => {
  test('reload() is refused for a zone that takes updates', async () => {
    const reloaded = client.reload(await addedZone())
    await expect(reloaded).rejects.toMatchObject({ reason: 'ZoneDynamic', err: 'dynamic zone' })
  })

  test('a secondary refreshes and fetches anew', async () => {
    const zone = await transferredZone()
    await named.nsupdate(`zone ${zone}\nupdate add x.${zone} 300 A 192.0.2.1`)
    await secondClient.refresh(zone)
    const newer = async () => {
      const status = await secondClient.zonestatus(zone)
      return status?.loaded === true && status.serial === 8
    }
    await until('the zone is refreshed', newer)
    await secondClient.retransfer(zone)
    await until('the zone is fetched', newer)
  })

  test('retransfer() is refused for a primary', async () => {
    const fetched = client.retransfer(await addedZone())
    await expect(fetched).rejects.toThrow('failure: retransfer: inappropriate zone type: primary')
    await expect(fetched).rejects.toMatchObject({ reason: 'RndcFailed', result: 25 })
  })

  test('notify() announces a zone', async () => {
    await client.notify(await addedZone())
  })
})

describe('freeze(), thaw(), sync()', () => {
  test('freeze() and thaw() may each be repeated', async () => {
    const zone = await addedZone()
    const frozen = async () => {
      const status = await client.zonestatus(zone)
      return status?.loaded && status.frozen
    }
    await client.freeze(zone)
    await client.freeze(zone)
    expect(await frozen()).toBe(true)
    await client.thaw(zone)
    await client.thaw(zone)
    expect(await frozen()).toBe(false)
  })

  test('sync() writes the journal to the file and keeps the journal', async () => {
    const statement = freshZone()
    await client.addzone(statement)
    await named.nsupdate(`zone ${statement.zone}\nupdate add x.${statement.zone} 300 A 192.0.2.1`)
    await client.sync(statement.zone)
    const checked = async () => (await named.dig('+short', `x.${statement.zone}`)).trim() === '192.0.2.1'
    await until('the record is served', checked)
    expect(existsSync(join(named.data, `${statement.file}.jnl`))).toBe(true)
  })

  test('are refused for a zone that is not there', async () => {
    for (const call of [client.freeze, client.thaw, client.sync, client.reload, client.refresh, client.retransfer])
      await expect(call.call(client, 'absent.test.')).rejects.toThrow(ZoneNotFoundError)
    await expect(client.notify('absent.test.')).rejects.toMatchObject({
      reason: 'ZoneNotServed',
      result: 23,
      zone: 'absent.test.',
    })
  })
})

test('null() and reconfig() answer', async () => {
  await client.null()
  await client.reconfig()
})
