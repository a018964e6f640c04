import { MAX_RDATA } from '../node.ts'
import type { RecordType, Wire } from '../records.ts'
import { recordDraft, zoneDraft } from './draft.ts'
import type { RecordSubject } from './recordsubject.ts'
import { type Fault, recordRule } from './rule.ts'
import { at, itemsOf } from './subject.ts'
import { octetsOfText } from './text.ts'

/* An RRset as a whole: all records of one name and type are one answer. */

const keys = (name: string, octets: number) =>
  recordDraft('TXTRecord', 'keys', { text: Array<string>(octets / 4000).fill(name.repeat(4000)) }, { name })

/** Before the rdata of each record, its name compressed: type, class, TTL and length (RFC 1035 section 3.2.1). */
const HEADER = 12

export const rrsetRules = [
  recordRule({
    id: 'BND-R053',
    // Of no other type do 100 records take so much.
    kinds: ['TXTRecord', 'CAARecord', 'TLSARecord', 'SSHFPRecord'],
    says: `All records of one name and type take at most ${MAX_RDATA} octets: BIND takes no more than one answer holds.`,
    source: 'RFC 1035 section 4.2.2, RFC 2181 section 5',
    passes: { object: keys('a', 28_000), among: [zoneDraft(), keys('b', 32_000)] },
    fails: { object: keys('a', 36_000), among: [zoneDraft(), keys('b', 32_000)] },
    find: tooLarge,
  }),
]

function tooLarge(record: RecordSubject): Fault | undefined {
  const { entry } = record
  const others = record.siblings.map(({ object }) => object).filter(({ kind }) => kind === record.kind)
  const specs = [record.spec, ...others.map(({ spec }) => spec)]
  if (others.length === 0 || octetsOfAll(specs, entry) <= MAX_RDATA) return undefined
  // The same record is served once, however many give it.
  const different = new Map(specs.map(spec => [rdataKey(spec, entry), spec]))
  const octets = octetsOfAll([...different.values()], entry)
  if (octets <= MAX_RDATA) return undefined
  const sum = others.every(other => record.mayHearOf(other)) ? `with this one it has ${octets}` : 'this one is too much'
  const message = `must have at most ${MAX_RDATA} octets of ${entry.type}, of all objects together: ${sum}`
  return { field: 'spec.name', value: record.text('name'), message }
}

function rdataKey(spec: unknown, { fields }: RecordType): string {
  return JSON.stringify(fields.map(({ name }) => valuesOf(at(spec, name))))
}

function octetsOfAll(specs: readonly unknown[], { fields }: RecordType): number {
  const each = specs.flatMap(spec => [HEADER, ...fields.map(({ name, wire }) => octetsOf(wire, at(spec, name)))])
  return each.reduce((sum, octets) => sum + octets, 0)
}

function octetsOf(wire: Wire, value: unknown): number {
  if (wire === 'hex') return typeof value === 'string' ? value.length / 2 : 0
  if (wire === 'u8' || wire === 'u16') return Number(wire.slice(1)) / 8
  return valuesOf(value).reduce<number>((sum, text) => sum + octetsOfText(String(text)), 0)
}

/** The texts and numbers of a field. */
function valuesOf(value: unknown): readonly (string | number)[] {
  const all = Array.isArray(value) ? itemsOf(value) : [value]
  return all.filter(one => typeof one === 'string' || typeof one === 'number')
}
