import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { categories } from '../../plugin/src/check/finding.ts'
import { makeOutline } from '../../plugin/src/makeoutline.ts'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/plugin.md'), 'utf8')

test('docs/plugin.md has a line for each check, with its part, and for no other', () => {
  const sources = globSync('plugin/src/check/*.ts', { cwd: root }).map(file => readFileSync(join(root, file), 'utf8'))
  const heads = sources.join().matchAll(/id: '(BND-C\d+)', category: '([a-z]+)'/g)
  const given = new Set([...heads].map(([, id, category]) => `${id} | ${category}`))
  expect(given.size).toBeGreaterThan(5)
  expect(page.match(/(?<=^\| )BND-C\d+ \| \w+/gm)).toEqual([...given].sort())
  expect(new Set([...given].map(head => head.split(' ').at(-1)))).toEqual(new Set(categories))
})

test('docs/plugin.md tells of every command that help shows', async () => {
  const { commands } = await makeOutline(join(root, 'plugin/src/main.ts'))
  const table = page.slice(page.indexOf('| Command |'), page.indexOf('A zone is named'))
  const missing = commands.filter(({ id, isHidden }) => !isHidden && !id.split(':').every(word => table.includes(word)))
  expect(missing.map(({ id }) => id)).toEqual(['completion'])
})
