import { zoneDraft } from './draft.ts'
import { type Fault, zoneRule } from './rule.ts'
import type { ZoneSubject } from './zonesubject.ts'

/* The name servers that a zone lists: spec.nameServers. */

const SECOND = { hostname: 'ns2.example.org.' }
const zone = (...nameServers: object[]) => zoneDraft({ nameServers })

export const nameServerRules = [
  zoneRule({
    id: 'BND-R038',
    says: 'A name server is listed once, with all its addresses.',
    source: 'RFC 2181 section 5',
    reason: 'FieldValueDuplicate',
    isServed: true,
    passes: {
      object: zone({ hostname: 'ns1.example.com.', ipv4Address: '192.0.2.1' }, { hostname: 'ns2.example.net.' }),
    },
    fails: {
      object: zone(
        { hostname: 'ns1.example.com.', ipv4Address: '192.0.2.1' },
        { hostname: 'NS1.example.com', ipv6Address: '2001:db8::1' },
      ),
    },
    find: listedTwice,
  }),
  zoneRule({
    id: 'BND-W020',
    says: 'Addresses stand at name servers inside the zone: those of others are not served.',
    source: 'RFC 1034 section 4.2.1',
    passes: { object: zone({ hostname: 'ns1.example.com.', ipv4Address: '192.0.2.1' }, SECOND) },
    fails: { object: zone({ hostname: 'ns1.example.net.', ipv4Address: '192.0.2.1' }, SECOND) },
    find: addressElsewhere,
  }),
  zoneRule({
    id: 'BND-W032',
    says: 'A zone that lists its name servers lists two at least: with the only one away, all of the zone is.',
    source: 'RFC 1034 section 4.1, RFC 2182 section 5',
    passes: { object: zone({ hostname: 'ns1.example.net.' }, SECOND) },
    fails: { object: zone({ hostname: 'ns1.example.net.' }) },
    find: standsAlone,
  }),
]

function listedTwice({ servers }: ZoneSubject): (Fault | undefined)[] {
  const seen = new Map<string, string>()
  return servers.map(({ path, name, hostname }) => {
    if (name === undefined) return undefined
    const first = seen.get(name)
    if (first === undefined) seen.set(name, path)
    const message = `must be listed once, and is that of ${first}: put all its addresses there`
    return first === undefined ? undefined : { field: `${path}.hostname`, value: hostname, message }
  })
}

function standsAlone({ servers, others, zone = '.' }: ZoneSubject): Fault | undefined {
  const [only, ...more] = servers
  const isHelped = others?.recordsAt(zone, zone).some(({ kind }) => kind === 'NSRecord')
  if (!only || more.length > 0 || isHelped) return undefined
  const message = 'is the only name server: list one more, on another network'
  return { field: `${only.path}.hostname`, value: only.hostname, message }
}

function addressElsewhere(subject: ZoneSubject): Fault[] {
  if (subject.zone === undefined) return []
  const outside = subject.servers.filter(({ name }) => name !== undefined && !subject.isInside(name))
  return outside.flatMap(({ path, ipv4Address, ipv6Address }) => [
    ...notServed(`${path}.ipv4Address`, ipv4Address, subject),
    ...notServed(`${path}.ipv6Address`, ipv6Address, subject),
  ])
}

function notServed(field: string, value: string | undefined, { zone }: ZoneSubject): Fault[] {
  if (value === undefined) return []
  return [
    { field, value, message: `is not served: its host lies outside ${zone}, and has its address from its own zone` },
  ]
}
