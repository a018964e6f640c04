import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { isLasting, type Reason, reasons } from '#crds'
import { generatedFiles } from '../../crds/generate.ts'

const names = Object.keys(reasons) as Reason[]

function repeated(texts: readonly string[]): string[] {
  return texts.filter((text, i) => texts.indexOf(text) !== i)
}

describe('the table of reasons', () => {
  test.each(names)('%s is a name that a condition takes, with a sentence and what to do', name => {
    const { on, says, do: todo } = reasons[name]
    expect(name).toMatch(/^[A-Z][A-Za-z]{2,63}$/)
    for (const sentence of [says, todo]) {
      expect(sentence).toMatch(/^\S.*[^.:; ]\.$/)
      expect(sentence).not.toMatch(/[|\n]| {2}/)
    }
    expect(repeated(on)).toEqual([])
  })

  test('means something else by each', () => {
    expect(repeated(names.map(name => name.toLowerCase()))).toEqual([])
    expect(repeated(names.map(name => reasons[name].says))).toEqual([])
  })

  test('says of no reason that needs nobody, or stands on no object, that it lasts', () => {
    const passing = names.filter(name => reasons[name].do.startsWith('Nothing') || reasons[name].on.join() === 'log')
    expect(passing.filter(isLasting)).toEqual([])
  })

  test.each([
    ['Occluded', true],
    ['TargetMissing', true],
    ['TooManyRecords', true],
    ['Unmanaged', true],
    ['ZoneFrozen', true],
    ['TsigBadKey', true],
    ['SecretNotFound', true],
    ['ZoneNotReady', false],
    ['Unreachable', false],
    ['NotTransferred', false],
    ['OfAnotherVersion', false],
    ['toString', false],
  ])('isLasting(%s) is %s', (reason, lasts) => {
    expect(isLasting(reason)).toBe(lasts)
  })

  test('holds none that nothing gives', () => {
    const sources = ['crds/src', 'controller/src', 'webhook/src'].flatMap(directory => {
      const at = join(import.meta.dirname, '../..', directory)
      const files = readdirSync(at, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'))
      return files.filter(file => file !== 'reasons.ts').map(file => readFileSync(join(at, file), 'utf8'))
    })
    const text = sources.join('\n')
    expect(names.filter(name => !text.includes(`'${name}'`))).toEqual([])
  })

  test('stands in docs/conditions.md, each reason once', async () => {
    const page = (await generatedFiles()).get('docs/conditions.md')
    const listed = [...(page ?? '').matchAll(/^\| `(\w+)` \|/gm)].map(match => match[1] as string)
    expect([...listed].sort()).toEqual([...names].sort())
  })
})
