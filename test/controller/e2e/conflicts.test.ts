import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { until } from '../../cluster/index.ts'
import { answers, ask } from './answers.ts'
import { Bindy } from './bindy.ts'
import { conditionOf, type Namespace, type Thing } from './namespace.ts'

/*
 * What cannot be served side by side: the younger object stays out with its reason, the older one is served all the
 * time, and once it is gone the other is served without anybody touching it.
 */

const bindy = new Bindy({ primary: {}, secondary: {} })

const both = () => [bindy.named.primary, bindy.named.secondary]
beforeAll(() => bindy.start())
afterEach(() => bindy.clear())
afterAll(() => bindy.stop())

type Dns = Namespace<'primary' | 'secondary'>
type Spec = Readonly<Record<string, unknown>>
type Draft = readonly [kind: string, owner: string, spec: Spec]

const A = (owner: string, ipv4Address = '192.0.2.1'): Draft => ['ARecord', owner, { ipv4Address }]
const TXT = (owner: string, text = 'x'): Draft => ['TXTRecord', owner, { text: [text] }]
const CNAME = (owner: string, target = 'www.example.net.'): Draft => ['CNAMERecord', owner, { target }]
const NS = (owner: string, nameserver = 'ns.example.net.'): Draft => ['NSRecord', owner, { nameserver }]
const MX = (owner: string, mailServer: string): Draft => ['MXRecord', owner, { priority: 10, mailServer }]

const make = (dns: Dns, name: string, [kind, owner, spec]: Draft, zone = 'example.com') =>
  dns.create(kind, name, { zone, name: owner, ...spec })
const refused = async (dns: Dns, object: Thing, reason: string) =>
  conditionOf(await dns.says(object, { status: 'False', reason }, { timeoutMs: 5_000 }))?.message
const soon = { timeoutMs: 5_000 }

/** Asks every server again and again whether it still gives this answer; ends with how often it did not. */
function watch(name: string, type: string, expected: string): { stop(): Promise<number> } {
  let isOver = false
  let misses = 0
  const done = (async () => {
    while (!isOver) {
      for (const named of both()) if (!(await ask(named, name, type)).includes(expected)) misses++
    }
  })()
  return {
    stop: async () => {
      isOver = true
      await done
      return misses
    },
  }
}

const pairs: {
  what: string
  older: Draft
  younger: Draft
  reason: string
  asked: readonly [name: string, type: string, rdata: string]
  after: readonly [name: string, type: string, rdata: string]
}[] = [
  {
    what: 'a second CNAME',
    older: CNAME('alias', 'a.example.net.'),
    younger: CNAME('alias', 'b.example.net.'),
    reason: 'CNAMEConflict',
    asked: ['alias.example.com', 'CNAME', 'a.example.net.'],
    after: ['alias.example.com', 'CNAME', 'b.example.net.'],
  },
  {
    what: 'a CNAME beside other data',
    older: TXT('alias'),
    younger: CNAME('alias', 'b.example.net.'),
    reason: 'CNAMEConflict',
    asked: ['alias.example.com', 'TXT', '"x"'],
    after: ['alias.example.com', 'CNAME', 'b.example.net.'],
  },
  {
    what: 'a name below a delegation',
    older: NS('sub'),
    younger: A('host.sub'),
    reason: 'Occluded',
    asked: ['sub.example.com', 'NS', 'ns.example.net.'],
    after: ['host.sub.example.com', 'A', '192.0.2.1'],
  },
  {
    what: 'other data at a delegation',
    older: NS('sub'),
    younger: TXT('sub'),
    reason: 'Occluded',
    asked: ['sub.example.com', 'NS', 'ns.example.net.'],
    after: ['sub.example.com', 'TXT', '"x"'],
  },
  {
    what: 'a delegation inside a delegation',
    older: NS('sub'),
    younger: NS('deep.sub', 'ns2.example.net.'),
    reason: 'Occluded',
    asked: ['sub.example.com', 'NS', 'ns.example.net.'],
    after: ['deep.sub.example.com', 'NS', 'ns2.example.net.'],
  },
  {
    what: 'a delegation above older data',
    older: A('host.sub'),
    younger: NS('sub'),
    reason: 'DelegationConflict',
    asked: ['host.sub.example.com', 'A', '192.0.2.1'],
    after: ['sub.example.com', 'NS', 'ns.example.net.'],
  },
  {
    what: 'an MX to an alias',
    older: CNAME('mx'),
    younger: MX('@', 'mx.example.com.'),
    reason: 'TargetIsAlias',
    asked: ['mx.example.com', 'CNAME', 'www.example.net.'],
    after: ['example.com', 'MX', '10 mx.example.com.'],
  },
  {
    what: 'an NS to an alias',
    older: CNAME('ns2'),
    younger: NS('@', 'ns2.example.com.'),
    reason: 'TargetIsAlias',
    asked: ['ns2.example.com', 'CNAME', 'www.example.net.'],
    after: ['example.com', 'NS', 'ns2.example.com.'],
  },
]

