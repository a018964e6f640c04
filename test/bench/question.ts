/** What a server said at some moment: addresses or a serial, or why there was none. */
export type Said = string

const TYPES = { A: 1, SOA: 6 } as const
const RCODES = new Map([
  [2, 'SERVFAIL'],
  [3, 'NXDOMAIN'],
  [5, 'REFUSED'],
])

export type QuestionType = keyof typeof TYPES

/** A question whose id, its first two octets, is still to be set. */
export function question(name: string, type: QuestionType): Buffer {
  // RFC 1035 section 4.1: id, no flags, one question; then the name, the type, class IN
  const labels = name.replace(/\.$/, '').split('.')
  const qname = labels.flatMap(label => [Buffer.from([label.length]), Buffer.from(label)])
  return Buffer.concat([
    Buffer.from('000000000001000000000000', 'hex'),
    ...qname,
    Buffer.from([0, 0, TYPES[type], 0, 1]),
  ])
}

/** The addresses of the answer in order, or the serial; an answer without records is "NODATA". */
export function read(answer: Buffer): Said {
  const rcode = answer.readUInt8(3) & 15
  if (rcode !== 0) return RCODES.get(rcode) ?? `rcode ${rcode}`
  const records = answer.readUInt16BE(6)
  if (records === 0) return 'NODATA'
  const values: string[] = []
  let at = afterName(answer, 12) + 4
  for (let i = 0; i < records; i++) {
    const fixed = afterName(answer, at)
    const rdata = fixed + 10
    at = rdata + answer.readUInt16BE(fixed + 8)
    const isSoa = answer.readUInt16BE(fixed) === TYPES.SOA
    values.push(
      isSoa
        ? String(answer.readUInt32BE(afterName(answer, afterName(answer, rdata))))
        : [...answer.subarray(rdata, at)].join('.'),
    )
  }
  return values.sort().join(' ')
}

function afterName(message: Buffer, at: number): number {
  const length = message.readUInt8(at)
  if (length === 0) return at + 1
  return length >= 192 ? at + 2 : afterName(message, at + 1 + length)
}
