import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunningApiServer } from './apiserver.ts'
import { startDaemon } from './daemon.ts'
import { temporaryDirectory } from './directory.ts'
import { provideKubelet } from './kubernetes.ts'
import { reservePort } from './ports.ts'

/** A node of an API server: a port that is forwarded to a pod of it is a port of this machine's loopback. */
export interface RunningNode {
  /** Makes a pod that is ready, as its kubelet would say; nothing runs in it. */
  pod(pod: { readonly namespace: string; readonly name: string; readonly ip: string }): Promise<void>
  /** What has been forwarded, as "53 of pod dns/ns1". */
  forwarded(): string[]
  kill(signal: NodeJS.Signals): Promise<void>
  stop(): Promise<void>
}

const address = '127.0.0.1'

/** Starts a stand-in for a kubelet (kubelet/main.go says what of it is real), and tells the API server of its node. */
export async function startNode(api: RunningApiServer): Promise<RunningNode> {
  const [port, directory] = [await reservePort(), temporaryDirectory()]
  const log = join(directory.path, 'kubelet.log')
  const said = () => readFileSync(log, 'utf8')
  const daemon = await startDaemon(await provideKubelet(), [`${address}:${port.number}`], {
    name: 'the stand-in for the kubelet',
    log,
    isReady: async () => said().includes('listening on'),
  })
  const kubectl = async (args: readonly string[], input?: object) => {
    const { code, stderr } = await api.kubectl(args, input && { input: JSON.stringify(input) })
    if (code !== 0) throw new Error(`Cannot kubectl ${args.join(' ')}: ${stderr}`)
  }
  await kubectl(['create', '-f', '-'], node(port.number))
  return {
    pod: async ({ namespace, name, ip }) => {
      await kubectl(['create', '-n', namespace, '-f', '-'], pod(name))
      const patch = JSON.stringify({ status: readyAt(ip) })
      await kubectl(['patch', 'pod', name, '-n', namespace, '--subresource', 'status', '-p', patch])
    },
    forwarded: () => [...said().matchAll(/\d+ of pod \S+/g)].map(([what]) => what),
    kill: signal => daemon.kill(signal),
    stop: async () => {
      await daemon.kill('SIGKILL')
      port.release()
      await directory.remove()
    },
  }
}

const name = 'node'

const node = (Port: number) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  status: { addresses: [{ type: 'InternalIP', address }], daemonEndpoints: { kubeletEndpoint: { Port } } },
})

const pod = (podName: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: podName },
  spec: { nodeName: name, containers: [{ name: 'named', image: 'none' }] },
})

const readyAt = (podIP: string) => ({
  phase: 'Running',
  podIP,
  podIPs: [{ ip: podIP }],
  conditions: [{ type: 'Ready', status: 'True' }],
})
