import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals'
import { answers } from './answers.ts'
import { Bindy } from './bindy.ts'
import { conditionOf, type Namespace, type Thing } from './namespace.ts'

/* A large part of a zone does not leave at once unless somebody says that this very withdrawal is meant. */

const bindy = new Bindy({ primary: {}, secondary: {} })
const both = () => [bindy.named.primary, bindy.named.secondary]
const names = Array.from({ length: 20 }, (_, i) => `r${i}`)

jest.setTimeout(60_000)
beforeAll(() => bindy.start(), 120_000)
afterEach(() => bindy.clear())
afterAll(() => bindy.stop())

let dns: Namespace<'primary' | 'secondary'>
let zone: Thing

async function serve(): Promise<void> {
  dns = await bindy.namespace()
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
