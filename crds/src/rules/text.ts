import { labelsOf } from '../name.ts'
import { MAX_RDATA } from '../node.ts'
import { recordDraft, zoneDraft } from './draft.ts'
import type { RecordSubject } from './recordsubject.ts'
import { type Fault, recordRule } from './rule.ts'
import { itemsOf } from './subject.ts'

/* Texts: of TXT, and the values of CAA. */

const txt = (...text: string[]) => recordDraft('TXTRecord', '@', { text })
const named = (name: string, text: string) => recordDraft('TXTRecord', '@', { text: [text] }, { name })

const dmarc = (text: string, name = 'candidate') => recordDraft('TXTRecord', '_dmarc', { text: [text] }, { name })

const MAX_STRING = 255

export const textRules = [
  recordRule({
    id: 'BND-R012',
    kinds: ['TXTRecord', 'CAARecord'],
    says: 'A text is well-formed Unicode, served as UTF-8; what is not the API server stores with U+FFFD in its place.',
    source: 'RFC 3629 section 3',
    passes: { object: txt('v=spf1 -all') },
    fails: { object: txt('\ud800') },
    find: record => stringsOf(record).map(({ path, text }) => illFormed(path, text)),
  }),
  recordRule({
    id: 'BND-R013',
    kinds: ['TXTRecord'],
    says: `The texts of a record take at most ${MAX_RDATA} octets together, a length octet for each 255 of them included.`,
    source: 'RFC 1035 sections 3.3 and 4.2.2',
    passes: { object: txt('x'.repeat(300)) },
    fails: { object: txt(...Array<string>(16).fill('x'.repeat(4096))) },
    find: tooLong,
  }),
  recordRule({
    id: 'BND-R014',
    kinds: ['TXTRecord'],
    says: 'A name has at most one SPF record, in a single object.',
    source: 'RFC 7208 sections 3.2 and 4.5',
    reason: 'FieldValueDuplicate',
    isServed: true,
    passes: { object: txt('v=spf1 mx -all'), among: [zoneDraft(), named('other', 'v=DMARC1; p=none')] },
    fails: { object: txt('v=spf1 mx -all'), among: [zoneDraft(), named('other', 'v=spf1 include:example.net ~all')] },
    find: record => secondOf(record, isSpf, 'SPF'),
  }),
  recordRule({
    id: 'BND-R054',
    kinds: ['TXTRecord'],
    says: 'A name has at most one DMARC record: of several, receivers of mail follow none.',
    source: 'RFC 7489 section 6.6.3',
    reason: 'FieldValueDuplicate',
    isServed: true,
    passes: { object: dmarc('v=DMARC1; p=none'), among: [zoneDraft(), dmarc('v=other', 'other')] },
    fails: { object: dmarc('v=DMARC1; p=none'), among: [zoneDraft(), dmarc('v=DMARC1; p=reject', 'other')] },
    find: record => (labelsOf(record.owner ?? '.')[0] === '_dmarc' ? secondOf(record, isDmarc, 'DMARC') : undefined),
  }),
  recordRule({
    id: 'BND-W005',
    kinds: ['TXTRecord'],
    says: 'A text has no quotes around it: they would be served as part of it.',
    source: 'RFC 1035 section 5.1',
    passes: { object: txt('v=spf1 -all') },
    fails: { object: txt('"v=spf1 -all"') },
    find: record =>
      stringsOf(record)
        .filter(({ text }) => /^".*"$/s.test(text))
        .map(({ path, text }) => ({
          field: path,
          value: text,
          message: 'has quotes around it, which are served as part of the text',
        })),
  }),
  recordRule({
    id: 'BND-W038',
    kinds: ['TXTRecord', 'CAARecord'],
    says: 'A text holds no U+FFFD, which stands where something was no Unicode.',
    source: 'RFC 3629 section 10; Unicode, section 23.8',
    passes: { object: txt('v=spf1 -all') },
    fails: { object: txt('caf\ufffd') },
    find: record =>
      stringsOf(record)
        .filter(({ text }) => text.includes('\ufffd'))
        .map(({ path, text }) => ({
          field: path,
          value: text,
          message: 'holds U+FFFD, in place of what was no Unicode once: write it anew',
        })),
  }),
]

interface PathText {
  readonly path: string
  readonly text: string
}

function stringsOf(record: RecordSubject): PathText[] {
  return record.values.flatMap(({ path, field, value }) => {
    if (field.wire === 'strings')
      return itemsOf(value).flatMap((text, i) => (typeof text === 'string' ? [{ path: `${path}[${i}]`, text }] : []))
    return field.wire === 'text' && typeof value === 'string' ? [{ path, text: value }] : []
  })
}

function illFormed(field: string, text: string): Fault | undefined {
  if (text.isWellFormed()) return undefined
  return { field, value: text, message: 'must be well-formed Unicode: it holds half of a surrogate pair' }
}

function tooLong(record: RecordSubject): Fault | undefined {
  const octets = stringsOf(record).reduce((sum, { text }) => sum + octetsOfText(text), 0)
  if (octets <= MAX_RDATA) return undefined
  return {
    field: 'spec.text',
    message: `must take at most ${MAX_RDATA} octets in all, and takes ${octets}`,
    value: `${stringsOf(record)[0]?.text}`,
  }
}

/** Octets that a text takes in TXT, with the length octets of its strings. */
export function octetsOfText(text: string): number {
  // No text of so many characters fits, and to count its octets would cost time.
  const octets = text.length > MAX_RDATA ? text.length : new TextEncoder().encode(text).length
  return octets + Math.max(1, Math.ceil(octets / MAX_STRING))
}

function secondOf(
  record: RecordSubject,
  isOne: (texts: readonly unknown[]) => boolean,
  what: string,
): Fault | undefined {
  const texts = itemsOf(record.value('text'))
  if (!isOne(texts)) return undefined
  const other = record.siblings.find(({ object }) => object.kind === record.kind && isOne(itemsOf(object.spec.text)))
  if (!other) return undefined
  return {
    field: 'spec.text[0]',
    value: texts[0],
    message: `must be the only ${what} record of its name: ${record.tellOf(other.object)} is one already`,
  }
}

function isSpf(texts: readonly unknown[]): boolean {
  return /^v=spf1(?: |$)/i.test(beginningOf(texts))
}

function isDmarc(texts: readonly unknown[]): boolean {
  return /^v[ \t]*=[ \t]*DMARC1[ \t]*(?:;|$)/.test(beginningOf(texts))
}

// The strings of one record are read as one text (RFC 7208 section 3.3, RFC 7489 section 6.1).
function beginningOf(texts: readonly unknown[]): string {
  return texts
    .filter(text => typeof text === 'string')
    .join('')
    .slice(0, 20)
}
