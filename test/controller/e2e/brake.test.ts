import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { ALLOW_WITHDRAWAL } from '#crds'
import { until } from '../../cluster/index.ts'
import { answers, ask } from './answers.ts'
import { Bindy } from './bindy.ts'
import { conditionOf, fieldsOf, type Namespace, type Thing } from './namespace.ts'
import { FOUND } from './patience.ts'

/* A large part of a zone does not leave at once unless somebody says that this very withdrawal is meant. */

const bindy = new Bindy({ primary: {}, other: {}, secondary: {} })
const both = () => [bindy.named.primary, bindy.named.secondary]
const names = Array.from({ length: 20 }, (_, i) => `r${i}`)
beforeAll(() => bindy.start())
afterEach(() => bindy.clear())
afterAll(() => bindy.stop())

let dns: Namespace<'primary' | 'other' | 'secondary'>
let zone: Thing

async function serve(): Promise<void> {
  dns = await bindy.namespace({ primary: {}, secondary: {} })
  zone = await dns.zone('example.com')
  await Promise.all(names.map(address))
  await dns.allReady('arecords')
  await dns.ready(zone)
}

const address = (name: string) => dns.create('ARecord', name, { zone: 'example.com', name, ipv4Address: '192.0.2.1' })
const record = (name: string) => ({ kind: 'ARecord', metadata: { name } })

/** Deletes records while no controller looks: its next one finds them gone in one pass. */
async function deleteUnseen(some: readonly string[]): Promise<void> {
  await bindy.stopController()
  await Promise.all(some.map(name => dns.delete(record(name))))
  bindy.startController()
}

async function held(): Promise<string> {
  const said = conditionOf(await dns.says(zone, { status: 'False', reason: 'MassWithdrawal' }))
  return said?.message ?? ''
}

const digestIn = (message: string) => /allow-withdrawal=([0-9a-f]+)/.exec(message)?.[1] as string

