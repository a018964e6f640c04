import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type KubectlOptions, type RunningApiServer, spawnChild, until } from '../cluster/index.ts'

const root = join(import.meta.dirname, '../..')
const namespace = 'bindy-system'

/** One of our programs in a process of its own. */
export interface RunningProgram {
  readonly name: ProgramName
  readonly isRunning: boolean
  /** Comes when the process has ended: its exit code, or null and the signal that ended it. */
  readonly end: Promise<readonly [code: number | null, signal: NodeJS.Signals | null]>
  send(signal: NodeJS.Signals): void
  /** Resolves when a line of its log says so; rejects when the program ends before. */
  untilLogged(message: string): Promise<void>
}

export type ProgramName = 'controller' | 'webhook'

/** What `kubectl apply` is told, to give each program its rights. */
const RIGHTS: Readonly<Record<ProgramName, readonly string[]>> = {
  controller: ['-k', join(root, 'manifests/controller')],
  webhook: ['account.yaml', 'role.yaml'].flatMap(name => ['-f', join(root, 'manifests/webhook', name)]),
}

export interface ProgramOptions {
  readonly directory: string
  readonly args?: readonly string[]
  readonly program?: string
}

/**
 * Starts what `npm run controller` or `npm run webhook` starts, with the rights of its manifests and no more: the account,
 * its role and its token are made first.
 */
export async function startProgram(
  name: ProgramName,
  api: RunningApiServer,
  { directory, args = [], program = `${name}/src/main.ts` }: ProgramOptions,
): Promise<RunningProgram> {
  const kubeconfig = join(directory, `${name}.kubeconfig`)
  writeFileSync(kubeconfig, kubeconfigOf(name, api, await tokenFrom(name, api)), { mode: 0o600 })
  const log = join(directory, `${name}.log`)
  const file = openSync(log, 'a', 0o600)
  const child = spawnChild(process.execPath, [program, '--kubeconfig', kubeconfig, ...args], {
    cwd: root,
    stdio: ['ignore', file, file],
  })
  closeSync(file)
  const end = once(child, 'exit').then(([code, signal]) => [code, signal] as const)
  const isRunning = () => child.exitCode === null && child.signalCode === null
  return {
    name,
    end,
    send: signal => void child.kill(signal),
    get isRunning() {
      return isRunning()
    },
    async untilLogged(message) {
      const isLogged = () => {
        if (!isRunning()) throw new Error(`The ${name} has ended`)
        return readFileSync(log, 'utf8').includes(`"message":"${message}"`)
      }
      // A process starts slowly on a busy machine, and the webhook tries again after 10 s what it could not do.
      await until(`the ${name} says "${message}"`, isLogged, { timeoutMs: 60_000 })
    },
  }
}

/** The end of what each program of a directory has logged, with a heading; empty where none was started. */
export function lastLines(directory: string): string {
  const names = Object.keys(RIGHTS) as ProgramName[]
  const ends = names.flatMap(name => {
    const log = join(directory, `${name}.log`)
    if (!existsSync(log)) return []
    return [`The ${name}'s log ends with\n${readFileSync(log, 'utf8').trim().split('\n').slice(-20).join('\n')}\n`]
  })
  return ends.join('\n')
}

async function tokenFrom(name: ProgramName, api: RunningApiServer): Promise<string> {
  await kubectl(api, ['apply', ...RIGHTS[name]])
  const token = ['create', 'token', `bindy-${name}`, '--namespace', namespace, '--duration', '8760h']
  return (await kubectl(api, token)).trim()
}

function kubeconfigOf(name: ProgramName, { url, certificateAuthority }: RunningApiServer, token: string): string {
  const cluster = { server: url, 'certificate-authority-data': Buffer.from(certificateAuthority).toString('base64') }
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    contexts: [{ name, context: { cluster: 'bindy', user: name, namespace } }],
    clusters: [{ name: 'bindy', cluster }],
    users: [{ name, user: { token } }],
  })
}

/** Runs kubectl, which must succeed, and answers with its standard output. */
export async function kubectl(
  api: RunningApiServer,
  args: readonly string[],
  options: KubectlOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await api.kubectl(args, options)
  if (code !== 0) throw new Error(`Cannot run kubectl ${args.join(' ')}: ${(stderr || stdout).trim()}`)
  return stdout
}