test.each(pairs)('$what is refused as $reason, and served once the other is gone', async pair => {
  const { older, younger, reason, asked, after } = pair
  const dns = await bindy.namespace()
  const zone = await dns.ready(await dns.zone('example.com'))
  const winner = await dns.ready(await make(dns, 'older', older))
  await answers(both(), asked[0], asked[1], [asked[2]])
  await bindy.nextSecond()
  const watched = watch(...asked)
  const loser = await make(dns, 'younger', younger)
  const message = await refused(dns, loser, reason)
  if (!reason.startsWith('Target')) expect(message).toContain(`${older[0]} ${dns.name}/older`)
  expect(conditionOf(await dns.get(winner))?.status).toBe('True')
  await dns.ready(zone)
  expect(await watched.stop()).toBe(0)
  // A host takes the place of an alias, so that there is one to name.
  if (reason === 'TargetIsAlias') await make(dns, 'host', A(older[1]))
  await dns.delete(winner)
  await dns.ready(loser, soon)
  for (const named of both()) {
    await until('it is answered', async () => (await ask(named, after[0], after[1])).includes(after[2]), soon)
  }
})

test('all of it present when the zone is born ends the same', async () => {
  const dns = await bindy.namespace()
  const made = (prefix: string, drafts: readonly Draft[]) =>
    Promise.all(drafts.map((draft, i) => make(dns, `${prefix}-${i}`, draft)))
  const older = await made('older', [NS('sub'), A('host.cut'), CNAME('mx'), CNAME('alias')])
  await bindy.nextSecond()
  const younger = await made('younger', [A('host.sub'), NS('cut'), MX('@', 'mx.example.com.'), TXT('alias')])
  const missing = await make(dns, 'missing', MX('@', 'nowhere.example.com.'))
  await dns.ready(await dns.zone('example.com'))
  for (const object of older) await dns.ready(object)
  const reasons = ['Occluded', 'DelegationConflict', 'TargetIsAlias', 'CNAMEConflict']
  for (const [i, object] of younger.entries()) await refused(dns, object, reasons[i] as string)
  await refused(dns, missing, 'TargetMissing')
})

describe('a target', () => {
  test('keeps the address that a wildcard gives it from all that is younger, until it has its own', async () => {
    const dns = await bindy.namespace()
    await dns.ready(await dns.zone('example.com'))
    const wild = await make(dns, 'wild', A('*'))
    const mail = await make(dns, 'mail', MX('@', 'mx.example.com.'))
    for (const object of [wild, mail]) await dns.ready(object)
    await answers(both(), 'example.com', 'MX', ['10 mx.example.com.'])
    await bindy.nextSecond()
    const watched = watch('example.com', 'MX', '10 mx.example.com.')
    const alias = await make(dns, 'alias', CNAME('mx'))
    await bindy.nextSecond()
    const text = await make(dns, 'text', TXT('mx'))
    const below = await make(dns, 'below', TXT('_dmarc.mx'))
    for (const object of [alias, text, below]) {
      expect(await refused(dns, object, 'TargetConflict')).toContain(`MXRecord ${dns.name}/mail`)
    }
    const address = await make(dns, 'address', A('mx'))
    for (const object of [address, text, below]) await dns.ready(object, soon)
    await refused(dns, alias, 'TargetConflict')
    expect(await watched.stop()).toBe(0)
    await dns.delete(mail)
    await refused(dns, text, 'CNAMEConflict')
    await dns.ready(alias, soon)
  })

  test('that has no address is missing until it gets one, of its own or by a wildcard', async () => {
    const dns = await bindy.namespace()
    await dns.ready(await dns.zone('example.com'))
    const mail = await make(dns, 'mail', MX('@', 'mx.example.com.'))
    const wild = await make(dns, 'wild', MX('@', 'any.hosts.example.com.'))
    const server = await make(dns, 'server', NS('@', 'ns9.example.com.'))
    for (const object of [mail, wild, server]) await refused(dns, object, 'TargetMissing')
    const address = await make(dns, 'mx', A('mx'))
    const wildcard = await make(dns, 'wildcard', A('*.hosts'))
    await make(dns, 'ns9', A('ns9'))
    for (const object of [mail, wild, server]) await dns.ready(object, soon)
    await answers(both(), 'example.com', 'MX', ['10 any.hosts.example.com.', '10 mx.example.com.'])
    await answers(both(), 'example.com', 'NS', ['ns1.example.com.', 'ns9.example.com.'])
    await dns.delete(address)
    await refused(dns, mail, 'TargetMissing')
    await answers(both(), 'example.com', 'MX', ['10 any.hosts.example.com.'])
    // With it the name would exist, and the wildcard stand for it no longer.
    await bindy.nextSecond()
    const blocker = await make(dns, 'blocker', TXT('x.any.hosts'))
    await refused(dns, blocker, 'TargetConflict')
    await dns.delete(wildcard)
    await dns.ready(blocker, soon)
    await refused(dns, wild, 'TargetMissing')
  })

  test('in an owned zone may be there without an object, and named has the word', async () => {
    const dns = await bindy.namespace()
    await dns.ready(await dns.zone('example.com', { recordPolicy: 'owned' }))
    const mail = await make(dns, 'mail', MX('@', 'mx.example.com.'))
    await refused(dns, mail, 'UpdateRefused')
  })
})

