import { readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { SourceTextModule } from 'node:vm'
import { describe, expect, test } from '@jest/globals'
import { faultsOf, importsOf, type Tree } from './house.ts'

const ROOT = new URL('../', import.meta.url)
const NOT_OURS = new Set(['.git', 'node_modules', 'dist', 'coverage'])

function filesOfCode(under = ''): string[] {
  return readdirSync(new URL(under, ROOT), { withFileTypes: true }).flatMap(entry => {
    if (NOT_OURS.has(entry.name)) return []
    if (entry.isDirectory()) return filesOfCode(`${under}${entry.name}/`)
    return /\.[cm]?[jt]sx?$/.test(entry.name) ? [`${under}${entry.name}`] : []
  })
}

const house: Tree = new Map(filesOfCode().map(path => [path, readFileSync(new URL(path, ROOT), 'utf8')]))

describe('the house', () => {
  test('has every import go where DESIGN section 1 lets it, without cycles, and no code beside the folders', () => {
    expect(faultsOf(house)).toEqual([])
  })

  test('is read in full: importsOf() misses no import that the engine sees', () => {
    const missed = [...house].flatMap(([path, text]) => {
      const { moduleRequests } = new SourceTextModule(path.endsWith('ts') ? stripTypeScriptTypes(text) : text)
      const read = importsOf(text)
      return moduleRequests.filter(({ specifier }) => !read.includes(specifier)).map(r => `${path}: ${r.specifier}`)
    })
    expect(missed).toEqual([])
    expect(house.size).toBeGreaterThan(20)
  })
})

/** A tree where each wall has its index, with the given files beside. */
function tree(files: Record<string, string>): Tree {
  const indexes = ['crds/src', 'controller/src/bind9', 'controller/src/kube', 'controller/bundle'].map(folder => [
    `${folder}/index.ts`,
    '',
  ])
  return new Map([...(indexes as [string, string][]), ...Object.entries(files)])
}

describe('faultsOf()', () => {
  const allowed: Record<string, string>[] = [
    { 'crds/generate.ts': `import { kinds } from '#crds'` },
    { 'crds/src/a.ts': `import { b } from './b.ts'`, 'crds/src/b.ts': `import { isDeepStrictEqual } from 'node:util'` },
    { 'crds/src/a.ts': `export const at = (text: string) => new Date(text) // not Date.now()` },
    { 'controller/src/bind9/a.ts': `import '#crds'` },
    { 'controller/src/kube/a.ts': `import type { Kind } from '#crds'` },
    { 'webhook/src/a.ts': `import '#crds'\nimport '#kube'\nimport 'express'` },
    { 'plugin/src/a.ts': `import '#crds'\nimport '#kube'\nimport '#bind9'` },
    { 'controller/src/a.ts': `import '#bind9'\nimport p from '../../package.json' with { type: 'json' }` },
    { 'test/a.ts': `import '../controller/src/main.ts'`, 'controller/src/main.ts': '' },
    { 'test/crds/a.ts': `import '../../crds/src/b.ts'`, 'crds/src/b.ts': '' },
    { 'test/controller/bind9/a.ts': `import '../../../controller/src/bind9/b.ts'`, 'controller/src/bind9/b.ts': '' },
    { 'test/a.mjs': 'await import(process.argv[2])' },
    { 'crds/src/a.ts': `/* import '#kube' */ const text = "from '#kube'" // export * from '#kube'` },
  ]
  test.each(allowed)('finds nothing in %j', files => {
    expect(faultsOf(tree(files))).toEqual([])
  })

  const wrong: [fault: string, files: Record<string, string>][] = [
    ['crds/src/a.ts imports #kube', { 'crds/src/a.ts': `import '#kube'` }],
    ['crds/src/a.ts imports #crds', { 'crds/src/a.ts': `import '#crds'` }],
    ['crds/src/a.ts imports ../generate.ts', { 'crds/src/a.ts': `import '../generate.ts'`, 'crds/generate.ts': '' }],
    ['crds/src/a.ts imports node:net', { 'crds/src/a.ts': `import { isIP } from 'node:net'` }],
    ['crds/src/a.ts imports fs/promises', { 'crds/src/a.ts': `import { readFile } from 'fs/promises'` }],
    ['crds/src/a.ts uses Date.now', { 'crds/src/a.ts': 'export const now = () => Date.now()' }],
    ['crds/src/a.ts uses newDate', { 'crds/src/a.ts': 'export const now = () => String(new Date())' }],
    ['crds/src/a.ts uses newDate', { 'crds/src/a.ts': 'export const now = () => new Date' }],
    ['crds/src/a.ts uses Math.random', { 'crds/src/a.ts': 'export const any = () => Math.random()' }],
    ['crds/src/a.ts uses setTimeout(', { 'crds/src/a.ts': 'setTimeout(() => {}, 5)' }],
    ['crds/generate.ts imports #bind9', { 'crds/generate.ts': `import '#bind9'` }],
    ['crds/generate.ts imports ./src/a.ts', { 'crds/generate.ts': `import './src/a.ts'`, 'crds/src/a.ts': '' }],
    ['controller/src/bind9/a.ts imports #kube', { 'controller/src/bind9/a.ts': `export * from '#kube'` }],
    ['controller/src/kube/a.ts imports #bind9', { 'controller/src/kube/a.ts': `await import('#bind9')` }],
    ['webhook/src/a.ts imports #bind9', { 'webhook/src/a.ts': `import type { A } from '#bind9'` }],
    ['webhook/src/a.ts imports #bind9', { 'webhook/src/a.ts': `type A = import('#bind9').A` }],
    ['plugin/src/a.ts imports ../b', { 'plugin/src/a.ts': `import '../b'` }],
    ['plugin/src/a.ts imports ../../webhook', { 'plugin/src/a.ts': `import '../../webhook/b.ts'`, 'webhook/b.ts': '' }],
    ['plugin/src/a.ts imports ../../test', { 'plugin/src/a.ts': `import '../../test/b.ts'`, 'test/b.ts': '' }],
    ['plugin/src/a.ts imports ?', { 'plugin/src/a.ts': 'await import(name)' }],
    [
      'controller/src/a.ts imports ./bind9/index.ts: a wall is crossed by its alias',
      { 'controller/src/a.ts': `import './bind9/index.ts'` },
    ],
    [
      'controller/src/a.ts imports ./kube/b.ts',
      { 'controller/src/a.ts': `import './kube/b.ts'`, 'controller/src/kube/b.ts': '' },
    ],
    [
      'controller/src/kube/a.ts imports ../b.ts',
      { 'controller/src/kube/a.ts': `import '../b.ts'`, 'controller/src/b.ts': '' },
    ],
    ['test/e2e/a.ts imports ../../crds', { 'test/e2e/a.ts': `import '../../crds/src/b.ts'`, 'crds/src/b.ts': '' }],
    ['tools/a.mjs: code stands beside', { 'tools/a.mjs': '' }],
    ['jest.config.js: code stands beside', { 'jest.config.js': '' }],
    [
      'import cycle: plugin/a.ts -> plugin/b.ts -> plugin/c.ts -> plugin/a.ts',
      {
        'plugin/a.ts': `import './b.ts'`,
        'plugin/b.ts': `import type { C } from './c.ts'`,
        'plugin/c.ts': `export * from './a.ts'`,
      },
    ],
    [
      'import cycle: controller/a.ts -> controller/a.ts',
      { 'controller/a.ts': `const quote = /['"\`]/\nimport { b } from './a.ts'` },
    ],
  ]
  test.each(wrong)('finds that %s', (fault, files) => {
    expect(faultsOf(tree(files))).toEqual([expect.stringContaining(fault)])
  })
})
