import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ClauseError, parseClauses, quote } from '../../../../controller/src/bind9/rndc/clause.ts'
import { processorMs } from '../../../processor.ts'

describe('parseClauses()', () => {
  const cases: readonly [what: string, text: string, clauses: unknown][] = [
    ['nothing', ' \n\t', []],
    ['words and a quoted word', 'file "a b;{}";', [['file', 'a b;{}']]],
    ['blocks and what follows them', 'a { b; c { d; }; } e;', [['a', [['b'], ['c', [['d']]]], 'e']]],
    ['an empty block', 'also-notify { };', [['also-notify', []]]],
    [
      'no white space where none is needed',
      'a{b;};c"d";',
      [
        ['a', [['b']]],
        ['c', 'd'],
      ],
    ],
    ['the three kinds of comment', '# x;\na; // "\n/* } \n */ b;', [['a'], ['b']]],
    ['"/" within a word', '0/25.test/x;', [['0/25.test/x']]],
    ['"!" as a word', '{ !192.0.2.1; };', [[[['!', '192.0.2.1']]]]],
    ['a quote behind a backslash', String.raw`"a\"b";`, [['a"b']]],
    ['two backslashes before the end of the quotes', String.raw`"a\\";`, [[String.raw`a\\`]]],
    ['any other backslash as it stands', String.raw`"a\.b\034";`, [[String.raw`a\.b\034`]]],
  ]
  test.each(cases)('reads %s', (_, text, clauses) => {
    expect(parseClauses(text)).toEqual(clauses)
  })

  const faults: readonly [what: string, text: string, message: string][] = [
    ['quotes that do not end', 'a;\n"b', 'line 2: a quoted word has no end'],
    ['quotes over a line end', '"a\nb";', 'line 1: a quoted word has no end'],
    ['a comment that does not end', 'a;\n\n/* b', 'line 3: a comment has no end'],
    ['"}" alone', '}', 'line 1: "}" closes nothing'],
    ['"{" alone', 'a {', 'line 1: "}" is missing at the end'],
    ['no ";" at the end', 'a;\nb', 'line 2: ";" is missing at the end'],
    ['no ";" in a block', 'a { b };', 'line 1: ";" is missing before "}"'],
    ['";" alone', ';', 'line 1: ";" ends nothing'],
    ['17 blocks in one another', '{'.repeat(17), 'line 1: blocks nest deeper than 16'],
    ['more than 1 MiB', ' '.repeat(2 ** 20 + 1), 'line 1: 1048577 characters, at most 1048576 are read'],
  ]
  test.each(faults)('refuses %s', (_, text, message) => {
    expect(() => parseClauses(text)).toThrow(new ClauseError(message.replace(/line \d+: /, ''), lineOf(message)))
  })

  test('reads back every word that quote() writes', () => {
    // A word that ends in a lone backslash cannot be written: it would take the quotes with it.
    const word = fc.string({ unit: fc.constantFrom('a', '"', '{', '}', ';', '#', '/', '*', ' ', 'é') })
    fc.assert(fc.property(word, text => expect(parseClauses(`${quote(text)};`)).toEqual([[text]])))
  })

  test('gives clauses or a ClauseError, whatever the text', () => {
    const hostile = fc.string({
      unit: fc.constantFrom('a', '"', '\\', '{', '}', ';', '#', '/', '*', '\n', ' '),
      maxLength: 300,
    })
    fc.assert(
      fc.property(hostile, text => {
        try {
          parseClauses(text)
        } catch (error) {
          expect(error).toBeInstanceOf(ClauseError)
        }
      }),
    )
  })

  test.each(['a;'.repeat(500_000), '/*'.repeat(500_000), '"\\'.repeat(500_000), '/'.repeat(1_000_000)])(
    'reads 1 MB of anything in bounded time',
    text => {
      const ms = processorMs(() => {
        try {
          parseClauses(text)
        } catch (error) {
          expect(error).toBeInstanceOf(ClauseError)
        }
      })
      expect(ms).toBeLessThan(10_000)
    },
  )
})

function lineOf(message: string): number {
  return Number(/line (\d+)/.exec(message)?.[1])
}
