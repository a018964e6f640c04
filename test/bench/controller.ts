import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { bundleProgram } from '#bundle'
import { spawnChild } from '../cluster/child.ts'
import { until } from '../cluster/index.ts'
import type { FromController, Sent } from './controllerprocess.ts'
import { cpuMs } from './process.ts'

export interface LogLine {
  readonly log: string
  readonly atMs: number
  readonly fields: unknown
}

/** Makes one file of the program that ControllerProcess runs: Bindy is measured as it is shipped. Returns its path. */
export async function bundledController(directory: string): Promise<string> {
  const program = join(directory, 'controllerprocess.mjs')
  await bundleProgram(join(import.meta.dirname, 'controllerprocess.ts'), program)
  return program
}

/** A controller in a process of its own; BINDY_BENCH_PROFILE names a directory for its CPU profiles. */
export class ControllerProcess {
  readonly #child: ChildProcess
  readonly lines: LogLine[] = []
  #answers: ((sent: Sent) => void)[] = []

  constructor(program: string, kubeconfig: string) {
    const profile = process.env.BINDY_BENCH_PROFILE
    const flags = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : []
    this.#child = spawnChild(process.execPath, [...flags, program, '--kubeconfig', kubeconfig], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#child.on('message', message => this.#hear(message as FromController))
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Milliseconds of CPU since its start, to the 10 ms; asked of the kernel, so that it costs the controller nothing. */
  get cpuMs(): number {
    return cpuMs(this.pid)
  }

  /** When it had all objects in its cache; its work begins after that. */
  async cachedMs(): Promise<number> {
    return (await this.untilLogged('All objects read')).atMs
  }

  /** The first line of its log that says so. */
  untilLogged(message: string): Promise<LogLine> {
    const said = () => this.#running() && this.lines.find(({ log }) => log === message)
    return until(`the controller says "${message}"`, said, { timeoutMs: 300_000, everyMs: 1 })
  }

  /** What it has asked of the API server so far; `reset` counts from now. */
  sent({ reset = false } = {}): Promise<Sent> {
    return new Promise(resolve => {
      this.#answers.push(resolve)
      this.#child.send(reset ? 'reset' : 'count')
    })
  }

  /** Waits until it has sent so many statuses of A records. */
  untilStatuses(wanted: number, { timeoutMs = 300_000 } = {}): Promise<Sent> {
    const enough = async () => {
      const sent = await this.sent()
      return (sent.requests['patch arecords/status'] ?? 0) >= wanted && sent
    }
    return until(`the controller has written ${wanted} statuses`, enough, { timeoutMs, everyMs: 50 })
  }

  /** Waits until it sends nothing for a second and a half, longer than a zone's status waits. */
  async untilQuiet({ timeoutMs = 300_000 } = {}): Promise<Sent> {
    let before = ''
    const isQuiet = async () => {
      const sent = await this.sent()
      const now = JSON.stringify(sent.requests)
      const isSame = now === before
      before = now
      return isSame && sent
    }
    return until('the controller is quiet', isQuiet, { timeoutMs, everyMs: 1_500 })
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await exit
  }

  #hear(message: FromController): void {
    if ('log' in message) this.lines.push(message)
    else this.#answers.shift()?.(message.sent)
  }

  #running(): true {
    if (this.#child.exitCode === null) return true
    throw new Error(`Cannot go on: the controller ended with ${this.#child.exitCode}`)
  }
}
