import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Rule, rules, wholeOf } from '#crds'
import { type RunningApiServer, until } from '../cluster/index.ts'
import { apply, RunningWebhook, startCluster, type Thing, thing, zone } from './webhook.ts'

let api: RunningApiServer
let webhook: RunningWebhook

beforeAll(async () => {
  api = await startCluster()
  webhook = await RunningWebhook.start(api.kubeconfig)
  expect(await apply(api, [zone('example.com')])).toMatchObject({ code: 0 })
  const isKnown = async () => (await apply(api, [record('any')], ['--dry-run=server'])).stderr === ''
  await until('the webhook knows the zone', isKnown)
})

afterAll(async () => {
  await webhook?.stop()
  await api?.stop()
})

const secrets = { rndcSecretRef: { name: 'rndc' }, tsigSecretRef: { name: 'tsig' } }
const record = (name: string, spec: Readonly<Record<string, unknown>> = {}) =>
  thing('ARecord', name.replace(/\.$/, '').replace(/[^a-z0-9]+/g, '-'), {
    zone: 'example.com',
    name,
    ipv4Address: '192.0.2.1',
    ...spec,
  })

async function untilApplied(one: ReturnType<typeof thing>): Promise<void> {
  expect(await apply(api, [one])).toMatchObject({ code: 0 })
}

const get = async (what: string) => JSON.parse((await api.kubectl(['get', what, '-o', 'json'])).stdout)

describe('kubectl apply', () => {
  test('of one object shows each fault beside its field', async () => {
    const { code, stderr } = await apply(api, [record('www-.example.org.')])
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^The ARecord "www-example-org" is invalid: \n(\* spec\.name: Invalid value: .+ \[BND-R\d+\]\n){2}$/,
    )
  })

  test('of what the schema refuses warns of what the rules have against it first', async () => {
    const { code, stderr } = await apply(api, [record('bücher', { ttl: 60 })])
    expect(code).toBe(1)
    const [warning = '', refusal] = stderr.split('\n')
    expect(warning).toMatch(/^Warning: spec\.name: Invalid value: 'bücher': .*xn--bcher-kva.* \[BND-R001\]$/)
    expect(refusal).toMatch(/^The ARecord "b-cher" is invalid: spec\.name: Invalid value: .+/)
    const server = thing('Bind9Instance', 'ns', { role: 'primary', external: { address: 'ns:53', ...secrets } })
    expect((await apply(api, [server])).stderr).toMatch(/^Warning: spec\.external\.address: .+ \[BND-R039\]\n/)
  })

  test('tells every rule that an object breaks alone, be it one that the schema has too', async () => {
    await api.kubectl(['create', 'namespace', 'dns'])
    const isAlone = ({ fails }: Rule) => fails.old === undefined && (fails.among ?? []).length === 0
    const broken = rules.filter(rule => rule.severity === 'error' && !rule.isOfDeletion && isAlone(rule))
    // What is no Unicode comes through no JSON.
    const told = broken.filter(({ id }) => id !== 'BND-R012')
    const drafts = told.map(({ id, fails }) => {
      const { kind, metadata, spec } = wholeOf(fails.object)
      return { kind, metadata: { ...metadata, name: id.toLowerCase() }, spec } as Thing
    })
    const { stderr } = await apply(api, drafts, ['--dry-run=server'])
    expect(told.length).toBeGreaterThan(20)
    expect(told.map(({ id }) => id).filter(id => !stderr.includes(`[${id}]`))).toEqual([])
  })

  test('of several objects shows each fault in the message', async () => {
    const { code, stdout, stderr } = await apply(api, [
      record('ok'),
      record('www-.example.org.'),
      record('b.example.org.'),
    ])
    expect(code).toBe(1)
    expect(stdout).toContain('ok created')
    expect(stderr).toMatch(/denied the request: 2 faults:\n\* spec\.name: .+\n\* spec\.name: .+\n/)
    expect(stderr).toMatch(/denied the request: spec\.name: Invalid value: 'b\.example\.org\.': .+ \[BND-R\d+\]\n/)
  })

  test('of a zone and its records, in any order, passes with warnings at most', async () => {
    const things = [
      record('a', { zone: 'example.net' }),
      zone('example.net'),
      record('b', { zone: 'example.net' }),
    ].map((one, i) => ({ ...one, metadata: { name: `any-${i}` } }))
    expect(await apply(api, things)).toMatchObject({ code: 0 })
  })

  test("of a zone below one of another namespace is refused, whatever it says of the controller's doings", async () => {
    await api.kubectl(['create', 'namespace', 'guest'])
    const child = (more: object) => ({
      ...zone('sub.example.com'),
      metadata: { name: 'sub', namespace: 'guest', finalizers: ['bindy.firestoned.io/served'] },
      ...more,
    })
    const servers = [{ instance: 'ns', role: 'primary', state: 'Served' }]
    for (const more of [{}, { status: { servers } }])
      expect(await apply(api, [child(more)])).toMatchObject({ code: 1, stderr: expect.stringContaining('[BND-R033]') })
  })

  test('with --dry-run=server judges and fills in, and stores nothing', async () => {
    const refused = await apply(api, [record('dry.example.org.')], ['--dry-run=server'])
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('[BND-R') })
    const { stdout } = await apply(api, [record('dry')], ['--dry-run=server', '-o', 'json'])
    expect(JSON.parse(stdout).metadata.labels).toEqual({ 'bindy.firestoned.io/zone': 'example.com' })
    expect(await api.kubectl(['get', 'arecord', 'dry'])).toMatchObject({ code: 1 })
  })

  test('again changes nothing, and kubectl diff shows nothing', async () => {
    const things = [zone('example.info'), record('same.example.info.', { zone: undefined })]
    await until('the zone is known', async () => (await apply(api, things)).code === 0)
    const before = await get('arecord/same-example-info')
    expect(before.spec.zone).toBe('example.info')
    const again = await apply(api, things)
    expect(again.stdout).toBe(
      'dnszone.bindy.firestoned.io/example-info unchanged\narecord.bindy.firestoned.io/same-example-info unchanged\n',
    )
    const input = JSON.stringify({ apiVersion: 'bindy.firestoned.io/v1alpha1', ...things[1] })
    expect(await api.kubectl(['diff', '-f', '-'], { input })).toEqual({ code: 0, stdout: '', stderr: '' })
    const serverSide = await api.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], { input })
    expect(serverSide).toMatchObject({ code: 0 })
    expect((await get('arecord/same-example-info')).spec).toEqual(before.spec)
  })
})

