import type { Bind9Instance, DNSZone, ObjectMeta, RecordObject, ZoneSpec, ZoneStatus } from '#crds'

/* Objects as the API server would give them: defaults filled in, the rest as a test says. */

const apiVersion = 'bindy.firestoned.io/v1alpha1'

interface Meta {
  readonly namespace?: string
  readonly uid?: string
  readonly generation?: number
  /** The second of its creation. */
  readonly created?: number
  readonly labels?: Record<string, string>
  readonly deleted?: boolean
}

function metadata(name: string, { namespace = 'dns', uid = name, generation = 1, created = 0, labels, deleted }: Meta) {
  const meta: ObjectMeta = {
    name,
    namespace,
    uid,
    generation,
    resourceVersion: String(generation),
    creationTimestamp: `2026-01-01T00:00:${String(created).padStart(2, '0')}Z`,
    ...(labels && { labels }),
    ...(deleted && { deletionTimestamp: '2026-01-02T00:00:00Z' }),
  }
  return meta
}

type ZoneChanges = Partial<Omit<ZoneSpec, 'soaRecord'>> & { readonly soaRecord?: Partial<ZoneSpec['soaRecord']> }

/** The DNSZone example.com, with the changes given. */
export function zone(spec: ZoneChanges = {}, meta: Meta = {}, status?: ZoneStatus): DNSZone {
  const soaRecord = {
    primaryNs: 'ns1.example.com.',
    adminEmail: 'admin@example.com',
    refresh: 3600,
    retry: 600,
    expire: 604800,
    negativeTtl: 300,
    ...spec.soaRecord,
  }
  const whole = { zoneName: 'example.com', clusterRef: 'dns', ttl: 3600, deletionGraceSeconds: 300, ...spec, soaRecord }
  return {
    apiVersion,
    kind: 'DNSZone',
    metadata: metadata('example.com', meta),
    spec: whole,
    ...(status && { status }),
  }
}

/** A record of example.com at its object's name. */
export function record(kind: string, name: string, spec: object, meta: Meta = {}): RecordObject {
  const uid = `${kind} ${name}`
  const whole = { zone: 'example.com', name, ...spec } as RecordObject['spec']
  return { apiVersion, kind, metadata: metadata(name, { uid, ...meta }), spec: whole }
}

export function address(name: string, ipv4Address: string, meta: Meta = {}): RecordObject {
  return record('ARecord', name, { ipv4Address }, meta)
}

export function instance(name: string, spec: Partial<Bind9Instance['spec']> = {}, meta: Meta = {}): Bind9Instance {
  const external = {
    address: '192.0.2.53',
    dnsPort: 53,
    rndcPort: 953,
    rndcSecretRef: { name: 'rndc' },
    tsigSecretRef: { name: 'tsig' },
  }
  const whole = { role: 'primary' as const, external, ...spec }
  return { apiVersion, kind: 'Bind9Instance', metadata: metadata(name, meta), spec: whole }
}
