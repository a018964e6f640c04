import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Cluster } from '@kubernetes/client-node/dist/config_types.js'
import { ExecAuth } from '@kubernetes/client-node/dist/exec_auth.js'
import { KubeConfigError } from './error.ts'

/** A credential plugin as a kubeconfig names it, in client.authentication.k8s.io. */
export interface ExecPlugin {
  readonly apiVersion: string
  command?: string
  env?: readonly { readonly name: string; readonly value: string }[]
  readonly provideClusterInfo?: boolean
  readonly interactiveMode?: 'Never' | 'IfAvailable' | 'Always'
}

/** What it is promised in KUBERNETES_EXEC_INFO; the library does not set it. @throws KubeConfigError where it cannot be asked */
export function execInfo(
  { apiVersion, command, provideClusterInfo, interactiveMode }: ExecPlugin,
  cluster: Cluster,
  { isTerminal, config }: { readonly isTerminal: boolean; readonly config?: unknown },
) {
  if (interactiveMode === 'Always' && !isTerminal)
    throw new KubeConfigError(`Cannot get credentials of ${command}: it asks in a terminal, and there is none`)
  const interactive = isTerminal && interactiveMode !== 'Never'
  const told = provideClusterInfo
    ? { cluster: { ...clusterInfo(cluster, command), ...(config !== undefined && { config }) } }
    : {}
  return { apiVersion, kind: 'ExecCredential', spec: { ...told, interactive } }
}

function clusterInfo(
  { server, tlsServerName, skipTLSVerify, caData, caFile, proxyUrl }: Cluster,
  command: string | undefined,
): object {
  const ca = caData ?? (caFile ? authorityFor(command, caFile) : undefined)
  return {
    server,
    ...(tlsServerName && { 'tls-server-name': tlsServerName }),
    ...(skipTLSVerify && { 'insecure-skip-tls-verify': true }),
    ...(ca && { 'certificate-authority-data': ca }),
    ...(proxyUrl && { 'proxy-url': proxyUrl }),
  }
}

function authorityFor(command: string | undefined, caFile: string): string {
  try {
    return readFileSync(caFile).toString('base64')
  } catch (cause) {
    throw new KubeConfigError(`Cannot tell ${command} of the cluster: ${(cause as Error).message}`, { cause })
  }
}

/** The library's way to run plugins, but one that asks somebody has the terminal: its input, and what it says meanwhile. */
export function terminalExecAuth(): ExecAuth {
  const execFn = (command: string, args: readonly string[], options: object) => {
    const child = spawn(command, args, { ...options, stdio: ['inherit', 'pipe', 'pipe'] })
    child.stderr?.pipe(process.stderr, { end: false })
    return child
  }
  return Object.assign(new ExecAuth(), { execFn })
}
