import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type KubectlOptions, type RunningApiServer, spawnChild } from '../cluster/index.ts'

const root = join(import.meta.dirname, '../..')
const account = { name: 'bindy-controller', namespace: 'bindy-system' }
const LOG = 'controller.log'

/** A controller in a process of its own. */
export interface RunningController {
  readonly isRunning: boolean
  /** Comes when the process has ended. */
  readonly end: Promise<unknown>
}

/**
 * Starts what `npm run controller` starts, with the rights of manifests/controller and no more: the account, its role
 * and its token are made first.
 */
export async function startController(
  api: RunningApiServer,
  { directory, program = 'controller/src/main.ts' }: { readonly directory: string; readonly program?: string },
): Promise<RunningController> {
  const kubeconfig = join(directory, 'controller.kubeconfig')
  writeFileSync(kubeconfig, kubeconfigOf(api, await tokenFrom(api)), { mode: 0o600 })
  const file = openSync(join(directory, LOG), 'a', 0o600)
  const args = [program, '--kubeconfig', kubeconfig]
  const child = spawnChild(process.execPath, args, { cwd: root, stdio: ['ignore', file, file] })
  closeSync(file)
  const end = once(child, 'exit')
  return {
    end,
    get isRunning() {
      return child.exitCode === null && child.signalCode === null
    },
  }
}

/** The end of what the controller of a directory has logged; empty where none was started. */
export function lastLines(directory: string): string {
  const log = join(directory, LOG)
  return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').slice(-20).join('\n') : ''
}

async function tokenFrom(api: RunningApiServer): Promise<string> {
  await kubectl(api, ['apply', '-f', join(root, 'manifests/controller')])
  const { name, namespace } = account
  return (await kubectl(api, ['create', 'token', name, '--namespace', namespace, '--duration', '8760h'])).trim()
}

function kubeconfigOf({ url, certificateAuthority }: RunningApiServer, token: string): string {
  const { name, namespace } = account
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
