import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { type RunningNamed, until } from '../../cluster/index.ts'
import { answers, ask, serialOf } from './answers.ts'
import { Bindy } from './bindy.ts'
import { conditionOf, type Namespace } from './namespace.ts'
import { ANNOUNCED, FOUND } from './patience.ts'

/* Zones that had a life before their DNSZone, and those that have one after it. */

const bindy = new Bindy({ primary: {}, secondary: {} })
const both = () => [bindy.named.primary, bindy.named.secondary]
const records = Array.from({ length: 20 }, (_, i) => `old${i}`)
const zoneFile = `$TTL 60
@ SOA ns1 admin 42 3600 600 86400 60
@ NS ns1
@ NS ns.example.net.
ns1 A 192.0.2.53
${records.map(name => `${name} A 192.0.2.1`).join('\n')}
`
const soaRecord = { primaryNs: 'ns1.example.com.', adminEmail: 'admin.example.com.' }
beforeAll(() => bindy.start())
afterEach(async () => {
  await bindy.clear()
  for (const named of both()) await named.rndc('delzone', '-clean', 'example.com')
  // named removes the file a moment later, be it the next test's.
  await until('the old file is gone', () => !existsSync(join(bindy.named.primary.data, 'old.db')))
})
afterAll(() => bindy.stop())

async function addOld(named: RunningNamed, options = ''): Promise<void> {
  writeFileSync(join(named.data, 'old.db'), zoneFile)
  expect(await named.rndc('addzone', 'example.com', `{ type primary; file "old.db"; ${options} };`)).toMatchObject({
    code: 0,
  })
}

/** Asks for a name without a pause until the work is done; returns the answers that lacked it. */
async function watched(named: RunningNamed, name: string, work: () => Promise<unknown>): Promise<string[]> {
  let isDone = false
  const working = work().finally(() => {
    isDone = true
  })
  const wrong: string[] = []
  while (!isDone) {
    const reply = await named.dig('+norecurse', name, 'A')
    if (!reply.includes('192.0.2.1')) wrong.push(reply)
  }
  await working
  return wrong
}

const www = (dns: Namespace<'primary' | 'secondary'>) =>
  dns.create('ARecord', 'www', { zone: 'example.com', name: 'www', ipv4Address: '192.0.2.9' })

test('a zone is taken over without a gap, with its records and its serial, and others keep theirs', async () => {
  await addOld(bindy.named.primary)
  const dns = await bindy.namespace()
  const wrong = await watched(bindy.named.primary, 'old7.example.com', async () => {
    const zone = await dns.ready(await dns.zone('example.com', { adopt: true, soaRecord }))
    const record = await dns.ready(await www(dns))
    await answers(both(), 'www.example.com', 'A', ['192.0.2.9'], ANNOUNCED)
    await answers(both(), 'old7.example.com', 'A', ['192.0.2.1'])
    await answers(both(), 'example.com', 'NS', ['ns.example.net.', 'ns1.example.com.'])
    await answers(both(), 'ns1.example.com', 'A', ['192.0.2.53'])
    expect(await dns.noted(zone, 'ZoneAdopted')).toMatch(/had example\.com\. with 23 records: taken over as it is/)
    const { status } = await until('all are counted', async () => {
      const object = await dns.get(zone)
      return object.status?.records === 1 && object
    })
    expect(status).toMatchObject({ unowned: 22, records: 1 })
    await dns.delete(record)
    await answers(both(), 'www.example.com', 'A', [], ANNOUNCED)
  })
  expect(wrong).toEqual([])
  expect(await serialOf(bindy.named.primary, 'example.com')).toBeGreaterThan(42)
  expect(await serialOf(bindy.named.primary, 'example.com')).toBeLessThan(60)
})

