import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parse } from 'yaml'
import { printData, printerOf } from '../../../plugin/src/screen/data.ts'
import { harmlessLines } from '../../../plugin/src/screen/harmless.ts'

const harmful = fc.constantFrom(
  '\x1b',
  '\x7f',
  '\x9b',
  '\xad',
  '\u200d',
  '\u2028',
  '\u2029',
  '\u202e',
  '\ufeff',
  '\u{e0041}',
)
const text = fc.string({
  unit: fc.oneof(harmful, fc.constantFrom(...' \n\t\\"\'#:-au\ud800🙂'), fc.string({ unit: 'binary' })),
})
const objects = fc.dictionary(
  text.filter(key => key !== '__proto__'),
  fc.oneof(text, fc.array(text)),
  { noNullPrototype: true },
)

const asLine = async (form: string, object: object) => (await printerOf(form))?.(object) ?? ''
// As it is printed: a text that ends in line feeds, at the end of all, has the last one as its own.
const readYaml = (printed: string) => parse(`${printed}\n`)
const forms: [string, (object: object) => Promise<string>, (printed: string) => unknown][] = [
  ['JSON', object => printData(object, 'json'), JSON.parse],
  ['a line of JSON', object => asLine('json', object), JSON.parse],
  ['YAML', object => printData(object, 'yaml'), readYaml],
  ['a document of YAML', object => asLine('yaml', object), readYaml],
]

describe.each(forms)('an object as %s', (_, print, read) => {
  test('is read back as it was, and nothing in it drives a terminal', async () => {
    await fc.assert(
      fc.asyncProperty(objects, async object => {
        const printed = await print(object)
        expect(read(printed)).toEqual(object)
        expect(harmlessLines(printed)).toBe(printed)
      }),
    )
  })
})

test('what a reader of text can look at stays as it is', async () => {
  const object = { text: 'v=spf1 ü 例え 🙂' }
  expect(await asLine('json', object)).toBe('{"text":"v=spf1 ü 例え 🙂"}')
  expect(await printData(object, 'yaml')).toBe('text: v=spf1 ü 例え 🙂')
})
