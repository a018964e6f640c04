import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { API_GROUP } from '#crds'
import { type UntilOptions, until } from '../../cluster/index.ts'
import { answers, ask, dnsWrites, serialOf } from './answers.ts'
import { Bindy } from './bindy.ts'
import { conditionOf, type Namespace, type Thing } from './namespace.ts'
import { FOUND, LEVEL, RETRIED } from './patience.ts'

/* Hands on the servers: what somebody else changed is put right, left alone or waited for, as the zone says. */

const bindy = new Bindy({ primary: {}, secondary: {} })
const both = () => [bindy.named.primary, bindy.named.secondary]
/** What is ours is back within 5 s, and a second for the secondary. */
const SOON = { timeoutMs: 6_000 }
beforeAll(() => bindy.start())
afterEach(() => bindy.clear())
afterAll(() => bindy.stop())

let dns: Namespace<'primary' | 'secondary'>
let zone: Thing
let www: Thing

async function serve(spec: object = {}): Promise<void> {
  dns = await bindy.namespace()
  zone = await dns.ready(await dns.zone('example.com', { ...spec }))
  www = await dns.ready(await address('www', '192.0.2.1'))
}

const address = (name: string, ipv4Address: string) =>
  dns.create('ARecord', name, { zone: 'example.com', name, ipv4Address })

/** Has the API server refuse every change of objects, for nobody answers whom it has to ask; returns what ends that. */
async function refuseUpdates(plural: string): Promise<() => Promise<unknown>> {
  const path = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'
  const rules = [{ apiGroups: [API_GROUP], apiVersions: ['*'], operations: ['UPDATE'], resources: [plural] }]
  const clientConfig = { url: 'https://127.0.0.1:1/' }
  const hook = { name: 'nobody.example.com', admissionReviewVersions: ['v1'], sideEffects: 'None', rules, clientConfig }
  await bindy.kube.create(path, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'nobody' },
    webhooks: [hook],
  })
  const probe = { metadata: { annotations: { probe: 'x' } } }
  await until('changes are refused', () =>
    dns.patch(www, probe).then(
      () => false,
      () => true,
    ),
  )
  return () => bindy.kube.delete(`${path}/nobody`).catch(() => undefined)
}

async function nsupdate(...lines: string[]): Promise<void> {
  expect(await bindy.named.primary.nsupdate(['zone example.com', ...lines].join('\n'))).toMatchObject({ code: 0 })
}

const meddle = () =>
  nsupdate(
    'update delete www.example.com A',
    'update add www.example.com 60 A 203.0.113.1',
    'update add stray.example.com 60 TXT "stray"',
    'update add example.com 60 NS ns.example.net.',
  )

describe('an exclusive zone', () => {
  test('is put right by itself, with an Event that says how to let a name be', async () => {
    await serve()
    await meddle()
    await answers(both(), 'www.example.com', 'A', ['192.0.2.1'], SOON)
    await answers(both(), 'stray.example.com', 'TXT', [], SOON)
    await answers(both(), 'example.com', 'NS', ['ns1.example.com.'], SOON)
    const note = await dns.noted(zone, 'DriftMended')
    expect(note).toMatch(/Somebody changed .*example\.com\. .* on .*primary/)
    expect(note).toContain('spec.unmanaged')
    await dns.ready(www)
    expect((await dns.get(zone)).status?.unowned).toBeUndefined()
  })

  test('is put right also where many records came from elsewhere', async () => {
    await serve()
    for (let i = 0; i < 10; i++) await dns.ready(await address(`r${i}`, '192.0.2.2'))
    await nsupdate(...Array.from({ length: 20 }, (_, i) => `update add stray${i}.example.com 60 A 203.0.113.1`))
    for (let i = 0; i < 20; i++) await answers(both(), `stray${i}.example.com`, 'A', [], SOON)
    await dns.ready(zone)
  })

  test('leaves alone what unmanaged names, and counts it', async () => {
    await serve({ unmanaged: [{ name: '_acme-challenge*', types: ['TXT'] }] })
    await nsupdate(
      'update add _acme-challenge.www.example.com 60 TXT "token"',
      'update add _acme-challenge.www.example.com 60 CAA 0 issue "ca.example"',
    )
    await until('it is counted', async () => (await dns.get(zone)).status?.unowned === 1, SOON)
    await answers(both(), '_acme-challenge.www.example.com', 'CAA', [], SOON)
    await answers(both(), '_acme-challenge.www.example.com', 'TXT', ['"token"'])
    await dns.edit(zone, { unmanaged: null })
    await answers(both(), '_acme-challenge.www.example.com', 'TXT', [], SOON)
  })
})

describe('an owned zone', () => {
  test('has what is ours put right, and the rest left alone and counted', async () => {
    await serve({ recordPolicy: 'owned' })
    await meddle()
    await answers(both(), 'www.example.com', 'A', ['192.0.2.1'], SOON)
    await until('others are counted', async () => (await dns.get(zone)).status?.unowned === 2, SOON)
    await answers(both(), 'stray.example.com', 'TXT', ['"stray"'])
    await answers(both(), 'example.com', 'NS', ['ns.example.net.', 'ns1.example.com.'])
    await dns.ready(await address('new', '192.0.2.3'))
    await answers(both(), 'stray.example.com', 'TXT', ['"stray"'])
  })
})

