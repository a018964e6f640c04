import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ObjectIndex, recordKinds, zoneKind } from '#crds'
import { mutate } from '../../webhook/src/mutate.ts'
import type { PatchStep, Review, ReviewedObject } from '../../webhook/src/review.ts'
import { type Thing, thing, zone } from './webhook.ts'

const apiVersion = 'bindy.firestoned.io/v1alpha1'
const now = () => Date.UTC(2026, 10, 21, 23, 59)

function stored({ kind, metadata, spec }: Thing, namespace = 'default'): ReviewedObject {
  return { apiVersion, kind, metadata: { namespace, uid: `${namespace}/${metadata.name}`, ...metadata }, spec } as never
}

function instance(name: string, role: 'primary' | 'secondary', address: string): Thing {
  const secret = { name: 'key' }
  const external = { address, dnsPort: 53, rndcPort: 953, rndcSecretRef: secret, tsigSecretRef: secret }
  return thing('Bind9Instance', name, { clusterRef: 'ns', role, external })
}

const created = (object: ReviewedObject): Review => ({
  ...{ uid: 'u', operation: 'CREATE', namespace: 'default', name: 'x' },
  object,
})

const updated = (object: ReviewedObject, oldObject: ReviewedObject): Review => ({
  ...created(object),
  operation: 'UPDATE',
  oldObject,
})

function steps(review: Review, among: readonly ReviewedObject[] = []): PatchStep[] {
  return mutate(review, { others: ObjectIndex.of(among), now })
}

/** The object as the API server has it after a patch. */
function patched(object: ReviewedObject, patch: readonly PatchStep[]): ReviewedObject {
  const copy = structuredClone(object)
  for (const { path, value } of patch) {
    const names = path.slice(1).split('/')
    const last = names.pop() as string
    const parent = names.reduce(
      (at, name) => at[name] as Record<string, unknown>,
      copy as unknown as Record<string, unknown>,
    )
    parent[last.replace('~1', '/')] = value
  }
  return copy
}

/** What is filled in, by path. */
function filled(object: Thing, among: readonly ReviewedObject[] = []): Record<string, unknown> {
  return Object.fromEntries(steps(created(stored(object)), among).map(({ path, value }) => [path, value]))
}

const record = (spec: Readonly<Record<string, unknown>>) =>
  thing('ARecord', 'www', { ipv4Address: '192.0.2.1', ...spec })
const label = (value: string) => ({ 'bindy.firestoned.io/zone': value })
const bare = (zoneName: string) => ({ soaRecord: { adminEmail: `hostmaster@${zoneName}` } })

