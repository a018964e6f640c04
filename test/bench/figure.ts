/** What one bench has found. */
export interface Section {
  readonly title: string
  readonly figures: readonly Figure[]
  /** How it was measured, a sentence or two each. */
  readonly notes: readonly string[]
}

/** One line of a bench: what was measured, what the rival needed, and the bar it is held to. */
export interface Figure {
  readonly what: string
  readonly value?: string
  /** What nsupdate, or another rival that the notes name, needed for the same work in the same run. */
  readonly rival?: string
  readonly ratio?: string
  readonly bar?: string
  /** Whether the bar is met; absent where there is none. */
  readonly ok?: boolean
}

export const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`
export const seconds = (valueMs: number): string => `${(valueMs / 1000).toFixed(2)} s`
export const times = (ratio: number): string => `${ratio.toFixed(2)}x`
export const perSecond = (rate: number): string => `${rate.toFixed(0)}/s`

/** A figure that must not be above its bar. */
export function atMost(limit: number, value: number, show: (value: number) => string): Pick<Figure, 'bar' | 'ok'> {
  return { bar: `<= ${show(limit)}`, ok: value <= limit }
}

/** A figure that must not be below its bar. */
export function atLeast(limit: number, value: number, show: (value: number) => string): Pick<Figure, 'bar' | 'ok'> {
  return { bar: `>= ${show(limit)}`, ok: value >= limit }
}

/** A section as people read it. */
export function print({ title, figures, notes }: Section): string {
  return [title, table(figures), ...notes.map(note => wrap(`* ${note}`))].join('\n')
}

function wrap(note: string): string {
  return note
    .replace(/(.{1,110})(\s+|$)/g, '    $1\n')
    .trimEnd()
    .replace(/^ {4}\*/, '  *')
}

function table(figures: readonly Figure[]): string {
  const head = ['', 'Bindy', 'rival', 'ratio', 'bar', '']
  const rows = figures.map(({ what, value, rival, ratio, bar, ok }) => {
    const verdict = ok === undefined ? '' : ok ? 'ok' : 'MISSED'
    return [what, value ?? '-', rival ?? '-', ratio ?? '-', bar ?? '-', verdict]
  })
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map(row => row[i]?.length ?? 0)))
  const line = (row: readonly string[]) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd()
  return [head, ...rows].map(line).join('\n')
}
