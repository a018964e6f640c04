import { describe, expect, test } from '@jest/globals'
import { parseDurationMs, printDuration } from '../../../plugin/src/screen/duration.ts'
import { harmless } from '../../../plugin/src/screen/harmless.ts'
import { table } from '../../../plugin/src/screen/table.ts'
import { Terminal } from '../../../plugin/src/screen/terminal.ts'
import { wrap } from '../../../plugin/src/screen/wrap.ts'

test('harmless() leaves nothing that drives a terminal, and nothing else changed', () => {
  expect(harmless('\x1b[2J\x07a\nb\x9b31m\u202egnp\u{e0041}.exe')).toBe(
    String.raw`\x1b[2J\x07a\nb\x9b31m\u202egnp\u{e0041}.exe`,
  )
  expect(harmless('"v=spf1 ü 例え 🙂"')).toBe('"v=spf1 ü 例え 🙂"')
})

describe('durations', () => {
  test.each([
    ['0', 0],
    ['90', 90_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['1.5h', undefined],
    ['-5m', undefined],
    ['', undefined],
  ])('parseDurationMs(%j) is %j', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms)
  })

  test.each([
    [0, '0s'],
    [59_999, '59s'],
    [252_000, '4m12s'],
    [3_600_000, '1h'],
    [(6 * 24 + 23) * 3_600_000 + 59_000, '6d23h'],
    [-5, '0s'],
  ])('printDuration(%d) is %s', (ms, text) => {
    expect(printDuration(ms)).toBe(text)
  })
})

describe('wrap()', () => {
  const terminal = new Terminal({ isTTY: true, columns: 30 }, { LANG: 'C.UTF-8' })
  const name = `${'long.'.repeat(10)}example.com.`
  const cases: [what: string, head: string, text: string, lines: string[]][] = [
    [
      'at blanks, below where the text begins',
      '✖ ',
      'one two three four five six seven',
      ['✖ one two three four five six', '  seven'],
    ],
    ['nothing of what has room', '  why: ', 'one two', ['  why: one two']],
    ['before a word that is longer, which stays whole', '', `at ${name} here`, ['at', name, 'here']],
    [
      'no command',
      '  fix: ',
      'look: kubectl get dnszones -A -o yaml',
      ['  fix: look:', '       kubectl get dnszones -A -o yaml'],
    ],
    [
      'no command that is all',
      '  fix: ',
      'kubectl get dnszones -A -o yaml',
      ['  fix: kubectl get dnszones -A -o yaml'],
    ],
    [
      'colour nowhere',
      '\x1b[31merror:\x1b[39m ',
      'one two three four five six',
      ['\x1b[31merror:\x1b[39m one two three four five', '       six'],
    ],
  ]
  test.each(cases)('breaks %s', (_, head, text, lines) => {
    expect(wrap(head, text, terminal)).toEqual(lines)
  })
})

describe('Terminal', () => {
  const utf8 = { LANG: 'C.UTF-8' }
  const colours: [env: object, isTTY: boolean, choice: 'auto' | 'always' | 'never', hasColour: boolean][] = [
    [{}, true, 'auto', true],
    [{}, false, 'auto', false],
    [{ NO_COLOR: '1' }, true, 'auto', false],
    [{ NO_COLOR: '' }, true, 'auto', true],
    [{ NO_COLOR: '1' }, false, 'always', true],
    [{ FORCE_COLOR: '1' }, false, 'auto', true],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, true, 'auto', false],
    [{ TERM: 'dumb' }, true, 'auto', false],
    [{ FORCE_COLOR: '1' }, true, 'never', false],
  ]
  test.each(colours)('with %j, a terminal: %j, --color=%s has colour: %j', (env, isTTY, choice, hasColour) => {
    expect(new Terminal({ isTTY }, { ...utf8, ...env }, choice).hasColour).toBe(hasColour)
  })

  test('shows ASCII where the locale knows no more', () => {
    expect(new Terminal({}, { LANG: 'C' }).marked('good', 'Ready')).toBe('ok Ready')
    expect(new Terminal({}, { LANG: 'C', LC_ALL: 'en_US.utf8' }).marked('good', 'Ready')).toBe('✔ Ready')
  })
})

describe('table()', () => {
  const rows = [
    { name: 'www', says: 'a long message that has no end' },
    { name: '\x1bevil', says: undefined },
  ]
  const columns = [
    { head: 'NAME', cell: (row: (typeof rows)[0]) => row.name },
    { head: 'SAYS', cell: (row: (typeof rows)[0]) => row.says, atLeast: 8 },
    { head: 'MORE', cell: () => 7, isWide: true },
  ]
  const at = (COLUMNS: string) => new Terminal({}, { LANG: 'C.UTF-8', COLUMNS })

  test('aligns, and cuts what may be cut where the terminal is narrow', () => {
    expect(table(rows, columns, at('25'))).toEqual([
      'NAME       SAYS',
      'www        a long messag…',
      String.raw`\x1bevil   -`,
    ])
  })

  test('narrows the gaps where the least of each column does not fit', () => {
    expect(table(rows, columns, at('18'))).toEqual(['NAME      SAYS', 'www       a long …', String.raw`\x1bevil  -`])
  })

  test('counts the columns that a terminal shows, of characters of two and of none too', () => {
    const names = ['例え', 'e\u0301', '\u{20000}a', 'abcd'].map(name => ({ name, says: 'x' }))
    const [, ...lines] = table(names, columns, at(''))
    expect(lines).toEqual(['例え   x', 'e\u0301      x', '\u{20000}a    x', 'abcd   x'])
    expect(table([{ name: 'a', says: '例え'.repeat(9) }], columns, at('20'))[1]).toBe('a      例え例え例え…')
  })

  test('cuts nothing in the wide form, nor where nobody says how wide it is', () => {
    expect(table(rows, columns, at('25'), { wide: true })[1]).toBe('www        a long message that has no end   7')
    expect(table(rows, columns, at(''))[1]).toBe('www        a long message that has no end')
  })
})
