import { Args, Flags } from '@oclif/core'
import { BindyCommand } from '../base.ts'
import { EXIT, usageFailure } from '../failure.ts'
import type { Linted } from '../lint/lint.ts'
import { DATA_VERSION } from '../name.ts'
import { printData } from '../screen/data.ts'

export default class Lint extends BindyCommand {
  static override summary = 'Check files against the schemas and rules of admission, without a cluster'
  static override description =
    'Each object is checked among all the others that are given. It ends with 1 where something is wrong; docs/rules.md lists the rules.'
  static override strict = false
  static override args = {
    file: Args.string({ ignoreStdin: true, description: 'files and folders of YAML or JSON, "-" for standard input' }),
  }
  static override flags = {
    filename: Flags.string({
      char: 'f',
      helpValue: 'FILE',
      multiple: true,
      multipleNonGreedy: true,
      summary: 'the same, as kubectl has it',
    }),
    'fail-on': Flags.option({
      options: ['warning', 'error'] as const,
      default: 'error',
      helpValue: 'WHAT',
      summary: 'warning or error',
    })(),
    output: Flags.option({
      char: 'o',
      options: ['table', 'json', 'github', 'sarif'] as const,
      default: 'table',
      helpValue: 'FORM',
      summary: 'table, json, github (workflow commands) or sarif',
    })(),
  }
  static override examples = ['<%= config.bin %> lint -f dns/', 'kustomize build | <%= config.bin %> lint -']

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Lint)
    const names = [...(argv as string[]), ...(flags.filename ?? [])]
    if (names.length === 0)
      throw usageFailure('A file or a folder is wanted', { fix: 'name it, or "-" for standard input' })
    const [{ readFiles }, { lint }] = await Promise.all([import('../lint/read.ts'), import('../lint/lint.ts')])
    const linted = lint(await readFiles(names))
    await this.#print(linted, flags.output)
    const isWrong = linted.findings.some(({ severity }) => severity === 'error' || flags['fail-on'] === 'warning')
    process.exitCode = isWrong ? EXIT.no : EXIT.ok
  }

  async #print(linted: Linted, output: 'table' | 'json' | 'github' | 'sarif'): Promise<void> {
    const { printGitHub, printText, sarif } = await import('../lint/print.ts')
    if (output === 'json')
      return this.print(await printData({ apiVersion: DATA_VERSION, kind: 'Lint', ...linted }, 'json'))
    if (output === 'sarif') return this.print(await printData(sarif(linted), 'json'))
    if (output === 'table') return this.print(printText(linted, this.terminal))
    this.printAll(printGitHub(linted))
  }
}
