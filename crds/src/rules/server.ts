import { isIPv4, isIPv6 } from '../address.ts'
import { instanceKind, zoneKind } from '../kinds.ts'
import { type Draft, type Fault, serverRule, sharedRule } from './rule.ts'
import type { ServerSubject } from './serversubject.ts'
import { at, itemsOf, type Subject } from './subject.ts'

/* Servers, and how zones name them. What stands here reaches the API server's paths, sockets and named.conf. */

const instance = (external: object = {}): Draft => ({
  kind: 'Bind9Instance',
  spec: {
    role: 'primary',
    external: { address: '192.0.2.53', rndcSecretRef: { name: 'rndc' }, tsigSecretRef: { name: 'tsig' }, ...external },
  },
})
const selecting = (matchLabels: object): Draft => ({
  kind: 'DNSZone',
  spec: {
    zoneName: 'example.com',
    instanceSelector: { matchLabels },
    soaRecord: { primaryNs: 'ns1.example.net.', adminEmail: 'dns@example.com' },
  },
})

const HOST = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*\.?$/i
const OBJECT_NAME = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/
const LABEL_VALUE = /^(?:[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?)?$/i

export const serverRules = [
  serverRule({
    id: 'BND-R039',
    kinds: [instanceKind.kind],
    says: 'The address of a server is an IP address or a host name, without a port.',
    source: 'RFC 1123 section 2.1',
    passes: { object: instance({ address: '2001:db8::53' }) },
    fails: { object: instance({ address: '192.0.2.53; allow-query { any; }' }) },
    find: notAnAddress,
  }),
  serverRule({
    id: 'BND-R040',
    kinds: [instanceKind.kind],
    says: 'DNS and the control channel have two ports.',
    source: "BIND's controls statement",
    passes: { object: instance({ dnsPort: 5300, rndcPort: 9530 }) },
    fails: { object: instance({ dnsPort: 5300, rndcPort: 5300 }) },
    find: subject => {
      const port = subject.number('external.rndcPort')
      const isShared = port !== undefined && port === subject.number('external.dnsPort')
      const message = 'must not be the dnsPort: DNS and the control channel both listen on TCP'
      return isShared ? { field: 'spec.external.rndcPort', value: port, message } : undefined
    },
  }),
  sharedRule({
    id: 'BND-R041',
    kinds: [instanceKind.kind, zoneKind.kind],
    says: 'References hold names that objects can have: lower case letters, digits, hyphens and dots.',
    source: 'RFC 1123 section 2.1, as Kubernetes reads it',
    passes: { object: instance({ tsigSecretRef: { name: 'ns1.tsig' } }) },
    fails: { object: instance({ tsigSecretRef: { name: '../ns1' } }) },
    find: subject =>
      ['clusterRef', 'external.rndcSecretRef.name', 'external.tsigSecretRef.name'].map(path =>
        notAnObjectName(subject, path),
      ),
  }),
  sharedRule({
    id: 'BND-R042',
    kinds: [zoneKind.kind],
    says: 'A selector holds keys and values that labels can have: others select nothing, ever.',
    source: 'Kubernetes, syntax of labels',
    passes: { object: selecting({ 'bindy.firestoned.io/tier': 'edge' }) },
    fails: { object: selecting({ tier: 'edge servers' }) },
    find: notALabel,
  }),
]

function notAnAddress(subject: ServerSubject): Fault | undefined {
  const address = subject.text('external.address')
  if (address === undefined || address === '' || isIPv4(address) || isIPv6(address)) return undefined
  const looksLikeIPv4 = /^[0-9.]+$/.test(address)
  if (HOST.test(address) && !looksLikeIPv4) return undefined
  return {
    field: 'spec.external.address',
    value: address,
    message: 'must be an IP address or a host name; ports have fields of their own',
  }
}

function notAnObjectName(subject: Subject, path: string): Fault | undefined {
  const name = subject.text(path)
  if (name === undefined || name === '' || OBJECT_NAME.test(name)) return undefined
  return {
    field: `spec.${path}`,
    value: name,
    message: 'must be the name of an object: lower case letters, digits, hyphens and dots',
  }
}

function notALabel(subject: Subject): (Fault | undefined)[] {
  const field = 'spec.instanceSelector'
  const labels = at(at(subject.spec, 'instanceSelector'), 'matchLabels')
  const entries = Object.entries(typeof labels === 'object' && labels !== null ? labels : {}).slice(0, MOST)
  const expressions = itemsOf(at(at(subject.spec, 'instanceSelector'), 'matchExpressions')).slice(0, MOST)
  return [
    ...entries.flatMap(([key, value]) => [
      badKey(`${field}.matchLabels`, key),
      badValue(`${field}.matchLabels`, value),
    ]),
    ...expressions.flatMap((one, i) => [
      badKey(`${field}.matchExpressions[${i}].key`, at(one, 'key')),
      ...itemsOf(at(one, 'values'))
        .slice(0, MOST)
        .map((value, j) => badValue(`${field}.matchExpressions[${i}].values[${j}]`, value)),
    ]),
  ]
}

const MOST = 64

function badKey(field: string, key: unknown): Fault | undefined {
  if (typeof key !== 'string') return undefined
  const [name = '', prefix, ...more] = key.split('/').reverse()
  const isName = name !== '' && LABEL_VALUE.test(name)
  if (isName && more.length === 0 && (prefix === undefined || OBJECT_NAME.test(prefix))) return undefined
  return { field, value: key, message: "must be the key of a label, such as 'tier' or 'example.com/tier'" }
}

function badValue(field: string, value: unknown): Fault | undefined {
  if (typeof value !== 'string' || LABEL_VALUE.test(value)) return undefined
  const message =
    'must be the value of a label: at most 63 letters, digits, "-", "_" and ".", a letter or digit at its ends'
  return { field, value, message }
}
