import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildPlugin } from '../../plugin/build.ts'
import { type Output, type RunOptions, run, temporaryDirectory } from '../cluster/index.ts'

/** A built plugin, run as its users run it: a process of its own, in a directory and with a home of its own. */
export class BuiltPlugin {
  readonly #place = temporaryDirectory()
  readonly #env: Record<string, string>

  constructor(env: Record<string, string> = {}) {
    this.#env = { HOME: this.#place.path, XDG_CACHE_HOME: join(this.#place.path, 'cache'), LANG: 'C.UTF-8', ...env }
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

  /** The same in a terminal of 100 columns, its input left open; what it shows, escapes and all. */
  async inTerminal(words: readonly string[], env: RunOptions['env'] = {}): Promise<string> {
    const command = ['stty cols 100 rows 40;', process.execPath, this.program(), ...words].join(' ')
    const { stdout } = await run('script', ['-qec', command, '/dev/null'], {
      env: this.env({ TERM: 'xterm-256color', ...env }),
    })
    return stdout.replaceAll('\r\n', '\n')
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
    .replace(/\bBindy \d+\.\d+\.\d+/g, 'Bindy 0.1.0')
    .replace(/\b9\.(18|20)\.\d\d\b/g, '9.18.49')
    .replace(/\bsince (\d+[dhms])+/g, 'since 0s')
}
