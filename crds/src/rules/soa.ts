import { labelsOf, nameOfLabels, readName } from '../name.ts'
import { serialCompare } from '../serial.ts'
import { rname } from '../zone.ts'
import { zoneDraft } from './draft.ts'
import { isHostName } from './names.ts'
import { type Fault, zoneRule } from './rule.ts'
import { at } from './subject.ts'
import type { ZoneSubject } from './zonesubject.ts'

/* The start of authority: spec.soaRecord (RFC 1035 section 3.3.13). */

const zone = (soa: object = {}) =>
  zoneDraft({ soaRecord: { primaryNs: 'ns1.example.net.', adminEmail: 'dns@example.com', ...soa } })

// Octets of the first label that BIND takes, beside a host name for the rest (check-names).
const MAILBOX = /^[!-~]+$/

const WEEK = 604_800
const THREE_HOURS = 10_800
const LEAST = [
  ['refresh', 300],
  ['retry', 500],
] as const

export const soaRules = [
  zoneRule({
    id: 'BND-R034',
    says: 'adminEmail is a mailbox, as "dns.admin@example.com" or in the form of a name, "dns\\.admin.example.com.".',
    source: "RFC 1035 section 8, RFC 2142 section 7; BIND's check-names",
    passes: { object: zone({ adminEmail: 'dns.admin@example.com' }) },
    fails: { object: zone({ adminEmail: 'dns admin@example.com' }) },
    find: notAMailbox,
  }),
  zoneRule({
    id: 'BND-R035',
    says: 'retry is shorter than refresh: a failed check is repeated before the next one is due.',
    source: 'RFC 1912 section 2.2',
    isServed: true,
    passes: { object: zone({ refresh: 3600, retry: 600 }) },
    fails: { object: zone({ refresh: 3600, retry: 3600 }) },
    find: subject => {
      const [refresh, retry] = [subject.timer('refresh'), subject.timer('retry')]
      if (retry < refresh) return undefined
      return { field: 'spec.soaRecord.retry', value: retry, message: `must be less than refresh, ${refresh}` }
    },
  }),
  zoneRule({
    id: 'BND-R036',
    says: 'expire is longer than refresh and retry together: a secondary checks more than once before it gives up.',
    source: 'RFC 1912 section 2.2',
    isServed: true,
    passes: { object: zone({ refresh: 86_400, retry: 7_200, expire: 1_209_600 }) },
    fails: { object: zone({ refresh: 604_800, retry: 7_200, expire: 604_800 }) },
    find: subject => {
      const least = subject.timer('refresh') + subject.timer('retry')
      const expire = subject.timer('expire')
      if (expire > least) return undefined
      return {
        field: 'spec.soaRecord.expire',
        value: expire,
        message: `must be more than refresh and retry together, ${least}`,
      }
    },
  }),
  zoneRule({
    id: 'BND-R037',
    says: 'A serial that is given never moves backwards: secondaries would not follow.',
    source: 'RFC 1982 section 3.2',
    passes: { object: zone({ serial: 5 }), old: zone({ serial: 4_294_967_290 }) },
    fails: { object: zone({ serial: 2_026_010_101 }), old: zone({ serial: 2_026_112_001 }) },
    find: backwards,
  }),
  zoneRule({
    id: 'BND-W018',
    says: 'expire is of a week at least: secondaries shall outlast a primary that is away.',
    source: 'RFC 1912 section 2.2',
    passes: { object: zone({ expire: 1_209_600 }) },
    fails: { object: zone({ expire: 86_400 }) },
    find: subject => {
      const expire = subject.timer('expire')
      const message = 'is below 604800 s, one week; secondaries stop answering when their primary is away so long'
      return expire < WEEK ? { field: 'spec.soaRecord.expire', value: expire, message } : undefined
    },
  }),
  zoneRule({
    id: 'BND-W019',
    says: 'negativeTtl is of three hours at most: a name that is new is not found for so long.',
    source: 'RFC 2308 section 5',
    passes: { object: zone({ negativeTtl: 3600 }) },
    fails: { object: zone({ negativeTtl: 86_400 }) },
    find: subject => {
      const ttl = subject.timer('negativeTtl')
      const message = 'is above 10800 s, three hours; a new name may not be found for so long'
      return ttl > THREE_HOURS ? { field: 'spec.soaRecord.negativeTtl', value: ttl, message } : undefined
    },
  }),
  zoneRule({
    id: 'BND-W033',
    says: 'refresh is of 300 seconds at least, and retry of 500: secondaries of BIND wait so long in any case.',
    source: "RFC 1912 section 2.2; BIND's min-refresh-time and min-retry-time",
    passes: { object: zone({ refresh: 1200, retry: 500 }) },
    fails: { object: zone({ refresh: 1200, retry: 0 }) },
    find: subject => LEAST.map(([name, least]) => tooShort(subject, name, least)),
  }),
  zoneRule({
    id: 'BND-W034',
    says: 'negativeTtl is not 0: each query for what does not exist would come to the servers.',
    source: 'RFC 2308 section 5',
    passes: { object: zone({ negativeTtl: 60 }) },
    fails: { object: zone({ negativeTtl: 0 }) },
    find: subject => {
      const message = 'has resolvers ask anew each time for what does not exist'
      return subject.timer('negativeTtl') === 0 ? { field: 'spec.soaRecord.negativeTtl', value: 0, message } : undefined
    },
  }),
]

function tooShort(subject: ZoneSubject, name: 'refresh' | 'retry', least: number): Fault | undefined {
  const seconds = subject.timer(name)
  if (seconds >= least) return undefined
  const message = `is below ${least} s; secondaries of BIND wait so long in any case`
  return { field: `spec.soaRecord.${name}`, value: seconds, message }
}

function notAMailbox(subject: ZoneSubject): Fault | undefined {
  const text = subject.text('soaRecord.adminEmail')
  if (text === undefined || text === '') return undefined
  const { name, fault } = readName(text, rname)
  const [mailbox = '', ...domain] = labelsOf(name ?? '.')
  const least = text.includes('@') ? 2 : 1
  if (MAILBOX.test(mailbox) && domain.length >= least && isHostName(nameOfLabels(domain))) return undefined
  const why = fault ? `: ${fault.why}` : ''
  const message = `must be a mailbox, such as 'hostmaster@example.com' or 'hostmaster.example.com.'${why}`
  return { field: 'spec.soaRecord.adminEmail', value: text, message }
}

function backwards(subject: ZoneSubject): Fault | undefined {
  const serial = subject.number('soaRecord.serial')
  const before = at(at(subject.oldSpec, 'soaRecord'), 'serial')
  if (serial === undefined || !Number.isInteger(before) || serialCompare(serial, before as number) >= 0)
    return undefined
  const message = `must not be older than ${before}, by the arithmetic of RFC 1982`
  return { field: 'spec.soaRecord.serial', value: serial, message }
}
