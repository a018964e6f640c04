import type { Output } from '../../cluster/index.ts'
import { Bindy } from '../../controller/e2e/bindy.ts'
import type { Namespace } from '../../controller/e2e/namespace.ts'
import { BuiltPlugin } from '../kubectlbindy.ts'
import type { Pty, PtyOptions } from '../pty.ts'
import { Session } from '../session.ts'

type Name = 'primary' | 'secondary'

const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases'

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

  /** Starts it in a terminal. */
  pty(dns: Namespace<Name>, words: string | readonly string[], size: Omit<PtyOptions, 'env'> = {}): Pty {
    const typed = typeof words === 'string' ? words.split(' ') : words
    return this.#plugin.pty([...typed, '-n', dns.name], { ...size, env: this.#env({}) })
  }

  /** A person at a terminal of so many columns. */
  session(dns: Namespace<Name>, columns: number): Session {
    return new Session(words => this.pty(dns, words, { columns }))
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

  /** Has the controller's Lease renewed at a time: long ago it has run out. */
  async renewLease(atMs: number): Promise<void> {
    await this.bindy.kube.patch(`${leases}/bindy-controller`, { spec: { renewTime: microTime(atMs) } })
  }

  // The controller of these tests leads nobody, so that it needs no Lease; the plugin looks for one.
  async #holdLease(): Promise<void> {
    const spec = { holderIdentity: 'test', leaseDurationSeconds: 3600, renewTime: microTime(Date.now()) }
    await this.bindy.kube.create(leases, { metadata: { name: 'bindy-controller' }, spec })
  }
}

function microTime(atMs: number): string {
  return new Date(atMs).toISOString().replace('Z', '000Z')
}
