import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildPlugin } from '../../plugin/build.ts'
import { version } from '../../plugin/src/name.ts'
import { type Output, type RunOptions, run, temporaryDirectory } from '../cluster/index.ts'
import { Pty, type PtyOptions } from './pty.ts'

/** A built plugin, run as its users run it: a process of its own, in a directory and with a home of its own. */
export class BuiltPlugin {
  readonly #place = temporaryDirectory()
  readonly #env: Record<string, string>

  constructor(env: Record<string, string> = {}) {
    const { path } = this.#place
    this.#env = { HOME: path, TMPDIR: path, XDG_CACHE_HOME: join(path, 'cache'), LANG: 'C.UTF-8', ...env }
  }

  get directory(): string {
    return join(this.#place.path, 'plugin')
  }

  build(): Promise<void> {
    return buildPlugin(this.directory)
  }

  /** Its environment, without what the caller's own says of colour and width. */
  env(more: RunOptions['env'] = {}): Record<string, string | undefined> {
    const quiet = {
      NO_COLOR: undefined,
      FORCE_COLOR: undefined,
      COLUMNS: undefined,
      LC_ALL: undefined,
      KUBECONFIG: undefined,
    }
    return { ...quiet, ...this.#env, ...more }
  }

  /** `kubectl bindy` with these words. */
  run(words: readonly string[], env: RunOptions['env'] = {}): Promise<Output> {
    return run(process.execPath, [this.program(), ...words], { env: this.env(env), input: '' })
  }

  /** The same in a terminal, where this is typed; what is to be seen at its end. */
  async answering(
    typed: string,
    words: readonly string[],
    env: RunOptions['env'] = {},
  ): Promise<{ readonly code: number; readonly shown: string }> {
    const pty = this.pty(words, { env, columns: 100 })
    await pty.type(typed)
    return { code: await pty.end(), shown: `${(await pty.lines()).join('\n')}\n` }
  }

  /** Starts it in a terminal. */
  pty(words: readonly string[], { env, ...size }: PtyOptions = {}): Pty {
    const options = { ...size, env: this.env({ TERM: 'xterm-256color', ...env }) }
    return new Pty([process.execPath, this.program(), ...words], options)
  }

  /** Starts it, to be ended by the test. */
  start(words: readonly string[], env: RunOptions['env'] = {}) {
    return spawn(process.execPath, [this.program(), ...words], {
      env: { ...process.env, ...this.env(env) },
      stdio: 'pipe',
    })
  }

  program(name = 'kubectl-bindy'): string {
    return join(this.directory, `${name}.mjs`)
  }

  remove(): Promise<void> {
    return Promise.resolve(this.#place.remove())
  }
}

/**
 * A screen as it is kept in test/plugin/screens, beside the one that was seen. What differs from run to run, such as
 * serials and ages, is the same in both. With UPDATE_SCREENS=1 what was seen is kept.
 */
export function screen(name: string, seen: string): { readonly seen: string; readonly kept: string } {
  const file = join(import.meta.dirname, 'screens', `${name}.txt`)
  const steady = steadied(seen)
  if (process.env.UPDATE_SCREENS === '1') writeFileSync(file, steady)
  return { seen: steady, kept: existsSync(file) ? readFileSync(file, 'utf8') : '' }
}

function steadied(text: string): string {
  return text
    .replace(/test-[a-z0-9]{5}\b/g, 'test-abcde')
    .replace(/\b20\d{8}\b/g, '2026112101')
    .replace(/(?<=\b[Bb]indy )\d+\.\d+\.\d+/g, '0.1.0')
    .replace(`"version": "${version}"`, '"version": "0.1.0"')
    .replace(/\bv1\.\d\d\.\d+\b/g, 'v1.36.3')
    .replace(/\bport \d+/g, 'port 53')
    .replace(/\b127\.0\.0\.1:\d+/g, '127.0.0.1:953')
    .replace(/ {3}\d+\.\ds$/gm, '   0.9s')
    .replace(/\(\d+ ms\)/g, '(14 ms)')
    .replace(/\b364d\d+h\b/g, '364d23h')
    .replace(/\b9\.(18|20)\.\d\d\b/g, '9.18.49')
    .replace(/\bReady for (\d+[dhms])+/g, 'Ready for 0s')
    .replace(/(?<=^| {3})(\d+[dhms])+( +|$)/gm, cell => '0s'.padEnd(cell.length))
}
