import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { API_GROUP, API_VERSION, kinds, type RecordType, recordTypes } from '#crds'
import { type RunningApiServer, startApiServer } from '../cluster/index.ts'
import { altered, edgeValues } from './faults.ts'
import { tryCreate } from './request.ts'
import { accepted, faults, INSTANCE, serialSteps, ZONE } from './specs.ts'

const CRDS = fileURLToPath(new URL('../../crds/', import.meta.url))
const SAMPLES = fileURLToPath(new URL('../../manifests/samples/', import.meta.url))

let api: RunningApiServer

beforeAll(async () => {
  api = await startApiServer()
  await api.installCrds(CRDS)
  // The first create of each kind takes 2 s: all at once here.
  await Promise.all(kinds.map(({ plural, kind }) => tryCreate(api, plural, { kind, spec: {} })))
})

afterAll(() => api?.stop())

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

  test.each(serialSteps)(
    'a serial that moves backwards: from %d to %d it is forwards: %s',
    async (from, to, isForwards) => {
      const zone = (serial: number | undefined) => {
        const soaRecord = { ...ZONE.soaRecord, serial }
        return { kind: 'DNSZone', metadata: { name: `serial-${from}-${to}` }, spec: { ...ZONE, soaRecord } }
      }
      expect(await apply(zone(from))).toMatchObject({ code: 0 })
      const { code, stderr } = await apply(zone(to))
      expect({ code, stderr }).toEqual({
        code: isForwards ? 0 : 1,
        stderr: isForwards ? '' : expect.stringContaining('must not move backwards, by the arithmetic of RFC 1982'),
      })
    },
  )

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
