const OCTET = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])'
const IPV4 = new RegExp(String.raw`^${OCTET}(?:\.${OCTET}){3}$`)

/** Whether a text is an IPv4 address: four numbers up to 255, without leading zeros. */
export function isIPv4(text: string): boolean {
  return IPV4.test(text)
}

/** Whether a text is an IPv6 address (RFC 4291 section 2.2), without a scope such as "%eth0". */
export function isIPv6(text: string): boolean {
  return ipv6Groups(text) !== undefined
}

/** The eight numbers of an IPv6 address; undefined where the text is none. */
export function ipv6Groups(text: string): readonly number[] | undefined {
  if (text.length > 45) return undefined
  const [head = '', tail, ...more] = text.split('::')
  const before = groupsOf(head, { isEnd: tail === undefined })
  const after = groupsOf(tail ?? '', { isEnd: true })
  const zeros = 8 - before.length - after.length
  const isWhole = tail === undefined ? zeros === 0 : zeros > 0
  const groups = [...before, ...Array<number>(Math.max(0, zeros)).fill(0), ...after]
  return more.length === 0 && isWhole && !groups.includes(Number.NaN) ? groups : undefined
}

// The last two of an address may be written as an IPv4 address.
function groupsOf(text: string, { isEnd }: { readonly isEnd: boolean }): number[] {
  if (text === '') return []
  const parts = text.split(':')
  const last = parts.at(-1) as string
  const dotted = isEnd && isIPv4(last) ? last.split('.').map(Number) : undefined
  if (dotted) parts.pop()
  const groups = parts.map(part => (/^[0-9a-f]{1,4}$/i.test(part) ? Number.parseInt(part, 16) : Number.NaN))
  const [a = 0, b = 0, c = 0, d = 0] = dotted ?? []
  return dotted ? [...groups, a * 256 + b, c * 256 + d] : groups
}