describe('an update', () => {
  const replace = (one: ReturnType<typeof thing>) =>
    api.kubectl(['replace', '-f', '-'], {
      input: JSON.stringify({ apiVersion: 'bindy.firestoned.io/v1alpha1', ...one }),
    })
  const zoneLabel = 'bindy.firestoned.io/zone'
  const known = (name: string) =>
    until(`${name} is known`, async () => {
      const { stdout } = await apply(
        api,
        [record(`x.${name}.`, { zone: undefined })],
        ['--dry-run=server', '-o', 'json'],
      )
      return stdout !== '' && JSON.parse(stdout).spec.zone === name
    })

  test('that leaves out what was filled in keeps it, though another zone has come to hold the name', async () => {
    await apply(api, [zone('example.tel')])
    await known('example.tel')
    const bare = record('www.lab.example.tel.', { zone: undefined })
    await untilApplied(bare)
    await apply(api, [zone('lab.example.tel')])
    await known('lab.example.tel')
    expect(await replace(bare)).toMatchObject({ code: 0 })
    const { metadata, spec } = await get('arecord/www-lab-example-tel')
    expect([spec.zone, metadata.labels[zoneLabel]]).toEqual(['example.tel', 'example.tel'])
  })

  test('that says the same, without the label, has it put back', async () => {
    const one = record('kept', { zone: 'example.tel' })
    await untilApplied(one)
    expect(await replace(one)).toMatchObject({ code: 0 })
    expect((await get('arecord/kept')).metadata.labels[zoneLabel]).toBe('example.tel')
  })

  test.each(['client', 'server'])(
    'of the zone has the label follow that was filled in, and no other: %s',
    async side => {
      const args = side === 'server' ? ['--server-side'] : []
      const move = async (name: string, labels: Record<string, string>) => {
        const at = (zone: string) => ({ ...record('move', { zone }), metadata: { name: `${side}-${name}`, labels } })
        for (const zone of ['example.com', 'example.tel'])
          expect(await apply(api, [at(zone)], args)).toMatchObject({ code: 0 })
        return (await get(`arecord/${side}-${name}`)).metadata.labels[zoneLabel]
      }
      expect(await move('filled', { app: 'x' })).toBe('example.tel')
      expect(await move('written', { [zoneLabel]: 'example.com' })).toBe('example.com')
    },
  )
})

