const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

type Unit = keyof typeof unitMs

/** A duration as kubectl takes it, such as "90s", "1h30m" or "0"; a bare number is seconds. Undefined for anything else. */
export function parseDurationMs(text: string): number | undefined {
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  if (!/^(\d{1,9}(ms|s|m|h|d|w))+$/.test(text)) return undefined
  return [...text.matchAll(/(\d+)(ms|s|m|h|d|w)/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * unitMs[unit as Unit],
    0,
  )
}

/** A duration in its two greatest units, as kubectl shows an age: "4m12s", "6d23h", "0s". */
export function printDuration(ms: number): string {
  const units = ['d', 'h', 'm', 's'] as const
  let left = Math.max(0, Math.floor(ms / 1000)) * 1000
  const parts = units.map(unit => {
    const count = Math.floor(left / unitMs[unit])
    left -= count * unitMs[unit]
    return { count, unit }
  })
  const first = parts.findIndex(({ count }) => count > 0)
  if (first < 0) return '0s'
  return parts
    .slice(first, first + 2)
    .filter(({ count }) => count > 0)
    .map(({ count, unit }) => `${count}${unit}`)
    .join('')
}
