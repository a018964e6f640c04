import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { spawnChild } from './child.ts'
import { until } from './until.ts'

/** A server process that we started; it never outlives us. */
export interface Daemon {
  readonly pid: number
  /** Whether it still runs. */
  readonly isRunning: boolean
  /** Sends the signal and waits until the process is gone; nothing happens when it is gone already. */
  kill(signal?: NodeJS.Signals): Promise<void>
}

export interface DaemonOptions {
  readonly name: string
  /** Gets what the process says on stdout and stderr, after what is there. */
  readonly log: string
  readonly isReady: () => Promise<boolean>
  readonly timeoutMs?: number
}

/** Starts a server and waits until it is ready; if it does not come so far, the error shows the end of its log. */
export async function startDaemon(command: string, args: readonly string[], options: DaemonOptions): Promise<Daemon> {
  const { name, log, isReady, timeoutMs = 30_000 } = options
  const daemon = launch(command, args, log)
  const state = async () => !daemon.isRunning || (await isReady())
  try {
    await until(`${name} is ready`, state, { timeoutMs })
    if (daemon.isRunning) return daemon
  } catch (cause) {
    await daemon.kill('SIGKILL')
    throw new Error(`Cannot start ${name}: ${(cause as Error).message}\n${lastLines(log)}`, { cause })
  }
  throw new Error(`Cannot start ${name}: it ended at once and said\n${lastLines(log)}`)
}

function launch(command: string, args: readonly string[], log: string): Daemon {
  const file = openSync(log, 'a', 0o600)
  const child = spawnChild(command, args, { stdio: ['ignore', file, file] })
  closeSync(file)
  const gone = new Promise<void>(resolve => {
    child.on('exit', () => resolve())
    child.on('error', () => resolve())
  })
  const isRunning = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null
  return {
    pid: child.pid ?? 0,
    get isRunning() {
      return isRunning()
    },
    async kill(signal = 'SIGTERM') {
      if (isRunning()) child.kill(signal)
      await gone
    },
  }
}

const lastLines = (log: string) =>
  existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').slice(-20).join('\n') : '(nothing)'
