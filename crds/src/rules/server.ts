import { isIPv4, isIPv6 } from '../address.ts'
import { instanceKind, zoneKind } from '../kinds.ts'
import { instanceDraft } from './draft.ts'
import { isObjectName } from './names.ts'
import { type Fault, serverRule, sharedRule } from './rule.ts'
import type { ServerSubject } from './serversubject.ts'
import type { Subject } from './subject.ts'

/* Servers, and how zones name them. What stands here reaches the API server's paths, sockets and named.conf. */

const instance = (external: object) => {
  const usual = { address: '192.0.2.53', rndcSecretRef: { name: 'rndc' }, tsigSecretRef: { name: 'tsig' } }
  return instanceDraft({ external: { ...usual, ...external } })
}

const HOST = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*\.?$/i

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
  if (name === undefined || name === '' || isObjectName(name)) return undefined
  return {
    field: `spec.${path}`,
    value: name,
    message: 'must be the name of an object: lower case letters, digits, hyphens and dots',
  }
}
