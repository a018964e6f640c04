import { type Finding, printFinding } from '#crds'

const MOST = 5
// What is wrong is to be told with what is right, and kubectl shows 300 characters.
const LONGEST = { warning: 120, error: 300 }

/** Findings as the warnings of an answer: at most five, each in one line that kubectl shows whole. */
export function warningsOf(findings: readonly Finding[]): { readonly warnings?: readonly string[] } {
  if (findings.length === 0) return {}
  const shown = findings.slice(0, MOST).map(finding => shortened(finding))
  const more = findings.length - shown.length
  return { warnings: more > 0 ? [...shown, `${more} more: kubectl bindy lint`] : shown }
}

// The id at the end stays: it is what the rest is found by.
function shortened(finding: Finding): string {
  const text = printFinding(finding)
  const id = `[${finding.rule}]`
  const longest = LONGEST[finding.severity]
  if (text.length <= longest) return text
  const room = longest - id.length - 4
  const end = text.lastIndexOf(' ', room)
  return `${text.slice(0, end < 0 ? room : end)}... ${id}`
}
