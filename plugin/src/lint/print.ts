import { printCause, printFinding, rules } from '#crds'
import { BIN, version } from '../name.ts'
import { counted } from '../screen/count.ts'
import { harmless } from '../screen/harmless.ts'
import type { Terminal } from '../screen/terminal.ts'
import { wrap } from '../screen/wrap.ts'
import type { Linted, LintFinding } from './lint.ts'

/** For people: each finding with its file and line, then how many. */
export function printText({ findings, checked }: Linted, terminal: Terminal): string[] {
  const errors = findings.filter(({ severity }) => severity === 'error').length
  const warnings = findings.length - errors
  return [
    ...findings.flatMap(finding => findingLines(finding, terminal)),
    `${checked} objects: ${counted(errors, 'error', 'errors')}, ${counted(warnings, 'warning', 'warnings')}`,
  ]
}

function findingLines(finding: LintFinding, terminal: Terminal): string[] {
  const { file, line, severity, object } = finding
  const mark = severity === 'error' ? terminal.marked('bad', 'error') : terminal.marked('warning', 'warning')
  const head = `${terminal.paint('bold', harmless(`${file}:${line}`))} ${mark} ${harmless(object)}`
  return [head.trimEnd(), ...wrap(harmless(textOf(finding)), terminal.width, terminal, '  ')]
}

/** Workflow commands of GitHub: a finding is shown at its line of the change. */
export function printGitHub({ findings }: Linted): string[] {
  const escaped = (text: string) => harmless(text).replaceAll('%', '%25')
  const property = (text: string) => escaped(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
  return findings.map(finding => {
    const { file, line, severity, rule } = finding
    return `::${severity} file=${property(file)},line=${line},title=${property(rule)}::${escaped(textOf(finding))}`
  })
}

/** SARIF 2.1.0, as code scanning takes it. */
export function sarif({ findings }: Linted): object {
  const used = new Set(findings.map(({ rule }) => rule))
  const descriptors = rules
    .filter(({ id }) => used.has(id))
    .map(({ id, says }) => ({ id, shortDescription: { text: says } }))
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: `${BIN} lint`, version, rules: descriptors } },
        results: findings.map(finding => ({
          ruleId: finding.rule,
          level: finding.severity,
          message: { text: textOf(finding) },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: finding.file === '-' ? 'stdin' : finding.file.replaceAll('\\', '/') },
                region: { startLine: finding.line },
              },
            },
          ],
        })),
      },
    ],
  }
}

function textOf(finding: LintFinding): string {
  if (finding.rule === 'syntax') return finding.message
  return finding.field === '' ? printCause(finding) : printFinding(finding)
}