describe('mutate() of a record', () => {
  const com = stored(zone('example.com'))
  const lab = stored(zone('Lab.Example.com.'))

  test('names the one zone that holds its absolute name, the lowest, as that zone writes it', () => {
    expect(filled(record({ name: 'www.lab.example.com.' }), [com, lab])).toEqual({
      '/spec/zone': 'Lab.Example.com.',
      '/metadata/labels': label('lab.example.com'),
    })
    expect(filled(record({ name: 'EXAMPLE.com.' }), [com, lab])['/spec/zone']).toBe('example.com')
  })

  test.each([
    ['its name is relative', 'www', [com]],
    ['no zone holds it', 'www.example.org.', [com]],
    ['two do', 'www.example.com.', [com, stored(thing('DNSZone', 'twin', zone('example.com').spec))]],
    ['the zone of another namespace does not take it', 'www.example.com.', [stored(zone('example.com'), 'other')]],
    ['it is no name', 'www..example.com.', [com]],
  ] as const)('names none where %s', (_why, name, among) => {
    expect(filled(record({ name }), among)).toEqual({})
  })

  test('names the zone of another namespace that takes it', () => {
    const shared = stored(zone('example.com', { allowedNamespaces: ['default'] }), 'other')
    expect(filled(record({ name: 'www.example.com.' }), [shared])['/spec/zone']).toBe('example.com')
  })

  test('leaves a stored record in its zone while it keeps its name, whatever zones there are by now', () => {
    const old = stored(record({ name: 'www.lab.example.com.', zone: 'example.com' }))
    const zoneOf = (name: string) => steps(updated(stored(record({ name })), old), [com, lab])[0]?.value
    expect(zoneOf('www.lab.example.com.')).toBe('example.com')
    expect(zoneOf('ftp.lab.example.com.')).toBe('Lab.Example.com.')
  })

  test('leaves the ttl to the zone, and the zone as it is written', () => {
    expect(filled(record({ name: 'www.example.com.', zone: 'Example.Com.' }), [com])).toEqual({
      '/metadata/labels': label('example.com'),
    })
  })

  test('adds its label to others, and not one that it has or that none can be made of', () => {
    const labelled = (labels: object, zone: string) => {
      const object = stored(record({ name: 'www', zone }))
      return steps(created({ ...object, metadata: { ...object.metadata, labels } } as ReviewedObject))
    }
    expect(labelled({ app: 'x' }, 'example.com')).toEqual([
      { op: 'add', path: '/metadata/labels/bindy.firestoned.io~1zone', value: 'example.com' },
    ])
    expect(labelled(label('mine'), 'example.com')).toEqual([])
    expect(labelled({}, `${'a'.repeat(60)}.example.com`)).toEqual([])
    expect(labelled({}, '_tcp.example.com')).toEqual([])
  })

  test('has its label follow the zone, and leaves one that the user wrote', () => {
    const at = (zone: string, value: string) => {
      const object = stored(record({ name: 'www', zone }))
      return { ...object, metadata: { ...object.metadata, labels: label(value) } }
    }
    expect(steps(updated(at('example.org', 'example.com'), at('example.com', 'example.com')))).toEqual([
      { op: 'replace', path: '/metadata/labels/bindy.firestoned.io~1zone', value: 'example.org' },
    ])
    expect(steps(updated(at('example.org', 'mine'), at('example.com', 'mine')))).toEqual([])
    const { metadata, ...rest } = at('example.org', 'example.com')
    const fieldsV1 = { 'f:metadata': { 'f:labels': { 'f:bindy.firestoned.io/zone': {} } } }
    const written = { ...rest, metadata: { ...metadata, managedFields: [{ manager: 'kubectl' }, { fieldsV1 }] } }
    expect(steps(updated(written, at('example.com', 'example.com')))).toEqual([])
  })
})

describe('mutate() of a zone', () => {
  const servers = [
    instance('ns2', 'secondary', '192.0.2.2'),
    instance('ns1', 'primary', '192.0.2.1'),
    instance('far', 'secondary', 'NS.example.net'),
  ].map(one => stored(one))

  test('names its servers, the primary first, and a serial by the date', () => {
    expect(filled(zone('example.com', bare('example.com')), servers)).toEqual({
      '/spec/soaRecord/primaryNs': 'ns1.example.com.',
      '/spec/nameServers': ['ns1.example.com.', 'ns.example.net.', 'ns2.example.com.'].map(hostname => ({ hostname })),
      '/spec/soaRecord/serial': 2026112101,
      '/metadata/labels': label('example.com'),
    })
  })

  test('leaves name servers and primaryNs as they are written', () => {
    const nameServers = [{ hostname: 'a.example.net.' }]
    const given = filled(zone('example.com', { ...bare('example.com'), nameServers }), servers)
    expect(Object.keys(given)).toEqual(['/spec/soaRecord/primaryNs', '/spec/soaRecord/serial', '/metadata/labels'])
    expect(Object.keys(filled(zone('example.com'), servers))).toEqual(['/spec/soaRecord/serial', '/metadata/labels'])
  })

  test('names as many servers as a zone may list, and of more the primaries first', () => {
    const many = Array.from({ length: 40 }, (_, i) =>
      stored(instance(`ns${i}`, i < 35 ? 'secondary' : 'primary', `192.0.2.${i}`)),
    )
    const given = filled(zone('example.com', bare('example.com')), many)['/spec/nameServers'] as { hostname: string }[]
    expect(given).toHaveLength(32)
    expect(given.slice(0, 6).map(({ hostname }) => hostname.split('.')[0])).toEqual([
      ...['ns35', 'ns36', 'ns37', 'ns38', 'ns39'],
      'ns0',
    ])
  })

  test('tells nothing of servers where there is no primary, or none that can be named', () => {
    const keys = (among: readonly ReviewedObject[]) =>
      Object.keys(filled(zone('example.com', bare('example.com')), among))
    expect(keys([])).not.toContain('/spec/soaRecord/primaryNs')
    expect(keys(servers.slice(0, 1))).not.toContain('/spec/soaRecord/primaryNs')
  })

  test('gives a zone that is adopted no serial, and no name servers in place of those that it has', () => {
    expect(filled(zone('example.com', { adopt: true }))).toEqual({ '/metadata/labels': label('example.com') })
    const adopted = zone('example.com', { ...bare('example.com'), adopt: true })
    const ofNew = { '/spec/soaRecord/primaryNs': 'ns1.example.com.', '/metadata/labels': label('example.com') }
    expect(filled(adopted, servers)).toEqual(ofNew)
    const before = stored(zone('example.com', bare('example.com')))
    const old = patched(before, steps(created(before), servers))
    expect(steps(updated(stored(adopted), old), servers).map(({ path }) => path)).not.toContain('/spec/nameServers')
  })

  test('gives an update what is stored, and nothing new', () => {
    const next = stored(zone('example.com', bare('example.com')))
    const given = (old: ReviewedObject) =>
      Object.fromEntries(steps(updated(next, old), servers).map(({ path, value }) => [path, value]))
    expect(given(stored(zone('example.com')))).toEqual({
      '/spec/soaRecord/primaryNs': 'ns1.example.com.',
      '/metadata/labels': label('example.com'),
    })
    const before = patched(next, steps(created(next), servers.slice(0, 2)))
    expect(given(before)).toEqual({
      '/spec/soaRecord/primaryNs': 'ns1.example.com.',
      '/spec/nameServers': [{ hostname: 'ns1.example.com.' }, { hostname: 'ns2.example.com.' }],
      '/spec/soaRecord/serial': 2026112101,
      '/metadata/labels': label('example.com'),
    })
  })

  test('gives an update no name servers back that its author wrote', () => {
    const nameServers = [{ hostname: 'ns1.example.com.', ipv4Address: '192.0.2.1' }, { hostname: 'ns2.example.com.' }]
    const old = stored(zone('example.com', { nameServers }))
    const next = stored(zone('example.com', bare('example.com')))
    expect(steps(updated(next, old), servers).map(({ path }) => path)).not.toContain('/spec/nameServers')
    const without = stored(zone('example.com'))
    const filled = patched(next, steps(created(next), servers))
    expect(steps(updated(without, filled), servers).map(({ path }) => path)).not.toContain('/spec/nameServers')
  })
})

