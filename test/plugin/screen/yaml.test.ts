import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { load } from 'js-yaml'
import { parse } from 'yaml'
import { readText } from '../../../plugin/src/lint/read.ts'
import { printYaml } from '../../../plugin/src/screen/yaml.ts'
import { provideKubernetes, run } from '../../cluster/index.ts'

const told = [
  'no',
  'y',
  'ON',
  '1_000',
  '0o7',
  '0X1F',
  '12:30:45',
  '2026-11-21',
  '1e3',
  '-_1',
  '0b_1',
  '=',
  '<<',
  '~',
  '',
]
const odd = [
  '"\u2028',
  '\u0085',
  '\ufeffx',
  'a\u2029\nb\n',
  '\x7f',
  'a\n\n',
  '\u00a0',
  ' a\n b',
  '\uffff',
  '\r\n',
  '\t\n',
  ' \n\ta',
  '\u202egnp.exe',
  'a\u200db: \u00ad',
  '\u{e0041}\u{1f642}',
]

/** What kubectl makes of the text of an object. */
async function kubectlReads(input: string): Promise<unknown> {
  const { kubectl } = await provideKubernetes()
  const { code, stdout, stderr } = await run(kubectl, ['annotate', '--local', '-f', '-', 'a=b', '-o', 'json'], {
    input,
  })
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout)
}

const objectWith = (values: readonly string[]) => ({
  apiVersion: 'bindy.firestoned.io/v1alpha1',
  kind: 'TXTRecord',
  metadata: { name: 'x', annotations: { a: 'b' } },
  spec: { [values[0] ?? 'no']: 1, values },
})

test('printYaml() writes what kubectl, and other readers of YAML 1.1 and 1.2, read back as it was', async () => {
  const numberLike = fc.string({ unit: fc.constantFrom(...'0123456789_+-.:eExXobnyaNaf<=~'), maxLength: 6 })
  const text = fc.oneof(numberLike, fc.string({ unit: 'binary' }), fc.constantFrom(...told, ...odd))
  const objects = fc.array(text, { minLength: 1, maxLength: 2000, size: 'max' }).map(objectWith)
  await fc.assert(
    fc.asyncProperty(objects, async object => {
      const printed = `${printYaml(object)}\n`
      expect(parse(printed)).toEqual(object)
      expect(load(printed)).toEqual(object)
      expect(await kubectlReads(printed)).toEqual(object)
    }),
    {
      endOnFailure: true,
      numRuns: 20,
      examples: [[...told, ...odd], ['a\n\n'], ['\u00a0']].map((values): [object] => [objectWith(values)]),
    },
  )
})

const withoutMinusZero = (value: unknown) => JSON.parse(JSON.stringify(value))

test('readText() reads plain words as kubectl does', async () => {
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789_-+.:exXobnyf'), minLength: 1, maxLength: 6 })
  // A colon at the end makes a map, a lone "-" a list. Go's 0b-1 is an accident.
  const words = digits.filter(word => !/^\..*_|:$|^-$|^[-+_]*0_*b_*[-+]/.test(word))
  const lists = fc.array(words, { minLength: 1, maxLength: 2000, size: 'max' })
  await fc.assert(
    fc.asyncProperty(lists, async list => {
      const input = `${printYaml(objectWith(['x']))}\n${list.map(word => `    - ${word}`).join('\n')}\n`
      const [read] = readText('f.yaml', input).objects
      expect(withoutMinusZero(read?.object)).toEqual(withoutMinusZero(await kubectlReads(input)))
    }),
    { endOnFailure: true, numRuns: 20, examples: [[told.filter(word => word !== '0b-1')]] },
  )
})
