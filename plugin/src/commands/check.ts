import { setTimeout as pause } from 'node:timers/promises'
import { Flags } from '@oclif/core'
import { BindyCommand, durationFlag } from '../base.ts'
import { type CheckResult, categories } from '../check/finding.ts'
import { runChecks } from '../check/run.ts'
import { EXIT } from '../failure.ts'
import { DATA_VERSION } from '../name.ts'
import { counted } from '../screen/count.ts'
import { printData } from '../screen/data.ts'
import { harmless } from '../screen/harmless.ts'
import type { Mark } from '../screen/terminal.ts'
import { wrap } from '../screen/wrap.ts'
import { Reach } from '../server/reach.ts'

const marks = { ok: 'good', warning: 'warning', failed: 'bad', unknown: 'unknown' } as const satisfies Record<
  CheckResult['state'],
  Mark
>
const AGAIN_MS = 1000

export default class Check extends BindyCommand {
  static override summary = 'Check that Bindy and its servers work, and say what to do where they do not'
  static override description =
    'It ends with 0 where nothing failed, 1 where something did, 3 where it could not be found out.'
  static override flags = {
    pre: Flags.boolean({ summary: 'only what must hold before Bindy is installed' }),
    wait: durationFlag({ summary: 'check again until nothing fails; for so long at most, 2m if absent' }),
    only: Flags.option({
      options: categories,
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      helpValue: 'PART',
      summary: 'kubernetes, control-plane or dns',
    })(),
    'fail-on': Flags.option({
      options: ['warning', 'error'] as const,
      default: 'error',
      helpValue: 'WHAT',
      summary: 'warning or error',
    })(),
    timeout: durationFlag({ default: 5_000, summary: 'how long to wait for a server' }),
    'all-namespaces': Flags.boolean({ char: 'A', summary: 'of all namespaces' }),
    output: Flags.option({
      char: 'o',
      options: ['table', 'short', 'json', 'yaml'] as const,
      default: 'table',
      helpValue: 'FORM',
      summary: 'table, short (only what is not well), json or yaml',
    })(),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Check)
    const cluster = await this.connect(flags)
    const reach = new Reach(cluster, { timeoutMs: flags.timeout })
    this.later(() => reach.close())
    const scope = cluster.scope(flags['all-namespaces'])
    const endMs = performance.now() + (flags.wait ?? 0)
    const only = (flags.only ?? categories) as readonly string[]
    for (;;) {
      const all = await runChecks(cluster, { scope, reach, nowMs: Date.now(), pre: flags.pre })
      const results = all.filter(({ category }) => only.includes(category))
      const exit = exitOf(results, flags['fail-on'])
      if (exit === EXIT.ok || performance.now() >= endMs) {
        await this.#print(results, flags.output)
        process.exitCode = exit === EXIT.no && flags.wait !== undefined ? EXIT.timeout : exit
        return
      }
      await pause(AGAIN_MS, undefined, { signal: this.signal })
    }
  }

  async #print(results: readonly CheckResult[], output: string): Promise<void> {
    if (output === 'json' || output === 'yaml')
      return this.print(await printData({ apiVersion: DATA_VERSION, kind: 'Check', results }, output))
    const shown = output === 'short' ? results.filter(({ state }) => state !== 'ok') : results
    const count = (state: CheckResult['state']) => results.filter(one => one.state === state).length
    const unknown = count('unknown') > 0 ? `, ${count('unknown')} unknown` : ''
    this.print([
      ...categories.flatMap(category =>
        this.#category(
          category,
          shown.filter(one => one.category === category),
        ),
      ),
      `Result: ${count('failed')} failed, ${counted(count('warning'), 'warning', 'warnings')}, ${count('ok')} passed${unknown}`,
    ])
  }

  #category(category: string, results: readonly CheckResult[]): string[] {
    if (results.length === 0) return []
    return [this.terminal.paint('bold', category), ...results.flatMap(one => this.#result(one))]
  }

  #result({ id, state, text, fix }: CheckResult): string[] {
    const { terminal } = this
    const [first = '', ...others] = wrap(
      harmless(state === 'ok' ? text : `${text} [${id}]`),
      terminal.width - 4,
      terminal,
    )
    const helped = fix === undefined ? [] : wrap(harmless(`fix: ${fix}`), terminal.width, terminal, '    ')
    return [
      `${terminal.mark(marks[state])} ${first}`,
      ...others.map(line => `  ${line}`),
      ...helped.map(line => terminal.paint('cyan', line)),
    ]
  }
}

function exitOf(results: readonly CheckResult[], failOn: 'warning' | 'error'): number {
  const has = (state: CheckResult['state']) => results.some(one => one.state === state)
  if (has('failed') || (failOn === 'warning' && has('warning'))) return EXIT.no
  return has('unknown') ? EXIT.unknown : EXIT.ok
}
