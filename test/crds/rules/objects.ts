import { type Draft, wholeOf } from '#crds'

/* Objects in few words, for tests of rules: whole, as nobody has stored them yet. */

type Meta = NonNullable<Draft['metadata']>

export function record(kind: string, name: string, spec: object, metadata: Meta = {}) {
  return wholeOf({ kind, metadata, spec: { zone: 'example.com', name, ...spec } }, `${kind}-${name}`.toLowerCase())
}

export function address(name: string, ipv4Address = '192.0.2.10', metadata: Meta = {}) {
  return record('ARecord', name, { ipv4Address }, metadata)
}

export function alias(name: string, target = 'www.example.net.', metadata: Meta = {}) {
  return record('CNAMERecord', name, { target }, metadata)
}

export function zone(spec: object = {}, metadata: Meta = {}) {
  const soaRecord = { primaryNs: 'ns1.example.net.', adminEmail: 'dns@example.com' }
  return wholeOf({
    kind: 'DNSZone',
    metadata,
    spec: { zoneName: 'example.com', clusterRef: 'servers', soaRecord, ...spec },
  })
}

/** The same object as the API server has it stored, the second of its creation given. */
export function stored<T extends ReturnType<typeof wholeOf>>(object: T, created = 0): T {
  const { namespace, name } = object.metadata
  const creationTimestamp = `2026-01-01T00:00:${String(created).padStart(2, '0')}Z`
  const metadata = { ...object.metadata, uid: `${object.kind} ${namespace}/${name}`, creationTimestamp }
  return { ...object, metadata: { ...metadata, resourceVersion: '1', generation: 1 } }
}
