import { API_GROUP, API_VERSION } from '#crds'
import { shownName, typedName } from './zone/find.ts'

export const scaffolds = ['server', 'zone', 'record'] as const
export type ScaffoldName = (typeof scaffolds)[number]

export interface ScaffoldValues {
  readonly zone: string
  readonly cluster: string
  readonly address: string
  readonly namespace?: string | undefined
}

/** YAML of an object, or of a few that go together, that says in comments what may be changed. */
export function scaffold(name: ScaffoldName, values: ScaffoldValues): string {
  return { server, zone, record }[name]({ ...values, zone: shownName(typedName(values.zone)) })
}

const head = `apiVersion: ${API_GROUP}/${API_VERSION}`

function metadata(name: string, { namespace }: ScaffoldValues): string {
  return `metadata:\n  name: ${name}${namespace === undefined ? '' : `\n  namespace: ${namespace}`}`
}

function server(values: ScaffoldValues): string {
  const secret = (name: string, key: string) => `apiVersion: v1
kind: Secret
${metadata(name, values)}
stringData:
  # One key statement as named.conf has it; "tsig-keygen ${key}" prints one.
  rndc.key: key "${key}" { algorithm hmac-sha256; secret "..."; };`
  return `# A BIND that runs already; the README lists what its named.conf needs.
${head}
kind: Bind9Instance
${metadata('ns1', values)}
spec:
  clusterRef: ${values.cluster}
  role: primary  # or secondary
  external:
    address: ${values.address}
    # dnsPort: 53
    # rndcPort: 953
    tsigSecretRef: { name: ns1-tsig }
    rndcSecretRef: { name: ns1-rndc }
---
${secret('ns1-tsig', 'bindy')}
---
${secret('ns1-rndc', 'bindy-rndc')}`
}

function zone(values: ScaffoldValues): string {
  return `${head}
kind: DNSZone
${metadata(values.zone.replace(/[^a-z0-9-]+/g, '-'), values)}
spec:
  zoneName: ${values.zone}
  clusterRef: ${values.cluster}  # a Bind9Cluster, or one Bind9Instance
  soaRecord:
    primaryNs: ns1.${values.zone}.
    adminEmail: hostmaster@${values.zone}
  # ttl: 3600                  # seconds, of records that give none
  # nameServers:               # the primaryNs alone when absent
  #   - hostname: ns1.${values.zone}.
  #     ipv4Address: ${values.address}
  # adopt: true                # take over a zone that the servers have already
  # recordPolicy: owned        # leave records alone that no object gives`
}

function record(values: ScaffoldValues): string {
  return `${head}
kind: ARecord
${metadata(`www.${values.zone}`, values)}
spec:
  zone: ${values.zone}
  name: www                    # "@" is the zone itself
  # ttl: 300
  ipv4Address: 192.0.2.80      # or ipv4Addresses, a list`
}
