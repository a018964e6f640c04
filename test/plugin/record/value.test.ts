import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { printRdata, type RecordType, recordTypes } from '#crds'
import { completedNames, typedRdatas, typedType } from '../../../plugin/src/record/value.ts'

const TXT = typedType('TXT')
const texts = (...words: string[]) => typedRdatas(TXT, words).map(({ text }) => text)

describe('typedRdatas() of TXT', () => {
  const typed: [word: string, text: string[]][] = [
    ['v=spf1 mx -all', ['v=spf1 mx -all']],
    ['v=DKIM1; k=rsa', ['v=DKIM1; k=rsa']],
    ['say "hi" \\; (twice)', ['say "hi" \\; (twice)']],
    ['"v=spf1 mx -all"', ['v=spf1 mx -all']],
    ['"a" "b"', ['a', 'b']],
    ['"a"\n\t"b"', ['a', 'b']],
    ['"a" b', ['a', 'b']],
    ['""', ['']],
    [String.raw`"v=DKIM1\; k=rsa\; p=AB"`, ['v=DKIM1; k=rsa; p=AB']],
    [String.raw`"caf\195\169"`, ['café']],
    [String.raw`"\"\\\065"`, ['"\\A']],
    ['"café; (1)"', ['café; (1)']],
    ['"a" ; TXTRecord/apex', ['a']],
    [`"${'x'.repeat(255)}" "y"`, [`${'x'.repeat(255)}y`]],
    [`"${'x'.repeat(400)}"`, ['x'.repeat(400)]],
  ]
  test.each(typed)('reads %s as a zone file has it', (word, text) => {
    expect(texts(word)).toEqual([text])
  })

  test('takes each word as a record of its own', () => {
    expect(texts('a b', '"c" "d"')).toEqual([['a b'], ['c', 'd']])
  })

  test('reads what is printed of any text', () => {
    const text = fc.string({ unit: 'binary', maxLength: 600 })
    fc.assert(fc.property(text, one => expect(texts(printRdata(TXT, { text: [one] }))).toEqual([[one]])))
  })

  test.each([
    ['"v=spf1 mx -all', 'the quote is never closed'],
    ['"a\nb"', 'the quote is never closed'],
    ['"a" (b', 'the parenthesis is never closed'],
    ['"a\\', 'a backslash ends the line'],
    [String.raw`"\300"`, String.raw`"\\300" has a wrong escape`],
    [String.raw`"\255"`, String.raw`"\\255" is not UTF-8`],
  ])('refuses %j', (word, why) => {
    expect(() => texts(word)).toThrow(
      expect.objectContaining({
        exit: 2,
        message: expect.stringContaining(`Cannot read ${JSON.stringify(word)}: ${why}`),
        fix: [expect.stringContaining('"v=spf1 mx -all"')],
      }),
    )
  })
})

describe('typedRdatas() of several fields', () => {
  const CAA = typedType('CAA')
  const caa = (...words: string[]) => typedRdatas(CAA, words).map(({ flags, tag, value }) => [flags, tag, value])

  test('takes words of one argument or of several', () => {
    expect(caa('0', 'issue', '"a.example; b=c"')).toEqual([[0, 'issue', 'a.example; b=c']])
    expect(caa('0 issue "a.example; b=c"')).toEqual([[0, 'issue', 'a.example; b=c']])
    expect(caa('0 issue a.example 0 issuewild b.example')).toHaveLength(2)
  })

  test('takes what a zone file would want quoted where nothing is', () => {
    expect(caa('0', 'issue', ';')).toEqual([[0, 'issue', ';']])
  })

  test('refuses a quote that is not closed', () => {
    expect(() => caa('0', 'issue', '"a.example')).toThrow('the quote is never closed')
  })
})

test.each(recordTypes.map((entry): [string, RecordType] => [entry.type, entry]))(
  'typedRdatas() reads what is printed of %s',
  (_, entry) => {
    const [values] = typedRdatas(entry, [entry.example.text])
    expect(printRdata(entry, values ?? {})).toBe(entry.example.text)
    expect(completedNames(entry, [entry.example.text])).toEqual([])
  },
)