describe('an object from before a rule', () => {
  test('can be labelled, finalized, changed elsewhere, have its status written, and go', async () => {
    await webhook.stop()
    const kinds = ['mutatingwebhookconfiguration/bindy-mutate', 'validatingwebhookconfiguration/bindy-validate']
    expect(await api.kubectl(['delete', ...kinds])).toMatchObject({ code: 0 })
    await untilApplied(record('old.example.org.'))
    webhook = await RunningWebhook.start(api.kubeconfig)
    expect(await apply(api, [record('new.example.org.')])).toMatchObject({ code: 1 })

    const old = 'arecord/old-example-org'
    const patch = (body: object, ...more: string[]) =>
      api.kubectl(['patch', old, '--type=merge', '-p', JSON.stringify(body), ...more])
    expect(await patch({ metadata: { labels: { app: 'x' } } })).toMatchObject({ code: 0 })
    expect(await patch({ metadata: { finalizers: ['bindy.firestoned.io/served'] } })).toMatchObject({ code: 0 })
    expect(await patch({ status: { observedGeneration: 1 } }, '--subresource=status')).toMatchObject({ code: 0 })
    expect(await patch({ spec: { ttl: 300 } })).toMatchObject({ code: 0 })
    expect(await patch({ spec: { name: 'other.example.org.' } })).toMatchObject({ code: 1 })
    expect(await api.kubectl(['delete', old, '--wait=false'])).toMatchObject({ code: 0 })
    expect(await patch({ metadata: { finalizers: null } })).toMatchObject({ code: 0 })
    expect(await api.kubectl(['get', old])).toMatchObject({ code: 1 })
  })
})

describe('kubectl delete', () => {
  test('of a zone with records is refused, says how it is confirmed, and then passes', async () => {
    await untilApplied(zone('example.biz'))
    await untilApplied({ ...record('www', { zone: 'example.biz' }), metadata: { name: 'biz' } })
    const refused = async () => (await api.kubectl(['delete', 'zone', 'example-biz', '--dry-run=server'])).code === 1
    await until('the record is known', refused)
    const { stderr } = await api.kubectl(['delete', 'zone', 'example-biz'])
    const annotation = /bindy\.firestoned\.io\/[a-z-]+/.exec(stderr.split('denied the request')[1] ?? '')?.[0]
    expect(stderr).toContain('denied the request')
    await api.kubectl(['annotate', 'zone', 'example-biz', `${annotation}=true`])
    const finalizers = (list: readonly string[] | null) =>
      api.kubectl([
        'patch',
        'zone',
        'example-biz',
        '--type=merge',
        '-p',
        JSON.stringify({ metadata: { finalizers: list } }),
      ])
    await finalizers(['example.com/held'])
    expect(await api.kubectl(['delete', 'zone', 'example-biz', '--wait=false'])).toMatchObject({ code: 0 })
    // It is going already, whatever it says by now.
    await api.kubectl(['annotate', 'zone', 'example-biz', `${annotation}-`])
    expect(await api.kubectl(['delete', 'zone', 'example-biz', '--wait=false'])).toMatchObject({ code: 0, stderr: '' })
    await finalizers(null)
    expect(await api.kubectl(['get', 'zone', 'example-biz'])).toMatchObject({ code: 1 })
  })

  test('of the last primary of a zone is refused, and that of another passes', async () => {
    const server = (name: string) =>
      thing('Bind9Instance', name, {
        role: 'primary',
        clusterRef: 'pair',
        external: { address: '192.0.2.1', ...secrets },
      })
    expect(
      await apply(api, [server('pair-1'), server('pair-2'), zone('example.pro', { clusterRef: 'pair' })]),
    ).toMatchObject({ code: 0 })
    expect(await api.kubectl(['delete', 'bind9instance', 'pair-1'])).toMatchObject({ code: 0 })
    const refused = async () => (await api.kubectl(['delete', 'bind9instance', 'pair-2', '--dry-run=server'])).stderr
    await until('all of it is known', async () => (await refused()) !== '')
    expect(await refused()).toContain('it is the last primary of example.pro, of DNSZone example-pro')
    expect((await api.kubectl(['delete', 'bind9instance', 'pair-2'])).stderr).toContain('[BND-R045]')
    await api.kubectl(['annotate', 'bind9instance', 'pair-2', 'bindy.firestoned.io/confirm-delete=true'])
    expect(await api.kubectl(['delete', 'bind9instance', 'pair-2'])).toMatchObject({ code: 0 })
  })

  test('of a namespace has its zones go', async () => {
    await api.kubectl(['create', 'namespace', 'leaving'])
    const inside = (one: ReturnType<typeof thing>) => ({ ...one, metadata: { ...one.metadata, namespace: 'leaving' } })
    expect(
      await apply(api, [inside(zone('leaving.test')), inside(record('www', { zone: 'leaving.test' }))]),
    ).toMatchObject({ code: 0 })
    const refused = async () =>
      (await api.kubectl(['delete', 'zone', 'leaving-test', '-n', 'leaving', '--dry-run=server'])).code === 1
    await until('the record is known', refused)
    await api.kubectl(['delete', 'namespace', 'leaving', '--wait=false'])
    // As the namespace controller does, which this API server has none of.
    expect(await api.kubectl(['delete', 'dnszones', '--all', '-n', 'leaving'])).toMatchObject({ code: 0, stderr: '' })
  })
})
