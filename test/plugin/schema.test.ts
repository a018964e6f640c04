import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { must } from '../cluster/child.ts'
import { breachesOf, schemaText } from './publishedschema.ts'

const root = join(import.meta.dirname, '../..')

test('the published schema is what `npm run generate` writes', async () => {
  expect(await must(process.execPath, [join(root, 'plugin/schema.ts'), '-'])).toBe(schemaText)
}, 120_000)

const version = { apiVersion: 'cli.bindy/v1', kind: 'Version', client: '0.1.0', api: 'bindy.firestoned.io/v1alpha1' }

test.each([
  ['another version', { apiVersion: 'cli.bindy/v2' }],
  ['an unknown kind', { kind: 'Zone' }],
  ['a property more', { server: 'v1.36.3' }],
  ['a property less', { client: undefined }],
  ['another type', { kubernetes: 1 }],
])('the published schema refuses %s', (_, change) => {
  expect(breachesOf(version)).toEqual([])
  expect(breachesOf(JSON.parse(JSON.stringify({ ...version, ...change })))).not.toEqual([])
})

test('the published schema lets no object have a property that it does not name', () => {
  const open: string[] = []
  const walk = (schema: unknown, path: string) => {
    if (typeof schema !== 'object' || schema === null) return
    const { type, properties, additionalProperties, allOf } = schema as Record<string, unknown>
    if (type === 'object' && !allOf && !(properties && additionalProperties === false)) open.push(path)
    for (const [name, one] of Object.entries(schema)) walk(one, `${path}/${name}`)
  }
  const { definitions } = JSON.parse(schemaText)
  walk(definitions, '')
  expect([Object.keys(definitions).length > 20, open]).toEqual([true, []])
})
