import { recordDraft } from './draft.ts'
import type { RecordSubject } from './recordsubject.ts'
import { type Fault, recordRule } from './rule.ts'

/* CAA: which authorities may issue certificates (RFC 8659). */

const caa = (tag: string, value: string, flags = 0) => recordDraft('CAARecord', '@', { flags, tag, value })

/** Tags that are registered, beside those that RFC 8659 reserves. */
const TAGS = ['issue', 'issuewild', 'iodef', 'contactemail', 'contactphone', 'issuevmc', 'issuemail']
const TAGS_OF_ISSUERS = ['issue', 'issuewild', 'issuemail', 'issuevmc']
const ISSUER = /^(?:[a-z0-9](?:-*[a-z0-9])*)(?:\.[a-z0-9](?:-*[a-z0-9])*)*$/i
const PARAMETER = /^[a-z0-9](?:-*[a-z0-9])*[ \t]*=[ \t]*[!-:<-~]*$/i

export const caaRules = [
  recordRule({
    id: 'BND-R017',
    kinds: ['CAARecord'],
    says: 'A tag is of 1 to 15 letters and digits.',
    source: 'RFC 8659 section 4.1',
    passes: { object: caa('issuewild', 'ca.example.net') },
    fails: { object: caa('issue wild', 'ca.example.net') },
    find: notATag,
  }),
  recordRule({
    id: 'BND-R018',
    kinds: ['CAARecord'],
    says: 'The value of issue, issuewild, issuemail and issuevmc is the domain name of an authority, with parameters after ";", or ";" for none.',
    source: 'RFC 8659 sections 4.2 and 4.3, RFC 9495; IANA, Certification Authority Restriction Properties',
    isServed: true,
    passes: { object: caa('issue', 'ca.example.net; account=230123') },
    fails: { object: caa('issue', 'https://ca.example.net/') },
    find: notAnIssuer,
  }),
  recordRule({
    id: 'BND-R019',
    kinds: ['CAARecord'],
    says: 'The value of iodef is a URL of the scheme mailto, http or https.',
    source: 'RFC 8659 section 4.4',
    isServed: true,
    passes: { object: caa('iodef', 'mailto:security@example.com') },
    fails: { object: caa('iodef', 'security@example.com') },
    find: notAUrl,
  }),
  recordRule({
    id: 'BND-W010',
    kinds: ['CAARecord'],
    says: 'The tag is one that authorities know.',
    source: 'RFC 8659 sections 4.2 to 4.4, RFC 9495; IANA, Certification Authority Restriction Properties',
    reason: 'FieldValueNotSupported',
    passes: { object: caa('issue', 'ca.example.net') },
    fails: { object: caa('isue', 'ca.example.net') },
    find: unknownTag,
  }),
  recordRule({
    id: 'BND-W011',
    kinds: ['CAARecord'],
    says: 'The flags are 0, or 128 for a critical property: no other has a meaning.',
    source: 'RFC 8659 section 4.1',
    reason: 'FieldValueNotSupported',
    passes: { object: caa('issue', 'ca.example.net', 128) },
    fails: { object: caa('issue', 'ca.example.net', 1) },
    find: record => {
      const flags = record.number('flags') ?? 0
      return flags === 0 || flags === 128
        ? undefined
        : { field: 'spec.flags', value: flags, message: 'should be 0, or 128 for a critical property' }
    },
  }),
]

function tagOf(record: RecordSubject): string {
  return (record.text('tag') ?? '').toLowerCase()
}

function notATag(record: RecordSubject): Fault | undefined {
  const tag = record.text('tag')
  if (tag === undefined || /^[a-z0-9]{1,15}$/i.test(tag)) return undefined
  return { field: 'spec.tag', value: tag, message: 'must be of 1 to 15 letters and digits, such as issue' }
}

function notAnIssuer(record: RecordSubject): Fault | undefined {
  const value = record.text('value')
  if (value === undefined || !TAGS_OF_ISSUERS.includes(tagOf(record))) return undefined
  const [issuer = '', ...parameters] = value.split(';').map(part => part.trim())
  const isIssuer = issuer === '' || ISSUER.test(issuer)
  if (isIssuer && parameters.every(part => part === '' || PARAMETER.test(part))) return undefined
  const message =
    "must be the domain name of an authority, such as 'ca.example.net', with parameters after ';', or ';' for none"
  return { field: 'spec.value', value, message }
}

function notAUrl(record: RecordSubject): Fault | undefined {
  const value = record.text('value')
  if (value === undefined || tagOf(record) !== 'iodef') return undefined
  if (/^(?:mailto:[^@\s]+@[^@\s]+|https?:\/\/[^\s/]+.*)$/i.test(value)) return undefined
  return {
    field: 'spec.value',
    value,
    message: "must be a URL of mailto:, http: or https:, such as 'mailto:security@example.com'",
  }
}

function unknownTag(record: RecordSubject): Fault | undefined {
  const tag = tagOf(record)
  if (!/^[a-z0-9]{1,15}$/.test(tag) || TAGS.includes(tag)) return undefined
  const effect = record.number('flags') === 128 ? '; as a critical one it stops every authority' : ''
  return { field: 'spec.tag', value: record.text('tag'), message: `is none of ${TAGS.join(', ')}${effect}` }
}
