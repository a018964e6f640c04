import { ipv6Groups, isIPv4, isIPv6 } from '../address.ts'
import { zoneKind } from '../kinds.ts'
import { recordDraft } from './draft.ts'
import type { RecordSubject } from './recordsubject.ts'
import { type Fault, recordRule, sharedRule } from './rule.ts'
import { type AddressField, at } from './subject.ts'

/* Addresses: of hosts, and of the name servers that a zone lists. */

const v4 = (ipv4Address: string) => recordDraft('ARecord', 'www', { ipv4Address })
const v6 = (ipv6Address: string) => recordDraft('AAAARecord', 'www', { ipv6Address })
const several = (...ipv4Addresses: string[]) => recordDraft('ARecord', 'www', { ipv4Addresses })

export const addressRules = [
  sharedRule({
    id: 'BND-R010',
    kinds: ['ARecord', zoneKind.kind],
    says: 'An IPv4 address is four numbers from 0 to 255, without leading zeros.',
    source: 'RFC 6943 section 3.1.1',
    passes: { object: v4('192.0.2.10') },
    fails: { object: v4('192.0.2.010') },
    find: subject => subject.addresses.map(notIPv4),
  }),
  sharedRule({
    id: 'BND-R011',
    kinds: ['AAAARecord', zoneKind.kind],
    says: 'An IPv6 address is one of its text forms, without a scope, and not an IPv4 address in disguise.',
    source: 'RFC 4291 section 2.2',
    passes: { object: v6('2001:db8::10') },
    fails: { object: v6('192.0.2.10') },
    find: subject => subject.addresses.map(notIPv6),
  }),
  recordRule({
    id: 'BND-R050',
    kinds: ['ARecord', 'AAAARecord'],
    says: 'A record gives one address or a list of them, not both.',
    source: "the CRD's schema",
    reason: 'FieldValueRequired',
    passes: { object: several('192.0.2.10') },
    fails: { object: recordDraft('ARecord', 'www', {}) },
    find: oneOrList,
  }),
  sharedRule({
    id: 'BND-W004',
    kinds: ['ARecord', 'AAAARecord'],
    says: 'A record gives each address once.',
    source: 'RFC 2181 section 5',
    reason: 'FieldValueDuplicate',
    passes: { object: several('192.0.2.10', '192.0.2.11') },
    fails: { object: several('192.0.2.10', '192.0.2.10') },
    find: ({ addresses }) => repeated(addresses),
  }),
]

function oneOrList({ entry, spec }: RecordSubject): (Fault | undefined)[] {
  return entry.fields.map(({ name, list = '' }) => {
    const [one, many] = [at(spec, name) !== undefined, at(spec, list) !== undefined]
    const message = `exactly one of ${name} and ${list} must be given`
    if (many) return one ? { field: `spec.${list}`, message, reason: 'FieldValueForbidden' } : undefined
    return one ? undefined : { field: `spec.${name}`, message }
  })
}

function notIPv4({ path, text, family }: AddressField): Fault | undefined {
  if (family !== 4 || isIPv4(text)) return undefined
  if (isIPv6(text))
    return { field: path, value: text, message: 'must be an IPv4 address; IPv6 addresses go into an AAAARecord' }
  const decimal = text.replace(/\b0+(?=\d)/g, '')
  const hint = isIPv4(decimal) ? `: write '${decimal}'` : ', such as 192.0.2.10'
  return { field: path, value: text, message: `must be an IPv4 address${hint}` }
}

function notIPv6({ path, text, family }: AddressField): Fault | undefined {
  if (family !== 6) return undefined
  if (isIPv4(text))
    return { field: path, value: text, message: 'must be an IPv6 address; IPv4 addresses go into an ARecord' }
  const groups = ipv6Groups(text)
  if (!groups) return { field: path, value: text, message: 'must be an IPv6 address, such as 2001:db8::10' }
  const isMapped = groups.slice(0, 5).every(group => group === 0) && groups[5] === 0xffff
  const message = 'must not be an IPv4 address in IPv6 form: put the IPv4 address into an ARecord'
  return isMapped ? { field: path, value: text, message } : undefined
}

function repeated(addresses: readonly AddressField[]): (Fault | undefined)[] {
  const seen = new Map<string, string>()
  return addresses.map(({ path, text }) => {
    const key = ipv6Groups(text)?.join(':') ?? text
    const first = seen.get(key)
    if (first === undefined) seen.set(key, path)
    return first === undefined ? undefined : { field: path, value: text, message: `is the same as ${first}` }
  })
}
