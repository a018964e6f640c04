import type { ChildProcess } from 'node:child_process'
import { on, once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { type KubeClient, resourcePath } from '#kube'
import { type RunningApiServer, spawnChild } from '../../cluster/index.ts'
import type { FromGate, Shut, ToGate } from './gate.ts'

const root = join(import.meta.dirname, '../../..')
const gate = join(import.meta.dirname, 'gate.ts')
const lease = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' }

/** What `npm run controller` starts, in a process of its own, with a gate for its messages. */
export class GatedController {
  /** The numbers of the zones that stand at the gate, each with its first message that is kept. */
  readonly kept = new Map<number, string>()
  readonly #process: ChildProcess

  /** Starts one at once: the Lease of one that was killed would run out in 15 s, and is taken away. */
  static async start(api: RunningApiServer, kube: KubeClient, directory: string): Promise<GatedController> {
    const path = resourcePath(lease, { namespace: 'default', name: 'bindy-controller' })
    await kube.delete(path).catch(() => undefined)
    return new GatedController(api.kubeconfig, join(directory, 'controller.log'))
  }

  constructor(kubeconfig: string, log: string) {
    const file = openSync(log, 'a', 0o600)
    const args = ['--import', gate, 'controller/src/main.ts', '--kubeconfig', kubeconfig]
    this.#process = spawnChild(process.execPath, args, { cwd: root, stdio: ['ignore', file, file, 'ipc'] })
    closeSync(file)
    this.#process.on('message', (message: FromGate) => {
      if (message !== 'opened') this.kept.set(message.zone, message.message)
    })
  }

  shutGate(shut: Shut): void {
    this.kept.clear()
    this.#process.send(shut satisfies ToGate)
  }

  /** Comes when all that was kept is on its way. */
  async openGate(): Promise<void> {
    this.#process.send('open' satisfies ToGate)
    for await (const [message] of on(this.#process, 'message')) if (message === 'opened') return
  }

  async kill(): Promise<void> {
    const end = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await end
  }
}