test('when it says exclusive the brake holds, and what is allowed then leaves', async () => {
  await addOld(bindy.named.primary, `allow-update { key "${bindy.named.primary.tsigKey.name}"; };`)
  const dns = await bindy.namespace()
  const zone = await dns.ready(await dns.zone('example.com', { adopt: true, soaRecord }))
  await dns.edit(zone, {
    recordPolicy: 'exclusive',
    nameServers: [{ hostname: 'ns1.example.com.', ipv4Address: '192.0.2.53' }],
  })
  const message = conditionOf(await dns.says(zone, { status: 'False', reason: 'MassWithdrawal' }))?.message ?? ''
  expect(message).toMatch(/2[01] of 23 records would leave at once/)
  await answers(both(), 'old7.example.com', 'A', ['192.0.2.1'])
  await dns.annotate(zone, { 'allow-withdrawal': /allow-withdrawal=(\w+)/.exec(message)?.[1] ?? '' })
  await answers(both(), 'old7.example.com', 'A', [], ANNOUNCED)
  await answers(both(), 'example.com', 'NS', ['ns1.example.com.'], ANNOUNCED)
  await dns.ready(zone)
})

test('a restarted server and a restarted controller find the adopted zone as it was', async () => {
  await addOld(bindy.named.primary)
  const dns = await bindy.namespace()
  const zone = await dns.ready(await dns.zone('example.com', { adopt: true, soaRecord }))
  await dns.ready(await www(dns))
  await bindy.restartController()
  await bindy.named.primary.restart()
  await dns.create('ARecord', 'new', { zone: 'example.com', name: 'new', ipv4Address: '192.0.2.8' })
  await answers(both(), 'new.example.com', 'A', ['192.0.2.8'], FOUND)
  await answers(both(), 'old7.example.com', 'A', ['192.0.2.1'])
  await dns.ready(zone)
})

test('a zone of named.conf is adopted, and keeps what its statement says', async () => {
  const { primary } = bindy.named
  writeFileSync(join(primary.data, 'static.db'), zoneFile)
  const statements = 'zone "example.com" { type primary; file "static.db"; max-zone-ttl 3600; };'
  await primary.restart({ statements })
  const dns = await bindy.namespace()
  const zone = await dns.ready(await dns.zone('example.com', { adopt: true, soaRecord, ttl: 60 }), FOUND)
  await dns.ready(await www(dns))
  await answers(both(), 'old7.example.com', 'A', ['192.0.2.1'])
  const { stdout } = await primary.rndc('showzone', 'example.com')
  expect(stdout).toContain('max-zone-ttl 3600')
  // named then has it as named.conf says, without our key.
  await primary.rndc('reconfig')
  await dns.create('ARecord', 'next', { zone: 'example.com', name: 'next', ipv4Address: '192.0.2.10' })
  await answers(both(), 'next.example.com', 'A', ['192.0.2.10'], FOUND)
  expect(await dns.notes(zone, 'ZoneAdopted')).toHaveLength(1)
  await dns.delete(zone)
  await dns.gone(zone)
  await answers([primary], 'www.example.com', 'A', ['192.0.2.9'])
  await primary.restart({ statements: '' })
})

test('a zone whose update-policy does not let us in says AdoptionRefused, and is left as it is', async () => {
  const { primary } = bindy.named
  await addOld(primary, 'update-policy { grant other.example. zonesub ANY; };')
  const dns = await bindy.namespace()
  const zone = await dns.zone('example.com', { adopt: true, soaRecord })
  const said = conditionOf(await dns.says(zone, { status: 'False', reason: 'AdoptionRefused' }))
  expect(said?.message).toMatch(/its allow-update \(or update-policy\) does not let key "bindy" in/)
  expect(await serialOf(primary, 'example.com')).toBe(42)
})

test('a zone that was never taken over stays when its object goes, whatever becomes of adopted ones', async () => {
  const { primary } = bindy.named
  await addOld(primary, 'update-policy { grant other.example. zonesub ANY; };')
  const dns = await bindy.namespace()
  const zone = await dns.zone('example.com', { adopt: true, deletionPolicy: 'delete', soaRecord })
  await dns.says(zone, { status: 'False', reason: 'AdoptionRefused' })
  await dns.delete(zone)
  await dns.gone(zone)
  expect(await serialOf(primary, 'example.com')).toBe(42)
})

