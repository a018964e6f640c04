import { type Finding, printFinding } from '#crds'

const MOST = 5
const LONGEST = 120

/** Findings as the warnings of an answer: at most five, each in one line that kubectl shows whole. */
export function warningsOf(findings: readonly Finding[]): { readonly warnings?: readonly string[] } {
  if (findings.length === 0) return {}
  const shown = findings.slice(0, MOST).map(finding => shortened(printFinding(finding), `[${finding.rule}]`))
  const more = findings.length - shown.length
  return { warnings: more > 0 ? [...shown, `${more} more: kubectl bindy lint`] : shown }
}

// The id at the end stays: it is what the rest is found by.
function shortened(text: string, id: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - id.length - 4)}... ${id}`
}
