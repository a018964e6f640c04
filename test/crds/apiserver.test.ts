import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { API_GROUP, API_VERSION, kinds, type RecordType, recordTypes } from '#crds'
import { type RunningApiServer, startApiServer } from '../cluster/index.ts'
import { altered, edgeValues, type Fault, faultsAt, recordFaults, wrongTtls, wrongZoneNames } from './faults.ts'
import { tryCreate } from './request.ts'

const CRDS = fileURLToPath(new URL('../../crds/', import.meta.url))
const SAMPLES = fileURLToPath(new URL('../../manifests/samples/', import.meta.url))

let api: RunningApiServer

beforeAll(async () => {
  api = await startApiServer()
  await api.installCrds(CRDS)
  // The first create of each kind takes 2 s: all at once here.
  await Promise.all(kinds.map(({ plural, kind }) => tryCreate(api, plural, { kind, spec: {} })))
}, 120_000)

afterAll(() => api?.stop(), 30_000)

/** What kubectl prints, where it must succeed. */
async function kubectl(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await api.kubectl(args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

function apply(...objects: object[]) {
  const input = objects
    .map(object => JSON.stringify({ apiVersion: `${API_GROUP}/${API_VERSION}`, ...object }))
    .join('\n---\n')
  return api.kubectl(['apply', '-f', '-'], { input })
}

jest.setTimeout(60_000)

describe('the API server', () => {
  test('accepts the CRD of every kind without a warning', async () => {
    const { code, stderr } = await api.kubectl(['replace', '-f', CRDS])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const names = await kubectl('get', 'crds', '-o', 'name')
    expect(names.trim().split('\n')).toHaveLength(kinds.length)
  })

  test('accepts every sample, and lists them as the category bindy', async () => {
    const created = await kubectl('apply', '-f', SAMPLES)
    const documents = readdirSync(SAMPLES).flatMap(file =>
      readFileSync(`${SAMPLES}${file}`, 'utf8').match(/^kind: \w+/gm),
    )
    expect(created.trim().split('\n')).toHaveLength(documents.length)
    const ours = created.match(new RegExp(String.raw`^\w+\.${API_GROUP}/\S+`, 'gm')) ?? []
    expect((await kubectl('get', 'bindy', '-o', 'name')).trim().split('\n').sort()).toEqual([...ours].sort())
  })

  test('finds each kind by its singular and by every short name', async () => {
    const all = kinds.flatMap(({ kind, plural, shortNames }) =>
      [kind.toLowerCase(), ...shortNames].map(name => [name, plural] as const),
    )
    for (const [name, plural] of all) {
      const { stderr } = await api.kubectl(['get', name, 'no-such-object'])
      expect(stderr).toContain(`${plural}.${API_GROUP} "no-such-object" not found`)
    }
  })

  const cells = (line: string | undefined) => (line ?? '').trim().split(/\s{2,}/)

  test('prints a zone with the columns that answer the question', async () => {
    const [header, row] = (await kubectl('get', 'zone', 'example-com')).split('\n')
    expect(cells(header)).toEqual(['NAME', 'ZONE', 'RECORDS', 'SERIAL', 'READY', 'REASON', 'AGE'])
    expect(cells(row).slice(0, 2)).toEqual(['example-com', 'example.com'])
  })

  test('prints what a controller reports', async () => {
    const status = { ownerName: 'www.example.com.', observedGeneration: 1, conditions: [ready()] }
    await kubectl('patch', 'a', 'sample-a', '--subresource=status', '--type=merge', '-p', JSON.stringify({ status }))
    const [header, row] = (await kubectl('get', 'a', 'sample-a', '-o', 'wide')).split('\n')
    expect(cells(header)).toEqual('NAME ZONE OWNER TTL IPV4ADDRESS IPV4ADDRESSES READY REASON MESSAGE AGE'.split(' '))
    const shown = ['sample-a', 'example.com', 'www', '192.0.2.10', 'True', 'Served', 'Served by 1 primary']
    expect(cells(row).slice(0, -1)).toEqual(shown)
    await kubectl('wait', '--for=condition=Ready', 'a/sample-a', '--timeout=5s')
  })

  test.each(recordTypes.map((entry: RecordType) => [entry.kind, entry] as const))(
    'prints the rdata of an %s',
    async (_, entry) => {
      const name = `sample-${entry.type.toLowerCase()}`
      const [header, row] = (await kubectl('get', entry.shortName, name)).split('\n')
      for (const field of entry.fields) expect(header).toContain(field.name.toUpperCase())
      const values = entry.fields.map(field => entry.example.spec[field.name])
      for (const value of values) expect(row).toContain(Array.isArray(value) ? JSON.stringify(value) : String(value))
    },
  )

  test.each(recordTypes.map((entry: RecordType) => [entry.kind, entry] as const))(
    'explains an %s',
    async (kind, entry) => {
      const text = await kubectl('explain', `${kind.toLowerCase()}.spec`)
      for (const { name } of entry.fields) expect(text).toMatch(new RegExp(String.raw`^  ${name}\t<`, 'm'))
      expect(text.replace(/\s+/g, ' ')).toContain(`${entry.says} (${entry.rfc})`)
    },
  )
})

function ready() {
  const lastTransitionTime = '2026-01-01T00:00:00Z'
  return {
    type: 'Ready',
    status: 'True',
    reason: 'Served',
    message: 'Served by 1 primary',
    observedGeneration: 1,
    lastTransitionTime,
  }
}

const ZONE = {
  zoneName: 'example.com',
  clusterRef: 'production-dns',
  soaRecord: { primaryNs: 'ns1.example.com.', adminEmail: 'admin.example.com.', serial: 2024010101 },
}
const INSTANCE = {
  role: 'primary',
  external: { address: '192.0.2.53', rndcSecretRef: { name: 'rndc' }, tsigSecretRef: { name: 'tsig' } },
}
const PORTS = ['53', 0, 65536, -1, 1.5]

const instanceSelector = (expression: object) =>
  altered(altered(ZONE, 'clusterRef', undefined), 'instanceSelector', expression)

const accepted: [title: string, kind: string, specs: readonly unknown[]][] = [
  ['a cluster of nothing but its name', 'Bind9Cluster', [{}]],
  [
    'an instance at any address and port',
    'Bind9Instance',
    [
      INSTANCE,
      ...['2001:db8::53', 'ns1.example.com', 'ns1.example.com.', 'localhost', '127.0.0.1', '::1'].map(address =>
        altered(INSTANCE, 'external.address', address),
      ),
      altered(altered(INSTANCE, 'external.dnsPort', 5300), 'external.rndcPort', 65535),
      { ...INSTANCE, role: 'secondary', clusterRef: 'production-dns' },
    ],
  ],
  [
    'a zone of zoneName, clusterRef and soaRecord, in each form',
    'DNSZone',
    [
      ZONE,
      ...[
        'example.com.',
        'Example.COM',
        'com',
        '2.0.192.in-addr.arpa',
        '0/25.2.0.192.in-addr.arpa',
        '_tcp.example.com',
        'xn--bcher-kva.example',
        `${'x'.repeat(63)}.com`,
      ].map(zoneName => ({ ...ZONE, zoneName })),
      ...[
        'admin@example.com',
        'admin@example.com.',
        'john.doe@example.com',
        String.raw`john\.doe.example.com.`,
        'dns+ops@example.com',
        'Admin.Example.COM',
      ].map(email => altered(ZONE, 'soaRecord.adminEmail', email)),
      ...['ns1.example.com', 'ns1.', '_ns.example.com.'].map(host => altered(ZONE, 'soaRecord.primaryNs', host)),
      ...[0, 4294967295].map(serial => altered(ZONE, 'soaRecord.serial', serial)),
      ...[0, 2147483647].map(ttl => ({ ...ZONE, ttl })),
    ],
  ],
  [
    'a zone where labels say',
    'DNSZone',
    [
      instanceSelector({ matchLabels: { 'bindy.firestoned.io/tier': 'edge' } }),
      instanceSelector({ matchExpressions: [{ key: 'tier', operator: 'In', values: ['edge', 'core'] }] }),
      instanceSelector({ matchExpressions: [{ key: 'tier', operator: 'Exists' }] }),
      { ...ZONE, instanceSelector: { matchLabels: { app: 'dns' } } },
    ],
  ],
  [
    'a zone with name servers',
    'DNSZone',
    [
      { ...ZONE, nameServers: [{ hostname: 'ns1.example.com.' }, { hostname: 'ns2.example.net.' }] },
      {
        ...ZONE,
        nameServers: [{ hostname: 'ns1.example.com.', ipv4Address: '192.0.2.1', ipv6Address: '2001:db8::1' }],
      },
    ],
  ],
]

describe('the API server accepts', () => {
  test.each(accepted)('%s', async (_, kind, specs) => {
    for (const spec of specs) await expectAccepted(kind, spec)
  })

  test.each(recordTypes.map((entry: RecordType) => [entry.kind, entry] as const))(
    'an %s with any value that DNS takes',
    async (kind, entry) => {
      const right = { zone: 'example.com', name: 'www', ...entry.example.spec }
      const names = ['@', '*', 'a.b', 'WWW', 'www.example.com.', '_ldap._tcp', '0/25', String.raw`a\.b`, 'x'.repeat(63)]
      const specs = [
        ...names.map(name => ({ ...right, name })),
        ...[0, 2147483647].map(ttl => ({ ...right, ttl })),
        ...entry.fields.flatMap(field => edgeValues[field.wire].map(value => ({ ...right, [field.name]: value }))),
        ...entry.fields.flatMap(({ name, list, wire }) =>
          list ? [altered(altered(right, name, undefined), list, edgeValues[wire])] : [],
        ),
      ]
      for (const spec of specs) await expectAccepted(kind, spec)
    },
  )

  test('the defaults of a zone and of an instance', async () => {
    const zone = await tryCreate(api, 'dnszones', { kind: 'DNSZone', spec: ZONE })
    expect(zone.body.spec).toEqual({
      ...ZONE,
      ttl: 3600,
      deletionGraceSeconds: 300,
      soaRecord: { ...ZONE.soaRecord, refresh: 3600, retry: 600, expire: 604800, negativeTtl: 300 },
    })
    const instance = await tryCreate(api, 'bind9instances', { kind: 'Bind9Instance', spec: INSTANCE })
    expect(instance.body.spec).toEqual({
      ...INSTANCE,
      external: { ...INSTANCE.external, dnsPort: 53, rndcPort: 953 },
    })
  })
})

async function expectAccepted(kind: string, spec: unknown) {
  const { status, body } = await tryCreate(api, pluralOf(kind), { kind, spec })
  expect({ status, message: body.message, spec }).toEqual({ status: 201, message: undefined, spec })
}

function pluralOf(kind: string): string {
  return kinds.find(other => other.kind === kind)?.plural ?? ''
}

const EMPTY_SELECTOR = 'must hold at least one of matchLabels and matchExpressions'

const faults: Record<string, Fault[]> = {
  Bind9Cluster: [
    { title: 'no spec', spec: undefined, says: ['spec'] },
    { title: 'a spec that is a number', spec: 5, says: ['spec'] },
    ...faultsAt({}, 'colour', ['blue']),
  ],
  Bind9Instance: [
    { title: 'no spec', spec: undefined, says: ['spec'] },
    ...faultsAt(INSTANCE, 'role', [undefined, 5, 'master', '']),
    ...faultsAt(INSTANCE, 'clusterRef', [5, '', 'x'.repeat(254)]),
    ...faultsAt(INSTANCE, 'external', [undefined, 'ns1.example.com']),
    ...faultsAt(INSTANCE, 'external.address', [
      undefined,
      5,
      '',
      '192.0.2.1:53',
      'ns 1',
      'http://a',
      '-a',
      'a..b',
      'a_b',
    ]),
    ...faultsAt(INSTANCE, 'external.dnsPort', PORTS),
    ...faultsAt(INSTANCE, 'external.rndcPort', PORTS),
    ...faultsAt(INSTANCE, 'external.rndcSecretRef', [undefined, 'rndc']),
    ...faultsAt(INSTANCE, 'external.rndcSecretRef.name', [undefined, 5, '']),
    ...faultsAt(INSTANCE, 'external.tsigSecretRef', [undefined, 'tsig']),
    ...faultsAt(INSTANCE, 'external.tsigSecretRef.name', [undefined, 5, '']),
    ...faultsAt(INSTANCE, 'external.colour', ['blue']),
  ],
  DNSZone: [
    { title: 'no spec', spec: undefined, says: ['spec'] },
    { title: 'nowhere to be', spec: altered(ZONE, 'clusterRef', undefined), says: ['clusterRef or instanceSelector'] },
    ...faultsAt(ZONE, 'zoneName', wrongZoneNames),
    ...faultsAt(ZONE, 'clusterRef', [5, '', 'x'.repeat(254)]),
    ...faultsAt(ZONE, 'ttl', wrongTtls),
    ...faultsAt(ZONE, 'recordPolicy', ['', 'mine', 5]),
    ...faultsAt(ZONE, 'unmanaged', ['www', [5], [{ types: ['A'] }], Array(65).fill({ name: 'www' })]),
    ...['', 5, 'a b', 'ü'].map(name => ({
      title: `unmanaged[0].name ${JSON.stringify(name)}`,
      spec: altered(ZONE, 'unmanaged', [{ name }]),
      says: ['spec.unmanaged[0].name'],
    })),
    ...['A', [], ['SOA'], ['a']].map(types => ({
      title: `unmanaged[0].types ${JSON.stringify(types)}`,
      spec: altered(ZONE, 'unmanaged', [{ name: 'www', types }]),
      says: ['spec.unmanaged[0].types'],
    })),
    ...faultsAt(ZONE, 'adopt', ['true']),
    ...faultsAt(ZONE, 'deletionPolicy', ['keep']),
    ...faultsAt(ZONE, 'deletionGraceSeconds', [-1, 1.5, '300', 604801]),
    ...faultsAt(ZONE, 'allowedNamespaces', ['dns', [''], ['Team'], ['a'.repeat(64)], ['-a']]),
    ...faultsAt(ZONE, 'soaRecord', [undefined, 'ns1']),
    ...faultsAt(ZONE, 'soaRecord.primaryNs', [undefined, 5, '', 'ns1', 'a..b.', 'a b.']),
    ...faultsAt(ZONE, 'soaRecord.adminEmail', [
      undefined,
      5,
      '',
      'admin',
      'admin@example',
      '@example.com',
      'a@b@example.com',
      'a b@example.com',
      'admin@exa mple.com',
      'admin@example..com',
      '.example.com',
      'ü@example.com',
      String.raw`a\@example.com`,
      `${'x'.repeat(64)}@example.com`,
    ]),
    ...faultsAt(ZONE, 'soaRecord.serial', ['1', -1, 4294967296, 1.5]),
    ...['refresh', 'retry', 'expire', 'negativeTtl'].flatMap(name => faultsAt(ZONE, `soaRecord.${name}`, wrongTtls)),
    ...faultsAt(ZONE, 'nameServers', ['ns1.example.com.', [5], Array(33).fill({ hostname: 'ns1.example.com.' })]),
    ...['', 'ns1', undefined].map(hostname => ({
      title: `a name server called ${hostname}`,
      spec: { ...ZONE, nameServers: [{ hostname }] },
      says: ['spec.nameServers[0].hostname'],
    })),
    ...['ipv4Address', 'ipv6Address'].map(field => ({
      title: `a name server with the ${field} of nothing`,
      spec: { ...ZONE, nameServers: [{ hostname: 'ns1.example.com.', [field]: '192.0.2.1.1' }] },
      says: [`spec.nameServers[0].${field}`],
    })),
    ...[{}, { matchLabels: {} }, { matchExpressions: [] }].map(selector => ({
      title: `an instanceSelector ${JSON.stringify(selector)}`,
      spec: instanceSelector(selector),
      says: ['spec.instanceSelector', EMPTY_SELECTOR],
    })),
    ...[
      { key: 'a', operator: 'Near' },
      { key: 'a', operator: 'In' },
      { key: 'a', operator: 'NotIn', values: [] },
      { key: 'a', operator: 'Exists', values: ['b'] },
      { operator: 'Exists' },
    ].map(expression => ({
      title: `an expression ${JSON.stringify(expression)}`,
      spec: instanceSelector({ matchExpressions: [expression] }),
      says: ['spec.instanceSelector.matchExpressions[0]'],
    })),
    ...faultsAt(ZONE, 'soaRecord.colour', ['blue']),
  ],
  ...Object.fromEntries(recordTypes.map((entry: RecordType) => [entry.kind, recordFaults(entry)])),
}

describe('the API server refuses, and names the field of,', () => {
  const table = Object.entries(faults).flatMap(([kind, list]) => list.map(fault => [kind, fault.title, fault] as const))

  test.each(table)('%s with %s', async (kind, _, { spec, says }) => {
    const { status, body } = await tryCreate(api, pluralOf(kind), { kind, spec })
    expect({ kind, spec, refused: status === 422 || status === 400, message: body.message }).toEqual({
      kind,
      spec,
      refused: true,
      message: expect.any(String),
    })
    for (const words of says) expect(body.message).toContain(words)
  })

  test('each kind has a fault', () => {
    expect(Object.keys(faults).sort()).toEqual(kinds.map(({ kind }) => kind).sort())
    expect(Object.entries(faults).filter(([, list]) => list.length === 0)).toEqual([])
  })

  test('a zone whose zoneName changes', async () => {
    const zone = (zoneName: string) => ({ kind: 'DNSZone', metadata: { name: 'renamed' }, spec: { ...ZONE, zoneName } })
    expect(await apply(zone('example.org'))).toMatchObject({ code: 0 })
    const { code, stderr } = await apply(zone('example.net'))
    expect(code).not.toBe(0)
    expect(stderr).toContain('spec.zoneName: Invalid value')
    expect(stderr).toContain('cannot be changed: create another DNSZone and delete this one')
  })

  test('all that is wrong at once, as kubectl prints it', async () => {
    const spec = { zone: 'example.com', name: 'a..b', ttl: -1, ipv4Address: '192.0.2.256' }
    const { code, stderr } = await apply({ kind: 'ARecord', metadata: { name: 'wrong' }, spec })
    expect(code).not.toBe(0)
    expect(stderr).toContain('The ARecord "wrong" is invalid:')
    for (const field of ['name', 'ttl', 'ipv4Address'])
      expect(stderr).toMatch(new RegExp(`^\\* spec.${field}: .+`, 'm'))
    expect(stderr).toContain('must be an IPv4 address, such as 192.0.2.10')
  })

  test('a status that no controller of ours writes', async () => {
    const status = { conditions: [{ ...ready(), status: 'Maybe' }] }
    const patch = ['patch', 'zone', 'example-com', '--subresource=status', '--type=merge', '-p']
    const { stderr } = await api.kubectl([...patch, JSON.stringify({ status })])
    expect(stderr).toContain('status.conditions[0].status: Unsupported value: "Maybe"')
  })
})