test('an adopted zone leaves a secondary that is not to serve it any more', async () => {
  await addOld(bindy.named.primary)
  const dns = await bindy.namespace()
  const zone = await dns.ready(await dns.zone('example.com', { adopt: true, soaRecord }))
  await answers([bindy.named.secondary], 'old7.example.com', 'A', ['192.0.2.1'])
  await dns.edit(zone, { clusterRef: 'primary' })
  await until('it has left', async () => (await serialOf(bindy.named.secondary, 'example.com')) === undefined)
  await answers([bindy.named.primary], 'old7.example.com', 'A', ['192.0.2.1'])
  await dns.ready(zone)
})

test('an adopted zone stays when its object goes, and is adopted again', async () => {
  await addOld(bindy.named.primary)
  const dns = await bindy.namespace()
  const zone = await dns.ready(await dns.zone('example.com', { adopt: true, soaRecord }))
  await dns.delete(zone)
  await dns.gone(zone)
  await answers([bindy.named.primary], 'old7.example.com', 'A', ['192.0.2.1'])
  await dns.ready(await dns.zone('example.com', { adopt: true, soaRecord }))
  await answers(both(), 'old7.example.com', 'A', ['192.0.2.1'])
})

/** A zone that was adopted and is on both servers, until its primary lost its disk while no controller ran. */
async function adoptedAndLost() {
  const { primary, secondary } = bindy.named
  await addOld(primary)
  const dns = await bindy.namespace()
  const zone = await dns.ready(await dns.zone('example.com', { adopt: true, soaRecord }))
  await answers([secondary], 'old7.example.com', 'A', ['192.0.2.1'])
  await bindy.stopController()
  await primary.loseDisk()
  return { dns, zone }
}

test('an owned zone whose primary lost its disk comes back with what others had in it', async () => {
  const { primary } = bindy.named
  const { dns, zone } = await adoptedAndLost()
  await primary.restart()
  bindy.startController()
  await answers(both(), 'old7.example.com', 'A', ['192.0.2.1'], FOUND)
  await answers(both(), 'example.com', 'NS', ['ns.example.net.', 'ns1.example.com.'])
  await dns.ready(zone)
})

test('an owned zone is not made anew while a server that may have what others had in it is silent', async () => {
  const { primary, secondary } = bindy.named
  const { dns, zone } = await adoptedAndLost()
  await secondary.kill('SIGKILL')
  await primary.restart()
  bindy.startController()
  const said = await dns.says(zone, { status: 'False', reason: 'OthersNotRead' }, FOUND)
  expect(conditionOf(said)?.message).toContain('example.com. may have records of others on ')
  expect(await serialOf(primary, 'example.com')).toBeUndefined()
  await secondary.restart()
  await answers(both(), 'old7.example.com', 'A', ['192.0.2.1'], FOUND)
  await dns.ready(zone, FOUND)
})

test('deletionPolicy retain leaves the zone served, with an Event, and adopt takes it up again', async () => {
  const dns = await bindy.namespace()
  const zone = await dns.ready(await dns.zone('example.com', { deletionPolicy: 'retain', soaRecord }))
  const record = await dns.ready(await www(dns))
  await dns.delete(zone)
  await dns.gone(zone)
  expect(await dns.noted(zone, 'ZoneRetained')).toMatch(/stays as it is on primary, secondary/)
  await dns.says(record, { status: 'False', reason: 'ZoneNotFound' })
  await answers(both(), 'www.example.com', 'A', ['192.0.2.9'])
  const next = await dns.zone('example.com', { soaRecord })
  await dns.says(next, { status: 'False', reason: 'ZoneExists' })
  expect(await ask(bindy.named.primary, 'www.example.com', 'A')).toEqual(['192.0.2.9'])
  await dns.edit(next, { adopt: true, recordPolicy: 'exclusive', deletionPolicy: 'delete' })
  await dns.ready(next)
  await dns.delete(next)
  await dns.gone(next)
  await until('it has left', async () => (await serialOf(bindy.named.primary, 'example.com')) === undefined)
})

