/**
 * Splits a stream into its lines. What follows the last line feed is not a line: a sender that broke off is not
 * believed. A line over the limit fails the stream before more of it is kept.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>, maxOctets: number): AsyncGenerator<string> {
  let held: Uint8Array[] = []
  let heldOctets = 0
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      const line = joined(held, chunk.subarray(start, end))
      held = []
      heldOctets = 0
      start = end + 1
      if (line !== '') yield line
    }
    if (start === chunk.length) continue
    held.push(chunk.subarray(start))
    heldOctets += chunk.length - start
    if (heldOctets > maxOctets) throw new RangeError(`Cannot read a line of over ${maxOctets} octets`)
  }
}

function joined(held: readonly Uint8Array[], last: Uint8Array): string {
  if (held.length === 0) return Buffer.from(last.buffer, last.byteOffset, last.length).toString('utf8')
  return Buffer.concat([...held, last]).toString('utf8')
}