describe('mutate() of anything', () => {
  const among = [stored(zone('example.com')), stored(instance('ns1', 'primary', '192.0.2.1'))]
  const text = fc.oneof(fc.constantFrom('www', 'www.example.com.', 'example.com', '@', '', 'x..', '\\'), fc.string())
  const value = fc.oneof(text, fc.anything())
  const names = ['zone', 'name', 'zoneName', 'clusterRef', 'instanceSelector', 'nameServers', 'adopt', 'ttl']
  const soaRecord = fc.oneof(fc.dictionary(fc.constantFrom('primaryNs', 'serial', 'adminEmail'), value), fc.anything())
  const spec = fc
    .tuple(fc.dictionary(fc.constantFrom(...names), value), fc.option(soaRecord, { nil: undefined }))
    .map(([fields, soa]) => JSON.parse(JSON.stringify({ ...fields, ...(soa !== undefined && { soaRecord: soa }) })))
  const kind = fc.constantFrom(zoneKind, ...recordKinds).map(one => one.kind)

  test('adds and never takes away, and finds nothing to add to what it made', () => {
    fc.assert(
      fc.property(kind, spec, (kind, spec) => {
        const object = stored(thing(kind, 'x', spec))
        const patch = steps(created(object), among)
        const once = patched(object, patch)
        expect(once).toMatchObject(object)
        expect(steps(created(once), among)).toEqual([])
      }),
      { numRuns: 2_000 },
    )
  })

  test('gives an object that is written anew what it was given before, whatever there is by now', () => {
    const since = [
      ...['lab.example.com', 'www.example.com'].map(name => stored(zone(name))),
      ...['ns0', 'ns2'].map(name => stored(instance(name, 'primary', '192.0.2.9'))),
    ]
    fc.assert(
      fc.property(kind, spec, (kind, spec) => {
        const object = stored(thing(kind, 'x', spec))
        const before = patched(object, steps(created(object), among))
        const again = patched(object, steps(updated(object, before), [...among, ...since]))
        expect(again).toMatchObject(before)
        expect(steps(updated(again, before), [...among, ...since])).toEqual([])
        expect(steps(updated(again, again), [...among, ...since])).toEqual([])
      }),
      { numRuns: 2_000 },
    )
  })
})
