import { type RecordObject, typeName } from '#crds'
import { readiness } from '../condition.ts'
import { harmless } from '../screen/harmless.ts'
import { printKeyed } from '../screen/keyed.ts'
import type { Terminal } from '../screen/terminal.ts'
import type { ObjectZone } from '../zonefile/objectzone.ts'
import { printOctets } from '../zonefile/octets.ts'
import type { Comparison, Difference } from './compare.ts'

/** One line of a diff: what would have to happen to the server for it to say what the objects do. */
export interface DiffLine {
  readonly sign: '+' | '-' | '~'
  readonly owner: string
  readonly type: string
  readonly ttl: number
  /** Where the TTL differs. */
  readonly servedTtl?: number
  /** Presentation form; where a value takes the place of another, both. */
  readonly value: string
  readonly servedValue?: string
  /** The objects that it comes from; none where nobody owns what is served. */
  readonly objects: readonly string[]
  /** What an object says of itself that is not Ready. */
  readonly why?: string
}

/** The lines of a comparison, RRset by RRset: what is missing, what has changed, what nobody owns. */
export function diffLines(zone: ObjectZone, { differences }: Comparison): DiffLine[] {
  return differences.flatMap(difference => linesOf(zone, difference))
}

/**
 * Lines for people: aligned, signs in colour; objects stand on lines of their own where the terminal is narrow. `where`
 * says of a record that no object gives where it is.
 */
export function printLines(lines: readonly DiffLine[], terminal: Terminal, where = 'served'): string[] {
  const cells = lines.map(line => [line.owner, headOf(line), valueText(line)].map(harmless))
  const notes = lines.map(line => harmless(noteOf(line, where)))
  const widths = [0, 1, 2].map(i => Math.min(60, Math.max(0, ...cells.map(cell => cell[i]?.length ?? 0))))
  const texts = cells.map(cell => cell.map((text, i) => text.padEnd(widths[i] ?? 0)).join('  '))
  const isNarrow = texts.some((text, i) => `    ${text}  ${notes[i]}`.length > terminal.width)
  const colours = { '+': 'green', '-': 'red', '~': 'yellow' } as const
  return lines.flatMap(({ sign }, i) => {
    const [text = '', note = ''] = [texts[i], notes[i]]
    const parts = isNarrow ? [`${sign} ${text.trimEnd()}`, `      ${note}`] : [`${sign} ${text}  ${note}`.trimEnd()]
    return parts.map(part => `  ${terminal.paint(colours[sign], part)}`)
  })
}

function linesOf(zone: ObjectZone, difference: Difference): DiffLine[] {
  const { owner, type, wanted, served } = difference
  const added = [...(wanted?.rdata ?? [])]
  const removed = [...(served?.rdata ?? [])]
  const base = { owner, type: typeName(type) }
  const text = (octets: string) => printOctets(type, octets)
  const ttl = wanted?.ttl ?? served?.ttl ?? 0
  const otherTtl = wanted && served && wanted.ttl !== served.ttl ? { servedTtl: served.ttl } : {}
  const of = (octets: string) => sourceOf(zone, owner, type, octets)
  if (added.length === 1 && removed.length === 1) {
    const [next = '', before = ''] = [added[0], removed[0]]
    return [{ ...base, sign: '~', ttl, ...otherTtl, value: text(next), servedValue: text(before), ...of(next) }]
  }
  const values = zone.node(owner).get(type)?.rdata ?? []
  const whole = { ...base, sign: '~', ttl, ...otherTtl, value: values.map(text).join(', ') } as const
  const isTtlAlone = 'servedTtl' in otherTtl
  return [
    ...(isTtlAlone ? [{ ...whole, ...of(values[0] ?? '') }] : []),
    ...added.map(octets => ({ ...base, sign: '+' as const, ttl, value: text(octets), ...of(octets) })),
    ...removed.map(octets => ({
      ...base,
      sign: '-' as const,
      ttl: served?.ttl ?? ttl,
      value: text(octets),
      objects: [],
    })),
  ]
}

function sourceOf(zone: ObjectZone, owner: string, type: number, octets: string): { objects: string[]; why?: string } {
  const sources = zone.sources(owner, type, octets)
  const found = sources.length > 0 ? sources : [zone.zone]
  const verdicts = found.map(object => readiness(object as RecordObject)).filter(({ status }) => status !== 'True')
  const [first] = verdicts
  return { objects: found.map(printKeyed), ...(first && { why: first.reason }) }
}

function headOf({ ttl, type }: DiffLine): string {
  return `${ttl} IN ${type}`
}

function valueText({ value, servedValue, ttl, servedTtl }: DiffLine): string {
  const change = servedValue === undefined ? value : `${servedValue} -> ${value}`
  return servedTtl === undefined ? change : `${change} (TTL ${servedTtl} -> ${ttl})`
}

function noteOf({ sign, objects, why }: DiffLine, where: string): string {
  if (sign === '-' && objects.length === 0) return `${where}, and no object gives it`
  const names = objects.join(', ')
  return why === undefined ? names : `${names} (${why})`
}