test('a third of the zone waits for the annotation that names this very plan', async () => {
  await serve()
  await deleteUnseen(names.slice(0, 8))
  const message = await held()
  expect(message).toMatch(/8 of 22 records would leave at once \(r\d+\.example\.com\. A/)
  await answers(both(), 'r0.example.com', 'A', ['192.0.2.1'])

  const other = await address('other')
  await dns.ready(other)
  await answers(both(), 'other.example.com', 'A', ['192.0.2.1'])

  await dns.annotate(zone, { 'allow-withdrawal': '0123456789ab' })
  await dns.delete(record('r8'))
  const more = await until9of(message)
  await dns.annotate(zone, { 'allow-withdrawal': digestIn(more) })
  await dns.ready(zone)
  await answers(both(), 'r0.example.com', 'A', [])
  await answers(both(), 'r8.example.com', 'A', [])
  await answers(both(), 'r9.example.com', 'A', ['192.0.2.1'])
})

/** Another record is to leave: that is another plan, with another name. */
async function until9of(before: string): Promise<string> {
  for (;;) {
    const message = await held()
    if (message !== before && message.includes('9 of')) return message
  }
}

test('what waits is there again after the primary lost its disk, and waits on', async () => {
  await serve()
  await deleteUnseen(names.slice(0, 8))
  const digest = digestIn(await held())
  const { primary } = bindy.named
  await primary.loseDisk()
  await primary.restart()
  await answers(both(), 'r0.example.com', 'A', ['192.0.2.1'], FOUND)
  expect(digestIn(await held())).toBe(digest)
  await dns.annotate(zone, { 'allow-withdrawal': digest })
  await answers(both(), 'r0.example.com', 'A', [])
  await dns.ready(zone)
})

test('what waits is kept, by a controller that has never seen it served, from the secondary', async () => {
  await serve()
  const { primary, secondary } = bindy.named
  await bindy.stopController()
  await primary.kill('SIGKILL')
  await Promise.all(names.slice(0, 8).map(name => dns.delete(record(name))))
  await primary.loseDisk()
  await primary.restart()
  bindy.startController()
  const digest = digestIn(await held())
  await answers([primary, secondary], 'r0.example.com', 'A', ['192.0.2.1'], FOUND)
  await dns.annotate(zone, { 'allow-withdrawal': digest })
  await answers(both(), 'r0.example.com', 'A', [])
  await dns.ready(zone)
})

test('what waits is on a primary that joins, too, and waits there as well', async () => {
  await serve()
  await deleteUnseen(names.slice(0, 8))
  const digest = digestIn(await held())
  await dns.instance('other')
  const all = [...both(), bindy.named.other]
  await answers(all, 'r0.example.com', 'A', ['192.0.2.1'])
  await dns.ready(await address('next'))
  await answers(all, 'next.example.com', 'A', ['192.0.2.1'])
  for (const name of names.slice(0, 8)) await answers(all, `${name}.example.com`, 'A', ['192.0.2.1'])
  expect(digestIn(await held())).toBe(digest)
  await dns.annotate(zone, { 'allow-withdrawal': digest })
  await answers(all, 'r0.example.com', 'A', [])
  await dns.ready(zone)
})

test('what a burst left waiting is on a primary that joins, though it is a small part of what the zone has now', async () => {
  let stoppedMs: number | undefined
  await bindy.restartController({ now: () => stoppedMs ?? Date.now() })
  await serve()
  // No time passes between the deletions, so that they are one burst.
  stoppedMs = Date.now()
  for (const name of names.slice(0, 7)) await dns.delete(record(name))
  await held()
  stoppedMs = undefined
  const served = await Promise.all(names.slice(0, 7).map(name => ask(bindy.named.primary, `${name}.example.com`, 'A')))
  const waiting = names.slice(0, 7).filter((_, i) => served[i]?.length === 1)
  expect(waiting).not.toEqual([])
  await dns.instance('other')
  const all = [...both(), bindy.named.other]
  await dns.ready(await address('next'))
  await answers(all, 'next.example.com', 'A', ['192.0.2.1'])
  for (const name of waiting) await answers(all, `${name}.example.com`, 'A', ['192.0.2.1'])
  await held()
})

test('what waits is on a server that takes the place of the primary', async () => {
  await serve()
  await deleteUnseen(names.slice(0, 8))
  const digest = digestIn(await held())
  const { primary, other, secondary } = bindy.named
  const { address: host, dnsPort, rndcPort, rndcKey } = other
  await dns.secret('primary-rndc', fieldsOf(rndcKey))
  await dns.edit(
    { kind: 'Bind9Instance', metadata: { name: 'primary' } },
    {
      external: { address: host, dnsPort, rndcPort },
    },
  )
  await answers([other], 'r0.example.com', 'A', ['192.0.2.1'], { timeoutMs: 15_000 })
  await dns.ready(await address('next'))
  await answers([other, secondary], 'next.example.com', 'A', ['192.0.2.1'])
  await answers([other, secondary], 'r0.example.com', 'A', ['192.0.2.1'])
  expect(digestIn(await held())).toBe(digest)
  await primary.rndc('delzone', '-clean', 'example.com')
})

test('a permission is for one withdrawal: it is taken off, and the same records wait again', async () => {
  await serve()
  await deleteUnseen(names.slice(0, 8))
  const digest = digestIn(await held())
  await dns.annotate(zone, { 'allow-withdrawal': digest })
  await answers(both(), 'r0.example.com', 'A', [])
  const annotation = async () => (await dns.get(zone)).metadata.annotations?.[ALLOW_WITHDRAWAL]
  await until('the annotation is off', async () => (await annotation()) === undefined)
  await Promise.all(names.slice(0, 8).map(address))
  await dns.allReady('arecords')
  await deleteUnseen(names.slice(0, 8))
  expect(digestIn(await held())).toBe(digest)
  await answers(both(), 'r0.example.com', 'A', ['192.0.2.1'])
})

test('a permission stays while the zone has no primary to withdraw anything from', async () => {
  await serve()
  await deleteUnseen(names.slice(0, 8))
  const digest = digestIn(await held())
  await dns.edit(zone, { clusterRef: 'nowhere' })
  await dns.says(zone, { reason: 'NoPrimary' })
  await dns.annotate(zone, { 'allow-withdrawal': digest })
  // What says so of this one was decided with the annotation in sight.
  await dns.says(await dns.edit(zone, { deletionGraceSeconds: 299 }), { reason: 'NoPrimary' })
  await dns.edit(zone, { clusterRef: 'dns' })
  await answers(both(), 'r0.example.com', 'A', [])
  await dns.ready(zone)
})

test('objects that come back release it, and nothing has left', async () => {
  await serve()
  await deleteUnseen(names.slice(0, 8))
  await held()
  await Promise.all(names.slice(0, 8).map(address))
  await dns.ready(zone)
  await dns.allReady('arecords')
  await dns.delete(record('r1'))
  await answers(both(), 'r1.example.com', 'A', [])
})

test('a few that went unseen leave, and so do all when they are deleted one by one', async () => {
  await serve()
  await deleteUnseen(names.slice(0, 3))
  await answers(both(), 'r0.example.com', 'A', [])
  await dns.ready(zone)
  for (const name of names.slice(3)) {
    await dns.delete(record(name))
    await answers(both(), `${name}.example.com`, 'A', [])
  }
  await dns.ready(zone)
})

test('a burst of deletions stops at a part of the zone', async () => {
  await serve()
  await Promise.all(names.map(name => dns.delete(record(name))))
  await held()
  const left = await Promise.all(names.map(name => bindy.named.primary.dig('+short', `${name}.example.com`)))
  expect(left.filter(answer => answer.trim() !== '').length).toBeGreaterThanOrEqual(14)
})

test('the zone itself may be deleted at once', async () => {
  await serve()
  await dns.delete(zone)
  await dns.gone(zone)
})
