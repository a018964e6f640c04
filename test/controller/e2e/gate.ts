import { Socket } from 'node:net'

/*
 * Preloaded into a controller's process (node --import): a gate for all that it sends about the zones z1.example,
 * z2.example and so on. While the gate is shut it lets k - 1 messages about zone zk pass and keeps what follows, so that
 * each zone stands still at another step of its path. Zones above a number are stopped before a message that is told: of
 * each such step it is certain that a zone stands there, however the others' messages fall. Every socket has the gate: to the API server (before TLS), to
 * control channels, to DNS, and the seeder's. What is no step is not counted: the body of a request, whose head is, and
 * polling with zonestatus, for how often is a matter of time.
 */

export type ToGate = 'open' | Shut

export interface Shut {
  /** The last zone whose messages are counted. */
  readonly counted: number
  /** The sources of regular expressions, with the flag "s": the message before which each zone after that is stopped. */
  readonly steps: readonly string[]
}

/** The gate keeps a zone's messages, this one first; or it is open, and has let all go. */
export type FromGate = { readonly zone: number; readonly message: string } | 'opened'

// The name as text, or as labels, where a length stands for the dot.
const ZONE = /z(\d+).example/

const send = Socket.prototype.write as (this: Socket, ...args: unknown[]) => boolean
let shut: Shut | undefined
/** Zones after the counted ones that have come to their message. */
const stopped = new Set<number>()
/** The steps that each zone has come to. */
const counts = new Map<number, number>()
/** Sockets that wait at the gate: what they send stays in order. */
const waiting = new Map<Socket, unknown[][]>()

Socket.prototype.write = function (this: Socket, ...args: unknown[]): boolean {
  const queue = waiting.get(this) ?? (shut && isKept(this, textOf(args[0]), shut) ? [] : undefined)
  if (!queue) return send.apply(this, args)
  queue.push(args)
  waiting.set(this, queue)
  return true
} as Socket['write']

process.on('message', (message: ToGate) => {
  shut = message === 'open' ? undefined : message
  counts.clear()
  stopped.clear()
  const queues = [...waiting]
  waiting.clear()
  for (const [socket, queue] of queues) for (const args of queue) send.apply(socket, args)
  if (!shut) tell('opened')
})
process.channel?.unref()

/** Whether a message stays here: its zone has had those that may pass. */
function isKept(socket: Socket, text: string, { counted, steps }: Shut): boolean {
  const zone = Number(ZONE.exec(text)?.[1])
  if (Number.isNaN(zone)) return false
  const message = `to port ${socket.remotePort}: ${text}`
  if (zone > counted) {
    const step = steps[zone - counted - 1]
    if (!stopped.has(zone) && step !== undefined && new RegExp(step, 's').test(message)) {
      stopped.add(zone)
      tell({ zone, message })
    }
    return stopped.has(zone)
  }
  const isStep = !text.startsWith('{') && !text.includes('zonestatus')
  const count = (counts.get(zone) ?? 0) + (isStep ? 1 : 0)
  counts.set(zone, count)
  if (isStep && count === zone) tell({ zone, message })
  return count >= zone
}

function textOf(chunk: unknown): string {
  return typeof chunk === 'string' ? chunk : Buffer.from(chunk as Uint8Array).toString('latin1')
}

function tell(message: FromGate): void {
  process.send?.(message)
}
