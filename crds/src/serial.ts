/**
 * Orders two serials (RFC 1982 section 3.2): 1 where `a` is newer, -1 where it is older, 0 where they are equal. Serials
 * exactly 2^31 apart have no order: NaN, which every comparison denies.
 */
export function serialCompare(a: number, b: number): number {
  const ahead = (a - b) >>> 0
  if (ahead === 0) return 0
  if (ahead === 0x8000_0000) return Number.NaN
  return ahead < 0x8000_0000 ? 1 : -1
}

/** The serial of a day in UTC, given in milliseconds since 1970: the date and two digits of revision (RFC 1912 section 2.2). */
export function dateSerial(ms: number): number {
  const day = new Date(ms).toISOString().slice(0, 10).replaceAll('-', '')
  return Number(`${day}01`)
}
