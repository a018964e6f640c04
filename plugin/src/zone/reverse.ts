/** The trees that hold the names of addresses, with the labels of one (RFC 1035 section 3.5, RFC 3596 section 2.5). */
const trees = [
  // 192.0.2.80
  { suffix: '.in-addr.arpa', label: /^\d{1,3}$/, labels: ['80', '2', '0', '192'] },
  // 2001:db8::80
  { suffix: '.ip6.arpa', label: /^[\da-f]$/, labels: [...'08', ...Array<string>(22).fill('0'), ...'8bd01002'] },
] as const

/** A name that an address may have in a reverse zone, relative to it; undefined in any other zone. */
export function reverseName(zone: string): string | undefined {
  const tree = trees.find(({ suffix }) => `.${zone}`.endsWith(suffix))
  if (!tree) return undefined
  // A zone of RFC 2317 has a label more, which is no part of an address.
  const given = zone.split('.').filter(label => tree.label.test(label)).length
  return tree.labels.slice(0, Math.max(0, tree.labels.length - given)).join('.') || '@'
}
