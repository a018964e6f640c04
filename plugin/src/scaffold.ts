import { API_GROUP, API_VERSION, celHolds, isIPv4, isIPv6, zoneSpecSchema } from '#crds'
import { objectName } from './record/rrset.ts'
import { printYaml } from './screen/yaml.ts'
import { objectNameOf, shownName, typedName } from './zone/find.ts'
import { reverseName } from './zone/reverse.ts'

export const scaffolds = ['cluster', 'server', 'zone', 'record'] as const
export type ScaffoldName = (typeof scaffolds)[number]

export interface ScaffoldValues {
  readonly zone: string
  readonly cluster: string
  readonly address: string
  readonly namespace?: string | undefined
}

/** An object as YAML that says in comments what may be changed. */
export interface Scaffolded {
  readonly kind: string
  readonly name: string
  readonly text: string
}

/** An object, or a few that go together. */
export function scaffold(name: ScaffoldName, values: ScaffoldValues): Scaffolded[] {
  return { cluster, server, zone, record }[name]({ ...values, zone: shownName(typedName(values.zone)) })
}

interface Parts {
  readonly kind: string
  readonly name: string
  readonly about?: string
  /** What stands below the metadata. */
  readonly text: string
}

function ours(parts: Parts, values: ScaffoldValues): Scaffolded {
  return scaffolded(`${API_GROUP}/${API_VERSION}`, parts, values)
}

function scaffolded(apiVersion: string, { kind, name, about, text }: Parts, { namespace }: ScaffoldValues): Scaffolded {
  const lines = [
    ...(about === undefined ? [] : [`# ${about}`]),
    `apiVersion: ${apiVersion}`,
    `kind: ${kind}`,
    'metadata:',
    `  name: ${printYaml(name)}`,
    ...(namespace === undefined ? [] : [`  namespace: ${printYaml(namespace)}`]),
    text,
  ]
  return { kind, name, text: lines.join('\n') }
}

function cluster(values: ScaffoldValues): Scaffolded[] {
  const text = `spec: {}
# spec:
#   secondary: { catalog: true }  # secondaries learn their zones from a catalog zone`
  const about = 'Servers that serve the same zones: the Bind9Instances whose clusterRef names it.'
  return [
    ours({ kind: 'Bind9Cluster', name: values.cluster, about, text }, values),
    ...instance('ns1', 'primary', values),
    ...instance('ns2', 'secondary', { ...values, address: '198.51.100.53' }),
  ]
}

function server(values: ScaffoldValues): Scaffolded[] {
  return instance('ns1', 'primary', values)
}

function instance(name: string, role: 'primary' | 'secondary', values: ScaffoldValues): Scaffolded[] {
  const text = `spec:
  clusterRef: ${printYaml(values.cluster)}
  role: ${role}  # ${role === 'primary' ? 'or secondary: it transfers its zones from the primaries' : 'or primary'}
  external:
    address: ${printYaml(values.address)}
    # dnsPort: 53
    # rndcPort: 953
    tsigSecretRef: { name: ${name}-tsig }
    rndcSecretRef: { name: ${name}-rndc }`
  const about = 'A BIND that runs already; the README lists what its named.conf needs.'
  return [
    ours({ kind: 'Bind9Instance', name, about, text }, values),
    secret(`${name}-tsig`, 'bindy', values),
    secret(`${name}-rndc`, 'bindy-rndc', values),
  ]
}

function secret(name: string, key: string, values: ScaffoldValues): Scaffolded {
  const text = `stringData:
  # One key statement as named.conf has it; "tsig-keygen ${key}" prints one.
  rndc.key: key "${key}" { algorithm hmac-sha256; secret "..."; };`
  return scaffolded('v1', { kind: 'Secret', name, text }, values)
}

function zone(values: ScaffoldValues): Scaffolded[] {
  const home = isMailDomain(values.zone) && reverseName(values.zone) === undefined ? values.zone : 'example.com'
  const text = `spec:
  zoneName: ${printYaml(values.zone)}
  clusterRef: ${printYaml(values.cluster)}  # a Bind9Cluster, or one Bind9Instance
  soaRecord:
    primaryNs: ns1.${home}.
    adminEmail: hostmaster@${home}
  # ttl: 3600                  # seconds, of records that give none
  # nameServers:               # the primaryNs alone when absent
  #   - hostname: ns1.${home}.
  #     ${addressField(values.address)}
  # adopt: true                # take over a zone that the servers have already
  # recordPolicy: owned        # leave records alone that no object gives`
  return [ours({ kind: 'DNSZone', name: objectNameOf(values.zone), text }, values)]
}

// "0/25.2.0.192.in-addr.arpa" and "test" are zones, and nobody has a mailbox there.
function isMailDomain(zone: string): boolean {
  return celHolds(zoneSpecSchema.properties.soaRecord.properties.adminEmail, `hostmaster@${zone}`)
}

function addressField(address: string): string {
  if (isIPv6(address)) return `ipv6Address: ${printYaml(address)}`
  return `ipv4Address: ${isIPv4(address) ? address : '192.0.2.53'}`
}

function record(values: ScaffoldValues): Scaffolded[] {
  const name = reverseName(values.zone)
  return name === undefined ? address(values) : pointer(name, values)
}

function pointer(name: string, values: ScaffoldValues): Scaffolded[] {
  const { zone } = values
  const text = `spec:
  zone: ${printYaml(zone)}
  name: ${printYaml(name)}  # ${name === '@' ? 'the zone itself' : 'the rest of the address, in reverse'}
  # ttl: 300
  target: www.example.com.`
  return [ours({ kind: 'PTRRecord', name: objectName(name === '@' ? zone : `${name}.${zone}`), text }, values)]
}

function address(values: ScaffoldValues): Scaffolded[] {
  const text = `spec:
  zone: ${printYaml(values.zone)}
  name: www                    # "@" is the zone itself
  # ttl: 300
  ipv4Address: 192.0.2.80      # or ipv4Addresses, a list`
  return [ours({ kind: 'ARecord', name: objectName(`www.${values.zone}`), text }, values)]
}
