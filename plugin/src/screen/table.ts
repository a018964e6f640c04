import { stripVTControlCharacters } from 'node:util'
import { harmless } from './harmless.ts'
import type { Terminal } from './terminal.ts'

/** A column of a table: its head, and what a row shows in it. */
export interface Column<Row> {
  readonly head: string
  /** Text of any origin; where it holds colour, the column says `isPainted`. */
  readonly cell: (row: Row) => string | number | undefined
  /** What it shows is our own text, with colour in it. */
  readonly isPainted?: boolean
  /** Gives way first where the line is too narrow, down to so many columns. */
  readonly atLeast?: number
  /** Stands only in the wide form. */
  readonly isWide?: boolean
}

const GAP = '   '

/**
 * Rows under their heads, aligned, without a space at a line's end. A line that is wider than the terminal is cut, first
 * where its columns say so.
 */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  terminal: Terminal,
  options: { readonly wide?: boolean; readonly indent?: string } = {},
): string[] {
  const shown = columns.filter(column => options.wide || !column.isWide)
  const cells = rows.map(row => shown.map(column => textOf(column, row)))
  const heads = shown.map(({ head }) => head)
  const indent = options.indent ?? ''
  const width = options.wide ? Number.POSITIVE_INFINITY : terminal.width - indent.length
  const widths = fitted(
    shown,
    heads.map((head, i) => Math.max(head.length, ...cells.map(line => shownLength(line[i] ?? '')))),
    width,
  )
  const lines = [heads, ...cells].map(line => line.map((cell, i) => sized(cell, widths[i] ?? 0, terminal)).join(GAP))
  return lines
    .map(line => `${indent}${line}`.trimEnd())
    .map((line, i) => (i === 0 ? terminal.paint('bold', line) : line))
}

/** Columns that a text takes, colour not counted. */
export function shownLength(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length
}

/** A text in at most so many columns; what is cut loses its colour and ends in an ellipsis. */
export function cut(text: string, width: number, terminal: Terminal): string {
  if (shownLength(text) <= width) return text
  const chars = Array.from(stripVTControlCharacters(text))
  return chars.slice(0, Math.max(0, width - terminal.ellipsis.length)).join('') + terminal.ellipsis
}

function textOf<Row>({ cell, isPainted }: Column<Row>, row: Row): string {
  const text = String(cell(row) ?? '-')
  return isPainted ? text : harmless(text)
}

function sized(text: string, width: number, terminal: Terminal): string {
  const short = cut(text, width, terminal)
  return short + ' '.repeat(Math.max(0, width - shownLength(short)))
}

// The widest of the columns that may be cut gives a character at a time.
function fitted<Row>(columns: readonly Column<Row>[], natural: readonly number[], width: number): number[] {
  const widths = [...natural]
  const gaps = GAP.length * (widths.length - 1)
  for (let over = widths.reduce((sum, one) => sum + one, gaps) - width; over > 0; over--) {
    const yielding = columns.map(({ atLeast = Number.POSITIVE_INFINITY }, i) =>
      (widths[i] ?? 0) > atLeast ? (widths[i] ?? 0) : 0,
    )
    const widest = Math.max(...yielding)
    if (widest === 0) break
    widths[yielding.indexOf(widest)] = widest - 1
  }
  return widths
}
