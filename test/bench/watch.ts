import { createSocket, type Socket } from 'node:dgram'
import { setTimeout as pause } from 'node:timers/promises'
import { nowMs } from './clock.ts'
import { type QuestionType, question, read, type Said } from './question.ts'

export interface Sight {
  readonly said: Said
  readonly atMs: number
}

export interface WatchOptions {
  /** Between an answer and the next question; 0 asks as fast as the server answers. */
  readonly pauseMs?: number
}

/** Asks one server one question over UDP again and again, and keeps when its answer turned into another. */
export class Watch {
  /** Each answer that differs from the one before it, from the first on. */
  readonly sights: Sight[] = []
  asked = 0
  /** Answers by what they said; questions without one count as "silence". */
  readonly counts = new Map<Said, number>()
  readonly #socket: Socket
  readonly #question: Buffer
  readonly #pauseMs: number
  #last: Buffer | undefined
  #isOver = false
  readonly #done: Promise<void>

  static async of(
    server: { readonly address: string; readonly dnsPort: number },
    name: string,
    type: QuestionType,
    options: WatchOptions = {},
  ): Promise<Watch> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 })
    await new Promise<void>(resolve => socket.connect(server.dnsPort, server.address, resolve))
    return new Watch(socket, question(name, type), options)
  }

  private constructor(socket: Socket, question: Buffer, { pauseMs = 1 }: WatchOptions) {
    this.#socket = socket
    this.#question = question
    this.#pauseMs = pauseMs
    this.#done = this.#run()
  }

  get said(): Said | undefined {
    return this.sights.at(-1)?.said
  }

  /** When the answer that stands now was first seen. */
  get sinceMs(): number {
    return this.sights.at(-1)?.atMs ?? Number.NaN
  }

  /** When an answer was first seen. */
  firstMs(said: Said): number | undefined {
    return this.sights.find(sight => sight.said === said)?.atMs
  }

  /** Resolves with when the server was first seen saying so. */
  async until(says: (said: Said) => boolean, { timeoutMs = 30_000 } = {}): Promise<number> {
    const deadline = nowMs() + timeoutMs
    for (;;) {
      const sight = this.sights.find(({ said }) => says(said))
      if (sight) return sight.atMs
      if (nowMs() > deadline) throw new Error(`Cannot wait longer: the server still says ${this.said}`)
      await pause(1)
    }
  }

  /** Forgets all but what stands now. */
  reset(): void {
    this.sights.splice(0, this.sights.length - 1)
    this.counts.clear()
    this.asked = 0
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await this.#done
    this.#socket.close()
  }

  async #run(): Promise<void> {
    for (let id = 1; !this.#isOver; id = (id % 65_535) + 1) {
      this.#question.writeUInt16BE(id, 0)
      const answer = await this.#ask(id)
      this.asked++
      this.#take(answer)
      if (this.#pauseMs > 0) await pause(this.#pauseMs)
    }
  }

  #ask(id: number): Promise<Buffer | undefined> {
    return new Promise(resolve => {
      const end = (answer?: Buffer) => {
        clearTimeout(timer)
        this.#socket.off('message', take)
        resolve(answer)
      }
      const take = (answer: Buffer) => {
        if (answer.readUInt16BE(0) === id) end(answer)
      }
      const timer = setTimeout(end, 1_000)
      this.#socket.on('message', take)
      this.#socket.send(this.#question)
    })
  }

  #take(answer: Buffer | undefined): void {
    const isSame = answer && this.#last && answer.subarray(2).equals(this.#last.subarray(2))
    const said = isSame ? (this.said as Said) : answer ? read(answer) : 'silence'
    this.#last = answer
    this.counts.set(said, (this.counts.get(said) ?? 0) + 1)
    if (said !== this.said) this.sights.push({ said, atMs: nowMs() })
  }
}
