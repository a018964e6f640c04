import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import {
  canonicalName,
  ownerName,
  type RdataValues,
  type RecordType,
  rdatasOf,
  recordTypes,
  rname,
  type Wire,
  zoneKind,
} from '#crds'

/** One question about one sample, and what a server that serves the sample answers. */
export interface Question {
  /** The object that the question is about, as kubectl names it: `ARecord sample-a`. */
  readonly object: string
  readonly name: string
  readonly type: string
  /** Each stands in the answer, as `dig` prints it; an end of "…" stands for any end. */
  readonly wanted: readonly string[]
}

interface Sample {
  readonly kind: string
  readonly metadata: { readonly name: string }
  // biome-ignore lint/suspicious/noExplicitAny: the API server has checked it against its schema
  readonly spec: any
}

/** What to ask about the samples of a directory: each zone's SOA, and each record. */
export function questionsAbout(directory: string): Question[] {
  const files = readdirSync(directory).filter(file => file.endsWith('.yaml'))
  const samples = files.flatMap(file => documentsOf(join(directory, file)))
  const zones = samples.filter(({ kind }) => kind === zoneKind.kind).map(zoneQuestion)
  const records = recordTypes.flatMap(entry =>
    samples.filter(({ kind }) => kind === entry.kind).map(sample => recordQuestion(entry, sample)),
  )
  return [...zones, ...records]
}

function documentsOf(file: string): Sample[] {
  return parseAllDocuments(readFileSync(file, 'utf8')).map(document => document.toJS())
}

function zoneQuestion({ kind, metadata, spec }: Sample): Question {
  const { primaryNs, adminEmail } = spec.soaRecord
  const wanted = `${canonicalName(primaryNs)} ${rname(adminEmail)} …`
  return { object: `${kind} ${metadata.name}`, name: canonicalName(spec.zoneName), type: 'SOA', wanted: [wanted] }
}

function recordQuestion(entry: RecordType, { kind, metadata, spec }: Sample): Question {
  const name = ownerName(spec.name, canonicalName(spec.zone))
  const wanted = rdatasOf(entry, spec).map(values => presentation(entry, values))
  return { object: `${kind} ${metadata.name}`, name, type: entry.type, wanted }
}

/** Rdata as `dig +nosplit` prints it. */
export function presentation(entry: RecordType, values: RdataValues): string {
  return entry.fields.map(({ name, wire }) => (printers[wire] ?? String)(values[name])).join(' ')
}

const quoted = (text: unknown) => JSON.stringify(text)

const printers: { readonly [W in Wire]?: (value: unknown) => string } = {
  strings: value => (value as string[]).map(quoted).join(' '),
  text: quoted,
  hex: value => String(value).toUpperCase(),
}
