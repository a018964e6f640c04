import { addAbortSignal } from 'node:stream'
import { buffer } from 'node:stream/consumers'

/** All of standard input; the signal ends the wait for more of it. */
export function readInput(signal: AbortSignal): Promise<Buffer> {
  return buffer(addAbortSignal(signal, process.stdin))
}