test('a delegation is served with its glue, and not without', async () => {
  const dns = await bindy.namespace()
  await dns.ready(await dns.zone('example.com'))
  const server = await make(dns, 'server', NS('sub', 'ns1.sub.example.com.'))
  await refused(dns, server, 'TargetMissing')
  const glue = await make(dns, 'glue', A('ns1.sub', '192.0.2.53'))
  await dns.ready(server, soon)
  await dns.ready(glue, soon)
  const referral = await bindy.named.primary.dig('+norecurse', 'www.sub.example.com', 'A')
  expect(referral).toMatch(/^sub\.example\.com\.\s+\d+\s+IN\s+NS\s+ns1\.sub\.example\.com\.$/m)
  expect(referral).toMatch(/^ns1\.sub\.example\.com\.\s+\d+\s+IN\s+A\s+192\.0\.2\.53$/m)
  await bindy.nextSecond()
  await refused(dns, await make(dns, 'other', TXT('ns1.sub')), 'Occluded')
  // The host of the cut cannot lie in it; an MX may name any host beyond it.
  await dns.ready(await make(dns, 'mail', MX('@', 'mx.sub.example.com.')), soon)
})

test('what the zone leaves to others is not taken, and is once it does no more', async () => {
  const dns = await bindy.namespace()
  const unmanaged = [{ name: '_acme-challenge', types: ['TXT'] }]
  const zone = await dns.ready(await dns.zone('example.com', { unmanaged }))
  const challenge = await make(dns, 'challenge', TXT('_acme-challenge'))
  await refused(dns, challenge, 'Unmanaged')
  await dns.edit(zone, { unmanaged: [] })
  await dns.ready(challenge, soon)
  await answers(both(), '_acme-challenge.example.com', 'TXT', ['"x"'])
})

describe('a child zone on the same servers', () => {
  test('hides what the zone above holds there, its delegation and glue aside, as long as it is there', async () => {
    const dns = await bindy.namespace()
    const parent = await dns.ready(await dns.zone('example.com'))
    const host = await dns.ready(await make(dns, 'host', A('host.sub')))
    const mail = await dns.ready(await make(dns, 'mail', MX('@', 'host.sub.example.com.')))
    await bindy.nextSecond()
    const child = await dns.ready(await dns.zone('sub.example.com'))
    expect(await refused(dns, host, 'Occluded')).toContain(`DNSZone ${dns.name}/sub.example.com`)
    // named asks the zone above alone, and takes the MX only where that delegates.
    expect(await refused(dns, mail, 'TargetMissing')).toContain('delegates')
    const server = await make(dns, 'server', NS('sub', 'ns1.sub.example.com.'))
    const glue = await make(dns, 'glue', A('ns1.sub', '127.0.0.1'))
    for (const object of [server, glue, mail]) await dns.ready(object, soon)
    await dns.ready(await make(dns, 'moved', A('host', '192.0.2.7'), 'sub.example.com'))
    await answers(both(), 'host.sub.example.com', 'A', ['192.0.2.7'])
    await dns.delete(server)
    await dns.delete({ kind: 'ARecord', metadata: { name: 'moved' } })
    await dns.delete(child)
    await dns.gone(child)
    await dns.ready(host, soon)
    await dns.ready(mail, soon)
    await answers(both(), 'host.sub.example.com', 'A', ['192.0.2.1'])
    await dns.ready(parent)
  })

  test('hides nothing when it is moved to servers of its own', async () => {
    const dns = await bindy.namespace({ primary: {}, secondary: { role: 'primary', clusterRef: 'other' } })
    await dns.ready(await dns.zone('example.com'))
    const host = await dns.ready(await make(dns, 'host', A('host.sub')))
    await bindy.nextSecond()
    const child = await dns.ready(await dns.zone('sub.example.com'))
    await refused(dns, host, 'Occluded')
    await dns.edit(child, { clusterRef: 'other' })
    await dns.ready(host, soon)
    await answers([bindy.named.primary], 'host.sub.example.com', 'A', ['192.0.2.1'])
  })
})

