import { stringify } from 'yaml'
import { type Draft, type Example, findingsOf, printFinding, type Rule, recordKinds, rules } from '#crds'

const HEAD = `
# Rules

What an object must keep to. An **error** (BND-R) keeps the object out, a **warning** (BND-W) lets it in and says what is
seldom meant. The same rules are asked at admission, by \`kubectl bindy lint\` before that, and by the controller of objects
that nobody asked about.

- All faults of an object are told at once, each with its field, its value and the number of the rule. Numbers stay.
- An object that was stored before a rule can still be labelled and deleted: an error that it had before does not stop a
  change of something else.
- Of two objects that cannot both be, the one that comes later is refused. What an object names and what is not there yet
  is a warning: one \`kubectl apply\` of zone and records passes in any order.
- Objects of a namespace that you may not read are not named to you.
- Types, bounds and required fields are the schema's, which \`kubectl explain\` shows.
`

/** The page of all rules: a table of them, then each with its examples and what is said of the one that fails. */
export function rulesPage(): string {
  const errors = rules.filter(({ severity }) => severity === 'error')
  const warnings = rules.filter(({ severity }) => severity === 'warning')
  return [
    `${HEAD}\n## Errors\n\n${table(errors)}\n`,
    `\n## Warnings\n\n${table(warnings)}\n`,
    `\n## Examples\n\n${EXAMPLES}\n${rules.map(examples).join('')}`,
  ].join('')
}

function table(some: readonly Rule[]): string {
  const rows = some.map(
    rule => `| [${rule.id}](#${rule.id.toLowerCase()}) | ${kindsOf(rule)} | ${rule.says} | ${rule.source} |`,
  )
  return ['| Rule | Of | What holds | Source |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

const EXAMPLES = `Of each rule an object that keeps to it (\`+\`), one that does not (\`-\`), and what is said of that one. Objects that
are there before stand without a sign; what does not matter to the rule is left out.`

function kindsOf({ kinds }: Rule): string {
  const isOfRecords = recordKinds.every(({ kind }) => kinds.includes(kind))
  const others = kinds.filter(kind => !isOfRecords || !recordKinds.some(one => one.kind === kind))
  return [...(isOfRecords ? ['records'] : []), ...others].join(', ')
}

function examples(rule: Rule): string {
  const said = findingsOf(rule, rule.fails)
  const isShown = (part: string) => said.some(({ field }) => field.startsWith(`spec.${part}`))
  const hidden = ['soaRecord', 'external'].filter(part => !isShown(part))
  const lines = [
    ...exampleLines('+', rule.passes, hidden),
    '',
    ...exampleLines('-', rule.fails, hidden),
    ...said.map(printFinding),
  ]
  return `\n### ${rule.id}\n\n\`\`\`text\n${lines.join('\n')}\n\`\`\`\n`
}

function exampleLines(sign: string, { object, among = [], old }: Example, hidden: readonly string[]): string[] {
  return [
    ...among.map(draft => `  ${line(draft, hidden)}`),
    ...(old ? [`  ${line(old, hidden)} before`] : []),
    `${sign} ${line(object, hidden)}`,
  ]
}

function line({ kind, metadata, spec }: Draft, hidden: readonly string[]): string {
  const { name, ...rest } = metadata ?? {}
  const shown = Object.entries({ ...rest, ...spec }).filter(([key, value]) => !hidden.includes(key) && !isEmpty(value))
  const text = stringify(brief(Object.fromEntries(shown)), { collectionStyle: 'flow', lineWidth: 0 }).trim()
  return [kind, name, text].filter(Boolean).join(' ')
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

/** Without the middle of what is long. */
function brief(value: unknown): unknown {
  if (typeof value === 'string') return value.length > 40 ? `${value.slice(0, 20)}...` : value
  if (Array.isArray(value)) return value.length > 4 ? [brief(value[0]), '...', brief(value.at(-1))] : value.map(brief)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, brief(item)]))
}
