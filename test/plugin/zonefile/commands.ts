import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Output, run, temporaryDirectory } from '../../cluster/index.ts'
import { Bindy } from '../../controller/e2e/bindy.ts'
import type { Namespace } from '../../controller/e2e/namespace.ts'
import { BuiltPlugin } from '../kubectlbindy.ts'
import type { Pty } from '../pty.ts'
import { Session } from '../session.ts'

/** A zone in 13 records, for which ten objects are made. */
export const ZONE = `$TTL 1h
@ 3600 SOA ns1 host.master ( 2026010100 1h 10m 1w 5m )
  NS ns1
  NS ns.example.net.
  MX 10 mail
  TXT "v=spf1 mx -all"
ns1 A 192.0.2.53
mail A 192.0.2.25
www 300 A 192.0.2.1
www 300 A 192.0.2.2
*.w CNAME www
$GENERATE 1-3 host-$ A 192.0.2.10$
`

export interface Started {
  readonly said: { readonly stdout: string; readonly stderr: string }
  readonly ended: Promise<unknown>
  /** Ctrl-C. */
  interrupt(): void
}

/** A whole Bindy of two servers, where the plugin runs as a process of its own, each test in a new namespace. */
export class Commands {
  readonly bindy = new Bindy({ primary: {}, secondary: {} })
  readonly directory = temporaryDirectory()
  readonly plugin = new BuiltPlugin()
  readonly #started: ChildProcess[] = []
  #namespace: Namespace<'primary' | 'secondary'> | undefined

  get namespace(): Namespace<'primary' | 'secondary'> {
    if (!this.#namespace) throw new Error('begin() comes first')
    return this.#namespace
  }

  get servers() {
    return [this.bindy.named.primary, this.bindy.named.secondary]
  }

  async start(): Promise<void> {
    await Promise.all([this.bindy.start(), this.plugin.build()])
  }

  async begin(): Promise<void> {
    for (const child of this.#started.splice(0)) child.kill('SIGKILL')
    this.#namespace = await this.bindy.namespace()
  }

  async stop(): Promise<void> {
    await this.bindy.stop()
    await this.plugin.remove()
    await this.directory.remove()
  }

  run(args: readonly string[], options: { readonly input?: string; readonly columns?: number } = {}): Promise<Output> {
    const { columns, input = '' } = options
    return run(process.execPath, this.#words(args), { env: this.#env(columns), input })
  }

  /** A person at a terminal of so many columns, beside the files. */
  session(columns: number): Session {
    const options = { columns, env: { KUBECONFIG: this.bindy.api.kubeconfig }, cwd: this.directory.path }
    return new Session(words => this.plugin.pty([...words, '-n', this.namespace.name], options))
  }

  /** The plugin in a terminal. */
  pty(args: readonly string[]): Pty {
    const options = { env: { KUBECONFIG: this.bindy.api.kubeconfig }, cwd: this.directory.path }
    return this.plugin.pty([...args, '-n', this.namespace.name], options)
  }

  /** Starts the plugin; what it says, and what it ends with. It goes with the test that started it. */
  launch(args: readonly string[]): Started {
    const child = this.plugin.start([...args, '-n', this.namespace.name], this.#env())
    const said = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) child[name].on('data', chunk => (said[name] += chunk))
    this.#started.push(child)
    const ended = once(child, 'close').then(([code]) => code)
    return { said, ended, interrupt: () => void child.kill('SIGINT') }
  }

  /** Runs the plugin where nobody reads what it prints; what it ends with. */
  async unread(args: readonly string[]): Promise<unknown> {
    const child = this.plugin.start([...args, '-n', this.namespace.name], this.#env())
    child.stdout?.destroy()
    child.stderr?.destroy()
    const [code] = await once(child, 'close')
    return code
  }

  /** Writes a file, and returns its path. */
  file(name: string, text: string): string {
    const path = join(this.directory.path, name)
    writeFileSync(path, text)
    return path
  }

  import(path: string, ...more: string[]): Promise<Output> {
    return this.run(['zone', 'import', 'example.com', '-f', path, '--yes', ...more])
  }

  /** Imports the zone, and waits until it is served. */
  async imported(): Promise<void> {
    const { code, stderr } = await this.import(this.file('zone', ZONE), '--cluster-ref', 'dns')
    if (code !== 0) throw new Error(stderr)
    await this.namespace.ready({ kind: 'DNSZone', metadata: { name: 'example-com' } }, { timeoutMs: 30_000 })
  }

  /** For a shell: the plugin and its words. */
  command(args: readonly string[]): string {
    return [process.execPath, ...this.#words(args)].join(' ')
  }

  #words(args: readonly string[]): string[] {
    return [this.plugin.program(), ...args, '-n', this.namespace.name]
  }

  #env(columns?: number) {
    return this.plugin.env({
      KUBECONFIG: this.bindy.api.kubeconfig,
      NO_COLOR: '1',
      COLUMNS: columns === undefined ? undefined : String(columns),
    })
  }
}
