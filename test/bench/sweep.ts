import { createSocket, type Socket } from 'node:dgram'
import { setTimeout as pause } from 'node:timers/promises'
import { nowMs } from './clock.ts'
import type { Address } from './nsupdate.ts'
import { question, read, type Said } from './question.ts'

/** Questions a second about what is not served yet: few beside what a server answers, so that it is not held up. */
const RATE = 250
const LEAST_PAUSE_MS = 20
const SILENCE_MS = 1_000

/**
 * Asks one server for the addresses of many zones until it has given each of them. The zones are asked about side by
 * side, the addresses of one zone after the other.
 */
export class Sweep {
  /** Answers by what they said; questions without one count as "silence", addresses as "served" or "another". */
  readonly counts = new Map<Said, number>()
  readonly #socket: Socket
  readonly #waiting = new Map<number, (answer: Buffer | undefined) => void>()
  /** Zones that are not served yet. */
  #open: number
  #id = 0
  #isOver = false
  readonly #done: Promise<number>

  static async of(
    server: { readonly address: string; readonly dnsPort: number },
    zones: readonly (readonly Address[])[],
  ): Promise<Sweep> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 22 })
    await new Promise<void>(resolve => socket.connect(server.dnsPort, server.address, resolve))
    return new Sweep(socket, zones)
  }

  private constructor(socket: Socket, zones: readonly (readonly Address[])[]) {
    this.#socket = socket
    this.#open = zones.length
    socket.on('message', answer => this.#waiting.get(answer.readUInt16BE(0))?.(answer))
    // A server that is down answers with "connection refused"; the question then ends as silence.
    socket.on('error', () => {})
    this.#done = this.#follow(zones)
  }

  /** Resolves with when the last address was first seen. */
  async until({ timeoutMs = 600_000 } = {}): Promise<number> {
    const late = new AbortController()
    const deadline = pause(timeoutMs, undefined, { signal: late.signal }).then(() => {
      const said = [...this.counts].map(([what, count]) => `${what} ${count}`).join(', ')
      throw new Error(`Cannot wait longer: after ${timeoutMs / 1000} s the server does not serve all: ${said}`)
    })
    try {
      return await Promise.race([this.#done, deadline])
    } finally {
      late.abort()
      await deadline.catch(() => {})
    }
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await this.#done
    this.#socket.close()
  }

  async #follow(zones: readonly (readonly Address[])[]): Promise<number> {
    const doneMs = await Promise.all(
      zones.map(async (addresses, i) => {
        await pause((i * 1_000) / RATE)
        for (const [owner, address] of addresses) await this.#see(owner, address)
        this.#open--
        return nowMs()
      }),
    )
    return Math.max(...doneMs)
  }

  async #see(owner: string, address: string): Promise<void> {
    const asked = question(owner, 'A')
    while (!this.#isOver) {
      const answer = await this.#ask(asked)
      const said = answer ? read(answer) : 'silence'
      this.#count(said === address ? 'served' : /^[\d. ]+$/.test(said) ? 'another' : said)
      if (said === address) return
      await pause(Math.max((this.#open * 1_000) / RATE, LEAST_PAUSE_MS))
    }
  }

  #ask(asked: Buffer): Promise<Buffer | undefined> {
    const id = this.#freeId()
    asked.writeUInt16BE(id, 0)
    return new Promise(resolve => {
      const end = (answer?: Buffer) => {
        clearTimeout(timer)
        this.#waiting.delete(id)
        resolve(answer)
      }
      const timer = setTimeout(end, SILENCE_MS)
      this.#waiting.set(id, end)
      this.#socket.send(asked)
    })
  }

  #freeId(): number {
    do this.#id = (this.#id + 1) & 65_535
    while (this.#waiting.has(this.#id))
    return this.#id
  }

  #count(said: Said): void {
    this.counts.set(said, (this.counts.get(said) ?? 0) + 1)
  }
}