describe('allowedNamespaces', () => {
  test('lets records of other namespaces in, and out again when it is taken back', async () => {
    const dns = await bindy.namespace()
    const guest = await bindy.namespace({})
    const zone = await dns.ready(await dns.zone('example.com'))
    const host = await make(guest, 'host', A('host'))
    expect(await refused(guest, host, 'ZoneNotFound')).toContain('allowedNamespaces')
    await dns.edit(zone, { allowedNamespaces: [guest.name] })
    await guest.ready(host, soon)
    await answers(both(), 'host.example.com', 'A', ['192.0.2.1'])
    await dns.edit(zone, { allowedNamespaces: [] })
    await refused(guest, host, 'ZoneNotFound')
    await answers(both(), 'host.example.com', 'A', [])
  })

  test('of a second zone of the name speaks for no record that the first one serves', async () => {
    const dns = await bindy.namespace()
    await dns.ready(await dns.zone('example.com'))
    const host = await dns.ready(await make(dns, 'host', A('host')))
    await bindy.nextSecond()
    const rival = await bindy.namespace()
    const second = await rival.zone('example.com', { allowedNamespaces: ['*'] })
    await rival.says(second, { status: 'False', reason: 'DuplicateZone' })
    const late = await dns.ready(await make(dns, 'late', A('late')))
    for (const object of [host, late]) expect(conditionOf(await dns.get(object))?.status).toBe('True')
  })

  test('lets child zones of other namespaces in', async () => {
    const dns = await bindy.namespace()
    const parent = await dns.ready(await dns.zone('example.com'))
    await bindy.nextSecond()
    const guest = await bindy.namespace()
    const child = await guest.zone('sub.example.com')
    const host = await make(guest, 'host', A('host'), 'sub.example.com')
    expect(await refused(guest, child, 'NamespaceNotAllowed')).toContain('allowedNamespaces')
    expect(await refused(guest, host, 'ZoneNotReady')).toContain('NamespaceNotAllowed')
    for (const named of both()) expect(await ask(named, 'sub.example.com', 'SOA')).toEqual([])
    expect((await guest.get(child)).metadata).not.toHaveProperty('finalizers')
    await dns.edit(parent, { allowedNamespaces: [guest.name] })
    await guest.ready(child, soon)
    await guest.ready(host, soon)
    // What is served once is taken from nobody.
    await dns.edit(parent, { allowedNamespaces: [], ttl: 60 })
    await dns.ready(parent)
    expect(conditionOf(await guest.ready(child))?.reason).toBe('Served')
    await answers(both(), 'host.sub.example.com', 'A', ['192.0.2.1'])
  })

  test('lets no child zone in for a finalizer of its author, and has it go', async () => {
    const dns = await bindy.namespace()
    await dns.ready(await dns.zone('example.com'))
    await bindy.nextSecond()
    const guest = await bindy.namespace()
    const child = {
      apiVersion: 'bindy.firestoned.io/v1alpha1',
      kind: 'DNSZone',
      metadata: { name: 'sub', finalizers: ['bindy.firestoned.io/served'] },
      spec: {
        zoneName: 'sub.example.com',
        clusterRef: 'dns',
        soaRecord: { primaryNs: 'ns1.sub.example.com.', adminEmail: 'admin@example.com' },
      },
      status: { servers: [{ instance: 'primary', role: 'primary', state: 'Served' }] },
    }
    await guest.apply([child])
    await refused(guest, await guest.get(child), 'NamespaceNotAllowed')
    for (const named of both()) expect(await ask(named, 'sub.example.com', 'SOA')).toEqual([])
    await guest.delete(child)
    await guest.gone(child)
  })

  test('keeps nobody out who was there before, and a zone that is kept out blocks nobody', async () => {
    const guest = await bindy.namespace()
    const child = await guest.ready(await guest.zone('sub.example.com'))
    await bindy.nextSecond()
    const dns = await bindy.namespace()
    const parent = await dns.ready(await dns.zone('example.com'))
    expect(conditionOf(await guest.ready(child))?.reason).toBe('Served')
    await bindy.nextSecond()
    const squatted = await guest.zone('lab.example.com')
    await refused(guest, squatted, 'NamespaceNotAllowed')
    await bindy.nextSecond()
    const lab = await dns.create('DNSZone', 'lab', {
      zoneName: 'lab.example.com',
      clusterRef: 'dns',
      soaRecord: { primaryNs: 'ns1.lab.example.com.', adminEmail: 'admin@example.com' },
    })
    await dns.ready(lab, soon)
    await dns.delete(lab)
    await dns.gone(lab)
    await dns.delete(parent)
    await dns.gone(parent)
    await guest.ready(squatted, soon)
  })
})
