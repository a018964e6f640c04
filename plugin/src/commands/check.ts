import { setTimeout as pause } from 'node:timers/promises'
import { Flags } from '@oclif/core'
import { BindyCommand, durationFlag, formFlag } from '../base.ts'
import { type CheckResult, categories } from '../check/finding.ts'
import { runChecks } from '../check/run.ts'
import { envelope } from '../envelope.ts'
import { EXIT } from '../failure.ts'
import { counted } from '../screen/count.ts'
import { printData } from '../screen/data.ts'
import { harmless } from '../screen/harmless.ts'
import type { Progress } from '../screen/progress.ts'
import type { Mark, Terminal } from '../screen/terminal.ts'
import { wrap } from '../screen/wrap.ts'
import { Reach } from '../server/reach.ts'

const marks = { ok: 'good', warning: 'warning', failed: 'bad', unknown: 'unknown' } as const satisfies Record<
  CheckResult['state'],
  Mark
>
const AGAIN_MS = 1000

const failOns = ['warning', 'error'] as const
type FailOn = (typeof failOns)[number]

export default class Check extends BindyCommand {
  static override summary = 'Check that Bindy and its servers work, and say what to do where they do not'
  static override description =
    'It ends with 0 where nothing failed, 1 where something did, 3 where it could not be found out.'
  static override flags = {
    pre: Flags.boolean({ summary: 'only what must hold before Bindy is installed', exclusive: ['only'] }),
    wait: durationFlag({ summary: 'check again until nothing fails; for so long at most, 2m if absent' }),
    only: Flags.option({
      options: categories,
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      helpValue: 'PART',
      summary: `${categories.slice(0, -1).join(', ')} or ${categories.at(-1)}`,
    })(),
    'fail-on': Flags.option({
      options: failOns,
      default: 'error',
      helpValue: 'WHAT',
      summary: 'warning or error',
    })(),
    timeout: durationFlag({ default: 5_000, summary: 'how long to wait for a server' }),
    'all-namespaces': Flags.boolean({ char: 'A', summary: 'of all namespaces' }),
    output: formFlag(['table', 'wide', 'short', 'json', 'yaml'], {
      notes: { short: 'only what is not well' },
      without: { name: 'is of objects, and checks are none' },
    }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Check)
    const cluster = await this.connect(flags)
    const reach = new Reach(cluster, { timeoutMs: flags.timeout })
    this.later(() => reach.close())
    const scope = cluster.scope(flags['all-namespaces'])
    const { progress } = this.progress(flags.output)
    const endMs = performance.now() + (flags.wait ?? 0)
    const { pre, only = categories } = flags
    for (;;) {
      const results = await runChecks(cluster, { scope, reach, nowMs: Date.now(), pre, only })
      const exit = exitOf(results, flags['fail-on'])
      if (flags.wait !== undefined) showProgress(progress, results, flags['fail-on'])
      if (exit === EXIT.ok || performance.now() >= endMs) {
        progress.end()
        await this.#print(results, flags.output)
        process.exitCode = exit === EXIT.no && flags.wait !== undefined ? EXIT.timeout : exit
        return
      }
      await pause(AGAIN_MS, undefined, { signal: this.signal })
    }
  }

  async #print(results: readonly CheckResult[], output: string): Promise<void> {
    if (output === 'json' || output === 'yaml')
      return this.print(await printData(envelope('Check', { results }), output))
    const shown = output === 'short' ? results.filter(({ state }) => state !== 'ok') : results
    this.print([
      ...categories.flatMap(category =>
        this.#category(
          category,
          shown.filter(one => one.category === category),
          this.terminalFor(output),
        ),
      ),
      `Result: ${countsOf(results)}`,
    ])
  }

  #category(category: string, results: readonly CheckResult[], terminal: Terminal): string[] {
    if (results.length === 0) return []
    return [terminal.paint('bold', category), ...results.flatMap(one => this.#result(one, terminal))]
  }

  #result({ id, state, text, fix }: CheckResult, terminal: Terminal): string[] {
    const helped = fix === undefined ? [] : wrap('    fix: ', harmless(fix), terminal)
    return [
      ...wrap(`${terminal.mark(marks[state])} `, harmless(state === 'ok' ? text : `${text} [${id}]`), terminal),
      ...helped.map(line => terminal.paint('cyan', line)),
    ]
  }
}

/** "1 failed, 1 warning, 5 passed   ✖ BND-C031": how many are how, and which are in the way. */
function showProgress(progress: Progress, results: readonly CheckResult[], failOn: FailOn): void {
  const { terminal } = progress
  const inTheWay = results.filter(one => exitOf([one], failOn) !== EXIT.ok)
  const ids = [...new Map(inTheWay.map(one => [one.id, one])).values()]
  const counts = countsOf(results)
  progress.show(
    [
      terminal.marked(ids.length === 0 ? 'good' : 'busy', counts),
      ...ids.map(({ id, state }) => terminal.marked(marks[state], id)),
    ],
    () => [counts, ...ids.map(({ id }) => id)].join(' '),
  )
}

function countsOf(results: readonly CheckResult[]): string {
  const count = (state: CheckResult['state']) => results.filter(one => one.state === state).length
  const unknown = count('unknown') > 0 ? `, ${count('unknown')} unknown` : ''
  return `${count('failed')} failed, ${counted(count('warning'), 'warning', 'warnings')}, ${count('ok')} passed${unknown}`
}

function exitOf(results: readonly CheckResult[], failOn: FailOn): number {
  const has = (state: CheckResult['state']) => results.some(one => one.state === state)
  if (has('failed') || (failOn === 'warning' && has('warning'))) return EXIT.no
  return has('unknown') ? EXIT.unknown : EXIT.ok
}
