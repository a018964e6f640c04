import { writeFile } from 'node:fs/promises'
import { Args, Flags } from '@oclif/core'
import { BindyCommand, formFlag } from '../base.ts'
import { envelope } from '../envelope.ts'
import { EXIT, usageFailure } from '../failure.ts'
import type { Linted } from '../lint/lint.ts'
import type { ReadFiles } from '../lint/read.ts'
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
    fix: Flags.boolean({
      summary: 'write into the files what a rule knows to say instead: final dots, xn-- forms, another case',
    }),
    'fail-on': Flags.option({
      options: ['warning', 'error'] as const,
      default: 'error',
      helpValue: 'WHAT',
      summary: 'warning or error',
    })(),
    output: formFlag(['table', 'wide', 'json', 'yaml', 'github', 'sarif'], {
      notes: { github: 'workflow commands' },
      without: { name: 'is of objects, and a finding is of a line in a file' },
    }),
  }
  static override examples = [
    '<%= config.bin %> lint -f dns/',
    'kustomize build | <%= config.bin %> lint -',
    '<%= config.bin %> lint --fix dns/',
  ]

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Lint)
    const names = [...(argv as string[]), ...(flags.filename ?? [])]
    if (names.length === 0)
      throw usageFailure('A file or a folder is wanted', { fix: 'name it, or "-" for standard input' })
    const [{ readFiles }, { lint }] = await Promise.all([import('../lint/read.ts'), import('../lint/lint.ts')])
    const read = await readFiles(names, this.signal)
    const linted = flags.fix ? await this.#fix(read) : lint(read)
    const lines = await this.#lines(linted, flags.output)
    // What standard input becomes stands on standard output alone.
    if (flags.fix && names.includes('-')) process.stderr.write(lines.map(line => `${line}\n`).join(''))
    else if (lines.length > 0) this.print(lines)
    const isWrong = linted.findings.some(({ severity }) => severity === 'error' || flags['fail-on'] === 'warning')
    process.exitCode = isWrong ? EXIT.no : EXIT.ok
  }

  async #fix(read: ReadFiles): Promise<Linted> {
    const [{ fix }, { printFixes }] = await Promise.all([import('../lint/fix.ts'), import('../lint/print.ts')])
    const { texts, fixes, left } = fix(read)
    for (const [file, text] of texts) {
      if (file === '-') process.stdout.write(text)
      else if (text !== read.texts.get(file)) await writeFile(file, text)
    }
    process.stderr.write(
      printFixes(fixes)
        .map(line => `${line}\n`)
        .join(''),
    )
    return left
  }

  async #lines(linted: Linted, output: string): Promise<string[]> {
    const { printGitHub, printText, sarif } = await import('../lint/print.ts')
    const { findings, checked } = linted
    if (output === 'json' || output === 'yaml')
      return [await printData(envelope('Lint', { findings, checked }), output)]
    if (output === 'sarif') return [await printData(sarif(linted), 'json')]
    return output === 'github' ? printGitHub(linted) : printText(linted, this.terminalFor(output))
  }
}
