import { isAbsolute, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { printCause, printFinding, quote, rules } from '#crds'
import { BIN, version } from '../name.ts'
import { counted } from '../screen/count.ts'
import { harmless } from '../screen/harmless.ts'
import type { Terminal } from '../screen/terminal.ts'
import { wrap } from '../screen/wrap.ts'
import type { Fix, Linted, LintFinding } from './lint.ts'

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
  return [head.trimEnd(), ...wrap('  ', harmless(textOf(finding)), terminal)]
}

/** What was written into the files, a line each. */
export function printFixes(fixes: readonly Fix[]): string[] {
  return fixes.map(({ finding: { file, line, object, field, value, rule }, text }) =>
    harmless(`${file}:${line} fixed ${object} ${field}: ${quote(value)} -> ${quote(text)} [${rule}]`),
  )
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
                artifactLocation: { uri: uriOf(finding.file) },
                region: { startLine: finding.line },
              },
            },
          ],
        })),
      },
    ],
  }
}

// SARIF 2.1.0 section 3.4.3: a URI reference (RFC 3986), relative where the path is.
function uriOf(file: string): string {
  if (file === '-') return 'stdin'
  if (isAbsolute(file)) return pathToFileURL(file).href
  return file.split(sep).map(encodeURIComponent).join('/')
}

function textOf(finding: LintFinding): string {
  if (finding.rule === 'syntax') return finding.message
  return finding.field === '' ? printCause(finding) : printFinding(finding)
}