describe('records of an owned zone', () => {
  const gone = (name: string, options?: UntilOptions) => answers(both(), `${name}.example.com`, 'A', [], options)
  const stray = () => answers(both(), 'stray.example.com', 'TXT', ['"stray"'])

  async function serveOwned(): Promise<void> {
    await serve({ recordPolicy: 'owned' })
    await nsupdate('update add stray.example.com 60 TXT "stray"')
    await until('the record is marked', async () => (await dns.get(www)).metadata.finalizers?.length === 1)
    await until('the record says where', async () => (await dns.get(www)).status?.zoneName === 'example.com.')
  }

  test('leave when their objects are deleted or renamed, and nobody else does', async () => {
    await serveOwned()
    const renamed = await dns.ready(await dns.edit(www, { name: 'web' }))
    await answers(both(), 'web.example.com', 'A', ['192.0.2.1'])
    await gone('www')
    await until('it says its new name', async () => (await dns.get(www)).status?.ownerName === 'web.example.com.')
    await dns.delete(renamed)
    await dns.gone(renamed)
    await gone('web')
    await stray()
  })

  test('wait for a dead server no longer than the zone says, and leave it when it is back', async () => {
    await serveOwned()
    await dns.edit(zone, { deletionGraceSeconds: 4 })
    await bindy.named.primary.kill('SIGKILL')
    await dns.says({ kind: 'Bind9Instance', metadata: { name: 'primary' } }, { status: 'False' })
    const startMs = performance.now()
    await dns.delete(www)
    await dns.gone(www, { timeoutMs: 20_000 })
    expect(performance.now() - startMs).toBeGreaterThan(2_000)
    await bindy.named.primary.restart()
    await gone('www', FOUND)
    await stray()
  })

  test('hear what became of them, though the API server refused meanwhile to let another go', async () => {
    await serveOwned()
    const restore = await refuseUpdates('arecords')
    try {
      await dns.delete(www)
      await gone('www')
      const text = await dns.create('TXTRecord', 'text', { zone: 'example.com', name: 'text', text: ['x'] })
      await answers(both(), 'text.example.com', 'TXT', ['"x"'])
      await restore()
      await dns.gone(www, RETRIED)
      await dns.ready(text)
    } finally {
      await restore()
    }
  })

  test('that were deleted, renamed or moved while the controller was away leave when it is back', async () => {
    await serveOwned()
    const other = await dns.ready(await dns.zone('example.org', { recordPolicy: 'owned' }))
    const some = await Promise.all(['a', 'b', 'c'].map(name => address(name, '192.0.2.2')))
    await Promise.all(some.map(record => dns.ready(record)))
    await until('they say where', async () => {
      const all = await Promise.all(some.map(record => dns.get(record)))
      return all.every(({ status }) => status?.zoneName === 'example.com.')
    })
    await bindy.stopController()
    const [a, b, c] = some as [Thing, Thing, Thing]
    await dns.delete(a)
    await dns.edit(b, { name: 'bb', ipv4Address: '192.0.2.3' })
    await dns.edit(c, { zone: 'example.org' })
    bindy.startController()
    await dns.gone(a)
    for (const name of ['a', 'b', 'c']) await gone(name)
    await answers(both(), 'bb.example.com', 'A', ['192.0.2.3'])
    await answers(both(), 'c.example.org', 'A', ['192.0.2.2'])
    await until('it says its new zone', async () => (await dns.get(c)).status?.zoneName === 'example.org.')
    await Promise.all([dns.ready(zone), dns.ready(other)])
    await stray()
  })

  test('wait for a primary that is down, and leave it when it is back', async () => {
    await serveOwned()
    await bindy.named.primary.kill('SIGKILL')
    await dns.says({ kind: 'Bind9Instance', metadata: { name: 'primary' } }, { status: 'False' })
    await dns.delete(www)
    await dns.says(zone, { status: 'False' })
    expect(await dns.find(www)).toBeDefined()
    await bindy.named.primary.restart()
    await dns.gone(www, FOUND)
    await gone('www')
    await stray()
  })

  test('go with their zone', async () => {
    await serveOwned()
    await Promise.all([dns.delete(www), dns.delete(zone)])
    await Promise.all([dns.gone(www), dns.gone(zone)])
  })
})

