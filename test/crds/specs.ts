import { type RecordType, recordTypes } from '#crds'
import { altered, type Fault, faultsAt, recordFaults, wrongTtls, wrongZoneNames } from './faults.ts'

/* Specs of each kind that the API server takes, and that it refuses. */

export const ZONE = {
  zoneName: 'example.com',
  clusterRef: 'production-dns',
  soaRecord: { primaryNs: 'ns1.example.com.', adminEmail: 'admin.example.com.', serial: 2024010101 },
}
export const INSTANCE = {
  role: 'primary',
  external: { address: '192.0.2.53', rndcSecretRef: { name: 'rndc' }, tsigSecretRef: { name: 'tsig' } },
}
const PORTS = ['53', 0, 65536, -1, 1.5]

const instanceSelector = (expression: object) =>
  altered(altered(ZONE, 'clusterRef', undefined), 'instanceSelector', expression)

/** Of zones and servers: records are told by their table. */
export const accepted: [title: string, kind: string, specs: readonly unknown[]][] = [
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
        ...['033', '046', '099', '119', '126'].map(octet => `dns\\${octet}ops.example.com.`),
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

const EMPTY_SELECTOR = 'must hold at least one of matchLabels and matchExpressions'

/** Of each kind, one fault each. */
export const faults: Record<string, Fault[]> = {
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
      ...['000', '032', '127', '200', '256', '999'].map(octet => `dns\\${octet}ops.example.com.`),
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

/** Serials of a zone before and after a change, and whether it moves forwards (RFC 1982 section 3.2). */
export const serialSteps: [from: number | undefined, to: number | undefined, isForwards: boolean][] = [
  [undefined, 5, true],
  [5, 5, true],
  [5, 6, true],
  [6, 5, false],
  [4_294_967_295, 0, true],
  [0, 4_294_967_295, false],
  [0, 2_147_483_647, true],
  [0, 2_147_483_648, false],
  [4_294_967_295, 2_147_483_646, true],
  [4_294_967_295, 2_147_483_647, false],
  [5, undefined, true],
]
