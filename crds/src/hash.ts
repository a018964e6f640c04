import type { RdataValues, RecordType } from './records.ts'

/** A hash whose length is not that of its type. */
export interface HashFault {
  /** The field of the hash. */
  readonly field: string
  readonly value: string
  /** What is wanted and what is there, such as "64 hexadecimal digits for fingerprintType 2". */
  readonly wanted: string
}

// RFC 4255 section 3.1.2, RFC 6594 section 3; RFC 6698 section 2.1.3
const HASHES = [
  {
    type: 'SSHFP',
    by: 'fingerprintType',
    field: 'fingerprint',
    digits: new Map([
      [1, 40],
      [2, 64],
    ]),
  },
  {
    type: 'TLSA',
    by: 'matchingType',
    field: 'certificateData',
    digits: new Map([
      [1, 64],
      [2, 128],
    ]),
  },
]

/** What is wrong with the length of a hash in a record's rdata; a hash of an unknown type may have any. */
export function hashFault({ type }: RecordType, spec: RdataValues): HashFault | undefined {
  const hash = HASHES.find(hash => hash.type === type)
  const number = hash && spec[hash.by]
  const value = hash && spec[hash.field]
  const digits = typeof number === 'number' ? hash?.digits.get(number) : undefined
  if (!hash || digits === undefined || typeof value !== 'string' || value.length === digits) return undefined
  return { field: hash.field, value, wanted: `${digits} hexadecimal digits for ${hash.by} ${number}` }
}