describe('a paused zone', () => {
  test('hears the objects, says what is not served, and changes nothing until it goes on', async () => {
    await serve()
    await dns.annotate(zone, { paused: 'true' })
    await dns.says(zone, { type: 'Paused', status: 'True' })
    await dns.ready(zone)
    const writes = both().map(named => dnsWrites(named).length)
    const serial = await serialOf(bindy.named.primary, 'example.com')

    const added = await address('new', '192.0.2.3')
    await dns.edit(www, { ipv4Address: '192.0.2.9' })
    expect(conditionOf(await dns.says(added, { status: 'False', reason: 'Paused' }))?.message).toContain('take it off')
    await dns.says(www, { status: 'False', reason: 'Paused' })
    await dns.says(zone, { status: 'False', reason: 'Paused' })
    await dns.edit(zone, { soaRecord: { refresh: 1234 } })
    await dns.says(zone, { status: 'False', reason: 'Paused' })
    expect(both().map(named => dnsWrites(named).length)).toEqual(writes)
    expect(await serialOf(bindy.named.primary, 'example.com')).toBe(serial)

    await dns.annotate(zone, { paused: null })
    await Promise.all([dns.ready(added), dns.ready(www), dns.ready(zone)])
    await answers(both(), 'www.example.com', 'A', ['192.0.2.9'])
    expect(conditionOf(await dns.get(zone), 'Paused')).toBeUndefined()
  })

  test('does not undo what somebody does meanwhile, and stays until it may go', async () => {
    await serve()
    await dns.annotate(zone, { paused: 'true' })
    await dns.says(zone, { type: 'Paused', status: 'True' })
    await nsupdate('update delete www.example.com A')
    await dns.says(www, { status: 'False', reason: 'Paused' }, SOON)
    await dns.delete(zone)
    await until('it says that it waits', async () => {
      const said = conditionOf(await dns.get(zone))
      return said?.reason === 'Paused' && said.message.includes('waits to be deleted')
    })
    expect(await serialOf(bindy.named.primary, 'example.com')).toBeDefined()
    await dns.annotate(zone, { paused: null })
    await dns.gone(zone)
    expect(await serialOf(bindy.named.primary, 'example.com')).toBeUndefined()
  })
})

test('a closed zone is opened when it has its records, also where its secondaries were others', async () => {
  await serve()
  await bindy.stopController()
  await nsupdate('update delete www.example.com A')
  const { primary } = bindy.named
  const { stdout } = await primary.rndc('showzone', 'example.com')
  const shut = stdout
    .replace(/^zone /, '')
    .replace(/also-notify [^{]*{[^}]*};/, `allow-query { key "${primary.tsigKey.name}"; };`)
  expect(await primary.rndc('modzone', shut)).toMatchObject({ code: 0 })
  const before = dnsWrites(primary).length
  bindy.startController()
  // It announces nothing to its own secondary before it is opened: that one is told to ask after 5 s.
  await answers(both(), 'www.example.com', 'A', ['192.0.2.1'], LEVEL)
  expect(dnsWrites(primary).slice(before)).toEqual([
    expect.stringContaining('approved'),
    expect.stringContaining('modzone'),
  ])
})

test('an SOA that somebody changed is put back, and an Event says so', async () => {
  await serve()
  await nsupdate('update add example.com 3600 SOA ns.example.net. other.example.net. 4000000000 9 9 9 9')
  expect(await dns.noted(zone, 'DriftMended')).toContain('Somebody changed the SOA on')
  await until('it is back', async () => (await ask(bindy.named.primary, 'example.com', 'SOA'))[0]?.includes(' admin.'))
})

describe('no drift of the SOA', () => {
  beforeEach(async () => {
    await serve()
    await dns.annotate(zone, { paused: 'true' })
    await dns.says(zone, { type: 'Paused', status: 'True' })
  })

  /** Waits until the controller knows what somebody did to the primary. */
  async function seen(): Promise<void> {
    const serial = await serialOf(bindy.named.primary, 'example.com')
    await until('the controller has seen it', async () => (await dns.get(zone)).status?.serial === serial, SOON)
  }

  /** The Events of drift once everything is mended, with one more that comes last. */
  async function mended(): Promise<string[]> {
    await dns.annotate(zone, { paused: null })
    await dns.ready(zone)
    await dns.ready(await dns.edit(zone, { soaRecord: { refresh: 4321 } }))
    await nsupdate('update add last.example.com 60 TXT "stray"')
    return until('the last is told of', async () => {
      const notes = await dns.notes(zone, 'DriftMended')
      return notes.some(note => note.includes('last.example.com')) && notes
    })
  }
  const alone = [expect.stringContaining('Somebody changed last.example.com. TXT')]

  test('is an SOA that its own object puts right', async () => {
    await nsupdate('update add example.com 3600 SOA ns1.example.com. admin.example.com. 4000000000 1234 600 604800 300')
    await seen()
    await dns.ready(await dns.edit(zone, { soaRecord: { refresh: 1234 } }))
    expect(await mended()).toEqual(alone)
  })

  test('is the serial of a record that somebody added, while the object has another SOA', async () => {
    await dns.says(await dns.edit(zone, { soaRecord: { refresh: 1234 } }), { status: 'False', reason: 'Paused' })
    await nsupdate('update add stray.example.com 60 TXT "stray"')
    await seen()
    expect(await mended()).toEqual(alone)
  })
})
