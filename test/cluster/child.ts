import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'

const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find(path => existsSync(path))

/** Starts a process that the kernel kills when ours ends, even by kill -9 (PR_SET_PDEATHSIG, set by setpriv). */
export function spawnChild(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  return setpriv
    ? spawn(setpriv, ['--pdeathsig', 'KILL', '--', command, ...args], options)
    : spawn(command, args, options)
}

export interface Output {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly input?: string
}

/** Runs a command to its end and answers with what it said; a command that ended by a signal has code 128. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Output> {
  const { cwd, env = {}, input } = options
  const child = spawnChild(command, args, { ...(cwd && { cwd }), env: { ...process.env, ...env } })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout?.on('data', chunk => out.push(chunk))
  child.stderr?.on('data', chunk => err.push(chunk))
  child.stdin?.on('error', () => {}) // it ended before it read all
  child.stdin?.end(input)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code =>
      resolve({ code: code ?? 128, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
    )
  })
}

/** Runs a command that must succeed and answers with its standard output. */
export async function must(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options)
  if (code === 0) return stdout
  const said = `${stderr}${stdout}`.trim().split('\n').slice(-15).join('\n')
  throw new Error(`Cannot run ${command} ${args.join(' ')}: it ended with ${code} and said\n${said}`)
}
