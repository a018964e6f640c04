import { once } from 'node:events'
import type { Writable } from 'node:stream'

/** Characters that are written at a time: a line each would cost a system call each. */
const CHUNK = 64 * 1024

/** Writes lines no faster than they are read, the first ones at once; whoever stops reading ends it by EPIPE. */
export async function writeLines(output: Writable, lines: Iterable<string>): Promise<void> {
  let text = ''
  for (const line of lines) {
    text += `${line}\n`
    if (text.length < CHUNK) continue
    if (!output.write(text)) await once(output, 'drain')
    text = ''
  }
  if (text !== '' && !output.write(text)) await once(output, 'drain')
}