test('a retained zone is served on while another finalizer keeps its object, after a restart of the controller too', async () => {
  const dns = await bindy.namespace()
  const zone = await dns.ready(await dns.zone('example.com', { deletionPolicy: 'retain', soaRecord }))
  await dns.ready(await www(dns))
  const { finalizers = [] } = (await dns.get(zone)).metadata
  await dns.patch(zone, { metadata: { finalizers: [...finalizers, 'example.com/held'] } })
  await dns.delete(zone)
  await until('ours is off', async () => (await dns.get(zone)).metadata.finalizers?.join() === 'example.com/held')
  await bindy.restartController()
  await dns.ready({ kind: 'Bind9Instance', metadata: { name: 'primary' } })
  const other = await dns.ready(await dns.zone('example.org'))
  expect(await ask(bindy.named.primary, 'www.example.com', 'A')).toEqual(['192.0.2.9'])
  await dns.patch(zone, { metadata: { finalizers: null } })
  await dns.gone(zone)
  await dns.delete(other)
  await dns.gone(other)
  await answers(both(), 'www.example.com', 'A', ['192.0.2.9'])
})

test('a server that comes back after it was given up has nothing of the old life of a zone', async () => {
  const dns = await bindy.namespace()
  const zone = await dns.ready(await dns.zone('example.com', { deletionGraceSeconds: 1, soaRecord }))
  await dns.ready(await www(dns))
  await bindy.named.secondary.kill('SIGKILL')
  await dns.says({ kind: 'Bind9Instance', metadata: { name: 'secondary' } }, { status: 'False' })
  await dns.delete(zone)
  await dns.gone(zone, { timeoutMs: 20_000 })
  await dns.noted(zone, 'ZoneOrphaned')
  await dns.delete({ kind: 'ARecord', metadata: { name: 'www' } })
  const next = await dns.zone('example.com', { soaRecord })
  await answers([bindy.named.primary], 'example.com', 'NS', ['ns1.example.com.'])
  await bindy.named.secondary.restart()
  await dns.ready(next, FOUND)
  await until('both have the same', async () => {
    const [a, b] = await Promise.all(both().map(named => serialOf(named, 'example.com')))
    return a !== undefined && a === b
  })
  await answers(both(), 'www.example.com', 'A', [])
})

test('a server that comes back after it was given up keeps what another object takes over there', async () => {
  await addOld(bindy.named.primary)
  const dns = await bindy.namespace({ primary: {} })
  const spec = { adopt: true, deletionPolicy: 'delete', deletionGraceSeconds: 1, soaRecord }
  const zone = await dns.ready(await dns.zone('example.com', spec))
  await bindy.named.primary.kill('SIGKILL')
  await dns.says({ kind: 'Bind9Instance', metadata: { name: 'primary' } }, { status: 'False' })
  await dns.delete(zone)
  await dns.gone(zone, { timeoutMs: 20_000 })
  await dns.noted(zone, 'ZoneOrphaned')
  const next = await dns.zone('example.com', { adopt: true, soaRecord })
  await bindy.named.primary.restart()
  await dns.ready(next, FOUND)
  await answers([bindy.named.primary], 'old7.example.com', 'A', ['192.0.2.1'])
})

test('a deleted zone waits for a dead server no longer than it says, then an Event names what may be left', async () => {
  const dns = await bindy.namespace()
  const zone = await dns.ready(await dns.zone('example.com', { deletionGraceSeconds: 4, soaRecord }))
  await bindy.named.secondary.kill('SIGKILL')
  await dns.says({ kind: 'Bind9Instance', metadata: { name: 'secondary' } }, { status: 'False' })
  const startMs = performance.now()
  await dns.delete(zone)
  await dns.gone(zone, { timeoutMs: 20_000 })
  expect(performance.now() - startMs).toBeGreaterThan(2_000)
  expect(await dns.noted(zone, 'ZoneOrphaned')).toMatch(/example\.com\. may still be on .*\/secondary, /)
  expect(await serialOf(bindy.named.primary, 'example.com')).toBeUndefined()
  await bindy.named.secondary.restart()
})
