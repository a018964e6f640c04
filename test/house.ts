import { isBuiltin } from 'node:module'
import { posix } from 'node:path'

/*
 * Who may import whom: `crds` stands alone, `#bind9` and `#kube` stand on it, the programs stand on those three. A wall
 * is crossed by its alias only, so that a reader sees it crossed.
 */

/** Text of each file of code by its path below the repository. */
export type Tree = ReadonlyMap<string, string>

interface Area {
  readonly under: string
  readonly alias?: string
  readonly imports: readonly string[]
  /** The folder of the tests that may reach inside. */
  readonly tests?: string
}

const ALL = ['#crds', '#bind9', '#kube']
const AND_BUNDLE = [...ALL, '#bundle']

// A file belongs to the first area that it lies under.
const areas: readonly Area[] = [
  { under: 'crds/src/', alias: '#crds', imports: [], tests: 'test/crds/' },
  { under: 'crds/', imports: ['#crds'] },
  { under: 'controller/src/bind9/', alias: '#bind9', imports: ['#crds'], tests: 'test/controller/bind9/' },
  { under: 'controller/src/kube/', alias: '#kube', imports: ['#crds'], tests: 'test/controller/kube/' },
  { under: 'controller/bundle/', alias: '#bundle', imports: [] },
  { under: 'controller/', imports: AND_BUNDLE },
  { under: 'webhook/', imports: ['#crds', '#kube'] },
  { under: 'plugin/', imports: AND_BUNDLE },
  { under: 'test/', imports: AND_BUNDLE },
]

const SOCKETS_AND_CLOCKS =
  /^(node:)?(child_process|cluster|dgram|dns|fs|http|http2|https|inspector|net|perf_hooks|process|timers|tls|worker_threads)(\/|$)/

const IMPURE = [
  /\bDate \. now\b/,
  /\bnew Date\b(?! \( [^)])/,
  /(?<!\bnew )\bDate \(/,
  /\bMath \. random\b/,
  /\b(crypto|performance|process) \./,
  /\b(fetch|setTimeout|setInterval|setImmediate) \(/,
]

/** What in a tree breaks the rules, one sentence each. */
export function faultsOf(tree: Tree): string[] {
  return [...[...tree].flatMap(([path, text]) => fileFaults(path, text, tree)), ...cycles(tree)]
}

/** The specifiers that a file imports or exports from, for types alone too; "?" for a computed one. */
export function importsOf(text: string): string[] {
  const tokens = tokensOf(text)
  return tokens.flatMap((token, i) => {
    if (tokens[i - 1] === '.') return []
    const called = tokens[i + 1] === '('
    const argument = tokens[called ? i + 2 : i + 1] ?? ''
    const names = called ? /^(import|require)$/ : /^(import|from)$/
    if (!names.test(token)) return []
    if (/^['"]/.test(argument)) return [argument.slice(1, -1)]
    return called ? ['?'] : []
  })
}

function fileFaults(path: string, text: string, tree: Tree): string[] {
  const area = areaOf(path)
  if (!area) return [`${path}: code stands beside the folders of the house`]
  const edges = importsOf(text).flatMap(specifier => {
    const why = edgeFault(path, area, specifier, tree)
    return why ? [`${path} imports ${specifier}: ${why}`] : []
  })
  return [...edges, ...(area.alias === '#crds' ? impurities(path, text) : [])]
}

function edgeFault(path: string, area: Area, specifier: string, tree: Tree): string | undefined {
  if (specifier.startsWith('#')) return aliasFault(area, specifier)
  if (specifier.startsWith('.')) return relativeFault(path, area, targetOf(path, specifier), tree)
  if (specifier === '?') return area.under === 'test/' ? undefined : 'a computed import cannot be checked'
  const impure = area.alias === '#crds' && isBuiltin(specifier) && SOCKETS_AND_CLOCKS.test(specifier)
  return impure ? 'crds has no sockets and no clock' : undefined
}

function aliasFault(area: Area, specifier: string): string | undefined {
  if (specifier === area.alias) return 'behind a wall the path is relative'
  return area.imports.includes(specifier)
    ? undefined
    : `${area.under} may import ${area.imports.join(', ') || 'nothing of ours'}`
}

function relativeFault(path: string, area: Area, target: string, tree: Tree): string | undefined {
  if (target.endsWith('.json')) return undefined
  if (!tree.has(target)) return 'no such file'
  const entered = areaOf(target)
  if (entered === area) return undefined
  const isTest = area.under === 'test/'
  if (!entered?.alias) return isTest ? undefined : `only tests may import ${entered?.under ?? target}`
  return entered.tests && path.startsWith(entered.tests)
    ? undefined
    : `a wall is crossed by its alias, ${entered.alias}`
}

function impurities(path: string, text: string): string[] {
  const code = tokensOf(text)
    .filter(token => !/^['"]/.test(token))
    .join(' ')
  return IMPURE.flatMap(pattern => pattern.exec(code)?.[0] ?? []).map(
    found => `${path} uses ${found.replaceAll(' ', '')}: crds has no sockets and no clock`,
  )
}

function cycles(tree: Tree): string[] {
  const found: string[] = []
  const done = new Set<string>()
  const visit = (path: string, above: readonly string[]) => {
    const start = above.indexOf(path)
    if (start >= 0) found.push(`import cycle: ${[...above.slice(start), path].join(' -> ')}`)
    if (start >= 0 || done.has(path)) return
    for (const specifier of importsOf(tree.get(path) ?? '')) visit(targetOf(path, specifier), [...above, path])
    done.add(path)
  }
  for (const path of tree.keys()) visit(path, [])
  return found
}

function areaOf(path: string): Area | undefined {
  return areas.find(area => path.startsWith(area.under))
}

// A path below the repository, or what stands for a package.
function targetOf(path: string, specifier: string): string {
  const behind = areas.find(area => area.alias === specifier)
  if (behind) return `${behind.under}index.ts`
  return specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : specifier
}

const TOKEN = new RegExp(
  [
    String.raw`\/\/.*|\/\*[^]*?\*\/|\s+`,
    String.raw`'(?:\\[^]|[^'\\\n])*'|"(?:\\[^]|[^"\\\n])*"`,
    String.raw`\x60(?:\\[^]|\$\{(?:[^\x60{}]|\x60[^\x60]*\x60|\{[^{}]*\})*\}|[^\x60\\])*\x60`,
    // A slash after one of these opens a regular expression.
    String.raw`(?<=(?:^|[(,=:[!&|?{};>]|\breturn)\s*)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*`,
    String.raw`[\w$]+|[^]`,
  ].join('|'),
  'g',
)

/** The words, literals and signs of a text in TypeScript, without its comments. */
function tokensOf(text: string): string[] {
  return (text.match(TOKEN) ?? []).filter(token => !/^(\s|\/\/|\/\*)/.test(token))
}
