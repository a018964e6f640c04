import type { Output } from '../../cluster/index.ts'
import { Bindy } from '../../controller/e2e/bindy.ts'
import type { Namespace } from '../../controller/e2e/namespace.ts'
import { BuiltPlugin } from '../kubectlbindy.ts'

type Name = 'primary' | 'secondary'

/** The built plugin beside a whole Bindy: API server, controller, a primary and a secondary. */
export class RunningPlugin {
  readonly bindy = new Bindy({ primary: {}, secondary: {} })
  readonly #plugin = new BuiltPlugin()

  async start(): Promise<void> {
    await Promise.all([this.bindy.start(), this.#plugin.build()])
    await this.#holdLease()
  }

  async stop(): Promise<void> {
    await this.bindy.stop()
    await this.#plugin.remove()
  }

  /** `kubectl bindy` with these words, in a namespace. */
  run(dns: Namespace<Name>, words: string | readonly string[], env: Record<string, string> = {}): Promise<Output> {
    return this.#plugin.run([...(typeof words === 'string' ? words.split(' ') : words), '-n', dns.name], this.#env(env))
  }

  /** The same where it must end with 0; what it wrote to standard output. */
  async must(
    dns: Namespace<Name>,
    words: string | readonly string[],
    env: Record<string, string> = {},
  ): Promise<string> {
    const { code, stdout, stderr } = await this.run(dns, words, env)
    if (code !== 0) throw new Error(`kubectl bindy ${words} ended with ${code}: ${stderr || stdout}`)
    return stdout
  }

  /** What a terminal shows of it, escapes and all. */
  inTerminal(dns: Namespace<Name>, words: string): Promise<string> {
    return this.#plugin.inTerminal([...words.split(' '), '-n', dns.name], this.#env({}))
  }

  /** Starts it, to be ended by the test. */
  begin(dns: Namespace<Name>, words: string) {
    return this.#plugin.start([...words.split(' '), '-n', dns.name], this.#env({}))
  }

  /** The names that it offers after some words. */
  program(name: string): string {
    return this.#plugin.program(name)
  }

  env(): Record<string, string | undefined> {
    return this.#plugin.env(this.#env({}))
  }

  #env(more: Record<string, string>) {
    return { KUBECONFIG: this.bindy.api.kubeconfig, ...more }
  }

  // The controller of these tests leads nobody, so that it needs no Lease; the plugin looks for one.
  async #holdLease(): Promise<void> {
    const renewTime = new Date().toISOString().replace('Z', '000Z')
    const spec = { holderIdentity: 'test', leaseDurationSeconds: 3600, renewTime }
    await this.bindy.kube.create('/apis/coordination.k8s.io/v1/namespaces/default/leases', {
      metadata: { name: 'bindy-controller' },
      spec,
    })
  }
}
