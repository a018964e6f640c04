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

/** Spaces between columns; fewer where the least widths of all would not fit otherwise. */
const GAP = 3
const NARROW_GAP = 2

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
  const { heads, cells, natural } = cellsOf(rows, shown)
  const indent = options.indent ?? ''
  const width = options.wide ? Number.POSITIVE_INFINITY : terminal.width - indent.length
  const { widths, gap } = fitted(shown, natural, width)
  const space = ' '.repeat(gap)
  const lines = [heads, ...cells].map(line => line.map((cell, i) => sized(cell, widths[i] ?? 0, terminal)).join(space))
  return lines
    .map(line => `${indent}${line}`.trimEnd())
    .map((line, i) => (i === 0 ? terminal.paint('bold', line) : line))
}

/** Whether a terminal has room for a table of which nothing is cut. */
export function hasRoom<Row>(rows: readonly Row[], columns: readonly Column<Row>[], terminal: Terminal): boolean {
  const { natural } = cellsOf(
    rows,
    columns.filter(({ isWide }) => !isWide),
  )
  return lineWidth(natural) <= terminal.width
}

function cellsOf<Row>(rows: readonly Row[], columns: readonly Column<Row>[]) {
  const cells = rows.map(row => columns.map(column => textOf(column, row)))
  const heads = columns.map(({ head }) => head)
  const natural = heads.map((head, i) => Math.max(head.length, ...cells.map(line => shownLength(line[i] ?? ''))))
  return { heads, cells, natural }
}

function lineWidth(widths: readonly number[], gap = GAP): number {
  return widths.reduce((sum, one) => sum + one, gap * (widths.length - 1))
}

// What a terminal shows in two columns (Unicode TR11, W and F, by its blocks), and in none.
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u
const COMBINING = /\p{Mn}|\p{Me}/u

/** Columns that a text takes, colour not counted. */
export function shownLength(text: string): number {
  const plain = stripVTControlCharacters(text)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant.
  if (/^[\x00-\x7f]*$/.test(plain)) return plain.length
  return Array.from(plain).reduce((sum, char) => sum + columnsOf(char), 0)
}

function columnsOf(char: string): number {
  return WIDE.test(char) ? 2 : COMBINING.test(char) ? 0 : 1
}

/** A text in at most so many columns; what is cut loses its colour and ends in an ellipsis. */
export function cut(text: string, width: number, terminal: Terminal): string {
  if (shownLength(text) <= width) return text
  let left = Math.max(0, width - terminal.ellipsis.length)
  let kept = ''
  for (const char of stripVTControlCharacters(text)) {
    left -= columnsOf(char)
    if (left < 0) break
    kept += char
  }
  return kept + terminal.ellipsis
}

function textOf<Row>({ cell, isPainted }: Column<Row>, row: Row): string {
  const text = String(cell(row) ?? '-')
  return isPainted ? text : harmless(text)
}

function sized(text: string, width: number, terminal: Terminal): string {
  const short = cut(text, width, terminal)
  return short + ' '.repeat(Math.max(0, width - shownLength(short)))
}

function fitted<Row>(columns: readonly Column<Row>[], natural: readonly number[], width: number) {
  const widths = cutWidths(columns, natural, width, GAP)
  if (lineWidth(widths) <= width) return { widths, gap: GAP }
  return { widths: cutWidths(columns, natural, width, NARROW_GAP), gap: NARROW_GAP }
}

// The widest of the columns that may be cut gives a character at a time.
function cutWidths<Row>(
  columns: readonly Column<Row>[],
  natural: readonly number[],
  width: number,
  gap: number,
): number[] {
  const widths = [...natural]
  for (let over = lineWidth(widths, gap) - width; over > 0; over--) {
    const yielding = columns.map(({ atLeast = Number.POSITIVE_INFINITY }, i) =>
      (widths[i] ?? 0) > atLeast ? (widths[i] ?? 0) : 0,
    )
    const widest = Math.max(...yielding)
    if (widest === 0) break
    widths[yielding.indexOf(widest)] = widest - 1
  }
  return widths
}
