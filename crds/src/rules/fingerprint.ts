import { hashFault } from '../hash.ts'
import type { RdataValues } from '../records.ts'
import { recordDraft } from './draft.ts'
import type { RecordSubject } from './recordsubject.ts'
import { type Fault, recordRule } from './rule.ts'

/* SSHFP and TLSA: hashes in hexadecimal digits. */

const sshfp = (algorithm: number, fingerprintType: number, fingerprint: string) =>
  recordDraft('SSHFPRecord', 'www', { algorithm, fingerprintType, fingerprint })
const tlsa = (usage: number, selector: number, matchingType: number, certificateData: string) =>
  recordDraft('TLSARecord', '_443._tcp.www', { usage, selector, matchingType, certificateData })
const digits = (count: number) => '0c'.repeat(count / 2)

/** Numbers that are assigned, by field; those for private use too. */
const ASSIGNED: Readonly<Record<string, readonly number[]>> = {
  algorithm: [1, 2, 3, 4, 6],
  fingerprintType: [1, 2],
  usage: [0, 1, 2, 3, 255],
  selector: [0, 1, 255],
  matchingType: [0, 1, 2, 255],
}

export const fingerprintRules = [
  recordRule({
    id: 'BND-R020',
    kinds: ['SSHFPRecord', 'TLSARecord'],
    says: 'Fingerprints and certificate data are pairs of hexadecimal digits.',
    source: 'RFC 4255 section 3.2, RFC 6698 section 2.2',
    passes: { object: sshfp(4, 2, digits(64)) },
    fails: { object: sshfp(4, 2, '0x0c') },
    find: record =>
      record
        .texts('hex')
        .filter(({ value }) => !isHex(value))
        .map(({ path, value }) => ({
          field: path,
          value,
          message: 'must be pairs of hexadecimal digits, without anything between',
        })),
  }),
  recordRule({
    id: 'BND-R021',
    kinds: ['SSHFPRecord', 'TLSARecord'],
    says: 'A hash has as many digits as its type: 40 of SHA-1, 64 of SHA-256, 128 of SHA-512.',
    source: 'RFC 4255 section 3.1.2, RFC 6594, RFC 6698 section 2.1.3',
    isServed: true,
    passes: { object: tlsa(3, 1, 1, digits(64)) },
    fails: { object: tlsa(3, 1, 2, digits(64)) },
    find: wrongLength,
  }),
  recordRule({
    id: 'BND-W012',
    kinds: ['SSHFPRecord', 'TLSARecord'],
    says: 'Algorithms, usages, selectors and types of hashes are ones that are assigned.',
    source: 'RFC 4255, RFC 6594, RFC 7479, RFC 8709, RFC 7218',
    reason: 'FieldValueNotSupported',
    passes: { object: tlsa(3, 1, 1, digits(64)) },
    fails: { object: tlsa(4, 1, 1, digits(64)) },
    find: unassigned,
  }),
  recordRule({
    id: 'BND-W013',
    kinds: ['SSHFPRecord'],
    says: 'Fingerprints are not of SHA-1, and keys not of DSA: both are too weak.',
    source: 'RFC 8332 section 1, RFC 9142',
    passes: { object: sshfp(4, 2, digits(64)) },
    fails: { object: sshfp(4, 1, digits(40)) },
    find: tooWeak,
  }),
]

function isHex(text: string): boolean {
  return /^(?:[0-9a-f]{2})+$/i.test(text)
}

function wrongLength({ entry, spec }: RecordSubject): Fault | undefined {
  const fault = typeof spec === 'object' && spec !== null ? hashFault(entry, spec as RdataValues) : undefined
  if (!fault || !isHex(fault.value)) return undefined
  const { field, value, wanted } = fault
  return { field: `spec.${field}`, value, message: `must be ${wanted}, and has ${value.length}` }
}

function unassigned(record: RecordSubject): (Fault | undefined)[] {
  return record.entry.fields.map(({ name }) => {
    const value = record.number(name)
    const known = ASSIGNED[name]
    if (value === undefined || !known || known.includes(value)) return undefined
    return { field: `spec.${name}`, value, message: `is not assigned; known are ${known.join(', ')}` }
  })
}

function tooWeak(record: RecordSubject): (Fault | undefined)[] {
  const isSha1 = record.number('fingerprintType') === 1
  const isDsa = record.number('algorithm') === 2
  return [
    isSha1
      ? {
          field: 'spec.fingerprintType',
          value: 1,
          message: 'is SHA-1, which is too weak: give a fingerprint of SHA-256, type 2',
        }
      : undefined,
    isDsa
      ? {
          field: 'spec.algorithm',
          value: 2,
          message: 'is DSA, which SSH has given up: make an Ed25519 key, algorithm 4',
        }
      : undefined,
  ]
}
